"""What leaves is not what was counted: answers beside the same counts without the gate."""

from __future__ import annotations

import json
from itertools import product

import polars as pl
import pytest

from openlifecycle.api import Session
from openlifecycle.demo.world import make_world
from openlifecycle.disclosure.policy import policy
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.errors import UnknownDimension
from openlifecycle.measures.question import Question
from openlifecycle.vault.store import Store
from tests.privacy.conftest import Held
from tests.records_answers.small import Records

#: One of every kind of value, with a split.
ASKED = {
    "arrests": "arrest_setting",
    "record_book_ins": "gender",
    "record_population": "state",
    "record_adp": "state",
    "held_over_90_days": "gender",
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """A world large enough that some cells are shown and small enough that many are not."""
    folder = tmp_path_factory.mktemp("events")
    world = make_world(1_500, 11)
    secret = folder / "secrets" / "cell-key"
    secret.parent.mkdir(mode=0o700)
    secret.write_bytes(bytes(range(32)))  # the same noise in every run
    secret.chmod(0o600)
    for name, rows in world.tables.items():
        rows.write_parquet(folder / f"{name}.parquet")
    return Records(folder, world.through)


@pytest.fixture(scope="module")
def session(source: Records) -> Session:
    return Session(source)


def ungated(source: Records, name: str, split: str) -> pl.DataFrame:
    return ask(RecordCorpus(source), Question.of(name, by=split)).frame


@pytest.mark.parametrize(("name", "split"), ASKED.items())
def test_numbers_that_leave_are_not_the_counted_ones(
    name: str, split: str, source: Records, session: Session
) -> None:
    exact = ungated(source, name, split).select(
        "period_end", split, pl.col("value").alias("exact"), "people"
    )
    told = session.ask(name, by=split).rows
    both = told.join(exact, on=["period_end", split], how="inner", nulls_equal=True)
    shown = both.filter(pl.col("value").is_not_null())
    assert both.height > 20
    if shown.height >= 10:
        same = shown.filter(pl.col("value") == pl.col("exact")).height
        assert same < 0.8 * shown.height, f"{same} of {shown.height} are the exact number"
    few = both.filter(pl.col("people") < policy().minimum_cell)
    assert few.height > 5, "the world is too large to test anything"
    assert few["value"].null_count() == few.height


@pytest.mark.parametrize(("name", "split"), ASKED.items())
def test_the_presence_of_a_row_tells_nothing(
    name: str, split: str, source: Records, session: Session
) -> None:
    exact = ungated(source, name, split).select("period_end", split)
    answer = session.ask(name, by=split)
    cells = set(answer.rows.select("period_end", split).iter_rows())
    ends, values = (dict.fromkeys(answer.rows[c].to_list()) for c in ("period_end", split))
    if len(ends) * len(values) <= policy().grid_rows:
        assert cells == set(product(ends, values)), "a combination that nobody is in has no row"
        empty = cells - set(exact.iter_rows())
        assert empty, "the world has somebody everywhere: nothing is tested"
        nobody = answer.rows.filter(
            pl.struct("period_end", split).map_elements(
                lambda r: tuple(r.values()) in empty, return_dtype=pl.Boolean
            )
        )
        few = answer.rows.filter(pl.col("note").fill_null("").str.contains("below"))
        assert nobody["value"].null_count() == nobody.height
        told = ["value", "margin", "over"]
        assert nobody.select(told).unique().height == few.select(told).unique().height == 1
    else:
        assert answer.rows["value"].null_count() == 0


def test_a_value_of_few_is_answered_as_one_that_does_not_exist(
    source: Records, session: Session
) -> None:
    frame = ungated(source, "arrests", "citizenship_country")
    known = set(session.dimensions("arrests")["citizenship_country"])
    (rare, *_) = sorted(set(frame["citizenship_country"].drop_nulls()) - known)
    said = []
    for value in (rare, "Q" * len(rare)):
        with pytest.raises(UnknownDimension) as refused:
            session.ask("arrests", where={"citizenship_country": value})
        told = refused.value.as_dict()
        said.append(json.dumps(told).replace(value, "?"))
        assert rare not in str(told["nearest"])
    assert said[0].split('"nearest"')[0] == said[1].split('"nearest"')[0]


def test_the_secret_stays_in_its_file(held: Held) -> None:
    secret = Store.open(held.path).places.cell_secret()
    found = [
        file.relative_to(held.path).as_posix()
        for file in held.path.rglob("*")
        if file.is_file()
        and (secret in file.read_bytes() or secret.hex().encode() in file.read_bytes())
    ]
    assert found == ["secrets/cell-key"]
    assert (held.path / found[0]).stat().st_mode & 0o077 == 0
