"""Nothing about one to four people: at 0, 4 and 5, for counts, shares, medians and curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from openlifecycle.api import Session
from openlifecycle.disclosure.minimum_cell import (
    MINIMUM_CELL,
    hides_count,
    hides_share,
    hides_statistic,
    people_behind,
)
from openlifecycle.errors import NotCleared, UnknownDimension
from tests.records_answers.small import arrest, at, session, stint, values


def _said(rule: pl.Expr, **columns: list[int]) -> list[bool]:
    return pl.DataFrame(columns).select(rule.alias("hidden"))["hidden"].to_list()


def test_a_count_is_hidden_from_one_to_four() -> None:
    assert MINIMUM_CELL == 5
    hidden = _said(hides_count(pl.col("n")), n=[0, 1, 4, 5, 6])
    assert hidden == [False, True, True, False, False]


def test_a_statistic_needs_five_people() -> None:
    assert _said(hides_statistic(pl.col("n")), n=[0, 4, 5]) == [True, True, False]


@pytest.mark.parametrize(
    ("people", "inside", "outside", "hidden"),
    [
        (4, 4, 0, True),
        (5, 5, 0, False),
        (5, 0, 5, False),
        (10, 4, 6, True),
        (10, 6, 4, True),
        (10, 5, 5, False),
        (100, 1, 99, True),
    ],
)
def test_a_share_is_hidden_where_either_side_is_small(
    people: int, inside: int, outside: int, hidden: bool
) -> None:
    rule = hides_share(pl.col("p"), pl.col("i"), pl.col("o"))
    assert _said(rule, p=[people], i=[inside], o=[outside]) == [hidden]


def test_records_without_a_key_add_one_person_to_what_is_sure() -> None:
    people = people_behind(pl.col("k"), pl.col("n"))
    found = pl.DataFrame({"k": [4, 4, 0], "n": [0, 9, 9]}).select(people.alias("p"))
    assert found["p"].to_list() == [4, 5, 1]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Arrests of 4 people in AAA, 5 in BBB, six records of 2 people in CCC, nobody's in DDD."""
    rows = [arrest(f"SECRETKEYa{i}", "2025-01-10 12:00", aor="AAA") for i in range(4)]
    rows += [arrest(f"SECRETKEYb{i}", "2025-01-10 12:00", aor="BBB") for i in range(5)]
    rows += [
        arrest(f"SECRETKEYc{i % 2}", f"2025-01-{3 + 2 * i:02} 12:00", aor="CCC") for i in range(6)
    ]
    rows += [arrest(None, "2025-01-10 12:00", aor="DDD") for i in range(8)]
    rows += [
        arrest(f"SECRETKEYe{i}", "2025-02-10 12:00", aor="EEE",
               criminality="1 Convicted Criminal" if i < 4 else "3 Other Immigration Violator")
        for i in range(20)
    ]  # fmt: skip
    stays = [
        stint(f"SECRETKEYs{i}", "2025-01-01 00:00", f"2025-01-{5 + i:02} 00:00", aor="AAA")
        for i in range(4)
    ]
    stays += [
        stint(f"SECRETKEYt{i}", "2025-01-01 00:00", f"2025-01-{5 + i:02} 00:00",
              facility_code="BBBBBTX", aor="BBB")
        for i in range(5)
    ]  # fmt: skip
    stays.append(stint("SECRETKEYx", "2024-12-01 00:00", "2024-12-02 00:00", aor="XXX"))
    # one person with two records at once in a third facility, twice over
    stays += [
        stint(f"SECRETKEYu{i % 3}", f"2025-01-01 0{i}:00", "2025-01-20 00:00",
              facility_code="CCCCCTX", aor="CCC")
        for i in range(6)
    ]  # fmt: skip
    removals = [
        {"person_key": f"SECRETKEYr{i}", "departed_on": at("2025-01-10").date()} for i in range(7)
    ]
    folder = tmp_path_factory.mktemp("cells")
    return session(folder, arrest=rows, detention_stint=stays, removal=removals)


def test_people_are_counted_not_records(asked: Session) -> None:
    assert values(asked, "arrests", by="aor", on="2025-01-10") == {
        ("2025-01-31", "AAA"): None,
        ("2025-01-31", "BBB"): 5.0,
        ("2025-01-31", "CCC"): None,
        ("2025-01-31", "DDD"): None,
    }
    answer = asked.ask("arrests", by="aor", on="2025-01-10")
    assert answer.rows["note"].str.contains("below minimum cell").to_list() == [
        True, False, True, True,
    ]  # fmt: skip


def test_a_hidden_count_is_printed_as_fewer_than_five(asked: Session) -> None:
    lines = asked.ask("arrests", by="aor", on="2025-01-10").text().splitlines()
    shown = {line.split()[1]: line.split()[2] for line in lines if line.startswith("2025-01 ")}
    assert shown == {"AAA": "<5", "BBB": "5", "CCC": "<5", "DDD": "<5"}


def test_a_share_with_four_inside_is_not_shown(asked: Session) -> None:
    answer = asked.ask("arrests_without_conviction_share", on="2025-02-10")
    assert answer.rows["value"].to_list() == [None]
    assert answer.rows["over"].to_list() == [20]
    assert "not shown" in answer.text()


def test_a_mean_over_four_people_is_not_shown(asked: Session) -> None:
    # AAA: four leavers; BBB: five, after 4, 5, 6, 7 and 8 days; CCC: three people
    assert values(asked, "record_alos", by="aor", on="2025-01-31") == {
        ("2025-01-31", "AAA"): None,
        ("2025-01-31", "BBB"): 6.0,
        ("2025-01-31", "CCC"): None,
    }
    over = asked.ask("record_alos", by="aor", on="2025-01-31").rows["over"].to_list()
    assert over == [None, 5, None]
    assert values(asked, "stay_survival_median", by="aor")[("2025-01-31", "AAA")] is None


def test_heads_of_a_convention_that_counts_stints_are_still_people(asked: Session) -> None:
    words = {"by": "facility_code", "on": "2025-01-04"}
    for rules in ("olc-1", "uwchr-2024"):
        found = values(asked, "record_population", rules=rules, **words)
        # six stints of three people in the third facility; four and five people in the others
        assert found[("2025-01-04", "CCCCCTX")] is None, rules
        assert found[("2025-01-04", "BBBBBTX")] == 5.0, rules
        assert found[("2025-01-04", "AAAAATX")] is None, rules
    for measure in ("record_adp", "record_population_peak", "record_person_days"):
        found = values(asked, measure, by="facility_code")
        assert found[("2025-01-31", "AAAAATX")] is None, measure
        assert found[("2025-01-31", "CCCCCTX")] is None, measure
        assert found[("2025-01-31", "BBBBBTX")] is not None, measure


def test_a_cell_hidden_under_one_rule_set_is_hidden_under_all(
    tmp_path: Path,
) -> None:
    # without person keys the strict rules keep four records, the others more
    rows = [arrest(f"p{i}", "2025-01-10 12:00", aor="AAA") for i in range(4)]
    rows += [arrest(f"q{i}", "2025-01-10 12:00", aor="BBB") for i in range(9)]
    # UWCHR drops records that name nobody: 4 people there, 5 elsewhere at most
    rows += [arrest(None, "2025-01-11 12:00", aor="AAA")]
    answer = session(tmp_path, arrest=rows).ask("arrests", by="aor", sensitivity=True)
    seen: dict[str, set[bool]] = {}
    for row in answer.rows.iter_rows(named=True):
        seen.setdefault(row["aor"], set()).add(row["value"] is None)
    assert len(answer.rows["rule_set"].unique()) == 5
    assert all(len(hidden) == 1 for hidden in seen.values()), seen
    assert seen["BBB"] == {False}


def test_values_of_few_people_are_not_named(asked: Session) -> None:
    assert asked.dimensions("arrests")["aor"] == ("BBB", "EEE")
    with pytest.raises(UnknownDimension) as error:
        asked.ask("arrests", where={"aor": "AA"})
    assert "AAA" not in str(error.value)
    assert values(asked, "arrests", where={"aor": "bbb"}) == {("2025-01-31", "BBB"): 5.0}


def test_a_chart_draws_no_hidden_value_and_counts_them(asked: Session) -> None:
    drawn = str(asked.ask("arrests", by="aor", on="2025-01-10").chart().to_dict())
    assert "BBB" in drawn
    assert "AAA" not in drawn
    assert "3 of 4 values are too small to be shown" in drawn
    with pytest.raises(NotCleared):
        asked.ask("arrests", by="aor", where={"aor": "AAA"}).chart()


def _everything(asked: Session, measure: str, **words: Any) -> str:
    answer = asked.ask(measure, **words)
    forms = [answer.file(form).decode("utf-8", "replace") for form in ("table", "json", "csv")]
    parquet = answer.file("parquet").decode("latin-1")
    walks = [str(answer.explain(i)) for i in range(len(answer))]
    return "\n".join([*forms, parquet, *walks, answer.citation(), repr(answer)])


def test_no_person_key_is_in_anything_that_leaves(asked: Session) -> None:
    from openlifecycle.measures.registry import measures

    tables = {"arrest", "detention_stint", "removal"}
    told = 0
    for name, one in measures().items():
        if one.records and {one.records.event, *one.records.needs} <= tables:
            for split in ("", one.dimensions[0]):
                assert "SECRETKEY" not in _everything(asked, name, by=split), name
                told += 1
    assert told > 70


@pytest.mark.parametrize("form", ["table", "json", "csv", "parquet", "svg"])
def test_the_warning_of_tier_two_goes_with_every_form(asked: Session, form: str) -> None:
    body = asked.ask("record_removals").file(form)
    if form == "parquet":
        import io

        rows = pl.read_parquet(io.BytesIO(body))
        assert rows["warning"].str.starts_with("WARNING").all()
    else:
        assert b"WARNING" in body


def test_every_measure_of_removals_and_encounters_is_tier_two_with_its_warning() -> None:
    from openlifecycle.measures.registry import measures

    found = 0
    for one in measures().values():
        if one.records and one.records.event in {"removal", "encounter"}:
            found += 1
            assert one.tier == 2, one.name
            warning = one.caveats[0]
            assert warning.text.startswith("WARNING"), one.name
            assert not warning.concerns, "a warning that some splits do without"
    assert found >= 4
