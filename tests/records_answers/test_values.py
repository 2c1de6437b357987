"""Every kind of value, counted by hand first: what the engine says before the gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.records_answers.small import arrest, at, exact, session, stint, values


def test_arrests_are_counted_as_records_and_as_people(tmp_path: Path) -> None:
    rows = [arrest(f"p{i}", f"2025-01-{10 + i} 12:00") for i in range(6)]
    rows.append(arrest("p0", "2025-01-30 12:00"))  # a second arrest, 20 days later
    rows.append(arrest(None, "2025-01-05 12:00"))
    rows += [arrest(f"q{i}", "2025-02-01 00:00") for i in range(5)]
    asked = session(tmp_path, arrest=rows)
    assert values(asked, "arrests") == {"2025-01-31": 8.0, "2025-02-28": 5.0}
    # six keys, and one arrest that names nobody
    assert values(asked, "people_arrested") == {"2025-01-31": 7.0, "2025-02-28": 5.0}


def test_a_duplicate_arrest_within_a_day_counts_once(tmp_path: Path) -> None:
    rows = [arrest(f"p{i}", "2025-01-10 12:00") for i in range(6)]
    rows += [arrest(f"p{i}", "2025-01-10 20:00") for i in range(6)]
    asked = session(tmp_path, arrest=rows)
    assert values(asked, "arrests") == {"2025-01-31": 6.0}
    assert values(asked, "arrests", rules="exact-rows") == {"2025-01-31": 12.0}


def test_months_quarters_and_fiscal_years_end_on_their_last_days(tmp_path: Path) -> None:
    days = ["2024-09-30 23:59", "2024-10-01 00:00", "2024-12-31 23:59", "2025-01-01 00:00"]
    rows = [arrest(f"{d}{i}", d) for d in days for i in range(5)]
    asked = session(tmp_path, arrest=rows)
    assert values(asked, "arrests") == {
        "2024-09-30": 5.0, "2024-10-31": 5.0, "2024-12-31": 5.0, "2025-01-31": 5.0,
    }  # fmt: skip
    assert values(asked, "arrests", period="quarter") == {
        "2024-09-30": 5.0, "2024-12-31": 10.0, "2025-03-31": 5.0,
    }  # fmt: skip
    assert values(asked, "arrests", period="fiscal_year") == {"2024-09-30": 5.0, "2025-09-30": 15.0}
    assert values(asked, "arrests", period="day", on="2024-10-01") == {"2024-10-01": 5.0}
    years = exact(asked, "arrests", period="fiscal_year").frame["fiscal_year"].to_list()
    assert years == [2024, 2025]


def test_a_time_asked_for_is_answered_in_whole_periods(tmp_path: Path) -> None:
    rows = [arrest(f"{m}{i}", f"2025-0{m}-10 12:00") for m in (1, 2, 3) for i in range(5)]
    asked = session(tmp_path, arrest=rows)
    # the tenth lies outside of the days asked for, but February is answered whole
    assert values(asked, "arrests", start="2025-02-15", end="2025-02-20") == {"2025-02-28": 5.0}


def test_share_without_conviction_is_over_those_whose_criminality_is_stated(
    tmp_path: Path,
) -> None:
    kinds = ["1 Convicted Criminal"] * 6 + ["2 Pending Criminal Charges"] * 5
    kinds += ["3 Other Immigration Violator"] * 13 + [""] * 0
    rows = [arrest(f"p{i}", "2025-01-10 12:00", criminality=k) for i, k in enumerate(kinds)]
    rows += [arrest(f"n{i}", "2025-01-10 12:00") for i in range(6)]
    asked = session(tmp_path, arrest=rows)
    assert values(asked, "arrests_without_conviction_share") == {"2025-01-31": 18 / 24}
    assert values(asked, "arrests_without_charge_share") == {"2025-01-31": 13 / 24}
    answer = exact(asked, "arrests_without_conviction_share")
    assert answer.frame["rows"].to_list() == [24]
    missing = {m.field: (m.missing, m.rows) for m in answer.missing}
    assert missing["criminality"] == (6, 30)


def test_settings_group_methods_and_leave_others_out_of_the_share(tmp_path: Path) -> None:
    methods = ["CAP Local Incarceration"] * 5 + ["Custodial Arrest"] * 3 + ["Located"] * 4
    methods += ["Non-Custodial Arrest"] * 4 + ["287(g) Program"] * 7 + ["Boat Patrol"] * 9
    rows = [arrest(f"p{i}", "2025-01-10 12:00", arrest_method=m) for i, m in enumerate(methods)]
    asked = session(tmp_path, arrest=rows)
    assert values(asked, "arrests", by="arrest_setting") == {
        ("2025-01-31", "287(g)"): 7.0, ("2025-01-31", "At-large"): 8.0,
        ("2025-01-31", "Custodial"): 8.0, ("2025-01-31", "Other"): 9.0,
    }  # fmt: skip
    assert values(asked, "arrests_custodial_share") == {"2025-01-31": 0.5}


def test_an_arrest_leads_to_a_stay_and_the_hours_are_counted(tmp_path: Path) -> None:
    arrests = [arrest(f"p{i}", "2025-01-10 12:00") for i in range(12)]
    stays = [stint(f"p{i}", f"2025-01-10 {13 + i}:00", "2025-03-01 12:00") for i in range(7)]
    late = [arrest(f"z{i}", "2025-06-25 12:00") for i in range(9)]
    asked = session(tmp_path, arrest=[*arrests, *late], detention_stint=stays)
    # the nine of 25 June had no ten days before the records end, and are not counted
    assert values(asked, "arrests_detained_share") == {"2025-01-31": 7 / 12}
    assert values(asked, "hours_to_book_in") == {"2025-01-31": 4.0}


def test_book_ins_outs_and_lengths_of_stay(tmp_path: Path) -> None:
    rows = [
        stint(f"p{i}", "2025-01-01 00:00", f"2025-01-{day} 00:00")
        for i, day in enumerate(["02", "03", "04", "05", "11"])
    ]
    rows += [stint(f"h{i}", "2025-01-20 00:00", None) for i in range(8)]
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "record_book_ins") == {"2025-01-31": 13.0}
    assert values(asked, "record_book_outs") == {"2025-01-31": 5.0}
    # 1, 2, 3, 4 and 10 days
    assert values(asked, "record_alos") == {"2025-01-31": 4.0}
    assert values(asked, "record_median_stay") == {"2025-01-31": 3.0}
    # 5 of 13 have ended: fewer than half, so there is no median yet
    assert values(asked, "stay_survival_median") == {"2025-01-31": None}


def test_the_survival_median_counts_the_open_stays(tmp_path: Path) -> None:
    rows = [
        stint(f"p{i}", "2025-01-01 00:00", f"2025-01-{2 + i:02} 00:00") for i in range(7)
    ]  # 1 to 7 days
    rows += [stint(f"h{i}", "2025-01-20 00:00", None) for i in range(5)]
    asked = session(tmp_path, detention_stint=rows)
    # of 12 the sixth leaves after 6 days; of the leavers alone the middle one after 4
    assert values(asked, "stay_survival_median") == {"2025-01-31": 6.0}
    assert values(asked, "record_median_stay") == {"2025-01-31": 4.0}


def test_transfers_are_the_further_stints_of_a_stay(tmp_path: Path) -> None:
    rows = []
    for i in range(6):
        whole = {"stay_book_in_at": at("2025-01-01 08:00"),
                 "stay_book_out_at": at("2025-02-03 08:00")}  # fmt: skip
        moved = {"release_reason": "Transferred"}
        rows += [
            stint(f"p{i}", "2025-01-01 08:00", "2025-01-05 08:00", **whole, **moved),
            stint(f"p{i}", "2025-01-05 09:00", "2025-02-01 08:00", **whole, **moved,
                  facility_code="BBBBBTX"),
            stint(f"p{i}", "2025-02-01 09:00", "2025-02-03 08:00", **whole,
                  facility_code="CCCCCLA"),
        ]  # fmt: skip
    rows += [stint(f"q{i}", "2025-01-01 08:00", "2025-02-02 08:00") for i in range(6)]
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "transfers") == {"2025-01-31": 6.0, "2025-02-28": 6.0}
    assert values(asked, "transfers", by="facility_code") == {
        ("2025-01-31", "BBBBBTX"): 6.0, ("2025-02-28", "CCCCCLA"): 6.0,
    }  # fmt: skip
    assert values(asked, "stays_by_transfers") == {
        ("2025-09-30", "0"): 6.0, ("2025-09-30", "2"): 6.0,
    }  # fmt: skip
    assert values(asked, "stays_transferred_share") == {"2025-09-30": 0.5}
    assert values(asked, "stays_transferred_3_share") == {"2025-09-30": 0.0}
    assert values(asked, "stays_across_states_share") == {"2025-09-30": 0.5}
    # Texas and Louisiana are both of the fifth circuit
    assert values(asked, "stays_across_circuits_share") == {"2025-09-30": 0.0}


@pytest.mark.parametrize(
    ("end", "held"),
    [("2025-04-01 00:00", 6.0), ("2025-03-31 23:59", None)],
    ids=["leaves on the stroke: was held at that midnight", "leaves a minute before"],
)
def test_held_over_ninety_days_at_the_midnight_that_ends_the_month(
    tmp_path: Path, end: str, held: float | None
) -> None:
    # booked in 90 days and 12 hours before the midnight that ends March
    rows = [stint(f"p{i}", "2024-12-31 12:00", end) for i in range(6)]
    rows += [stint(f"q{i}", "2025-01-01 00:00", "2025-05-30 00:00") for i in range(6)]
    rows += [stint("out", "2024-01-01 00:00", "2024-12-01 00:00")]
    asked = session(tmp_path, detention_stint=rows)
    # the others entered exactly 90 days before: not more than 90
    assert values(asked, "held_over_90_days", start="2025-03-01", end="2025-03-31") == (
        {"2025-03-31": held} if held else {}
    )
    assert values(asked, "held_over_90_days", on="2025-04-01")[("2025-04-01")] == 6.0


def test_two_stays_of_one_person_are_one_person_in_a_stock(tmp_path: Path) -> None:
    rows = [stint(f"p{i}", "2025-01-01 00:00", None) for i in range(5)]
    rows += [stint(f"p{i}", "2025-01-02 00:00", None, facility_code="B") for i in range(5)]
    rows += [stint("x", "2025-01-01 00:00", "2025-01-02 00:00")]
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "held_over_90_days", on="2025-06-30") == {"2025-06-30": 5.0}


def test_days_after_a_final_order_begin_with_the_later_of_order_and_book_in(
    tmp_path: Path,
) -> None:
    def held(person: str, start: str, order: str | None) -> dict[str, object]:
        day = at(order).date() if order else None
        return stint(person, start, None, final_order="YES", final_order_on=day)

    rows = [held(f"a{i}", "2024-06-01 00:00", "2024-12-01") for i in range(5)]  # 211 days
    rows += [held(f"b{i}", "2025-05-01 00:00", "2020-01-01") for i in range(7)]  # 60 days
    rows += [held(f"c{i}", "2024-01-01 00:00", None) for i in range(9)]  # no order
    rows += [stint("x", "2024-01-01 00:00", "2024-06-01 00:00")]
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "held_180_days_after_final_order", on="2025-06-30") == {"2025-06-30": 5.0}


def test_heads_at_midnight_average_peak_and_days(tmp_path: Path) -> None:
    rows = [stint(f"p{i}", "2025-02-01 10:00", "2025-02-11 10:00") for i in range(6)]  # ten nights
    rows += [stint(f"q{i}", "2025-02-28 10:00", None) for i in range(8)]  # one night of February
    rows += [stint("x", "2025-01-01 10:00", "2025-02-01 09:00")]
    asked = session(tmp_path, detention_stint=rows)
    february = {"start": "2025-02-01", "end": "2025-02-28"}
    assert values(asked, "record_population", **february) == {"2025-02-28": 8.0}
    assert values(asked, "record_population", on="2025-02-10") == {"2025-02-10": 6.0}
    assert values(asked, "record_population_peak", **february) == {"2025-02-28": 8.0}
    assert values(asked, "record_person_days", **february) == {"2025-02-28": 68.0}
    assert values(asked, "record_adp", **february) == {"2025-02-28": 68 / 28}


def test_the_start_of_day_convention_counts_the_midnight_before(tmp_path: Path) -> None:
    rows = [stint(f"p{i}", "2025-02-01 10:00", "2025-02-02 10:00") for i in range(6)]
    rows += [stint("x", "2025-01-01 10:00", "2025-02-01 09:00")]
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "record_population", on="2025-02-01") == {"2025-02-01": 6.0}
    ours = values(asked, "record_population", on="2025-02-02", rules="uwchr-2024")
    assert ours == {"2025-02-02": 6.0}


def test_exits_by_reason_and_voluntary_departures(tmp_path: Path) -> None:
    reasons = ["Removed"] * 10 + ["Voluntary departure"] * 5 + ["Bonded Out - IJ"] * 5
    rows = [
        stint(f"p{i}", "2025-01-01 08:00", "2025-01-20 08:00", release_reason=r,
              stay_release_reason=r)
        for i, r in enumerate(reasons)
    ]  # fmt: skip
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "exits_by_reason") == {
        ("2025-01-31", "released_bond"): 5.0, ("2025-01-31", "removed"): 10.0,
        ("2025-01-31", "voluntary_departure"): 5.0,
    }  # fmt: skip
    assert values(asked, "voluntary_departures") == {"2025-01-31": 5.0}
    assert values(asked, "voluntary_departure_share") == {"2025-01-31": 0.25}
    assert values(asked, "exits_to_remove_share") == {"2025-01-31": 0.5}
    assert values(asked, "released_on_bond") == {"2025-01-31": 5.0}


@pytest.mark.parametrize(("hours", "over"), [(12, 0.0), (13, 1.0)])
def test_hold_rooms_are_measured_against_the_limit_of_the_day(
    tmp_path: Path, hours: int, over: float
) -> None:
    rows = [
        stint(f"p{i}", "2025-01-01 00:00", f"2025-01-01 {hours}:00", facility_code="AAAHOLD")
        for i in range(5)
    ]
    # 60 hours under the limit of 72 from 24 June on
    rows += [
        stint(f"q{i}", "2025-06-25 00:00", "2025-06-27 12:00", facility_code="AAAHOLD")
        for i in range(6)
    ]
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "hold_room_over_limit_share") == {"2025-01-31": over, "2025-06-30": 0.0}
    assert values(asked, "hold_room_hours") == {"2025-01-31": float(hours), "2025-06-30": 60.0}
    assert values(asked, "hold_room_stays_over_limit") == ({"2025-01-31": 5.0} if over else {})


def test_detainers_lifted_and_followed_by_a_book_in(tmp_path: Path) -> None:
    rows = [
        {"person_key": f"p{i}", "prepared_at": at("2025-01-10 09:00"),
         "lift_reason": "Lifted by ICE" if i < 6 else None}
        for i in range(12)
    ]  # fmt: skip
    rows += [{"person_key": f"z{i}", "prepared_at": at("2025-06-01 09:00")} for i in range(9)]
    stays = [stint(f"p{i}", "2025-01-12 09:00", "2025-03-01 12:00") for i in range(5)]
    asked = session(tmp_path, detainer=rows, detention_stint=stays)
    assert values(asked, "detainers") == {"2025-01-31": 12.0, "2025-06-30": 9.0}
    assert values(asked, "detainers_lifted") == {("2025-01-31", "Lifted by ICE"): 6.0}
    assert values(asked, "detainers_lifted_share") == {"2025-01-31": 0.5, "2025-06-30": 0.0}
    # nothing is said of June: its ninety days are not over
    assert values(asked, "detainers_followed_share") == {"2025-01-31": 5 / 12}


def test_third_country_is_neither_citizenship_nor_birth(tmp_path: Path) -> None:
    def removal(i: int, gone: str | None, own: str, born: str | None) -> dict[str, object]:
        return {"person_key": f"p{i}", "departed_on": at("2025-01-10").date(),
                "departure_country": gone, "citizenship_country": own,
                "birth_country": born}  # fmt: skip

    rows = [removal(i, "AAA", "BBB", "CCC") for i in range(5)]
    rows += [removal(10 + i, "AAA", "aaa", "BBB") for i in range(5)]  # one spelling in capitals
    rows += [removal(20 + i, "AAA", "BBB", "AAA") for i in range(5)]
    rows += [removal(30 + i, None, "BBB", "CCC") for i in range(5)]
    asked = session(tmp_path, removal=rows)
    assert values(asked, "record_removals") == {"2025-01-31": 20.0}
    assert values(asked, "third_country_departures") == {"2025-01-31": 5.0}
    assert values(asked, "third_country_departure_share") == {"2025-01-31": 5 / 15}


def test_a_departure_follows_the_end_of_a_stay(tmp_path: Path) -> None:
    rows = [
        stint(f"p{i}", "2025-01-01 08:00", "2025-01-20 00:00",
              departed_on=at("2025-01-22").date() if i < 5 else None)
        for i in range(10)
    ]  # fmt: skip
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "exits_departed_share") == {"2025-01-31": 0.5}
    assert values(asked, "days_to_departure") == {"2025-01-31": 2.0}


def test_bonds_are_the_lowest_of_the_stay(tmp_path: Path) -> None:
    rows = [
        stint(f"p{i}", "2025-01-01 08:00", "2025-01-20 00:00", initial_bond_set_amount=amount,
              bond_posted_amount=1500.0 if i < 5 else None)
        for i, amount in enumerate([1500.0, 5000.0, 3000.0, 9000.0, 7000.0, *([None] * 5)])
    ]  # fmt: skip
    asked = session(tmp_path, detention_stint=rows)
    assert values(asked, "bond_set_share") == {"2025-01-31": 0.5}
    assert values(asked, "initial_bond_median") == {"2025-01-31": 5000.0}
    assert values(asked, "bond_posted_median") == {"2025-01-31": 1500.0}


def test_encounters_are_counted(tmp_path: Path) -> None:
    rows = [{"person_key": f"p{i}", "encountered_at": at("2025-01-10 09:00")} for i in range(5)]
    asked = session(tmp_path, encounter=rows)
    assert values(asked, "record_encounters") == {"2025-01-31": 5.0}
