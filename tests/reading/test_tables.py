"""Tables are found by their titles and read by their labels, wherever these stand."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import polars as pl
import pytest

from openlifecycle.errors import UnknownSeries
from openlifecycle.tidying.tidy import Tidied, read_release
from tests.reading.sheets import detention, facilities, footnotes, to_bytes, workbook

KEYS = ("measure", "period_start", "arresting_agency", "criminality", "value", "status")


def read(sheets: dict[str, list[list[Any]]], **options: Any) -> Tidied:
    return read_release(to_bytes(sheets, **options), names=["made-by-hand.xlsx"])


def values(tidied: Tidied, table: str) -> set[tuple[Any, ...]]:
    """Return what a table says, without where it stands."""
    rows = tidied.observations.filter(pl.col("table") == table)
    return set(rows.select(KEYS).iter_rows())


def tables_of(tidied: Tidied) -> dict[str, dict[str, Any]]:
    return {t["table"]: t for s in tidied.receipt["sheets"] for t in s["tables"]}


def pick(tidied: Tidied, **wanted: Any) -> dict[str, Any]:
    rows = tidied.observations.filter(**wanted).to_dicts()
    assert len(rows) == 1, rows
    return rows[0]


PLAIN = read(workbook())
READ = ("detained_by_criminality", "book_ins_by_agency_month", "adp_by_agency_month", "removals")


def test_each_table_of_the_hand_made_sheet_is_read() -> None:
    total = pick(PLAIN, measure="detained", criminality="Total", arresting_agency="Total")
    assert (total["value"], total["period_kind"], total["as_of"]) == (
        100,
        "instant",
        dt.date(2022, 1, 2),
    )
    november = pick(
        PLAIN, measure="book_ins", arresting_agency="ICE", period_start=dt.date(2021, 11, 1)
    )
    assert (november["value"], november["period_end"]) == (30, dt.date(2021, 11, 30))
    removals = pick(PLAIN, measure="removals_with_family_detention")
    assert (removals["value"], removals["cell"]) == (2, "C30")


def shifted(rows: list[list[Any]], down: int, right: int) -> list[list[Any]]:
    return [[]] * down + [[None] * right + row for row in rows]


def with_blank_row(rows: list[list[Any]], at: int) -> list[list[Any]]:
    return [*rows[:at], [], *rows[at:]]


def with_spacer(rows: list[list[Any]], at: int) -> list[list[Any]]:
    return [[*row[:at], None, *row[at:]] if len(row) > at else row for row in rows]


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(shifted(detention(), 3, 2), id="whole sheet moved"),
        *[
            pytest.param(with_blank_row(detention(), at), id=f"blank row {at}")
            for at in range(4, 29)
        ],
        *[
            pytest.param(with_spacer(detention(), at), id=f"spacer column {at}")
            for at in range(1, 14)
        ],
    ],
)
def test_moved_blank_and_spacer_cells_do_no_harm(moved: list[list[Any]]) -> None:
    tidied = read(workbook(**{"Detention FY22": moved}))
    for table in READ:
        assert values(tidied, table) == values(PLAIN, table)


def test_values_under_another_column_of_a_merged_heading_are_read() -> None:
    """FY22, Dec 2021 to Feb 2022: heading Total at J28, numbers at L29:L31."""
    rows = detention()
    rows[-3] = ["Removals", None, "Total", None]
    rows[-2] = ["Total", None, None, None, 7]
    rows[-1] = ["Removals with a FSC Detention", None, None, None, 2]
    assert values(read(workbook(**{"Detention FY22": rows})), "removals") == values(
        PLAIN, "removals"
    )


def test_an_order_not_seen_before_refuses_the_table_and_names_what_differs() -> None:
    rows = detention()
    header = rows[5]
    header[9], header[10] = header[10], header[9]  # Oct and Nov change places
    tidied = read(workbook(**{"Detention FY22": rows}))
    table = tables_of(tidied)["book_ins_by_agency_month"]
    assert table["status"] == "refused"
    assert table["nearest"] == "book_ins_by_agency_month@2020-06-20"
    assert any("'Oct'" in text or "'Nov'" in text for text in table["differs"])
    assert values(tidied, "book_ins_by_agency_month") == set()
    assert values(tidied, "detained_by_criminality") == values(PLAIN, "detained_by_criminality")
    assert any(f["check"] == "table_refused" for f in tidied.findings)


def test_a_label_out_of_its_vocabulary_refuses_its_row_by_name() -> None:
    rows = detention()
    rows[-1][0] = "Removals by Charter Flight"
    rows.append(["Removals with a FSC Detention", None, 2])
    tidied = read(workbook(**{"Detention FY22": rows}))
    assert values(tidied, "removals") == values(PLAIN, "removals")
    (refusal,) = tables_of(tidied)["removals"]["refused_rows"]
    assert "Removals by Charter Flight" in refusal
    assert tidied.receipt["totals"]["numeric"]["refused"] == 1


def atd(rows: list[list[Any]]) -> list[list[Any]]:
    return [
        ["ICE ALTERNATIVES TO DETENTION DATA, FY22"],
        ["Active ATD Participants and Average Length in Program, FY22,  as of 1/1/2022, by AOR"],
        ["AOR/Technology", "Count", "Average Length in Program"],
        *rows,
    ]


def participants(rows: list[list[Any]]) -> tuple[dict[tuple[str, str], float], list[str]]:
    tidied = read(workbook(**{"ATD FY22 YTD": atd(rows)}))
    frame = tidied.observations.filter(measure="atd_participants")
    got = {(a, t): v for a, t, v in frame.select("aor", "technology", "value").iter_rows()}
    return got, tables_of(tidied)["atd_by_aor_technology"]["refused_rows"]


ATLANTA = [["Total", 30, 9], ["Atlanta", 20, 9], ["GPS", 12, 9], ["Drone", 3, 9], ["VoiceID", 5, 9]]
BOSTON = [["Boston", 10, 9], ["GPS", 10, 9]]


def test_a_new_technology_is_refused_alone_where_the_counts_show_that_it_is_one() -> None:
    """12 + 3 + 5 = 20: Drone is a row of Atlanta, and VoiceID stays Atlanta's."""
    got, refused = participants([*ATLANTA, *BOSTON])
    assert got[("ATL", "VoiceID")] == 5
    assert len(got) == 6
    assert len(refused) == 1
    assert "Drone" in refused[0]


def test_a_new_aor_takes_its_technologies_with_it() -> None:
    """Drone, 5 people, heads a group of its own: VoiceID must not become Atlanta's."""
    rows = copy.deepcopy(ATLANTA)
    rows[1][1], rows[3][1] = 12, 5
    got, refused = participants([*rows, *BOSTON])
    assert ("ATL", "VoiceID") not in got
    assert len(refused) == 2


def test_a_missing_aor_row_refuses_the_table() -> None:
    """GPS stands twice under Atlanta: the second is another AOR's."""
    got, _ = participants([ATLANTA[0], ATLANTA[1], ATLANTA[2], ATLANTA[4], BOSTON[1]])
    assert got == {}


def test_a_number_without_a_label_refuses_its_table() -> None:
    rows = detention()
    rows[7][8] = None  # the label ICE of the book-ins
    table = tables_of(read(workbook(**{"Detention FY22": rows})))["book_ins_by_agency_month"]
    assert table["status"] == "refused"


def test_a_number_under_no_heading_refuses_its_table() -> None:
    rows = detention()
    rows[5][12] = None  # the heading Jan
    table = tables_of(read(workbook(**{"Detention FY22": rows})))["book_ins_by_agency_month"]
    assert table["status"] == "refused"


def test_a_title_that_stands_twice_refuses_both() -> None:
    rows = detention()
    rows += [[], *copy.deepcopy(rows[-4:])]
    tidied = read(workbook(**{"Detention FY22": rows}))
    assert values(tidied, "removals") == set()
    assert "2 times" in tables_of(tidied)["removals"]["why"]


def test_a_title_that_is_misspelt_names_the_table_it_is_nearest_to() -> None:
    rows = detention()
    rows[-4] = ["ICE Removlas: FY2022"]
    tidied = read(workbook(**{"Detention FY22": rows}))
    assert values(tidied, "removals") == set()
    (unknown,) = [f for f in tidied.findings if f["check"] == "table_refused"]
    assert "(nearest: removals)" in unknown["what"]
    refused = [t for s in tidied.receipt["sheets"] for t in s["tables"] if t["why"] and t["title"]]
    assert [t["title"] for t in refused] == ["ICE Removlas: FY2022"]


def test_a_facility_of_an_unknown_aor_is_refused_also_where_its_numbers_are_text() -> None:
    rows = facilities()
    rows[3][5] = "XYZ"
    rows[3] = [str(v) if isinstance(v, int | float) else v for v in rows[3]]
    tidied = read(workbook(**{"Facilities FY22": rows}))
    assert "'xyz'" in str(tables_of(tidied)["facilities"]["refused_rows"])


def test_numbers_under_an_unknown_title_are_refused_and_said() -> None:
    rows = [*detention(), [], ["ICE Deaths in Custody: FY2022"], ["Cause", "Count"], ["Other", 3]]
    tidied = read(workbook(**{"Detention FY22": rows}))
    for table in READ:
        assert values(tidied, table) == values(PLAIN, table)
    assert tidied.receipt["totals"]["numeric"]["refused"] == 1


def test_numbers_typed_as_text_are_values_and_flagged() -> None:
    rows = [[str(v) if isinstance(v, int) else v for v in row] for row in detention()]
    tidied = read(workbook(**{"Detention FY22": rows}))
    for table in READ:
        assert values(tidied, table) == values(PLAIN, table)
    flags = tidied.observations.filter(table="removals")["flags"].to_list()
    assert flags == ["number_typed_as_text"] * 2


def test_words_where_a_number_belongs_are_refused_not_nulled() -> None:
    rows = detention()
    rows[-1][2] = "two"
    tidied = read(workbook(**{"Detention FY22": rows}))
    assert tidied.observations.filter(table="removals").height == 1
    assert "'two'" in str(tables_of(tidied)["removals"]["refused_rows"])


def test_a_percent_column_is_a_fraction() -> None:
    share = pick(PLAIN, measure="detained_share", criminality="Total", arresting_agency="ICE")
    assert (share["value"], share["unit"]) == (0.6, "fraction")


def test_months_ahead_are_not_yet_and_the_month_under_way_is_unsure() -> None:
    """As of 2 January 2022: February is not yet; a zero in January may be a value."""
    ahead = pick(
        PLAIN, measure="book_ins", arresting_agency="CBP", period_start=dt.date(2022, 2, 1)
    )
    assert ahead["status"] == "not_yet"
    january = pick(
        PLAIN, measure="book_ins", arresting_agency="CBP", period_start=dt.date(2022, 1, 1)
    )
    assert (january["status"], january["period_end"]) == ("observed", dt.date(2022, 1, 2))
    assert january["flags"] == "partial_period"
    rows = detention()
    rows[7][12] = 0
    unsure = pick(
        read(workbook(**{"Detention FY22": rows})),
        measure="book_ins",
        arresting_agency="CBP",
        period_start=dt.date(2022, 1, 1),
    )
    assert unsure["status"] == "zero_ambiguous"


def test_facilities_keep_names_zips_marks_and_dates() -> None:
    guadalupe = pick(PLAIN, measure="guaranteed_minimum", facility_label="CASA GUADALUPE #2")
    assert (guadalupe["status"], guadalupe["value_text"]) == ("not_applicable", "N/A")
    assert guadalupe["facility_zip"] == "00939"
    assert guadalupe["facility_gender"] is None
    karnes = pick(PLAIN, measure="facility_alos", facility_label="KARNES COUNTY RESIDENTIAL CENTER")
    assert (karnes["value"], karnes["cell"], karnes["aor"]) == (30.5, "I4", "SNA")
    dates = PLAIN.observations.filter(measure="inspection_date").select(
        "cell", "value_text", "flags"
    )
    assert dates.rows() == [
        ("AA4", "2021-11-21", "footnote_mark_removed date_typed_as_text"),
        ("AD4", "2020-11-20", "footnote_mark_removed date_typed_as_serial"),
        ("AA5", "New Facility", "zip_zeros_restored words_where_date_expected"),
        ("AD5", "2020-11-20", "zip_zeros_restored"),
    ]
    star = pick(PLAIN, cell="Y5", sheet="Facilities FY22")
    assert (star["status"], star["value_text"]) == ("withheld", "*")


def test_a_new_facility_lands_and_a_new_aor_is_refused_by_name() -> None:
    rows = facilities()
    opened = copy.deepcopy(rows[3])
    opened[0] = "CAMP NEWLY OPENED"
    moved = copy.deepcopy(rows[3])
    moved[0], moved[5] = "SOMEWHERE ELSE", "XYZ"
    tidied = read(workbook(**{"Facilities FY22": [*rows[:5], opened, moved]}))
    names = tidied.observations.filter(measure="facility_alos")["facility_label"].to_list()
    assert "CAMP NEWLY OPENED" in names
    assert "SOMEWHERE ELSE" not in names
    assert "'xyz'" in str(tables_of(tidied)["facilities"]["refused_rows"])


def test_a_hidden_sheet_is_read_marked_and_kept_apart() -> None:
    sheets = workbook(**{"Detention EOFY2020": detention()})
    tidied = read(sheets, hidden=("Detention EOFY2020",))
    seen = tidied.observations.filter(measure="removals").select("sheet", "hidden").rows()
    assert seen == [("Detention FY22", False), ("Detention EOFY2020", True)]
    assert any(f["check"] == "sheet_hidden" for f in tidied.findings)


def test_two_sheets_that_claim_one_year_are_refused_unless_they_agree() -> None:
    other = detention()
    other[6][1] = 61
    tidied = read(workbook(**{"Detention FY22 (2)": other}))
    assert tidied.observations.filter(measure="removals").is_empty()
    assert sum(f["check"] == "sheet_refused" for f in tidied.findings) == 2
    same = read(workbook(**{"Detention FY22 (2)": detention()}))
    assert same.observations.filter(measure="removals").height == 1
    (copied,) = [s for s in same.receipt["sheets"] if s["sheet"] == "Detention FY22 (2)"]
    assert list(copied["numeric"]["ignored"]) == [
        "a cell-for-cell copy of the sheet 'Detention FY22'"
    ]


def test_the_dates_are_kept_apart_and_say_what_they_were_used_for() -> None:
    dates = {d["kind"]: d for d in PLAIN.dates}
    assert dates["docket_snapshot"]["date"] == "2022-01-02"
    assert dates["docket_snapshot"]["cell"] == "B2"
    assert "Detention FY22" in dates["docket_snapshot"]["used_for"]
    assert dates["facility_pull"]["date"] == "2021-12-27"
    assert dates["facility_pull"]["used_for"] == ["Facilities FY22"]
    assert PLAIN.as_of == dt.date(2022, 1, 2)


def test_a_date_of_another_fiscal_year_is_not_used_and_is_a_finding() -> None:
    rows = facilities()
    rows[1] = ["Source: ICE Integrated Decision Support (IIDS), 12/27/2019"]
    tidied = read(workbook(**{"Facilities FY22": rows}))
    assert pick(tidied, cell="I4", sheet="Facilities FY22")["as_of"] == dt.date(2022, 1, 2)
    found = [f for f in tidied.findings if f["check"] == "date_wrong_year"]
    assert [f["cell"] for f in found] == ["A2"]


def test_a_fiscal_year_that_disagrees_with_the_sheet_is_a_finding() -> None:
    rows = detention()
    rows[4][8] = "ICE Initial Book-Ins by Arresting Agency and Month: FY2021"
    tidied = read(workbook(**{"Detention FY22": rows}))
    found = [f for f in tidied.findings if f["check"] == "fiscal_year_labels"]
    assert [(f["table"], f["printed"], f["computed"]) for f in found] == [
        ("book_ins_by_agency_month", 2021, 2022)
    ]


def test_a_sheet_of_an_unknown_family_is_refused_by_name() -> None:
    tidied = read(workbook(**{"Flights": [["Carrier", "Flights"], ["A", 3]]}))
    (sheet,) = [s for s in tidied.receipt["sheets"] if s["sheet"] == "Flights"]
    assert sheet["numeric"]["refused"] == 1
    assert any(f["check"] == "sheet_unknown" for f in tidied.findings)


def test_a_workbook_of_another_kind_is_refused() -> None:
    with pytest.raises(UnknownSeries) as refused:
        read({"Budget": [["Item", "Cost"], ["Pens", 3]]})
    assert "Budget" in refused.value.where


def test_the_receipt_adds_up_on_every_sheet() -> None:
    for sheet in PLAIN.receipt["sheets"]:
        for account in (sheet["numeric"], sheet["cells"]):
            parts = account["captured"] + account["structural"] + account["refused"]
            assert parts + sum(account["ignored"].values()) == account["all"]
    assert footnotes()[0] == ["Term", "Definition"]
