"""The cells read by eye (tests/trust/hand_read.csv), looked up in the committed starter set.

So that a machine without the workbooks still tests real published figures.
"""

from __future__ import annotations

import io

import polars as pl
import pytest

from openlifecycle.demo.selection import LISTS
from openlifecycle.demo.unpack import OBSERVATIONS_FILE, starter_file
from tests.trust.test_hand_read import FILES, ROWS, differences


@pytest.fixture(scope="module")
def observations() -> pl.DataFrame:
    rows = pl.read_parquet(io.BytesIO(starter_file(OBSERVATIONS_FILE).read_bytes()))
    return rows.filter(pl.col("edition") != "corrected")


@pytest.mark.parametrize("name", FILES)
def test_the_starter_set_says_what_the_eye_read(name: str, observations: pl.DataFrame) -> None:
    sha = name.removesuffix(".xlsx").rsplit("_", 1)[1]
    release = observations.filter(pl.col("release_id").str.contains(f"@{sha}"))
    wrong = []
    for row in ROWS:
        # Lists are in for a few releases only, hidden sheets for none (demo/selection.py).
        if row["file"] != name or row["table"] in LISTS or row["hidden"]:
            continue
        here = (pl.col("sheet") == row["sheet"]) & (pl.col("cell") == row["cell"])
        found = release.filter(here).to_dicts()
        place = f"{row['sheet']}!{row['cell']}"
        if len(found) == 1:
            wrong += [f"{place}: {what}" for what in differences(found[0], row)]
        else:
            wrong.append(f"{place}: {len(found)} observations, by eye 1")
    assert not wrong, "\n".join(wrong)


def test_most_cells_read_by_eye_are_in_the_starter_set() -> None:
    looked_up = [r for r in ROWS if r["table"] not in LISTS and not r["hidden"]]
    assert len(looked_up) > 150
