"""Every kind of value, told of two worlds that differ in one value of one person."""

from __future__ import annotations

import polars as pl
import pytest

from openlifecycle.demo.world import World
from openlifecycle.disclosure.policy import Policy
from openlifecycle.measures.question import Question
from tests.attacks.conftest import Target, answering
from tests.attacks.twins import changed, told

SECRETS = 240

#: Measures of every kind of value, all of which can be split by gender.
KINDS = {
    "arrests": "rows",
    "people_arrested": "people",
    "arrests_without_conviction_share": "share",
    "record_alos": "mean",
    "record_median_stay": "median",
    "stay_survival_median": "survival",
    "held_over_90_days": "stock",
    "record_adp": "heads, mean",
    "record_population_peak": "heads, peak",
    "record_person_days": "heads, sum",
}


def _somebody(world: World) -> tuple[str, str]:
    """Return a person with one arrest and one stay that is over, and another gender than theirs."""
    arrests, stints = world.tables["arrest"], world.tables["detention_stint"]
    once = arrests.group_by("person_key").len().filter(pl.col("len") == 1)["person_key"]
    stays = stints.group_by("person_key").agg(
        pl.col("stay_book_in_at").n_unique().alias("n"),
        pl.col("book_out_at").null_count().alias("o"),
        (pl.col("stay_book_out_at").max() - pl.col("stay_book_in_at").min()).alias("lasted"),
        pl.col("gender").first(),
    )  # fmt: skip
    fit = stays.filter(
        pl.col("n") == 1, pl.col("o") == 0, pl.col("person_key").is_in(once.implode()),
        pl.col("gender") == "Female",
    ).sort("lasted", "person_key")  # fmt: skip
    return fit["person_key"][-1], "Male"  # the longest stay: held on most midnights


@pytest.fixture(scope="module")
def twins(real: Target, tmp_path_factory: pytest.TempPathFactory) -> tuple[Target, Target]:
    person, gender = _somebody(real.world)
    tables = changed(real.world, person, "gender", gender)
    return real, answering(tmp_path_factory.mktemp("changed"), real.world, tables)


@pytest.mark.parametrize("measure", sorted(KINDS))
def test_one_number_of_any_kind_tells_little_of_one_person(
    twins: tuple[Target, Target], rule: Policy, measure: str
) -> None:
    found = told(*twins, Question.of(measure, by="gender", period="fiscal_year"), SECRETS)
    assert found, "the worlds do not differ: nothing was attacked"
    worst = found[0]
    assert worst.apart <= ONE_NUMBER, worst


#: One number of at least ten people, with noise of variance V: Phi(1 / (2 sqrt V)), and as much
#: again for the chance of a sample of this size.
ONE_NUMBER = 0.75
