"""Every answer can be walked back: the cell named is read again by openpyxl, another reader."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from openlifecycle.api import Session

pytestmark = pytest.mark.corpus

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("detained_population", {"by": "arresting_agency,criminality", "totals": True}),
    ("detained_population", {"by": "disposition,facility_type"}),
    ("book_ins", {"by": "arresting_agency"}),
    ("adp", {"by": "arresting_agency,criminality"}),
    ("alos", {"by": "facility_type"}),
    ("removals", {}),
    ("final_book_outs", {"by": "release_reason,criminality"}),
    ("facility_adp", {}),
    ("facility_alos", {}),
    ("atd_participants", {"by": "aor,technology"}),
    ("atd_daily_cost", {"by": "technology"}),
    ("court_appearance", {}),
    ("bond_average_amount", {}),
    ("parole_requests", {}),
    ("iclos", {"by": "population_group"}),
    ("detained_by_time_in_custody", {"by": "population_group,duration_band"}),
    ("segregation_placements", {"by": "facility_label"}),
    ("vulnerable_placements", {"by": "placement_reason"}),
    ("tps_removals", {}),
    ("special_population_arrests", {}),
]

#: Rows read again per question; drawn with a fixed seed, so that a failure can be repeated.
PER_QUESTION = 12


@pytest.fixture(scope="module")
def reread(corpus_workbooks: list[Path]) -> Any:
    """Return a function from hash and place to the value that openpyxl reads there."""
    by_hash = {path.stem[-8:]: path for path in corpus_workbooks}
    books: dict[str, Workbook] = {}

    def value(sha256: str, sheet: str, cell: str) -> object:
        short = sha256[:8]
        if short not in books:
            books[short] = load_workbook(by_hash[short], data_only=True, read_only=False)
        return books[short][sheet][cell].value

    return value


#: Bounded to a few workbooks: opening one with openpyxl takes a second.
FEW = ("35b0eaf2", "a177b8bd", "cd254e2e", "cedafafc", "871b7f45", "614b4e5f")


@pytest.mark.parametrize(("measure", "words"), ASKED, ids=lambda v: v if isinstance(v, str) else "")
def test_the_cells_behind_a_row_hold_its_value(
    corpus_session: Session, reread: Any, measure: str, words: dict[str, Any]
) -> None:
    answer = corpus_session.ask(measure, **words)
    rows = [i for i, r in enumerate(answer.rows["release_id"]) if r.rpartition("@")[2][:8] in FEW]
    assert rows, "no row rests on the workbooks read again"
    for number in random.Random(measure).sample(rows, min(PER_QUESTION, len(rows))):
        walk = answer.explain(number)
        sha256, sheet = walk["release"]["sha256"], walk["sheet"]
        cells = [reread(sha256, sheet, cell) for cell in walk["cells"]]
        numbers = [0 if c in ("-", None) else c for c in cells]
        assert walk["value"] == pytest.approx(sum(float(n) for n in numbers), rel=1e-9), walk


def test_an_interval_walks_back_to_both_releases(corpus_session: Session) -> None:
    walk = corpus_session.ask("interval_adp", on="2024-09-20").explain(0)
    assert walk["release"]["release_id"] != walk["and"]["release"]["release_id"]
    assert walk["cells"]
    assert walk["and"]["cells"]


def test_a_ratio_walks_back_to_both_of_its_numbers(corpus_session: Session) -> None:
    words: dict[str, Any] = {"release_reason": "Order of Recognizance"}
    rate = corpus_session.ask("book_outs_per_1000_held", where=words, on="2025-01-15")
    held = corpus_session.ask("adp", on="2025-01-15").explain()
    walk = rate.explain()
    below = walk["divided_by"]
    assert below == {
        "value": held["value"], "release": held["release"], "sheet": held["sheet"],
        "cells": held["cells"],
    }  # fmt: skip
    count = corpus_session.ask("final_book_outs", where=words, on="2025-01-15").explain()
    assert (walk["sheet"], walk["cells"]) == (count["sheet"], count["cells"])
    assert walk["value"] == pytest.approx(1000 * count["value"] / held["value"])


def test_a_cell_walks_forward_to_the_measures_it_answers(corpus_session: Session) -> None:
    # read by eye: 'Detention FY24'!F20 of the workbook a177b8bd is 37,684
    told = corpus_session.explain("a177b8bd", "'Detention FY24'!F20")
    assert [t["value"] for t in told] == [37_684]
    assert "detained_population" in told[0]["answers"]


def test_citation_names_publisher_workbook_hash_and_cell(corpus_session: Session) -> None:
    words = corpus_session.ask("detained_population", on="2024-10-03").citation()
    for part in ("Immigration and Customs Enforcement", "a177b8bdfe5e", "'Detention FY24'!F20"):
        assert part in words


def test_every_measure_answers_and_every_format_carries_it(corpus_session: Session) -> None:
    printed = [m.name for m in corpus_session.measures().values() if not m.records]
    for name in printed:
        if name == "facility_inspections":
            words: dict[str, Any] = {"on": "2024-10-07"}
        else:
            words = {}
        answer = corpus_session.ask(name, **words)
        assert len(answer), f"{name} has no rows"
        body = json.loads(answer.file("json"))
        assert len(body["rows"]) == len(answer)
        assert body["disclosure"] == "published aggregate: passes through"
        first = answer.rows.row(0, named=True)
        assert first["release_id"], name
        assert first["sheet"], name
        assert first["cell"], name


def test_each_declared_table_is_printed_and_each_printed_table_is_declared(
    corpus_session: Session,
) -> None:
    import polars as pl

    files = corpus_session.source.observation_files("us_ice.detention_statistics")
    printed = (
        pl.scan_parquet(files)
        .filter(pl.col("hidden").not_(), pl.col("status") == "observed")
        .select("table", "measure")
        .unique()
        .collect()
        .rows()
    )
    declared = {
        (s.table, m)
        for one in corpus_session.measures().values()
        for s in one.sources
        for m in s.measures
    }
    assert set(printed) == declared
