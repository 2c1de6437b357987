"""What a release says of itself, as it left the gate: receipt, findings, list of facilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from openlifecycle.disclosure.gate import Cleared, opened

if TYPE_CHECKING:
    from openlifecycle.oversight.finding import Finding

#: What a facility list says of each facility, and the measures that are printed in its row once.
_FACILITY: Final = (
    "facility_label", "facility_code", "facility_address", "facility_city", "facility_state",
    "facility_zip", "aor", "facility_type_detailed", "facility_gender",
)  # fmt: skip
_PRINTED_ONCE: Final = ("facility_alos", "facility_adp_mandatory", "guaranteed_minimum")
_RANK: Final = {"error": 0, "warning": 1, "note": 2}
#: Tables that list facilities by name.
FACILITY_TABLES: Final = ("facilities", "facility_extract")
#: What is read of them where only the names are asked for.
LISTED_COLUMNS: Final = ("release_id", "sheet", "cell", "as_of", *_FACILITY)


@dataclass(frozen=True)
class Receipt:
    """The account of every cell, or every row and column, of one release."""

    release_id: str
    cleared: Cleared[Mapping[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the account for JSON; of records its counts are rounded, and it says so."""
        account = opened(self.cleared)
        if "receipt" not in account:
            return {"release_id": self.release_id, **account}
        said = {"release_id": self.release_id, **account["receipt"]}
        verdict = self.cleared.verdict.as_dict()
        return said | {"findings": account["findings"], "disclosure": verdict}


@dataclass(frozen=True)
class Findings:
    """What checks found in one release, the gravest first."""

    release_id: str
    cleared: Cleared[Sequence[Finding]]

    @property
    def rows(self) -> pl.DataFrame:
        """Return a row for each finding; printed and computed as they would be written."""
        texts = ("check", "severity", "release_id", "sheet", "cell", "table", "what")
        listed = [
            {name: one[name] for name in texts}  # type: ignore[literal-required]
            | {"printed": _written(one["printed"]), "computed": _written(one["computed"])}
            for one in opened(self.cleared)
        ]
        rows = pl.DataFrame(
            listed, schema=dict.fromkeys((*texts, "printed", "computed"), pl.String)
        )
        # the checks give findings of one sheet in any order, and pages need one
        gravest = pl.col("severity").replace_strict(_RANK, return_dtype=pl.Int8)
        return rows.sort(gravest, "sheet", "check", "table", "cell", "what", nulls_last=True)


@dataclass(frozen=True)
class FacilityLists:
    """The facilities that each release lists: what is printed of them, and no numbers."""

    cleared: Cleared[pl.DataFrame]

    @property
    def rows(self) -> pl.DataFrame:
        """Return a row for each row of each list, in the order of the sheets."""
        place = ["release_id", "sheet", "sheet_row"]
        number = pl.col("cell").str.extract(r"(\d+)$").cast(pl.Int32)
        first = [pl.col(name).first() for name in (*_FACILITY, "as_of")]
        cells = opened(self.cleared).with_columns(sheet_row=number)
        return cells.group_by(place, maintain_order=True).agg(*first).sort(place)


@dataclass(frozen=True)
class Facilities:
    """The facilities that one release lists, in the order of its sheet."""

    release_id: str
    cleared: Cleared[pl.DataFrame]

    @property
    def rows(self) -> pl.DataFrame:
        """Return a row for each facility: what is printed of it, and where it stands."""
        number = pl.col("cell").str.extract(r"(\d+)$").cast(pl.Int32)
        place = ["table", "sheet", "sheet_row"]
        cells = opened(self.cleared).with_columns(sheet_row=number)
        once = [
            pl.col("value").filter(pl.col("measure") == name).first().alias(name)
            for name in _PRINTED_ONCE
        ]
        first = [pl.col(name).first() for name in (*_FACILITY, "as_of", "fiscal_year")]
        return cells.group_by(place, maintain_order=True).agg(*first, *once).sort(place)


def _written(number: float | int | str | None) -> str | None:
    return None if number is None else str(number)
