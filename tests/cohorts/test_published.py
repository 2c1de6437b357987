"""The estimators against worked examples that others have published."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from openlifecycle.lifecycle.survival import (
    effective,
    incidence,
    last_by,
    survival_curve,
    variance_at,
    wilson,
)


def counts(times: list[int], causes: list[str], weights: list[int] | None = None) -> pl.DataFrame:
    n = weights or [1] * len(times)
    return pl.DataFrame({"cell": 0, "hour": times, "cause": causes, "n": n})


# Freireich et al., Blood 21 (1963): weeks in remission of 21 children on 6-MP; + = still in
# remission. The Kaplan-Meier table with Greenwood's errors is worked in Cox and Oakes (1984, table
# 1.1 and 4.1), Kleinbaum and Klein (Survival Analysis, ch. 2) and Lawless (2003, example 3.2.2).
SIX_MP = [6, 6, 6, 7, 10, 13, 16, 22, 23]
SIX_MP_CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
SIX_MP_TABLE = {
    6: (21, 0.8571, 0.0764),
    7: (17, 0.8067, 0.0869),
    10: (15, 0.7529, 0.0963),
    13: (12, 0.6902, 0.1068),
    16: (11, 0.6275, 0.1141),
    22: (7, 0.5378, 0.1282),
    23: (6, 0.4482, 0.1346),
}


def six_mp() -> pl.DataFrame:
    causes = ["relapse"] * len(SIX_MP) + [""] * len(SIX_MP_CENSORED)
    return counts(SIX_MP + SIX_MP_CENSORED, causes)


def test_kaplan_meier_of_the_6_mp_trial_as_in_the_textbooks() -> None:
    curve = survival_curve(six_mp(), ["cell"]).filter(pl.col("n_events") > 0)
    assert curve["hour"].to_list() == list(SIX_MP_TABLE)
    for row in curve.iter_rows(named=True):
        at_risk, surv, error = SIX_MP_TABLE[row["hour"]]
        assert row["n_risk"] == at_risk
        assert row["surv"] == pytest.approx(surv, abs=5e-5)
        assert math.sqrt(row["var"]) == pytest.approx(error, abs=5e-5)


def test_one_cause_alone_is_one_minus_kaplan_meier_with_the_same_variance() -> None:
    curve = survival_curve(six_mp(), ["cell"]).filter(pl.col("n_events") > 0)
    shares = variance_at(incidence(six_mp(), ["cell"]))
    assert shares["share"].to_list() == pytest.approx([1 - s for s in curve["surv"]])
    assert shares["var"].to_list() == pytest.approx(curve["var"].to_list())


# Satagopan et al., British Journal of Cancer 91 (2004) 1229, table 2: the first nine of 305 women
# with breast cancer; month, and dead of it (E), of another cause (CR), or alive (C). All others
# were watched for longer.
BREAST = [(7, ""), (10, "E"), (14, ""), (16, "E"), (18, "CR"), (23, "E"), (24, ""), (26, "CR"),
          (27, "E")]  # fmt: skip
BREAST_AT_RISK = {10: 304, 16: 302, 18: 301, 23: 300, 26: 298, 27: 297}
BREAST_SURVIVAL = {10: 99.7, 16: 99.3, 18: 99.0, 23: 98.7, 26: 98.3, 27: 98.0}
BREAST_INCIDENCE = {10: 0.3, 16: 0.6, 23: 0.9, 27: 1.2}


def test_cumulative_incidence_of_the_breast_cancer_table_of_satagopan() -> None:
    data = counts([t for t, _ in BREAST] + [28], [c for _, c in BREAST] + [""], [1] * 9 + [296])
    curve = survival_curve(data, ["cell"]).filter(pl.col("n_events") > 0)
    assert dict(zip(curve["hour"], curve["n_risk"], strict=True)) == BREAST_AT_RISK
    # the printed table rounds each step to one decimal of a per cent
    for row in curve.iter_rows(named=True):
        assert 100 * row["surv"] == pytest.approx(BREAST_SURVIVAL[row["hour"]], abs=0.051)
    of_it = incidence(data, ["cell"]).filter(pl.col("cause") == "E")
    assert of_it["hour"].to_list() == list(BREAST_INCIDENCE)
    # it adds up rounded steps, 0.3 each, so that only the steps can be compared
    steps = [100 * step for step in of_it["share"].diff().fill_null(of_it["share"][0])]
    assert steps == pytest.approx([0.3] * 4, abs=0.051)
    assert of_it["share"][-1] == pytest.approx(
        1 / 304 + (303 / 304) / 302 + (303 / 304) * (301 / 302) * (300 / 301) / 300
        + (303 / 304) * (301 / 302) * (300 / 301) * (299 / 300) * (297 / 298) / 297
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_points_and_errors_are_those_of_statsmodels_on_one_row_a_person(seed: int) -> None:
    from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 120))
    time = rng.integers(0, 25, n)
    status = rng.integers(0, 4, n)
    status[time == time.max()] = 0  # its variance divides by nothing where all have had the event
    status[0] = 3  # it has one curve up to the highest kind
    time[0] = min(time[0], time.max() - 1)
    data = counts(time.tolist(), ["" if s == 0 else str(s) for s in status])
    collapsed = data.group_by(["cell", "hour", "cause"]).agg(pl.col("n").sum())
    theirs = CumIncidenceRight(time, status)
    ours = incidence(collapsed, ["cell"])
    for kind in (1, 2, 3):
        mine = ours.filter(pl.col("cause") == str(kind))
        for hour in sorted(set(time.tolist())):
            place = int(np.searchsorted(theirs.times, hour))
            row = variance_at(last_by(mine, ["cell", "cause"], hour))
            share, error = (row["share"][0], math.sqrt(row["var"][0])) if len(row) else (0.0, 0.0)
            assert share == pytest.approx(theirs.cinc[kind - 1][place], abs=1e-12)
            assert error == pytest.approx(theirs.cinc_se[kind - 1][place], abs=1e-9)
    any_of = SurvfuncRight(time, (status > 0).astype(int))
    curve = survival_curve(collapsed, ["cell"]).filter(pl.col("n_events") > 0)
    assert curve["surv"].to_list() == pytest.approx(any_of.surv_prob.tolist())
    assert np.sqrt(curve["var"].to_numpy()) == pytest.approx(any_of.surv_prob_se)


def test_statsmodels_with_weights_gives_no_errors_that_could_be_used() -> None:
    # why its classes are not run on counts (decision 0009): should this fail, look again
    from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

    time, status = np.array([1, 2, 3, 4]), np.array([1, 2, 1, 0])
    weights = np.array([3, 2, 4, 6])
    assert CumIncidenceRight(time, status, freq_weights=weights).cinc_se is None
    event = (status > 0).astype(int)
    weighted = SurvfuncRight(time, event, freq_weights=weights).surv_prob_se
    one_each = SurvfuncRight(np.repeat(time, weights), np.repeat(event, weights)).surv_prob_se
    assert not np.allclose(weighted, one_each, rtol=0.05)


def test_without_censoring_the_estimate_is_the_share_and_the_variance_binomial() -> None:
    data = counts([1, 2, 3, 3, 5], ["a", "b", "a", "b", "a"], [4, 1, 3, 2, 10])
    row = variance_at(last_by(incidence(data, ["cell"]), ["cell", "cause"], 3)).sort("cause")
    assert row["share"].to_list() == pytest.approx([7 / 20, 3 / 20])
    assert row["var"].to_list() == pytest.approx([0.35 * 0.65 / 20, 0.15 * 0.85 / 20])
    n_eff = row.select(effective(pl.col("share"), pl.col("var")))["share"]
    assert n_eff.to_list() == pytest.approx([20, 20])


# Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3 (score, no correction).
@pytest.mark.parametrize(
    ("inside", "people", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
     (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_interval_as_in_newcombe(inside: int, people: int, low: float, high: float) -> None:
    ends = wilson(pl.col("p"), pl.col("n"))
    row = pl.DataFrame({"p": [inside / people], "n": [float(people)]}).select(
        ends[0].alias("low"), ends[1].alias("high")
    )
    assert row["low"][0] == pytest.approx(low, abs=5e-5)
    assert row["high"][0] == pytest.approx(high, abs=5e-5)
