"""``olc check`` as a person runs it, on the store of the whole corpus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openlifecycle.cli.check import command

pytestmark = pytest.mark.corpus


def olc_check(*words: str, store: Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(command, [*words, "--store", str(store)])


def test_a_release_with_an_error_answers_no_and_names_the_cell(corpus_store: Path) -> None:
    done = olc_check("5e786ddf7779", store=corpus_store)
    assert done.exit_code == 1
    assert "Detention FY21 YTD!C39" in done.output
    assert "prints 1,136, but its 3 parts by criminality sum to 1,132" in done.output


def test_a_release_that_holds_answers_yes(corpus_store: Path) -> None:
    done = olc_check("fb6664ed6400", store=corpus_store)
    assert done.exit_code == 0, done.output
    assert "0 errors" in done.output


def test_json_is_a_list_of_findings_with_printed_and_computed_values(corpus_store: Path) -> None:
    done = olc_check("871b7f455725", "--json", store=corpus_store)
    found = json.loads(done.output)
    (total,) = [f for f in found if f["check"] == "atd_technology_rows"]
    assert (total["cell"], total["printed"], total["computed"]) == ("B14", 195909.0, 196186.0)
    assert total["severity"] == "error"
    assert total["release_id"] == "us_ice.detention_statistics@871b7f455725"


def test_a_release_or_all_must_be_named(corpus_store: Path) -> None:
    assert olc_check(store=corpus_store).exit_code == 2
    assert olc_check("871b7f455725", "--all", store=corpus_store).exit_code == 2
