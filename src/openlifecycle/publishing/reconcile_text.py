"""Records held against published workbooks, as the terminal shows it."""

from __future__ import annotations

import json
import textwrap
from typing import Final

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.oversight.records_from_store import Reconciled
from openlifecycle.publishing.numbers import shown
from openlifecycle.publishing.table import Lines, text_table

_HEAD: Final = (
    "figure", "to", "published", "records", "apart", "without hold rooms", "band", "published in",
)  # fmt: skip


def reconcile_json(cleared: Cleared[Reconciled]) -> str:
    """Return the comparison as JSON, with the verdict of the gate on it."""
    body = opened(cleared).as_dict() | {"disclosure": cleared.verdict.as_dict()}
    return json.dumps(body, indent=1)


def reconcile_lines(cleared: Cleared[Reconciled]) -> Lines:
    """Return a row for each figure that was held against another."""
    told = opened(cleared)
    rows = [
        [
            row["what"],
            row["period_end"].isoformat(),
            shown(row["published"], "persons"),
            "not shown" if row["records"] is None else shown(row["records"], "persons"),
            "" if row["share"] is None else f"{row['share']:+.1%}",
            "" if row["on_list_share"] is None else f"{row['on_list_share']:+.1%}",
            {True: "within", False: "outside", None: "not judged"}[row["within"]],
            f"{row['release_id'].split('@')[-1][:8]} '{row['sheet']}'!{row['cell']}",
        ]
        for row in told.found.rows.iter_rows(named=True)
    ]
    return list(_HEAD), rows, {2, 3, 4, 5}


def reconcile_text(cleared: Cleared[Reconciled]) -> str:
    """Return the comparison as the terminal shows it."""
    told = opened(cleared)
    lines = [
        f"{told.collection_id} under {told.rules}, through {told.through}",
        *(["SYNTHETIC: these records describe nobody"] if told.synthetic else []),
        "",
        text_table(*reconcile_lines(cleared)),
        "",
        told.found.says + ".",
        "",
    ]
    for words in (*told.found.definitions, f"Disclosure: {cleared.verdict.words}."):
        lines += textwrap.wrap(words, 96, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(lines)
