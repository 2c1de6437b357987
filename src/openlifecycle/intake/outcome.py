"""What became of one thing at the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from openlifecycle.errors import RefusedInput
from openlifecycle.vault.landing import ALREADY, TAKEN

__all__ = ["ALREADY", "NOT_CHANGED", "REFUSED", "SKIPPED", "TAKEN", "Outcome", "refusal"]

NOT_CHANGED: Final = "not_changed"
REFUSED: Final = "refused"
SKIPPED: Final = "skipped"

_OF_RECORDS: Final = ("members", "rows", "collection_id")


@dataclass(frozen=True)
class Outcome:
    """What became of one workbook, record release, or source.

    Attributes:
        label: the path, address, or ``archive!member``.
        outcome: taken, already_taken, not_changed, refused or skipped.
        follows: the release whose name or date it has, "" where none.
        tables_refused: tables that did not land, by name; the release landed without them.
        observations: rows that landed.
        members: the files of a record release, as messages name them.
        rows: records that landed.
        collection_id: the collection that a record release belongs to.
        error: the refusal, in the parts of ``--json``.
        message: the refusal or the reason, as printed.
    """

    label: str
    outcome: str
    release_id: str = ""
    follows: str = ""
    follows_why: str = ""
    new_name: bool = False
    tables_refused: tuple[str, ...] = ()
    observations: int = 0
    members: tuple[str, ...] = ()
    rows: int = 0
    collection_id: str = ""
    error: dict[str, str | int] | None = field(default=None)
    message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the parts for ``--json``."""
        left_out = {"message"} if self.members else {"message", *_OF_RECORDS}
        shown = {key: value for key, value in vars(self).items() if key not in left_out}
        shown["tables_refused"] = list(self.tables_refused)
        shown["why"] = self.message if self.outcome == SKIPPED else ""
        return shown


def refusal(label: str, error: RefusedInput, *, members: tuple[str, ...] = ()) -> Outcome:
    """Return a refusal as an outcome; it says which file, whatever the error says."""
    if not error.where:
        error.where = label
    elif label not in error.where and not members:
        error.where = f"{label}: {error.where}"
    return Outcome(label, REFUSED, members=members, error=error.as_dict(), message=str(error))
