"""``OPENLIFECYCLE_ENGINE=spark`` changes no answer: built, asked and counted on either engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openlifecycle.engine.backend import ENGINE_ENV
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.measures.question import Question
from tests.engines.both_engines import write_world
from tests.records_answers.small import Records

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.heavy]

#: One of each kind of value: a count, a share, a mean, a headcount, a curve.
ASKED = (
    ("arrests", ("aor",)),
    ("arrests_detained_share", ()),
    ("hours_to_book_in", ("criminality",)),
    ("record_population", ("gender",)),
    ("record_alos", ()),
    ("stay_survival_median", ()),
)


def _answers(engine: str, folder: Path, through: Any) -> dict[str, pl.DataFrame]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENGINE_ENV, engine)
        corpus = RecordCorpus(Records(folder, through))
        return {name: ask(corpus, Question.of(name, by=split)).frame for name, split in ASKED}


def test_answers_are_the_same_on_both(spark: Any, tmp_path: Path) -> None:
    found = []
    for engine in ("duckdb", "spark"):
        folder = tmp_path / engine  # each builds its own tables, on its own engine
        folder.mkdir()
        world = write_world(folder, 1_000, seed=4)
        found.append(_answers(engine, folder, world.through))
    for name, _ in ASKED:
        assert found[0][name].height > 0
        assert_frame_equal(found[0][name], found[1][name], check_row_order=False, rel_tol=1e-12)
