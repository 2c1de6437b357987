"""Every error a user can meet, and the exit code each family ends with.

    OpenLifecycleError            what, where, nearest, next: never a traceback
    ├── UsageError              exit 2   the question or the command line is off
    │   ├── UnknownMeasure
    │   ├── UnknownDimension
    │   └── UnknownRelease
    ├── RefusedInput            exit 3   the bytes at the door are not taken
    │   ├── NotAWorkbook
    │   ├── DamagedInput
    │   ├── UnsafeInput
    │   ├── UnknownSeries
    │   └── PersonalData
    ├── NotCleared              exit 4   denied, or protection could not be shown
    └── StoreProblem            exit 5   the store itself
        ├── StoreTooNew         exit 3   (as bad input: nothing was written)
        ├── StoreNotWritable    exit 3   (full or read-only disk: the release was not taken)
        ├── StoreDamaged
        └── StoreBusy

A check, a claim or a monitor that answers "no" is not an error: the command ends with exit 1.
"""

from __future__ import annotations

EXIT_DONE = 0
EXIT_ANSWERED_NO = 1


class OpenLifecycleError(Exception):
    """An error meant for a person: what happened, where, the nearest known thing, what to do."""

    exit_code = 5

    def __init__(
        self, what: str, *, where: str = "", nearest: str = "", next_step: str = ""
    ) -> None:
        """Keep the four parts apart so that pages and JSON can show them apart."""
        super().__init__(what)
        self.what = what
        self.where = where
        self.nearest = nearest
        self.next_step = next_step

    def __str__(self) -> str:
        """Return the message as printed on a terminal, one part a line."""
        lines = [f"{type(self).__name__}: {self.what}"]
        for label, part in (
            ("where", self.where),
            ("nearest", self.nearest),
            ("next", self.next_step),
        ):
            if part:
                lines.append(f"  {label:<8} {part}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str | int]:
        """Return the parts for ``--json``."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "where": self.where,
            "nearest": self.nearest,
            "next": self.next_step,
            "exit_code": self.exit_code,
        }


class UsageError(OpenLifecycleError):
    """The question or the command line cannot be answered as asked."""

    exit_code = 2


class UnknownMeasure(UsageError):
    """No measure of that name is declared."""


class UnknownDimension(UsageError):
    """The measure is not split by that dimension, or the dimension has no such value."""


class UnknownRelease(UsageError):
    """No release in the store answers to that name, hash or date."""


class RefusedInput(OpenLifecycleError):
    """The bytes were not taken; the store is as it was."""

    exit_code = 3


class NotAWorkbook(RefusedInput):
    """The file is not an Excel 2007+ workbook (.xlsx)."""


class DamagedInput(RefusedInput):
    """The file is truncated, encrypted or unreadable."""


class UnsafeInput(RefusedInput):
    """The file would expand beyond the limits, or carries an XML entity declaration."""


class UnknownSeries(RefusedInput):
    """No published series is recognised in the content."""


class PersonalData(RefusedInput):
    """The file carries columns that name or identify people."""


class NotCleared(OpenLifecycleError):
    """The answer was denied, or its protection could not be shown."""

    exit_code = 4


class StoreProblem(OpenLifecycleError):
    """The store cannot be used or changed."""

    exit_code = 5


class StoreTooNew(StoreProblem):
    """A newer version of OpenLifecycle made this store."""

    # Refused at the door like bad input (issue 2): the store is sound and was not touched.
    exit_code = 3


class StoreNotWritable(StoreProblem):
    """The disk is full, read-only or failing; the release was not taken, the store is as it was."""

    # Listed with the bad input of issue 2: the caller is told to try again elsewhere.
    exit_code = 3


class StoreDamaged(StoreProblem):
    """A hash, a row count or a receipt of the store does not hold."""


class StoreBusy(StoreProblem):
    """Another process holds the store for longer than the limit."""
