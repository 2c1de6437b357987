"""What facilities are, looked up once for each code and each name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.cores import each
from openlifecycle.lifecycle.arrays.numbers import Codes, Marks, Numbers, coded, codes, index
from openlifecycle.lifecycle.facilities import HOLD, SPOT
from openlifecycle.model.places import states


@dataclass(frozen=True)
class Places:
    """Where every stint was spent, as codes.

    Attributes:
        spots: what each stint prints of its facility, in the order of texts.
        codes: the facility codes, and after them one that is missing.
        state: for each facility code, and for a missing one after the last, its state.
        circuit: the same with the federal circuit.
        facility: the code of every stint's facility, -1 where missing.
        is_hold: whether the stint was in a hold room.
    """

    spots: dict[str, pl.Series]
    codes: pl.Series
    state: pl.Series
    circuit: pl.Series
    facility: Codes
    is_hold: Marks

    def changes(self, rows: Numbers, facility: Codes) -> dict[str, Codes]:
        """Return what a transfer may change as codes, -1 where missing.

        Args:
            rows: some stints.
            facility: the codes of their facilities.
        """
        found = {
            "facility": facility,
            "state": codes(self.state)[facility],
            "circuit": codes(self.circuit)[facility],
        }
        if "aor" in self.spots:
            found["aor"] = codes(self.spots["aor"].gather(index(rows)))
        return found

    def printed(self, prefix: str, rows: Numbers, facility: Codes) -> dict[str, pl.Series]:
        """Return what stints print of their facility.

        Args:
            prefix: what to put before each name.
            rows: the stints.
            facility: the codes of their facilities.
        """
        at = index(np.where(facility < 0, len(self.codes) - 1, facility))
        rest = [name for name in self.spots if name != "facility_code"]
        chosen = index(rows)
        return {
            f"{prefix}facility_code": self.codes.gather(at),
            **{f"{prefix}{name}": self.spots[name].gather(chosen) for name in rest},
        }

    def told(self, prefix: str, facility: Codes) -> dict[str, pl.Series]:
        """Return the state and the circuit of facilities, given their codes."""
        at = index(np.where(facility < 0, len(self.codes) - 1, facility))
        return {
            f"{prefix}state": self.state.gather(at),
            f"{prefix}circuit": self.circuit.gather(at),
        }


def places(stints: pl.DataFrame) -> Places:
    """Return where the stints were spent (R32 for hold rooms)."""
    names: list[str] = [name for name in SPOT if name in stints.columns]
    found = dict(zip(names, each(lambda name: coded(stints[name]), names), strict=True))
    spots = {name: spot for name, (spot, _) in found.items()}
    # after the last text a missing one, which is -1 too
    texts = {name: known.extend_constant(None, 1) for name, (_, known) in found.items()}
    facility = codes(spots["facility_code"])
    ends = [states().get(code) if code else None for code in texts["facility_code"].str.tail(2)]
    state, _ = coded(pl.Series([one and one.code for one in ends], dtype=pl.String))
    circuit, _ = coded(pl.Series([(one and one.circuit) or None for one in ends], dtype=pl.String))
    is_hold = _contain(texts["facility_code"], HOLD)[facility]
    if "facility_label" in spots:
        words = pl.select(" " + texts["facility_label"].str.to_uppercase() + " ").to_series()
        is_hold |= _contain(words, f" {HOLD} ")[codes(spots["facility_label"])]
    listed = texts["facility_code"].cast(spots["facility_code"].dtype)
    return Places(spots, listed, state, circuit, facility, is_hold)


def _contain(texts: pl.Series, word: str) -> Marks:
    found = texts.str.to_uppercase().str.contains(word, literal=True)
    return found.fill_null(value=False).to_numpy()
