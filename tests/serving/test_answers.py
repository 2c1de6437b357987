"""What is served is what the command line prints, and what stands in the published workbooks."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pyarrow as pa
import pytest

from tests.serving.conftest import Served, olc_json, patient

#: Questions to published figures and to records, in the words of both.
QUESTIONS = [
    {"measure": "detained_population", "by": "arresting_agency", "on": "2024-10-03"},
    {"measure": "detained_population", "by": "criminality", "as": "corrected", "totals": "true"},
    {"measure": "adp", "period": "fiscal_year", "as-known-on": "2023-01-01"},
    {"measure": "facility_adp", "by": "facility_label", "where": "facility_state=TX",
     "on": "2024-10-03"},
    {"measure": "arrests", "by": "gender", "from": "2025-01-01", "to": "2025-06-30"},
    {"measure": "arrests", "period": "fiscal_year", "sensitivity": "true"},
    {"measure": "record_population", "from": "2025-01-01", "to": "2025-03-31"},
]  # fmt: skip


def words(asked: dict[str, str]) -> list[str]:
    said = [asked["measure"]]
    for name, value in asked.items():
        if name == "measure":
            continue
        said += [f"--{name}"] if value == "true" else [f"--{name}", value]
    return said


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda q: "-".join(q.values()))
def test_an_answer_is_the_one_of_the_command_line(
    asked: dict[str, str], client: httpx.Client, served: Served
) -> None:
    told = patient(client, "/ask", params=asked)
    assert told.status_code == 200, told.text
    got, said = told.json(), olc_json("ask", *words(asked), store=served.store)
    # to the last digit: a sum of printed averages is added up in one order by every process
    assert got == said


def test_the_same_question_in_json_has_the_same_answer(client: httpx.Client) -> None:
    by_get = client.get("/ask", params=QUESTIONS[4]).json()
    body = {"measure": "arrests", "by": ["gender"], "start": "2025-01-01", "end": "2025-06-30"}
    assert client.post("/ask", json=body).json() == by_get


def test_a_value_is_the_one_printed_in_the_workbook(client: httpx.Client) -> None:
    asked = {"measure": "detained_population", "by": "arresting_agency", "on": "2025-11-30"}
    found = client.get("/ask", params=asked).json()
    printed = {row["arresting_agency"]: row["value"] for row in found["rows"]}
    # read by eye: FY26_detentionStats12032025.xlsx, Detention FY26, row 20
    assert printed == {"ICE": 53_520, "CBP": 12_215}
    assert found["releases"][0]["names"] == ["FY26_detentionStats12032025.xlsx"]


def test_cohorts_tables_changes_and_receipts_are_those_of_the_command_line(
    client: httpx.Client, served: Served
) -> None:
    got = patient(client, "/cohort", params={"entry": "arrest", "period": "fiscal_year"}).json()
    said = olc_json("cohort", "arrest", "--period", "fiscal_year", store=served.store)
    assert {name: got[name] for name in said} == said
    names = ["FY24_detentionStats01182024.xlsx", "FY24_detentionStats02012024.xlsx"]
    got = client.get("/changes", params={"before": names[0], "after": names[1]}).json()
    said = olc_json("changes", *names, store=served.store)
    assert {name: got[name] for name in said} == said
    got = client.get("/releases/2024-10-03/receipt").json()
    said = olc_json("receipt", "2024-10-03", store=served.store)
    assert {name: got[name] for name in said} == said
    got = client.get("/releases/2024-10-03/findings").json()
    said = olc_json("check", "2024-10-03", store=served.store)
    assert sorted((r["check"], r["cell"], r["what"]) for r in got["rows"]) == sorted(
        (f["check"], f["cell"], f["what"]) for f in said
    )


def test_what_is_declared_is_told_as_by_the_command_line(
    client: httpx.Client, served: Served
) -> None:
    listed = client.get("/measures").json()["rows"]
    assert len({row["name"] for row in listed}) == len(listed) > 100
    found = client.get("/measures/adp").json()
    assert found["schema"]["properties"]["measure"] == {"const": "adp"}
    dims = client.get("/dimensions/arrests").json()
    assert dims == olc_json("dimensions", "arrests", store=served.store)
    assert len(client.get("/questions").json()["rows"]) == 40


def test_releases_are_81_and_say_their_collection(client: httpx.Client) -> None:
    found = client.get("/releases").json()
    assert len(found["rows"]) == 81
    assert found["rows"][-1]["names"] == ["FY26_detentionStats12032025.xlsx"]
    (collection,) = found["collections"]
    assert {one["series"] for one in collection["releases"]} >= {"us_ice.arrests"}
    # the day of the first record may be one person's day (decision 0011)
    assert all("first" not in one for one in collection["releases"])


def test_the_facilities_of_a_release_are_the_rows_of_its_list(client: httpx.Client) -> None:
    found = client.get("/facilities", params={"release": "FY26_detentionStats12032025.xlsx"})
    rows = found.json()["rows"]
    # the first row of the printed list, read by eye
    first = min(rows, key=lambda row: row["sheet_row"])
    assert (first["facility_label"], first["facility_city"], first["facility_state"]) == (
        "ADAMS COUNTY CORRECTIONAL CENTER", "NATCHEZ", "MS",
    )  # fmt: skip
    assert len({row["sheet_row"] for row in rows}) == len(rows)


FORMS = ["csv", "parquet", "arrow"]


@pytest.mark.parametrize("path", ["/ask", "/cohort", "/changes", "/releases", "/facilities"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_back_by_another_library(
    form: str, path: str, client: httpx.Client, tmp_path: Path
) -> None:
    params: dict[str, Any] = {
        "/ask": QUESTIONS[4],
        "/cohort": {"entry": "arrest", "period": "fiscal_year"},
        "/changes": {
            "before": "FY24_detentionStats01182024.xlsx",
            "after": "FY24_detentionStats02012024.xlsx",
        },
    }.get(path, {})
    rows = patient(client, path, params=params).json()["rows"]
    got = client.get(path, params=params | {"format": form})
    assert got.status_code == 200, got.text
    assert int(got.headers["x-total-count"]) == len(rows)
    if form == "csv":
        back = list(csv.DictReader(io.StringIO(got.text)))
    elif form == "arrow":
        back = pa.ipc.open_stream(got.content).read_all().to_pylist()
    else:
        file = tmp_path / "x.parquet"
        file.write_bytes(got.content)
        back = duckdb.sql(f"SELECT * FROM '{file}'").to_arrow_table().to_pylist()  # noqa: S608
    assert [plain(row, form) for row in back] == [plain(row, form) for row in rows]


def plain(row: dict[str, Any], form: str) -> dict[str, str]:
    """Return a row as texts, so that a date is a date in any form."""
    flat = {k: "; ".join(v) if isinstance(v, list) else v for k, v in row.items()}
    if form == "csv":
        return {k: _number(v) for k, v in flat.items() if v not in (None, "")}
    return {k: str(v) for k, v in flat.items() if v is not None}


def _number(value: Any) -> str:
    try:
        return repr(float(value)) if not isinstance(value, bool) else str(value).lower()
    except ValueError:
        return str(value)


def test_accept_chooses_the_form_and_format_wins(client: httpx.Client) -> None:
    def media(accept: str, **more: str) -> str:
        got = client.get("/ask", params=QUESTIONS[0] | more, headers={"accept": accept})
        return got.headers["content-type"]

    assert media("text/csv") == "text/csv; charset=utf-8"
    assert media("application/json;q=0.5, application/vnd.apache.parquet") == (
        "application/vnd.apache.parquet"
    )
    assert media("text/html, */*;q=0.1") == "application/json"
    assert media("text/csv", format="json") == "application/json"
