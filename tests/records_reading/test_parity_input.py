"""The input that other tools were run on: every kept cell equals what the text says."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.records_reading.books import read

MARKS = {"b(6), b(7)c", "b(6), b(7)C", "(b)(6), (b)(7)(C)"}


def texts(path: Path, delimiter: str, skip: int) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for _ in range(skip):
            next(lines)
        return list(csv.DictReader(lines, delimiter=delimiter))


def moment(text: str) -> dt.datetime | None:
    form = "%m/%d/%Y %H:%M" if "/" in text else "%Y-%m-%dT%H:%M:%SZ"
    return dt.datetime.strptime(text, form) if text else None  # noqa: DTZ007 - wall clocks


def day(text: str) -> dt.date | None:
    form = "%m/%d/%Y" if "/" in text else "%Y-%m-%d"
    return dt.datetime.strptime(text[:10], form).date() if text else None  # noqa: DTZ007


def plain(text: str) -> str | None:
    return None if not text or text in MARKS else text


def number(text: str) -> float | None:
    return float(text) if text else None


CASES = [
    ("detentions", ",", 0, 5148, "detentions", "2026-03", {
        "stay_book_in_at": ("Stay Book In Date Time", moment),
        "book_in_at": ("Book In Date Time", moment),
        "book_out_at": ("Book Out Date Time", moment),
        "stay_book_out_at": ("Stay Book Out Date Time", moment),
        "stay_book_out_on": ("Stay Book Out Date", day),
        "facility_code": ("Detention Facility Code", plain),
        "release_reason": ("Detention Release Reason", plain),
        "bond_posted_amount": ("Bond Posted Amount", number),
        "initial_bond_set_on": ("Initial Bond Set Date", day),
        "msc_sentence_days": ("MSC Sentence Days", number),
        "birth_year": ("Birth Year", number),
        "criminality": ("Book In Criminality", plain),
        "aor": ("Book In AOR", plain),
        "person_key": ("Anonymized Identifier", plain),
    }),
    ("arrests", ",", 0, 2009, "arrests", "2026-03", {
        "arrested_at": ("Apprehension Date", moment),
        "arrest_state": ("State", plain),
        "aor": ("TOA Current Duty AOR", plain),
        "arrest_method": ("Apprehension Method", plain),
        "departed_on": ("Departed Date", day),
        "duty_site": ("TOA Current Duty Site", plain),
        "person_key": ("Anonymized Identifier", plain),
    }),
    ("uwchr", "|", 6, 5148, "detentions", "uwchr-2022", {
        "stay_book_in_at": ("Stay Book In Date Time", moment),
        "book_in_at": ("Detention Book In Date And Time", moment),
        "book_out_at": ("Detention Book Out Date Time", moment),
        "entry_on": ("Entry Date", day),
        "aor": ("Area of Responsibility", plain),
        "person_key": ("Anonymized Identifier", plain),
    }),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "delimiter", "skip", "rows", "series", "layout", "fields"),
    CASES,
    ids=[case[0] for case in CASES],
)
def test_every_kept_cell_equals_the_text(
    parity_dir: Path,
    tmp_path: Path,
    name: str,
    delimiter: str,
    skip: int,
    rows: int,
    series: str,
    layout: str,
    fields: dict[str, tuple[str, Callable[[str], Any]]],
) -> None:
    source = parity_dir / "input" / f"{name}.csv.gz"
    path = tmp_path / source.name
    path.symlink_to(source)
    frame, events = read(path)
    assert (frame.series, frame.layout, frame.rows) == (f"us_ice.{series}", layout, rows)
    printed = texts(source, delimiter, skip)
    assert len(printed) == rows
    for field, (heading, meant) in fields.items():
        assert events[field].to_list() == [meant(row[heading]) for row in printed], field
    assert events["row"].to_list() == list(range(skip + 2, skip + 2 + rows))
    if name != "arrests":
        assert frame.through == dt.datetime(2026, 3, 10, 23, 59, 59)


def test_both_layouts_of_the_same_stints_agree(parity_dir: Path, tmp_path: Path) -> None:
    found = []
    for name in ("detentions", "uwchr"):
        path = tmp_path / f"{name}.csv.gz"
        path.symlink_to(parity_dir / "input" / path.name)
        found.append(read(path)[1])
    same = ["person_key", "stay_book_in_at", "book_in_at", "book_out_at", "facility_code"]
    same += ["facility_label", "aor", "entry_on", "birth_year", "release_reason", "gender"]
    assert found[0].select(same).equals(found[1].select(same))
