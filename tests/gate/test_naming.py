"""The bound on naming: how many counts hold one person, and what the best guess is worth."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest

from openlifecycle.disclosure.naming import (
    Looks,
    Population,
    attributes,
    checked,
    combined,
    edge,
    insider,
    insider_exact,
    looks,
    populations,
    refuse,
)
from openlifecycle.disclosure.perturbation import noise, ptable
from openlifecycle.disclosure.policy import AGREEMENT, Policy, policy
from openlifecycle.errors import NotCleared
from openlifecycle.measures.registry import measure, measures

SECRET = b"s" * 32


@pytest.mark.parametrize("name", ["public-foia", "agreement"])
def test_the_bound_of_each_policy_holds_for_all_that_is_declared(name: str) -> None:
    assert checked(policy(name)) == policy(name)


def test_normal_noise_by_hand() -> None:
    # L = 7, V = 14: d' = 1, and Phi(1/2) = 0.69146 by any table of the normal distribution
    assert insider(7, 14.0) == pytest.approx(0.69146, abs=1e-5)
    assert insider(0, 14.0) == 0.5


@pytest.mark.parametrize("cells", [1, 5, 20, 76])
def test_the_exact_figure_is_close_to_the_normal_one_and_not_below_the_truth(cells: int) -> None:
    found = insider_exact(policy(), cells)
    assert found == pytest.approx(insider(cells, 14.0), abs=0.006)


def test_the_exact_figure_for_one_count_by_hand() -> None:
    # one count in each of two cells: the two guesses move both by one
    row = ptable(14.0, 14).row(50)
    one, other = np.append(row, 0), np.append(0, row)
    both = np.outer(one, other) - np.outer(other, one)
    assert insider_exact(policy(), 1) == pytest.approx((1 + both.clip(0).sum()) / 2, abs=5e-4)


def test_a_simulated_insider_is_right_as_often_as_said() -> None:
    # 20 counts hold the person if the value is a, 20 others if it is b; everything else is known
    cells, games = 20, 4_000
    rng = np.random.default_rng(11)
    truth = rng.integers(0, 2, games)
    known = rng.integers(30, 900, (games, 2, cells))
    counts = known.copy()
    counts[np.arange(games), truth] += 1
    keys = rng.integers(0, 2**40, counts.size)
    seen = counts + noise(keys, counts.ravel(), SECRET, policy()).reshape(counts.shape)
    row = np.log(np.maximum(ptable(14.0, 14).row(500), 1e-300))

    def likely(off: np.ndarray) -> np.ndarray:
        found = np.where(np.abs(off) <= 14, row[np.clip(off + 14, 0, 28)], -700.0)
        return np.asarray(found.sum(axis=1))

    off = seen - known
    first = likely(off[:, 0] - 1) + likely(off[:, 1])
    second = likely(off[:, 0]) + likely(off[:, 1] - 1)
    right = ((second > first) == truth).mean()
    said = insider_exact(policy(), cells)
    assert right <= said + 3 * np.sqrt(said * (1 - said) / games)
    assert right == pytest.approx(said, abs=0.03)


def test_looks_of_arrests_counted_the_slow_way() -> None:
    # by month and fiscal year two dimensions, by quarter and day one; criminality and conviction
    # are one attribute, and one of them with the other is the finer one alone
    spec = measure("arrests").records
    assert spec is not None
    pair = {"criminality", "conviction"}
    cells = 0
    for period, most in {"month": 2, "fiscal_year": 2, "quarter": 1, "day": 1}.items():
        assert period in spec.periods
        splits = {frozenset(c) for n in (1, 2) for c in combinations(spec.dimensions, n)}
        inner = {
            "criminality": "conviction",
            "program": "border",
            "arrest_method": "arrest_setting",
        }
        splits = {s for s in splits if len(s) <= most and s & pair}
        splits = {s for s in splits if not any(f in s and inner[f] in s for f in inner)}
        cells += len(splits)
    found = looks(policy(), [measure("arrests")])
    of = {one.attribute: one.cells for one in found}
    assert of["conviction", "criminality"] == cells
    assert found[0].population.words() == "arrest, arrested_at"


def test_people_are_a_further_look_at_arrests_and_shares_have_two_populations() -> None:
    alone = looks(policy(), [measure("arrests")])[0].cells
    both = looks(policy(), [measure("arrests"), measure("people_arrested")])[0].cells
    # distinct people by one dimension, by month and by fiscal year, of a pair of dimensions
    assert both == alone + 4
    spec = measure("arrests_without_conviction_share").records
    assert spec is not None
    base, numerator = populations(spec)
    assert base.conditions == ("criminality is not missing",)
    assert len(numerator.conditions) == 2
    bonds = measure("initial_bond_median").records
    assert bonds is not None
    assert populations(bonds)[0].conditions == ("initial_bond_lowest is not missing",)
    # a stay that runs backwards has no length
    stays = measure("record_alos").records
    assert stays is not None
    assert populations(stays)[0].conditions == ("stay_days is not missing",)


def test_measures_of_printed_tables_have_no_looks() -> None:
    printed = [m for m in measures().values() if m.records is None]
    assert printed
    assert looks(policy(), printed) == ()


def test_attributes_join_what_lies_within_each_other() -> None:
    found = attributes(["facility_code", "gender", "state", "criminality", "conviction", "gender"])
    assert found == (("facility_code", "state"), ("gender",), ("conviction", "criminality"))


def test_populations_of_a_table_add_up_to_more() -> None:
    of = combined(policy())
    most = {t: 0 for t in of}
    for one in looks(policy()):
        most[one.population.table] = max(most[one.population.table], one.cells)
    assert all(of[t] >= most[t] for t in of)
    assert of["arrest"] > most["arrest"]


def _policy(**words: object) -> Policy:
    return replace(policy(), **words)  # type: ignore[arg-type]


def test_a_policy_whose_bound_does_not_hold_is_refused_with_the_numbers() -> None:
    three = dict(policy().dimensions) | {"month": 3}
    with pytest.raises(NotCleared, match=r"0\.96 at most, but it is (0\.9[7-9]|1\.0)") as error:
        checked(_policy(name="wide", dimensions=three))
    assert "counts speak of" in str(error.value)
    assert error.value.exit_code == 4


def test_the_bound_is_refused_one_look_above_what_it_allows() -> None:
    population = Population("table, at")
    # it grows with each look, so that the last one allowed is found by halves
    allowed = bisect_right(range(200), 0.96, lo=1, key=lambda n: insider_exact(policy(), n)) - 1
    refuse(policy(), [Looks(population, ("x",), allowed)])
    with pytest.raises(NotCleared, match=f"{allowed + 1} counts speak of x or y"):
        refuse(policy(), [Looks(population, ("x", "y"), allowed + 1)])
    # as by the normal distribution: 14 * Phi^-1(0.96)^2 * 2
    assert allowed == pytest.approx(28 * NormalDist().inv_cdf(0.96) ** 2, rel=0.06)


def test_the_edge_of_the_threshold_is_what_the_table_says() -> None:
    # five people are shown from 12 on: with noise of 7 to 14
    row = ptable(14.0, 14).row(5)
    assert edge(policy()) == pytest.approx(row[14 + 7 :].sum())
    # eleven people from 18 on, with noise of 7 to 14 too
    assert edge(policy(AGREEMENT)) == pytest.approx(ptable(14.0, 14).row(11)[14 + 7 :].sum())
    # were they shown from the minimum cell on, every other count of five would be shown
    assert edge(_policy(shown_from=5)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(("shown_from", "holds"), [(11, False), (12, True), (13, True)])
def test_the_edge_that_is_stated_holds_from_twelve_on(shown_from: int, holds: bool) -> None:
    # a simulated holder of just five people, not the table: shown about 9, 6 and 4 times of 100
    keys = np.arange(200_000, dtype=np.int64)
    seen = 5 + noise(keys, np.full(keys.size, 5), SECRET, policy())
    often = float((seen >= shown_from).mean())
    changed = _policy(name="edge", shown_from=shown_from)
    assert edge(changed) == pytest.approx(often, abs=0.003)
    assert (often <= 0.08) == holds
    if holds:
        assert checked(changed) == changed
        return
    with pytest.raises(NotCleared, match="just 5 people is shown with probability 0.08 at most"):
        checked(changed)
