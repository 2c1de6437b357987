"""Without mess every rule set finds the truth; with mess each is off, and the score says so."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from openlifecycle.cli.main import cli
from openlifecycle.demo.world import Rates, make_world
from openlifecycle.demo.world.rates import clean
from openlifecycle.demo.world.score import score
from openlifecycle.demo.world.score_table import MEASURES, score_table
from openlifecycle.demo.world.true_figures import true_figures

C = pl.col
#: Two people a plan can be checked on by hand: nobody comes back, nobody is moved, no mess.
PLAIN = clean().but({"transfers": 0.0, "returned": 0.0, "border": 0.0, "hold_room": 0.0})


@pytest.fixture(scope="module")
def tidy_score() -> pl.DataFrame:
    return score(make_world(1_500, 21, clean()), ("olc-1", "ddp-2026-03", "uwchr-2024"))


@pytest.mark.parametrize(
    "measure", sorted(set(MEASURES) - {"true_links_found_right", "share_of_arrests_with_stay"})
)
def test_without_mess_every_rule_set_finds_the_truth(
    tidy_score: pl.DataFrame, measure: str
) -> None:
    rows = tidy_score.filter(C("measure") == measure)
    assert rows.height >= 2
    for truth, answer in rows.select("truth", "answer").iter_rows():
        # Clocks on the wall run backwards for a few: a stay in a thousand may be told otherwise.
        assert answer == pytest.approx(truth, rel=2e-3, abs=2e-3)


def test_arrests_whose_stay_begins_beyond_the_window_stay_unlinked(
    tidy_score: pl.DataFrame,
) -> None:
    rows = tidy_score.filter(C("measure") == "true_links_found_right")
    assert rows["answer"].is_between(0.97, 0.9999).all()


def test_an_error_is_answer_less_truth(tidy_score: pl.DataFrame) -> None:
    off = tidy_score["answer"] - tidy_score["truth"]
    assert (tidy_score["error"] - off).abs().max() == 0


def test_repeated_arrests_are_counted_twice_by_rules_that_do_not_look() -> None:
    rates = clean().but({"arrest_repeated": 0.2})
    found = score(make_world(1_000, 22, rates), ("olc-1", "exact-rows"))
    arrests = {
        row["rule_set"]: row["relative_error"]
        for row in found.filter(C("measure") == "arrests").iter_rows(named=True)
    }
    assert abs(arrests["olc-1"]) < 0.01
    assert arrests["exact-rows"] == pytest.approx(0.2, abs=0.04)


def test_true_figures_of_a_world_that_can_be_counted_by_hand() -> None:
    world = make_world(40, 23, PLAIN)
    table = world.tables["detention_stint"]
    figures = true_figures(world)
    assert figures["stays"] == figures["people_with_a_stay"] == table.height
    assert figures["transfers_per_stay"] == 0
    assert figures["stays_open"] == table["stay_book_out_at"].null_count()
    held = 0
    for begin, end in table.select("book_in_at", "book_out_at").iter_rows():
        last = min(end, world.through) if end else world.through
        first = max(begin.date(), world.start)
        held += max((last.date() - first).days, 0)
    days = (world.through.date() - world.start).days
    assert figures["mean_midnight_population"] == pytest.approx(held / days)


def test_the_command_prints_a_line_for_each_measure_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["demo", "world", "--persons", "200", "--score", "--rules", "olc-1"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("SYNTHETIC")
    for said in MEASURES.values():
        assert said in done.output
    done = CliRunner().invoke(cli, [*words, "--json"])
    assert {row["measure"] for row in json.loads(done.output)} == set(MEASURES)
    assert not any(tmp_path.iterdir())


def test_a_table_says_what_a_rule_set_does_not_answer(tidy_score: pl.DataFrame) -> None:
    assert "not answered" in score_table(tidy_score)


def test_scores_hold_no_person() -> None:
    found = score(make_world(100, 24, Rates()), ("olc-1",))
    assert "synthetic-" not in found.write_csv()
