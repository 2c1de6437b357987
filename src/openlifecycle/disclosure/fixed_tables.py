"""What a fixed table of records must show of itself before it is let out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl


class AuditResult(Protocol):
    """What an attacker could infer, judged against the policy."""

    @property
    def proved(self) -> bool:
        """Return whether no cell can be inferred more narrowly than the policy allows."""
        ...

    @property
    def words(self) -> str:
        """Return the outcome in one sentence."""
        ...

    @property
    def would_pass(self) -> Sequence[str]:
        """Return what could pass instead: a coarser split, a longer period."""
        ...


class ProtectedTable(Protocol):
    """A table with blanked or rounded cells, and the audit of it."""

    @property
    def name(self) -> str:
        """Return what the table is called."""
        ...

    @property
    def policy(self) -> str:
        """Return the name of the policy that it was protected by."""
        ...

    @property
    def rows(self) -> pl.DataFrame:
        """Return its cells; a cell that may not be shown is null."""
        ...

    @property
    def audit(self) -> AuditResult:
        """Return what the attacker could infer."""
        ...
