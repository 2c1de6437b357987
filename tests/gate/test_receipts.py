"""Counts of rows in the account of a record release are told to the nearest ten."""

from __future__ import annotations

import pytest

from openlifecycle.disclosure import gate
from openlifecycle.disclosure.receipts import told


@pytest.mark.parametrize(
    ("count", "of", "shown"),
    [
        (0, 100, 0), (1, 100, 0), (4, 100, 0), (5, 100, 10), (6, 100, 10), (14, 100, 10),
        (15, 100, 20), (94, 100, 90), (95, 100, 90), (96, 100, 100), (100, 100, 100),
        (3, 4, 4), (4, None, 0), (5, None, 10), (1234, None, 1230),
    ],
)  # fmt: skip
def test_neither_few_with_nor_few_without_are_told_from_none(
    count: int, of: int | None, shown: int
) -> None:
    assert told(count, of) == shown


def account() -> dict[str, object]:
    column = {"column": "A", "heading": "Gender", "became": "field", "nulls": 3, "redacted": 197}
    dropped = {"column": "B", "heading": "Alien File Number", "became": "ignored"}
    sheet = {"sheet": "", "rows": 201, "landed_rows": 200, "blank_rows": 1, "error_cells": 2,
             "columns": [column, dropped]}  # fmt: skip
    totals = {"rows": 201, "landed_rows": 200, "redacted_cells": 197, "unparsable_cells": 4,
              "error_cells": 2, "rows_told_apart_by_dropped_fields": 1,
              "date_flags": {"entry_on": {"in_the_future": 3}}}  # fmt: skip
    texts = {
        "unparsable": "4 cells of 'Age' do not read as what the field holds and are null; the "
        "first in rows 12, 40",
        "impossible_date": "1,203 rows: entry_on lies in the future",
        "spelling": "heading 'Sex' stands for 'Gender'",
    }
    return {
        "receipt": {"members": [{"member": "a.csv", "sheets": [sheet]}], "totals": totals},
        "findings": [
            {"rule": rule, "what": what, "count": count}
            for (rule, what), count in zip(texts.items(), (4, 1203, 1), strict=True)
        ],
    }


def test_an_account_says_how_many_rows_there_are_and_no_exact_count_of_a_field() -> None:
    told = gate.clear_record_account(account()).content
    (sheet,) = told["receipt"]["members"][0]["sheets"]
    assert (sheet["rows"], sheet["landed_rows"], sheet["blank_rows"]) == (201, 200, 1)
    assert (sheet["columns"][0]["nulls"], sheet["columns"][0]["redacted"]) == (0, 200)
    assert sheet["columns"][1] == account()["receipt"]["members"][0]["sheets"][0]["columns"][1]  # type: ignore[index]
    assert sheet["error_cells"] == 0
    assert told["receipt"]["totals"] == {
        "rows": 201, "landed_rows": 200, "redacted_cells": 200, "unparsable_cells": 0,
        "error_cells": 0, "rows_told_apart_by_dropped_fields": 0,
        "date_flags": {"entry_on": {"in_the_future": 0}},
    }  # fmt: skip
    said = [(one["what"], one["count"]) for one in told["findings"]]
    assert said == [
        ("fewer than 5 cells of 'Age' do not read as what the field holds and are null", 0),
        ("about 1,200 rows: entry_on lies in the future", 1200),
        ("heading 'Sex' stands for 'Gender'", 1),
    ]


def test_the_receipt_of_a_workbook_is_what_was_counted() -> None:
    receipt = {"sheets": [{"cells": {"all": 3}}]}
    assert gate.clear_receipt(receipt).content == receipt
