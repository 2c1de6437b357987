"""What facilities are, looked up once for each code and each name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.cores import each
from openlifecycle.lifecycle.arrays.numbers import Marks, Numbers, text_numbers
from openlifecycle.lifecycle.facilities import HOLD, SPOT
from openlifecycle.model.places import states


@dataclass(frozen=True)
class Places:
    """Where every stint was spent, by numbers of texts; -1 stands for a missing text.

    Attributes:
        at: the number of each stint's code, and of its label and area where stints print them, in
            the order of texts.
        texts: the texts by number, and after the last a missing one.
        state: for each code, and for a missing one after the last, the state as a text.
        circuit: the same with the federal circuit.
        changes: what a transfer may change, each as numbers of stints.
        is_hold: whether the stint was in a hold room.
    """

    at: dict[str, Numbers]
    texts: dict[str, pl.Series]
    state: pl.Series
    circuit: pl.Series
    changes: dict[str, Numbers]
    is_hold: Marks

    @property
    def facility(self) -> Numbers:
        """Return the numbers of facility codes."""
        return self.at["facility_code"]

    def printed(self, prefix: str, rows: Numbers) -> dict[str, pl.Series]:
        """Return what stints print of their facility."""
        return {
            f"{prefix}{name}": texts.gather(_end(self.at[name][rows], texts))
            for name, texts in self.texts.items()
        }

    def told(self, prefix: str, rows: Numbers) -> dict[str, pl.Series]:
        """Return the state and the circuit of stints."""
        at = _end(self.facility[rows], self.state)
        return {
            f"{prefix}state": self.state.gather(at),
            f"{prefix}circuit": self.circuit.gather(at),
        }


def _end(at: Numbers, texts: pl.Series) -> Numbers:
    """Return numbers of texts, that of the last one, which is missing, in place of -1."""
    return np.where(at < 0, len(texts) - 1, at)


def places(stints: pl.DataFrame) -> Places:
    """Return where the stints were spent (R32 for hold rooms)."""
    names: list[str] = [name for name in SPOT if name in stints.columns]
    found = dict(zip(names, each(lambda name: text_numbers(stints[name]), names), strict=True))
    at = {name: numbers for name, (numbers, _) in found.items()}
    texts = {name: known.extend_constant(None, 1) for name, (_, known) in found.items()}
    codes = texts["facility_code"]
    ends = [states().get(code) if code else None for code in codes.str.tail(2)]
    state = pl.Series([one and one.code for one in ends], dtype=pl.String)
    circuit = pl.Series([(one and one.circuit) or None for one in ends], dtype=pl.String)
    is_hold = _contain(codes, HOLD)[at["facility_code"]]
    if "facility_label" in at:
        words = pl.select(" " + texts["facility_label"].str.to_uppercase() + " ").to_series()
        is_hold |= _contain(words, f" {HOLD} ")[at["facility_label"]]
    changes = {
        "facility": at["facility_code"],
        "state": text_numbers(state)[0][at["facility_code"]],
        "circuit": text_numbers(circuit)[0][at["facility_code"]],
    } | ({"aor": at["aor"]} if "aor" in at else {})
    return Places(at, texts, state, circuit, changes, is_hold)


def _contain(texts: pl.Series, word: str) -> Marks:
    found = texts.str.to_uppercase().str.contains(word, literal=True)
    return found.fill_null(value=False).to_numpy()
