"""The table of noise, against a published one and against what makes it the best; the drawing."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from openlifecycle.disclosure import perturbation
from openlifecycle.disclosure.perturbation import (
    PTable,
    anchored,
    margin,
    noise,
    ptable,
    uniforms,
)
from openlifecycle.disclosure.policy import policy

SECRET = b"s" * 32
TABLES = [
    (14.0, 14), (56.0, 28), (1.0, 2), (12.0, 8), (3.0, 5), (100.0, 4), (0.5, 10), (9.9, 5),
    (3333.0, 100), (0.3, 1),
]  # fmt: skip


def _whole(values: object) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_the_published_table_of_the_ptable_package() -> None:
    # R package ptable (T. Enderle), vignette "Introduction to the ptable-Package" of 2023-03-01:
    # create_cnt_ptable(D = 2, V = 1) prints, for counts of 2 and more, noise -2..2 with
    # probabilities 0.0638, 0.2447, 0.3830, 0.2447, 0.0638, mean 0 and variance 1
    # (cran.r-project.org/web/packages/ptable/vignettes/introduction.html). Its row for 1 has
    # a further constraint (mono), which ours does not have.
    made = ptable(1.0, 2)
    assert made.row(2).round(4).tolist() == [0.0638, 0.2447, 0.383, 0.2447, 0.0638]
    assert made.variances[2] == pytest.approx(1.0)


@pytest.mark.parametrize(("variance", "most"), TABLES)
def test_rows_sum_to_one_have_mean_zero_and_never_go_below_nothing(
    variance: float, most: int
) -> None:
    table = ptable(variance, most)
    steps = np.arange(-most, most + 1)
    for count in range(most + 5):
        row = table.row(count)
        assert row.min() >= 0
        assert abs(row.sum() - 1) < 1e-9
        assert abs((row * steps).sum()) < 1e-9
        assert row[count + steps < 0].sum() == 0
        assert (row * steps**2).sum() <= variance + 1e-9
    assert table.row(0)[most] == 1.0
    assert table.row(most + 100) is not None


@pytest.mark.parametrize(("variance", "most"), TABLES)
def test_rows_are_of_maximum_entropy(variance: float, most: int) -> None:
    # Of all distributions on some points with a mean and at most a variance, the one whose
    # logarithm is a parabola, a j^2 + b j + c, has the most entropy, if a <= 0 and the variance is
    # reached, or a = 0 and it is not (Karush, Kuhn and Tucker; the problem is convex).
    table = ptable(variance, most)
    for count in range(1, most + 3):
        row = table.row(count)
        logs = np.log(row[max(0, most - count) :])
        bends = np.diff(logs, 2)
        assert np.ptp(bends) < 1e-7
        spare = variance - table.variances[min(count, most)]
        assert bends.max() < 1e-7
        assert spare < 1e-9 or np.abs(bends).max() < 1e-7


def test_the_variance_of_each_count_is_published() -> None:
    table = ptable(14.0, 14)
    steps = np.arange(-14, 15)
    for count in range(15):
        assert table.variances[count] == pytest.approx((table.row(count) * steps**2).sum())
    # one person can only go to nobody or up: the exponential row of mean zero (geometric: 2)
    assert table.variances[1] == pytest.approx(2.0, abs=0.01)
    assert table.variances[0] == 0
    assert table.variances[4:] == pytest.approx(14.0)


@pytest.mark.parametrize(("variance", "most"), [(0.0, 5), (-1.0, 5), (3.0, 0)])
def test_no_noise_is_no_table(variance: float, most: int) -> None:
    with pytest.raises(ValueError, match="no noise"):
        ptable(variance, most)


def test_a_table_that_is_not_found_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perturbation, "_STEPS", 1)
    with pytest.raises(ValueError, match="no table found for noise -1..9, variance None"):
        ptable(3.0, 9)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 13, 14, 500])
@pytest.mark.parametrize("times", [1, 2])
def test_noise_over_many_keys_follows_the_table(count: int, times: int) -> None:
    keys = np.arange(60_000, dtype=np.int64) * 2**31 + 17
    drawn = noise(keys, np.full(60_000, count), SECRET, policy(), times=times)
    table = ptable(14.0 * times**2, 14 * times)
    expected = table.row(count) * drawn.size
    enough = expected >= 5
    seen = np.bincount(drawn + table.most, minlength=expected.size)
    observed = [*seen[enough], seen[~enough].sum()]
    wanted = [*expected[enough], expected[~enough].sum()]
    if wanted[-1] == 0:
        observed, wanted = observed[:-1], wanted[:-1]
    assert seen.sum() == drawn.size
    assert chisquare(observed, wanted).pvalue > 1e-4
    assert abs(drawn.mean()) < 5 * np.sqrt(14.0 * times**2 / drawn.size)


@given(
    keys=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20),
    count=st.integers(0, 60),
    times=st.integers(1, 3),
    purpose=st.binary(max_size=20),
)
def test_noise_is_bounded_repeats_itself_and_leaves_nobody_below_zero(
    keys: list[int], count: int, times: int, purpose: bytes
) -> None:
    rules, counts = policy(), _whole([count] * len(keys))
    first = noise(_whole(keys), counts, SECRET, rules, purpose, times=times)
    assert (np.abs(first) <= rules.perturbation.most * times).all()
    assert (counts + first >= 0).all()
    back = noise(_whole(keys[::-1]), counts, SECRET, rules, purpose, times=times)
    assert (first == back[::-1]).all()
    if count == 0:
        assert (first == 0).all()


def test_a_count_and_the_next_with_the_same_key_move_together() -> None:
    keys = np.arange(5_000, dtype=np.int64)
    for count in (3, 9, 14, 40):
        one = noise(keys, np.full(5_000, count), SECRET, policy())
        next_ = noise(keys, np.full(5_000, count + 1), SECRET, policy())
        assert np.corrcoef(one, next_)[0, 1] > 0.97
        # the higher the number drawn, the higher the noise of either
        order = np.argsort(uniforms(keys, SECRET, b"14/14/1/"))
        assert (np.diff(one[order]) >= 0).all()


def test_uniform_numbers_are_the_keyed_hash() -> None:
    # RFC 7693, computed here by hand for one key
    context = hashlib.blake2b(b"why", key=SECRET, digest_size=32).digest()
    raw = hashlib.blake2b((77).to_bytes(8, "little"), key=context, digest_size=8).digest()
    wanted = (int.from_bytes(raw, "little") >> 11) / 2**53
    assert uniforms(_whole([77]), SECRET, b"why").tolist() == [wanted]
    assert uniforms(_whole([]), SECRET, b"why").size == 0


def test_other_secrets_purposes_and_policies_have_nothing_in_common() -> None:
    keys, counts = np.arange(20_000, dtype=np.int64), np.full(20_000, 100)
    ours = noise(keys, counts, SECRET, policy())
    # with more noise the threshold has to be higher, or a count of five is shown too often
    wider = policy().tightened(
        {"perturbation": {"variance": 20, "most": 18}, "shown_from": 14, "statistic_minimum": 14}
    )
    others = [
        noise(keys, counts, b"t" * 32, policy()),
        noise(keys, counts, SECRET, policy(), b"records"),
        noise(keys, counts, SECRET, policy(), times=2),
        noise(keys, counts, SECRET, wider),
    ]
    for other in others:
        assert abs(np.corrcoef(ours, other)[0, 1]) < 0.03


def test_no_secret_and_no_negative_count() -> None:
    with pytest.raises(ValueError, match="secret"):
        noise(_whole([1]), _whole([9]), b"", policy())
    with pytest.raises(ValueError, match="negative"):
        noise(_whole([1]), _whole([-1]), SECRET, policy())
    assert noise(_whole([]), _whole([]), SECRET, policy()).size == 0


def test_a_rule_set_keeps_the_noise_of_the_default_and_adds_where_people_differ() -> None:
    keys = np.arange(40_000, dtype=np.int64)
    counts = np.full(40_000, 30)
    own = noise(keys, counts, SECRET, policy())
    assert (anchored(keys, keys, counts, SECRET, policy()) == own).all()
    half = np.where(keys % 2 == 0, keys, keys + 10**9)
    other = anchored(half, keys, counts, SECRET, policy())
    same = keys % 2 == 0
    assert (other[same] == own[same]).all()
    more = (other - own)[~same]
    assert abs(more.mean()) < 0.15
    assert more.var() == pytest.approx(14.0, rel=0.05)
    assert abs(np.corrcoef(more, own[~same])[0, 1]) < 0.03
    few = anchored(half, keys, np.full(40_000, 2), SECRET, policy())
    assert (few >= -2).all()


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("twice", [False, True])
def test_a_margin_holds_95_times_of_100_and_the_next_smaller_does_not(
    times: int, twice: bool
) -> None:
    keys = np.arange(200_000, dtype=np.int64)
    counts = np.full(keys.size, 300)
    anchors = keys + 10**12 if twice else keys
    drawn = np.abs(anchored(keys, anchors, counts, SECRET, policy(), times=times))
    found = margin(policy(), times=times, twice=twice)
    assert (drawn <= found).mean() >= 0.95
    assert (drawn <= found - 1).mean() < 0.95


def test_the_margin_of_public_records_is_seven() -> None:
    # normal noise of variance 14 rounded to whole numbers: P(|e| <= 7.5) = 0.955, P(<= 6.5) = 0.918
    assert margin(policy()) == 7


def test_drawing_steps_over_what_cannot_be() -> None:
    table: PTable = ptable(14.0, 14)
    ends = np.array([0.0, np.nextafter(1.0, 0.0)])
    assert table.drawn(ends, _whole([3, 3])).tolist() == [-3, 14]
    assert table.drawn(ends, _whole([0, 0])).tolist() == [0, 0]
    assert table.drawn(ends, _whole([99, 99])).tolist() == [-14, 14]
