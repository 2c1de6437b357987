"""The attacker audit: published examples, every table tried by hand, and what each rule adds."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from openlifecycle.disclosure import audit_bounds, audit_search
from openlifecycle.disclosure.audit import Needs, attack, hidden, reach
from openlifecycle.disclosure.audit_bounds import components, pushed
from openlifecycle.disclosure.audit_model import FAR, part_of
from openlifecycle.disclosure.hierarchy import flat, stepped
from openlifecycle.disclosure.rounding import known
from openlifecycle.disclosure.tables import Cell, System, linked, summed
from openlifecycle.errors import UsageError
from tests.gate.twin_attacker import every_table, name_of, random_tables, sums_of

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

#: Fischetti and Salazar-Gonzalez (2001), Management Science 47(7), figure 1: investment of
#: enterprises by activity (I-III) and region (A-C), in millions of guilders.
INVESTMENT = {
    ("I", "A"): 20, ("I", "B"): 50, ("I", "C"): 10,
    ("II", "A"): 8, ("II", "B"): 19, ("II", "C"): 22,
    ("III", "A"): 17, ("III", "B"): 32, ("III", "C"): 12,
}  # fmt: skip


def table_of(values, rows, columns):
    """A two-way table of counts of people."""
    dimensions = (flat("row", rows), flat("column", columns))
    return summed("n", dimensions, {p: Cell(v, v) for p, v in values.items()})


def system_of(values, sums):
    """A system told cell by cell: values by letter, sums as whole = parts."""
    letters = list(values)
    rows = [[letters.index(whole), *(letters.index(p) for p in parts)] for whole, parts in sums]
    return System(
        keys=tuple(("n", (("letter", letter),)) for letter in letters),
        values=np.array([values[x] for x in letters], dtype=np.int64),
        units=np.array([values[x] for x in letters], dtype=np.int64),
        largest=np.ones(len(letters), dtype=np.int64),
        cell=np.array([n for row in rows for n in row], dtype=np.int64),
        sign=np.array([s for row in rows for s in (1, *[-1] * (len(row) - 1))], dtype=np.int64),
        starts=np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64),
    )


def flags(system, names):
    """One flag a cell for the named ones (letters, or pairs of nodes)."""
    wanted = set(names)
    return np.array([tuple(n for _, n in key[1]) in wanted for key in system.keys])


def needing(system, mask, below, above):
    cells = np.flatnonzero(mask)
    return Needs(cells, np.full(len(cells), below), np.full(len(cells), above))


def test_the_investment_table_of_fischetti_and_salazar():
    table = table_of(INVESTMENT, ["I", "II", "III"], ["A", "B", "C"])
    # The margins as printed.
    assert table.cells["total", "total"].value == 190
    assert [table.cells[r, "total"].value for r in ("I", "II", "III")] == [80, 49, 61]
    assert [table.cells["total", c].value for c in "ABC"] == [45, 101, 44]
    system = linked([table])
    places = [("II", "A"), ("II", "C"), ("III", "A"), ("III", "C")]
    mask = flags(system, [(c, r) for r, c in places])
    # Cell (II, C) = 22 is sensitive; the paper gives the attacker's interval as 5 .. 30.
    needs = needing(system, flags(system, [("C", "II")]), 3, 3)
    audit = attack(system, *hidden(system, mask), needs, exact=True)
    (found,) = audit.intervals
    assert (found.value, found.low, found.high, found.wide) == (22, 5, 30, True)
    assert audit.proved
    assert audit.unknown == 4
    assert audit.sums == 4


def test_the_feasibility_interval_in_the_manual_of_tau_argus():
    # Manual, section 2 "Audit": row totals 7 and 3, third row 3 3 6, column totals 9 and 7, the
    # four cells of the first two rows suppressed: cell (1,1) lies between 3 and 6.
    values = {("1", "1"): 5, ("1", "2"): 2, ("2", "1"): 1, ("2", "2"): 2,
              ("3", "1"): 3, ("3", "2"): 3}  # fmt: skip
    table = table_of(values, ["1", "2", "3"], ["1", "2"])
    system = linked([table])
    mask = flags(system, list(product("12", "12")))
    needs = needing(system, flags(system, [("1", "1")]), 1, 1)
    (found,) = attack(system, *hidden(system, mask), needs, exact=True).intervals
    assert (found.low, found.high) == (3, 6)


@pytest.mark.parametrize(
    ("figure", "steps", "low", "high"),
    # Manual of Tau-Argus, "Protection provided by controlled rounding", base 5.
    [(0, 0, 0, 4), (10, 0, 6, 14), (15, 1, 6, 24), (5, 1, 0, 14)],
)
def test_existence_intervals_of_rounded_figures(figure, steps, low, high):
    system = system_of({"a": figure}, [])
    down, up = known(system, np.array([figure]), 5, steps)
    (found,) = attack(system, down, up, needing(system, flags(system, [("a",)]), 0, 0)).intervals
    assert (figure - down[0], figure + up[0]) == (low, high)
    assert found.wide


def test_an_interval_in_which_no_whole_number_lies_is_no_protection():
    # Three sums in a ring: a+b+u = b+c+v = a+c+w = 1. Fractions allow a+b+c = 3/2, people do not.
    # Twice the ring: the linear program says that the sum of both may be 3; whole numbers say 2.
    values = {"t": 2, "a": 1, "b": 0, "c": 0, "u": 0, "v": 1, "w": 0,
              "d": 1, "e": 0, "f": 0, "x": 0, "y": 1, "z": 0,
              "1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "6": 1}  # fmt: skip
    sums = [("t", "abcdef"), ("1", "abu"), ("2", "bcv"), ("3", "acw"),
            ("4", "dex"), ("5", "efy"), ("6", "dfz")]  # fmt: skip
    system = system_of(values, sums)
    mask = flags(system, [(x,) for x in "tabcuvwdefxyz"])
    needs = needing(system, flags(system, [("t",)]), 1, 1)
    audit = attack(system, *hidden(system, mask), needs)
    (found,) = audit.intervals
    assert (found.low, found.high, found.wide) == (1, 2, False)
    assert not audit.proved
    assert audit.narrow == (found,)
    assert audit.words == "1 of 1 protected cells could be inferred too narrowly"
    exact = attack(system, *hidden(system, mask), needs, exact=True).intervals[0]
    assert (exact.low, exact.high) == (0, 2)


def test_a_search_among_whole_numbers_that_gives_up_proves_nothing(monkeypatch):
    table = table_of(INVESTMENT, ["I", "II", "III"], ["A", "B", "C"])
    system = linked([table])
    mask = flags(system, [(c, r) for r in ("II", "III") for c in "AC"])
    needs = needing(system, flags(system, [("C", "II")]), 3, 3)
    monkeypatch.setattr(audit_search, "solved", lambda solver: None)
    audit = attack(system, *hidden(system, mask), needs)
    assert not audit.proved
    assert audit.intervals[0].low == audit.intervals[0].high == 22


def test_what_pulling_together_leaves_open_is_found_singly(monkeypatch):
    table = table_of(INVESTMENT, ["I", "II", "III"], ["A", "B", "C"])
    system = linked([table])
    mask = flags(system, [(c, r) for r in ("II", "III") for c in "AC"])
    for pulls in (0, 1):
        monkeypatch.setattr(audit_search, "TOGETHER", pulls)
        # 22 may go down to 5 and up to 30, 12 down to 4 and up to 29: farther than 8 is not asked.
        assert attack(system, *hidden(system, mask), needing(system, mask, 8, 8)).proved


def test_one_gap_in_a_row_is_no_gap():
    table = table_of(INVESTMENT, ["I", "II", "III"], ["A", "B", "C"])
    system = linked([table])
    mask = flags(system, [("C", "II"), ("A", "II")])
    audit = attack(system, *hidden(system, mask), needing(system, mask, 1, 1))
    # Column A and column C each have one gap: both values are plain.
    assert [(i.low, i.high, i.wide) for i in audit.intervals] == [(8, 8, False), (22, 22, False)]


def test_everything_suppressed_is_bounded_by_nothing():
    system = system_of({"a": 3}, [])
    every = np.array([True])
    found = attack(system, *hidden(system, every), needing(system, every, 3, 2), exact=True)
    assert (found.intervals[0].low, found.intervals[0].high) == (0, None)
    assert found.proved
    total = system_of({"t": 5, "a": 3, "b": 2}, [("t", "ab")])
    every = np.ones(3, dtype=bool)
    found = attack(total, *hidden(total, every), needing(total, every, 2, 2), exact=True)
    assert [(i.low, i.high) for i in found.intervals] == [(0, None)] * 3


def test_a_published_protected_cell_is_never_proved():
    system = system_of({"t": 5, "a": 3, "b": 2}, [("t", "ab")])
    none = np.zeros(3, dtype=bool)
    found = attack(system, *hidden(system, none), needing(system, flags(system, [("a",)]), 2, 2))
    assert [(i.low, i.high, i.wide) for i in found.intervals] == [(3, 3, False)]


def test_two_tables_that_hold_alone_do_not_hold_together():
    # Four facilities, added up by area and by state: laid side by side they give each away.
    by_area = stepped("place", [("north", "f1"), ("north", "f2"), ("south", "f3"), ("south", "f4")])
    by_state = stepped("place", [("east", "f1"), ("east", "f3"), ("west", "f2"), ("west", "f4")])
    cells = {(f"f{n}",): Cell(v, v) for n, v in ((1, 3), (2, 4), (3, 20), (4, 30))}
    area, state = summed("n", (by_area,), cells), summed("n", (by_state,), cells)
    alone, both = linked([area]), linked([area, state])
    small = [("f1",), ("f2",)]
    needs = needing(alone, flags(alone, small), 2, 2)
    assert attack(alone, *hidden(alone, flags(alone, small)), needs).proved
    needs = needing(both, flags(both, small), 2, 2)
    together = attack(both, *hidden(both, flags(both, small)), needs)
    assert [(i.low, i.high) for i in together.intervals] == [(3, 3), (4, 4)]


def test_linked_tables_must_tell_the_same():
    one = summed("n", (flat("place", ["a", "b"]),), {("a",): Cell(3, 3)})
    other = summed("n", (flat("place", ["a", "b"]),), {("a",): Cell(4, 4)})
    with pytest.raises(UsageError, match="two tables tell"):
        linked([one, other])


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(random_tables(), st.data())
def test_the_interval_is_what_trying_every_table_gives(table, data):
    # Tiny tables only: at most five unknown cells, counts of at most 4.
    cells = {p: Cell(min(c.value, 2), 1) for p, c in table.cells.items()}
    leaves = [d.nodes if d.root is None else d.leaves for d in table.dimensions]
    small = summed("n", table.dimensions, {p: cells[p] for p in product(*leaves)})
    system = linked([small])
    count = len(system.keys)
    chosen = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=5))
    mask = np.zeros(count, dtype=bool)
    mask[list(chosen)] = True
    values = {name_of(small, p): c.value for p, c in small.cells.items()}
    names = {frozenset(key[1]): number for number, key in enumerate(system.keys)}
    unknown = [name for name, number in names.items() if mask[number]]
    public = {name: values[name] for name, number in names.items() if not mask[number]}
    most = 6
    audit = attack(system, *hidden(system, mask), needing(system, mask, 1, 1), exact=True)
    # Trying stops at `most`, which is no bound of the attacker's.
    assume(all(i.high is not None and i.high <= most for i in audit.intervals))
    tables = list(every_table(list(sums_of([small])), public, unknown, most))
    for interval in audit.intervals:
        seen = [one[frozenset(interval.key[1])] for one in tables]
        assert (interval.low, interval.high) == (min(seen), max(seen))


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(random_tables(), st.integers(0, 2**32))
def test_proof_and_exact_interval_agree(table, seed):
    system = linked([table])
    mask = np.random.default_rng(seed).random(len(system.keys)) < 0.5
    cells = np.flatnonzero(mask)
    needs = Needs(cells, np.minimum(2, system.values[cells]), np.full(len(cells), 2))
    quick = attack(system, *hidden(system, mask), needs)
    exact = attack(system, *hidden(system, mask), needs, exact=True)
    for proof, ends, below in zip(quick.intervals, exact.intervals, needs.below, strict=True):
        high = FAR if ends.high is None else ends.high
        assert proof.wide == (ends.value - ends.low >= below and high >= ends.value + 2)
        assert proof.low >= ends.low
        assert proof.high is None or proof.high <= high


def test_bounds_pushed_along_sums_hold_and_stop():
    system = system_of({"t": 5, "a": 3, "b": 2, "u": 3, "v": 0}, [("t", "ab"), ("a", "uv")])
    mask = flags(system, [(x,) for x in "abuv"])
    part = part_of(system, mask)
    down, up = hidden(system, mask)
    lower, higher = pushed(part, down[part.cells], up[part.cells])
    # a + b = 5 bounds both; u + v = a bounds those by 5 too.
    assert (system.values[part.cells] - lower).tolist() == [0, 0, 0, 0]
    assert (system.values[part.cells] + higher).tolist() == [5, 5, 5, 5]


def test_bounds_that_are_not_pushed_to_the_end_still_hold(monkeypatch):
    monkeypatch.setattr(audit_bounds, "ROUNDS", 1)
    system = system_of({"t": 5, "a": 3, "b": 2, "u": 3, "v": 0}, [("t", "ab"), ("a", "uv")])
    mask = flags(system, [(x,) for x in "abuv"])
    down, up = hidden(system, mask)
    part = part_of(system, mask)
    higher = pushed(part, down[part.cells], up[part.cells])[1]
    # One round tells that a is at most 5, and not yet that u is.
    assert higher[0] == 2
    assert higher[2] >= FAR
    needs = needing(system, flags(system, [("u",)]), 2, 2)
    assert attack(system, down, up, needs, exact=True).intervals[0].high == 5


def test_parts_that_share_no_sum_are_looked_at_apart():
    system = system_of({"t": 5, "a": 3, "b": 2, "s": 4, "c": 1, "d": 3}, [("t", "ab"), ("s", "cd")])
    mask = flags(system, [(x,) for x in "abcd"])
    assert components(part_of(system, mask)).tolist() == [0, 0, 2, 2]
    reached = reach(system, *hidden(system, mask), needing(system, mask, 1, 1))
    assert reached.up.tolist() == [0, 1, 1, 0, 1, 1]


def test_an_empty_audit_is_proved():
    system = system_of({"t": 5, "a": 3, "b": 2}, [("t", "ab")])
    nothing = np.zeros(3, dtype=bool)
    audit = attack(system, *hidden(system, nothing), needing(system, nothing, 2, 2))
    assert audit.proved
    assert audit.words.startswith("audit: none of 0 protected cells")
    assert replace(audit, would_pass=("x",)).would_pass == ("x",)


def test_only_whole_numbers_that_keep_every_sum_are_a_proof():
    system = system_of({"t": 5, "a": 3, "b": 2}, [("t", "ab")])
    every = np.ones(3, dtype=bool)
    part = part_of(system, every)
    search = audit_search.Search(part, system.values, np.full(3, 9))
    for offsets in ([1.0, 1.0, 1.0], [0.0, 0.5, -0.5], [0.0, 10.0, -10.0]):
        assert not search._note(np.array(offsets))
    assert not search.found_up.any()
    assert search._note(np.array([0.0, 1.0, -1.0]))
    assert search.found_up.tolist() == search.found_down.tolist() == [0, 1, 1]
