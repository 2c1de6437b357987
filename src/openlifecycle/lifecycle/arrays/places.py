"""What facilities are, looked up once for each code and each name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.cores import each
from openlifecycle.lifecycle.arrays.numbers import Codes, Marks, Numbers, coded, codes
from openlifecycle.lifecycle.facilities import HOLD, SPOT
from openlifecycle.model.places import states


@dataclass(frozen=True)
class Places:
    """Where every stint was spent, as codes.

    Attributes:
        spots: what each stint prints of its facility, in the order of texts.
        state: for each facility code, and for a missing one after the last, its state.
        circuit: the same with the federal circuit.
        changes: what a transfer may change, each as the code of every stint, -1 where missing.
        is_hold: whether the stint was in a hold room.
    """

    spots: dict[str, pl.Series]
    state: pl.Series
    circuit: pl.Series
    changes: dict[str, Codes]
    is_hold: Marks

    @property
    def facility(self) -> Codes:
        """Return the codes of facilities; -1 where missing."""
        return self.changes["facility"]

    def printed(self, prefix: str, rows: Numbers) -> dict[str, pl.Series]:
        """Return what stints print of their facility."""
        return {f"{prefix}{name}": spot.gather(rows) for name, spot in self.spots.items()}

    def told(self, prefix: str, rows: Numbers | None = None) -> dict[str, pl.Series]:
        """Return the state and the circuit of some stints, or of all."""
        at = self.facility if rows is None else self.facility[rows]
        at = np.where(at < 0, len(self.state) - 1, at)
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
    changes = {
        "facility": facility,
        "state": codes(state)[facility],
        "circuit": codes(circuit)[facility],
    } | ({"aor": codes(spots["aor"])} if "aor" in spots else {})
    return Places(spots, state, circuit, changes, is_hold)


def _contain(texts: pl.Series, word: str) -> Marks:
    found = texts.str.to_uppercase().str.contains(word, literal=True)
    return found.fill_null(value=False).to_numpy()
