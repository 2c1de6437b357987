"""Cell keys: a secret function of the set of people in a cell, held against a slow plain twin."""

from __future__ import annotations

import hashlib
import math
import struct
from collections import defaultdict
from pathlib import Path
from statistics import pstdev
from typing import Any

import ibis
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openlifecycle.engine.backend import fetch, open_backend
from openlifecycle.engine.record_cells import PERIOD, cells, quantiles
from openlifecycle.engine.record_frames import GATE_COUNTS, GATE_NUMBERS
from openlifecycle.engine.record_source import EventFolder
from openlifecycle.engine.record_units import PEOPLE, RECORD_KEY, UNIT, record_keys
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_declaration import Condition, RecordSpec
from openlifecycle.measures.record_plan import record_plan
from tests.records_answers.small import THROUGH, arrest, at, frame, stint

SECRET = b"\x07" * 32


def slow_key(number: int, *, secret: bytes, collection: str, kind: str) -> int:
    """Return a record key as the docstring of the room says it, one at a time."""
    block, place = divmod(number, 65_536)
    said = b""
    for part in (b"openlifecycle record key 1", secret, collection.encode(), kind.encode(),
                 str(block).encode()):  # fmt: skip
        said += struct.pack(">Q", len(part)) + part
    drawn = hashlib.shake_256(said).digest(4 * (place + 1))
    return int(struct.unpack("<I", drawn[-4:])[0])


def test_record_keys_are_those_of_the_twin_in_every_block() -> None:
    numbers = np.array([0, 1, 2, 65_535, 65_536, 65_537, 200_000, 3], dtype=np.int64)
    words: dict[str, Any] = {"secret": SECRET, "collection": "us_ice.records@1", "kind": "people"}
    found = record_keys(numbers, **words)
    assert found.tolist() == [slow_key(int(n), **words) for n in numbers]
    for changed in ({"secret": b"\x08" * 32}, {"collection": "x"}, {"kind": "arrest"}):
        assert not set(record_keys(numbers, **{**words, **changed})) & set(found)


def test_record_keys_fill_their_32_bits() -> None:
    found = record_keys(np.arange(100_000), secret=SECRET, collection="c", kind=PEOPLE)
    assert found.min() >= 0
    assert found.max() < 2**32
    assert len(set(found.tolist())) > 99_990  # 1.2 pairs are expected to meet
    for bit in range(32):  # 50,000 +- 5 standard deviations of 158
        assert abs(int((found >> bit & 1).sum()) - 50_000) < 800, bit


# -- cells against a twin that knows no queries -----------------------------------------------

ROW = st.tuples(
    st.integers(0, 2),  # period
    st.sampled_from(["a", "b", None]),  # split
    st.one_of(st.none(), st.integers(0, 5)),  # person, or a record without a key
    st.one_of(st.none(), st.floats(-50, 50).map(lambda x: round(x, 3))),  # a field
    st.sampled_from(["yes", "no", None]),  # a flag
)


@pytest.fixture(scope="module")
def duck() -> Any:
    return open_backend("duckdb")


def _spec(value: str) -> RecordSpec:
    return RecordSpec(
        value=value, table="arrest", dimensions=("split",), periods=("month",), at="arrested_at",
        of="field" if value in ("mean", "median") else "",
        counts=(Condition("flag", "is", "yes"),),
    )  # fmt: skip


def _table(rows: list[Any]) -> pl.DataFrame:
    told = []
    for i, (period, split, person, field, flag) in enumerate(rows):
        unit = -1 - i if person is None else person
        key = slow_key(abs(unit), secret=SECRET, collection="c", kind="k" if unit < 0 else PEOPLE)
        told.append((period, split, unit, key, field, flag))
    schema = {PERIOD: pl.Int64, "split": pl.String, UNIT: pl.Int64, RECORD_KEY: pl.Int64,
              "field": pl.Float64, "flag": pl.String}  # fmt: skip
    return pl.DataFrame(told, schema=schema, orient="row")


def _twin(table: pl.DataFrame, value: str) -> dict[Any, dict[str, Any]]:
    """Return cells by period and split, one person at a time."""
    every: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in table.iter_rows(named=True):
        if value not in ("mean", "median") or row["field"] is not None:
            every[row[PERIOD], row["split"]].append(row)
    return {cell: _one_cell(rows, value) for cell, rows in every.items()}


def _one_cell(rows: list[dict[str, Any]], value: str) -> dict[str, Any]:
    said = _counts(rows, "")
    if value == "share":
        said |= _counts([r for r in rows if r["flag"] == "yes"], "in_")
        out = {r[UNIT] for r in rows if r["flag"] != "yes"}
        said["out_n_keys"] = sum(u >= 0 for u in out)
        said["out_n_keyless"] = sum(u < 0 for u in out)
    if value == "mean":
        parts: dict[int, float] = defaultdict(float)
        for row in rows:
            parts[row[UNIT]] += row["field"]
        numbers = [row["field"] for row in rows]
        said["total"] = sum(numbers)
        said["value"] = sum(numbers) / len(numbers)
        said["largest_part"] = max(abs(part) for part in parts.values())
        said["spread"] = pstdev(numbers)
    return said


def _counts(rows: list[dict[str, Any]], prefix: str) -> dict[str, Any]:
    by_unit: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_unit[row[UNIT]].append(row[RECORD_KEY])
    return {
        f"{prefix}n_rows": len(rows),
        f"{prefix}n_keys": sum(u >= 0 for u in by_unit),
        f"{prefix}n_keyless": sum(u < 0 for u in by_unit),
        f"{prefix}units": len(by_unit),
        f"{prefix}cell_key": sum(keys[0] for keys in by_unit.values()),
        f"{prefix}largest": max((len(keys) for keys in by_unit.values()), default=0),
    }


@pytest.mark.parametrize("value", ["rows", "share", "mean"])
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=25))
def test_cells_are_those_of_the_twin(duck: Any, value: str, rows: list[Any]) -> None:
    table = _table(rows)
    made = cells(ibis.memtable(table), _spec(value), ("split",))
    found = pl.DataFrame(pl.from_arrow(fetch(duck, made)))
    twin = _twin(table, value)
    assert found.height == len(twin)
    for row in found.iter_rows(named=True):
        wanted = twin[row.pop(PERIOD), row.pop("split")]
        assert row.keys() == wanted.keys()
        for name, said in wanted.items():
            assert row[name] == pytest.approx(said, rel=1e-9, abs=1e-6), name
            assert not name.endswith(("key", "units", "largest")) or row[name] == said, name


def test_quartiles_lie_where_a_quarter_of_the_rows_does(duck: Any) -> None:
    # of 1, 2, 3, 4, 10 the quartiles are 2 and 4; of 1 and 2 they lie a quarter of the way in
    rows = [(0, "a", i, float(x), None) for i, x in enumerate([10, 3, 1, 4, 2])]
    rows += [(1, None, 9, 1.0, None), (1, None, 9, 2.0, None), (1, None, 8, None, None)]
    made = quantiles(ibis.memtable(_table(rows)), _spec("median"), ("split",))
    found = pl.DataFrame(pl.from_arrow(fetch(duck, made))).sort(PERIOD)
    assert found["low_quartile"].to_list() == [2.0, 1.25]
    assert found["value"].to_list() == [3.0, 1.5]
    assert found["high_quartile"].to_list() == [4.0, 1.75]


# -- answers ----------------------------------------------------------------------------------

CONVICTED, PENDING = "Convicted Criminal", "Pending Criminal Charges"


def _world() -> dict[str, list[dict[str, Any]]]:
    """Return four women and three men of one month, of whom six were booked in as well."""
    arrests, stints = [], []
    for i, who in enumerate("abcdefg"):
        woman = who in "abcd"
        arrests.append(arrest(
            who, f"2025-01-1{i} 08:00", aor="Dallas" if woman else "Boston",
            gender="Female" if woman else "Male", criminality=CONVICTED if i % 2 else PENDING,
        ))  # fmt: skip
        if who != "d":
            stints.append(stint(who, f"2025-01-1{i} 12:00", f"2025-01-2{i} 08:00",
                                gender="Female" if woman else "Male"))  # fmt: skip
    # one of the men again in another month, and records without a key, two of them women
    arrests.append(arrest("g", "2025-03-01 08:00", aor="Boston", gender="Male",
                          criminality=PENDING))  # fmt: skip
    for day, sex in ((3, "Female"), (4, "Female"), (5, "Male")):
        arrests.append(arrest(None, f"2025-02-0{day} 08:00", aor="Reno", gender=sex,
                              criminality=CONVICTED))  # fmt: skip
    # eight hours after the first one elsewhere: the same arrest, says the default rule set
    arrests.append(arrest("a", "2025-01-10 16:00", aor="Tampa", gender="Female",
                          criminality=PENDING))  # fmt: skip
    return {"arrest": arrests, "detention_stint": stints}


def _write(folder: Path, tables: dict[str, list[dict[str, Any]]]) -> RecordCorpus:
    for name, rows in tables.items():
        frame(name, rows).write_parquet(folder / f"{name}.parquet")
    return RecordCorpus(EventFolder(folder, THROUGH))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> RecordCorpus:
    return _write(tmp_path_factory.mktemp("keys"), _world())


@pytest.fixture(scope="module")
def keys(corpus: RecordCorpus) -> dict[str, int]:
    """The record key of every person of the small world, by the twin."""
    exact = ask(corpus, Question.of("arrests"))
    return {
        who: slow_key(i, secret=exact.secret, collection=exact.held.collection_id, kind=PEOPLE)
        for i, who in enumerate("abcdefg")
    }


def _cell(corpus: RecordCorpus, measure: str, month: str = "2025-01-31", /, **words: Any) -> Any:
    """Return the one row of a month that an answer has under the split or filter asked for."""
    wanted = words.pop("cell", {})
    found = ask(corpus, Question.of(measure, **words)).frame
    found = found.filter(found["period_end"] == at(month).date())
    for name, value in wanted.items():
        found = found.filter(found[name] == value)
    assert found.height == 1, found
    return found.row(0, named=True)


def test_the_same_women_have_one_key_by_whatever_question(
    corpus: RecordCorpus, keys: dict[str, int]
) -> None:
    women = sum(keys[who] for who in "abcd")
    female: dict[str, Any] = {"gender": "Female"}
    asked = [
        _cell(corpus, "arrests", by="gender", cell=female),
        _cell(corpus, "arrests", where=female),
        _cell(corpus, "people_arrested", where=female),
        _cell(corpus, "arrests", where=female, by="aor", cell={"aor": "Dallas"}),
        _cell(corpus, "arrests", by="gender", cell=female, rules="exact-rows"),
        _cell(corpus, "arrests_without_conviction_share", by="gender", cell=female),
    ]
    assert {row["cell_key"] for row in asked} == {women}
    assert {row["units"] for row in asked} == {4}
    assert {row["anchor_key"] for row in asked} == {women}


def test_the_same_people_have_one_key_in_another_table(
    corpus: RecordCorpus, keys: dict[str, int]
) -> None:
    men = sum(keys[who] for who in "efg")
    male: dict[str, Any] = {"gender": "Male"}
    assert _cell(corpus, "arrests", where=male)["cell_key"] == men
    assert _cell(corpus, "record_book_ins", where=male)["cell_key"] == men
    women = _cell(corpus, "record_book_ins", where={"gender": "Female"})
    assert women["cell_key"] == sum(keys[who] for who in "abc")  # d was not booked in


def test_people_are_counted_once_and_rows_as_often_as_they_are(corpus: RecordCorpus) -> None:
    row = _cell(corpus, "arrests", rules="exact-rows")
    assert (row["value"], row["rows"], row["units"], row["largest"]) == (8.0, 8, 7, 2)
    people = _cell(corpus, "people_arrested", rules="exact-rows")
    assert (people["value"], people["units"], people["largest"]) == (7.0, 7, 1)
    assert people["cell_key"] == row["cell_key"]


def test_records_without_a_key_are_units_of_their_own(corpus: RecordCorpus) -> None:
    exact = ask(corpus, Question.of("arrests"))
    row = _cell(corpus, "arrests", "2025-02-28")
    # they are rows 8, 9 and 10 of the arrests
    wanted = sum(
        slow_key(n, secret=exact.secret, collection=exact.held.collection_id, kind="arrest")
        for n in (8, 9, 10)
    )
    assert (row["units"], row["largest"], row["cell_key"]) == (3, 1, wanted)
    assert row["people"] == 1  # for all that is known they may be one person


def test_the_numerator_of_a_share_is_the_same_set_asked_for_itself(corpus: RecordCorpus) -> None:
    share = _cell(corpus, "arrests_without_conviction_share")
    alone = _cell(corpus, "arrests", where={"conviction": "Without conviction"})
    assert share["value"] == pytest.approx(4 / 7)
    for own, other in (("cell_key", "cell_key"), ("units", "units"), ("rows", "rows"),
                       ("largest", "largest"), ("anchor_key", "anchor_key")):  # fmt: skip
        assert share[f"in_{own}"] == alone[other], own
    assert share["in_units"] == 4
    assert share["in_cell_key"] != share["cell_key"]


def test_another_rule_set_is_anchored_to_the_default(corpus: RecordCorpus) -> None:
    default = _cell(corpus, "arrests", by="aor", cell={"aor": "Dallas"})
    assert default["anchor_key"] == default["cell_key"]
    frame = ask(corpus, Question.of("arrests", by="aor", rules="exact-rows")).frame
    tampa = frame.filter(frame["aor"] == "Tampa").row(0, named=True)
    assert tampa["cell_key"] > 0
    assert tampa["anchor_key"] == 0  # the default counts no arrest there
    assert "Tampa" not in ask(corpus, Question.of("arrests", by="aor")).frame["aor"]
    share = _cell(corpus, "arrests_without_conviction_share", rules="exact-rows")
    default = _cell(corpus, "arrests_without_conviction_share")
    assert share["in_anchor_key"] == default["in_cell_key"]


def test_the_share_of_nobody_is_anchored_to_nobody(corpus: RecordCorpus) -> None:
    row = _cell(corpus, "arrests_without_conviction_share", "2025-02-28")
    assert (row["in_cell_key"], row["in_units"], row["in_rows"]) == (0, 0, 0)
    assert row["in_anchor_key"] == 0


def test_sensitivity_gives_every_rule_set_its_anchor(corpus: RecordCorpus) -> None:
    from dataclasses import replace

    frame = ask(corpus, replace(Question.of("arrests", by="gender"), sensitivity=True)).frame
    own = frame.filter(frame["rule_set"] == "olc-1")
    assert own["anchor_key"].to_list() == own["cell_key"].to_list()
    on = ["period_start", "gender"]
    both = frame.join(own.select(*on, wanted="cell_key"), on=on)
    assert both.height == frame.height
    assert both["anchor_key"].to_list() == both["wanted"].to_list()


def test_every_frame_has_the_columns_of_the_gate(corpus: RecordCorpus) -> None:
    for measure in ("arrests", "arrests_without_conviction_share", "record_alos",
                    "record_population", "stay_survival_median"):  # fmt: skip
        schema = ask(corpus, Question.of(measure)).frame.schema
        for name in (*GATE_COUNTS, "anchor_key", "in_anchor_key"):
            assert schema[name] == pl.Int64, (measure, name)
        for name in GATE_NUMBERS:
            assert schema[name] == pl.Float64, (measure, name)


def test_the_survival_quartiles_are_days_that_a_quarter_and_three_have_left(
    corpus: RecordCorpus,
) -> None:
    row = _cell(corpus, "stay_survival_median", "2025-09-30", period="fiscal_year")
    # six stays from 12:00 of one day to 08:00 ten days on: all of them last 236 hours
    quarter = [row[name] for name in ("low_quartile", "value", "high_quartile")]
    assert quarter == [pytest.approx(236 / 24)] * 3
    assert row["units"] == 6


def test_values_of_a_dimension_come_with_their_units(
    corpus: RecordCorpus, keys: dict[str, int]
) -> None:
    plan = record_plan(Question.of("arrests", by="aor"))
    found = {row["value"]: row for row in corpus.values(plan, "aor").iter_rows(named=True)}
    assert list(found) == sorted(found)
    assert found["Boston"]["units"] == 3  # g twice
    assert found["Boston"]["cell_key"] == sum(keys[who] for who in "efg")
    assert (found["Reno"]["n_keys"], found["Reno"]["n_keyless"], found["Reno"]["units"]) == (
        0,
        3,
        3,
    )
    heads = record_plan(Question.of("record_population", by="gender"))
    held = {row["value"]: row for row in corpus.values(heads, "gender").iter_rows(named=True)}
    assert held["Male"]["cell_key"] == found["Boston"]["cell_key"]


def test_another_secret_draws_other_keys_and_builds_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell_keys, built = set(), set()
    for mark in (b"1", b"2", b"1"):
        file = tmp_path / "key"
        file.write_bytes(mark * 32)
        monkeypatch.setenv("OPENLIFECYCLE_CELL_KEY_FILE", str(file))
        corpus = _write(tmp_path, _world())
        exact = ask(corpus, Question.of("arrests"))
        assert exact.secret == mark * 32
        cell_keys.add(exact.frame["cell_key"][0])
        built |= {f.name for f in (tmp_path / "built").glob("*/*")}
    assert len(cell_keys) == len(built) == 2
    for name in built:
        assert (b"1" * 32).hex() not in name


def test_a_collection_built_in_parts_has_the_same_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_bytes(SECRET)
    monkeypatch.setenv("OPENLIFECYCLE_CELL_KEY_FILE", str(tmp_path / "key"))
    corpora = []
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
        corpora.append(_write(tmp_path / name, _world()))
    asked = ("arrests", "record_book_ins", "record_alos", "arrests_detained_share")
    whole = [ask(corpora[0], Question.of(name, by="gender")).frame for name in asked]
    for many in ("MANY_STINTS", "MANY_ON_ARRAYS"):
        monkeypatch.setattr(f"openlifecycle.engine.record_build.{many}", 3)
    parts = [ask(corpora[1], Question.of(name, by="gender")).frame for name in asked]
    for one, other in zip(whole, parts, strict=True):
        assert one.height > 1
        assert one.equals(other)


def test_people_are_numbered_alike_in_every_fact_table(corpus: RecordCorpus) -> None:
    held = corpus.held(record_plan(Question.of("arrests")))
    tables = corpus.tables(held, "olc-1")
    found: dict[int, set[int]] = defaultdict(set)
    for name, key in (("arrest", "person"), ("stint", "person"), ("stay", "person"),
                      ("heads", "person_key")):  # fmt: skip
        rows = tables.fact(name)
        for row in fetch(tables.backend, rows.select(key, RECORD_KEY)).to_pylist():
            if row[key] is not None:
                found[row[key]].add(row[RECORD_KEY])
            assert 0 <= row[RECORD_KEY] < 2**32
    assert sorted(found) == list(range(7))
    assert all(len(one) == 1 for one in found.values())


def test_the_spread_of_equal_numbers_is_zero(duck: Any) -> None:
    rows = [(0, "a", i, 0.1, None) for i in range(7)]
    made = cells(ibis.memtable(_table(rows)), _spec("mean"), ("split",))
    spread = pl.DataFrame(pl.from_arrow(fetch(duck, made)))["spread"][0]
    assert not math.isnan(spread)
    assert spread == pytest.approx(0, abs=1e-7)
