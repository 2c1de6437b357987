"""The verbs of ``olc``: told once, so that ``olc --help`` imports none of them.

Each verb lives in a module of this package that exposes ``command``. The short help stands here
and is checked against the module by tests/house/test_cli.py.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Verb(NamedTuple):
    """One command: where it lives and what its line in ``olc --help`` says."""

    module: str
    short_help: str


#: In the order a person meets them, not by alphabet.
VERBS: Final[dict[str, Verb]] = {
    "demo": Verb("demo", "A first look at real published figures, with nothing to download."),
    "take": Verb("take", "Take releases in: files, folders, ZIPs or URLs."),
    "releases": Verb("releases", "List the releases in the store, with their dates."),
    "receipt": Verb("receipt", "Account for every cell of a release."),
    "observations": Verb(
        "observations", "Every captured cell of a release, as CSV, JSON or Parquet."
    ),
    "questions": Verb("questions", "What people ask of this record, and the command for each."),
    "measures": Verb("measures", "List the questions that can be asked."),
    "dimensions": Verb("dimensions", "List what a measure can be split by."),
    "ask": Verb("ask", "Ask a measure: by dimension, date, release, edition."),
    "cohort": Verb("cohort", "Where people are 1 to 365 days after arrest or book-in."),
    "table": Verb("table", "Fixed tables of records: exact, small cells suppressed."),
    "explain": Verb("explain", "Walk a number back to its file, sheet and cell."),
    "changes": Verb("changes", "What one release restated of another."),
    "check": Verb("check", "Look for the publisher's errors in a release."),
    "reconcile": Verb("reconcile", "Hold the records against the published workbooks."),
    "serve": Verb("serve", "Serve the store over HTTP: pages to read, and a read-only API."),
    "verify": Verb("verify", "Prove every hash, row count and receipt of the store."),
}
