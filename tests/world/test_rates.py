"""Each rate is honoured: the mess can be counted on the released table itself."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.demo.world import Rates, World, make_world
from openlifecycle.demo.world.mess import KINDS
from openlifecycle.demo.world.rates import OF_PEOPLE, clean, rates_from
from openlifecycle.errors import UsageError
from openlifecycle.model.events import EVENTS, PROVENANCE

C = pl.col
OUTSIDE = [field.name for field in PROVENANCE if field.name not in ("person_key", "date_flags")]
#: Drawn for rows of one kind only (closed, not last), or for stays: the share of all rows differs.
OF_SOME_ROWS = {
    "open_before_next", "negative_stint", "negative_stay", "overlap", "zero_length",
    "exact_midnight", "stay_start_mismatch", "stay_split",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(set(KINDS) - OF_SOME_ROWS))
def test_the_share_of_rows_is_the_rate(messy: World, kind: str) -> None:
    told = messy.truth["row__detention_stint"]
    share = told[kind].sum() / told.height
    expected = getattr(messy.rates, kind)
    # Four standard deviations of a draw of this size; duplicates are copies, told once.
    assert share == pytest.approx(expected, abs=4 * (expected / told.height) ** 0.5 + 2e-4)


@pytest.mark.parametrize("kind", sorted(OF_SOME_ROWS))
def test_every_other_kind_happens(messy: World, kind: str) -> None:
    assert messy.truth["row__detention_stint"][kind].sum() > 5


def test_a_rate_of_zero_means_never(tidy: World) -> None:
    told = tidy.truth["row__detention_stint"]
    assert told.select(pl.sum_horizontal(C(kind).sum() for kind in KINDS)).item() == 0


def _equal(world: World, *leave: str) -> pl.Series:
    """Return for each stint row whether another equals it in all columns but those left out."""
    table = world.tables["detention_stint"]
    columns = [name for name in table.columns if name not in (*OUTSIDE, *leave)]
    return table.select(pl.struct(columns).is_duplicated()).to_series()


def _copies(world: World, kind: str) -> pl.Series:
    return world.truth["row__detention_stint"][kind]


BONDS = ("initial_bond_set_amount", "initial_bond_set_on", "bond_posted_amount", "bond_posted_on")


def test_exact_duplicates_are_equal_in_every_column(messy: World) -> None:
    assert _equal(messy).filter(_copies(messy, "duplicate_exact")).all()


def test_bond_duplicates_differ_in_nothing_but_the_bond(messy: World) -> None:
    copies = _copies(messy, "duplicate_bond")
    assert _equal(messy, *BONDS).filter(copies).all()
    assert not _equal(messy).filter(copies).any()


def test_duplicates_that_differ_in_a_dropped_field_have_another_variant(messy: World) -> None:
    told = messy.truth["row__detention_stint"]
    table = messy.tables["detention_stint"]
    copies = told.filter(C("duplicate_dropped"))["stint"]
    pairs = table.filter(told["stint"].is_in(copies.implode()))
    assert set(pairs["dropped_variant"]) == {0, 1}
    ones = pairs["dropped_variant"].sum()
    assert ones == pytest.approx(copies.len(), rel=0.05)  # a repeated copy may be there as well


def test_same_day_duplicates_have_another_time_of_the_same_day(messy: World) -> None:
    told = messy.truth["row__detention_stint"]
    table = messy.tables["detention_stint"].with_columns(told["stint"], told["duplicate_same_day"])
    some = table.filter(C("stint").is_in(table.filter("duplicate_same_day")["stint"].implode()))
    days = some.group_by("stint").agg(C("book_in_at").dt.date().n_unique().alias("days"))
    assert (days["days"] == 1).mean() > 0.97  # type: ignore[operator]


def test_duplicates_over_midnight_are_close_and_on_two_days(messy: World) -> None:
    told = messy.truth["row__detention_stint"]
    table = messy.tables["detention_stint"].with_columns(told["stint"], told["duplicate_midnight"])
    copies = table.filter("duplicate_midnight", C("book_in_at").is_not_null())
    others = table.filter(~C("duplicate_midnight"), C("book_in_at").is_not_null())
    both = copies.join(others, on="stint")
    assert both.height >= copies.height > 5
    assert (both["book_in_at"].dt.date() != both["book_in_at_right"].dt.date()).mean() > 0.95  # type: ignore[operator]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("negative_stint", C("book_out_at") < C("book_in_at")),
        ("zero_length", C("book_out_at") == C("book_in_at")),
        ("missing_book_in", C("book_in_at").is_null()),
        ("missing_stay_book_in", C("stay_book_in_at").is_null()),
        ("missing_facility", C("facility_code").is_null() & C("facility_label").is_null()),
        ("missing_person", C("person_key").is_null()),
        ("negative_stay", C("stay_book_out_at") < C("stay_book_in_at")),
        ("open_before_next", C("book_out_at").is_null()),
    ],
)
def test_the_table_shows_what_is_told_of_it(kind: str, wrong: pl.Expr) -> None:
    world = make_world(3_000, 5, clean().but({kind: 0.05}))
    told = world.truth["row__detention_stint"][kind]
    rows = world.tables["detention_stint"].filter(told)
    assert rows.height > 30
    share = rows.select(wrong.fill_null(False).mean()).item()
    assert share > 0.98


def test_overlaps_overlap() -> None:
    world = make_world(3_000, 6, clean().but({"overlap": 0.05}))
    told = world.truth["row__detention_stint"].select("row_id", "stay", "stint", "overlap")
    rows = world.tables["detention_stint"].join(told, on="row_id").sort("stint")
    over = rows.with_columns(
        C("book_in_at").shift(-1).over("stay").alias("next"),
    ).filter("overlap")
    assert over.height > 30
    assert (over["book_out_at"] > over["next"]).all()


def test_days_in_the_year_0212_are_flagged(messy: World) -> None:
    table = messy.tables["detention_stint"]
    old = pl.any_horizontal(
        (C(name) < date(1900, 1, 1)).fill_null(False) for name in ("final_order_on", "entry_on")
    )
    rows = table.filter(old)
    assert rows.height > 5
    assert (rows["date_flags"].str.contains("_on:year_below_1000")).all()
    assert table.filter(~old)["date_flags"].null_count() == table.height - rows.height


@pytest.mark.parametrize(
    ("table", "column", "rate"),
    [
        ("arrest", "arrested_at", "arrest_missing_time"),
        ("arrest", "person_key", "arrest_missing_person"),
        ("arrest", "arrest_state", "arrest_missing_state"),
        ("detainer", "person_key", "detainer_missing_person"),
        ("encounter", "person_key", "encounter_missing_person"),
    ],
)
def test_values_are_missing_at_their_rate(messy: World, table: str, column: str, rate: str) -> None:
    gone = messy.tables[table][column].null_count() / messy.tables[table].height
    expected = getattr(messy.rates, rate)
    assert gone == pytest.approx(expected, abs=max(0.01, expected / 10))


def test_arrests_come_again_within_hours_in_chains_and_as_reprocessed(messy: World) -> None:
    told = messy.truth["row__arrest"]
    first = (
        told.height
        - told.select(
            pl.sum_horizontal(
                C(k).cast(pl.Int64).sum()
                for k in ("arrest_exact", "arrest_repeated", "arrest_reprocessed")
            )
        ).item()
    )
    assert told["arrest_repeated"].sum() / first == pytest.approx(0.04, abs=0.01)
    methods = messy.tables["arrest"]["arrest_method"]
    assert (methods == "ERO Reprocessed Arrest").sum() > 500
    chains = told.filter("arrest_chain").join(
        messy.tables["arrest"].select("row_id", "arrested_at"), on="row_id"
    )
    spans = chains.group_by("arrest").agg(
        (C("arrested_at").max() - C("arrested_at").min()).alias("span")
    )
    assert (spans["span"].dt.total_hours() > 24).any()


def test_most_arrests_have_one_true_row(messy: World) -> None:
    rows = messy.truth["row__arrest"].group_by("arrest").len()
    assert (rows["len"] == 1).mean() > 0.85  # type: ignore[operator]


def test_a_file_of_rates_and_pairs_are_read(tmp_path: Path) -> None:
    told = tmp_path / "rates.yml"
    told.write_text("overlap: 0.5\nzero_length: 0\n", encoding="utf-8")
    rates = rates_from(told, {"overlap": 0.25})
    assert (rates.overlap, rates.zero_length, rates.omitted) == (0.25, 0.0, Rates().omitted)


def test_an_unknown_rate_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as refused:
        Rates().but({"overlaps": 0.1})
    assert refused.value.nearest == "overlap"


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_no_share_is_refused(value: float) -> None:
    with pytest.raises(UsageError):
        Rates().but({"overlap": value})


def test_every_rate_has_words() -> None:
    for one in dataclasses.fields(Rates):
        assert len(one.metadata["words"]) > 10
    assert set(OF_PEOPLE) < {one.name for one in dataclasses.fields(Rates)}


@pytest.mark.parametrize("layout", ["2026-03", "mid-2025", "2012-2023", "uwchr-2022"])
def test_tables_have_the_columns_of_events(layout: str) -> None:
    world = make_world(300, 1, layout=layout)
    for name, frame in world.tables.items():
        assert frame.columns == [field.name for field in EVENTS[name].columns]
        assert frame["row_id"].to_list() == list(range(frame.height))
