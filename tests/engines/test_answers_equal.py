"""``OPENLIFECYCLE_ENGINE=spark`` changes no answer: built, asked and counted on either engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openlifecycle.engine.backend import ENGINE_ENV
from openlifecycle.engine.record_head_any import changes_at_any_time
from openlifecycle.engine.record_heads import days_of
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.lifecycle.rules import DEFAULT_RULES
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import record_plan
from openlifecycle.vault.cell_key import CELL_KEY_FILE_ENV
from tests.engines.both_engines import write_world
from tests.engines.row_hash import table_hash
from tests.records_answers.small import Records

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.heavy]

#: One of each kind of value: a count, people, a share, a median, a headcount, a mean, a state, a
#: curve; and removals, of which some have no person key.
ASKED = (
    ("arrests", ("aor",)),
    ("people_arrested", ()),
    ("arrests_detained_share", ()),
    ("hours_to_book_in", ("criminality",)),
    ("held_over_180_days", ()),
    ("record_removals", ()),
    ("record_population", ("gender",)),
    ("record_alos", ()),
    ("stay_survival_median", ()),
)
#: What is compared beside answers.
PREPARED = "people at any time, prepared"


def _answers(engine: str, folder: Path, through: Any) -> dict[str, pl.DataFrame]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENGINE_ENV, engine)
        corpus = RecordCorpus(Records(folder, through))
        found = {name: ask(corpus, Question.of(name, by=split)).frame for name, split in ASKED}
        return found | {PREPARED: _people_at_any_time(corpus)}


def _people_at_any_time(corpus: RecordCorpus) -> pl.DataFrame:
    """Return by how much people present change: what is prepared by other code than is asked."""
    plan = record_plan(Question.of("record_peak_any_time"))
    tables = corpus.tables(corpus.held(plan), DEFAULT_RULES)
    (made,) = changes_at_any_time(tables, [("gender",)], days_of(tables, plan))
    return made


def test_answers_are_the_same_on_both(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    # keys are drawn from a secret: with one each, the engines would rightly differ
    key = tmp_path / "cell-key"
    key.write_bytes(bytes(range(32)))
    monkeypatch.setenv(CELL_KEY_FILE_ENV, str(key))
    for engine in ("duckdb", "spark"):
        folder = tmp_path / engine  # each builds its own tables, on its own engine
        folder.mkdir()
        world = write_world(folder, 1_000, seed=4)
        found.append(_answers(engine, folder, world.through))
    for name in (*dict(ASKED), PREPARED):
        assert found[0][name].height > 0
        assert_frame_equal(found[0][name], found[1][name], check_row_order=False, rel_tol=1e-12)
    _same_facts(tmp_path)


def _same_facts(folder: Path) -> None:
    """Hold the fact tables that both engines built against each other, record keys and all."""
    on_duck, on_spark = (
        {
            file.stem: file
            for file in (folder / engine).glob(f"built/*/{DEFAULT_RULES}-*/fact/*.parquet")
        }
        for engine in ("duckdb", "spark")
    )
    assert on_duck.keys() == on_spark.keys() >= {"arrest", "heads", "removal", "stay"}
    for name, file in on_duck.items():
        frames = [pl.read_parquet(one) for one in (file, on_spark[name])]
        # steps of heads are no records: their keys are added up
        key = "key_change" if name.startswith("head_steps") else "record_key"
        assert frames[0][key].null_count() == 0, name
        hashes = {table_hash(one.to_arrow()) for one in frames}
        assert len(hashes) == 1, name
    some = pl.read_parquet(on_duck["encounter"], columns=["person", "unit"])
    assert some.filter(some["unit"] < 0)["person"].null_count() > 10  # without a person key
