"""The JSON Schema of a question lets through what can be asked, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from openlifecycle.cli.main import cli
from openlifecycle.errors import OpenLifecycleError
from openlifecycle.measures.plan import plan
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import record_plan
from openlifecycle.measures.registry import measure, measures
from openlifecycle.measures.schema import schema, schemas


def passes(one: dict[str, Any], asked: dict[str, Any]) -> bool:
    return Draft202012Validator(one).is_valid(asked)


@pytest.mark.parametrize("name", measures())
def test_a_question_of_a_measure_passes_and_is_understood(name: str) -> None:
    one = measure(name)
    made = schema(one)
    Draft202012Validator.check_schema(made)
    asked: dict[str, Any] = {"measure": name, "period": one.periods[0], "by": []}
    if one.records and one.dimensions:
        asked["by"] = [one.dimensions[0]]
    assert passes(made, asked)
    assert understood(asked.pop("measure"), asked)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("arrests", {"by": ["person_key"]}),
        ("arrests", {"where": {"birth_year": "1990"}}),
        ("arrests", {"period": "decade"}),
        ("arrests", {"rules": "ddp"}),
        ("arrests", {"totals": True}),
        ("arrests", {"rules": "olc-1", "sensitivity": True}),
        ("arrests", {"edition": "corrected"}),
        ("adp", {"rules": "olc-1"}),
        ("adp", {"edition": "improved"}),
        ("adp", {"on": "2025-01-01", "start": "2024-01-01"}),
        ("adp", {"on": "03/04/2025"}),
        ("removals", {"by": ["aor"]}),
        ("removals", {"period": "month"}),
        ("adp", {"colour": "red"}),
    ],
)
def test_what_the_house_refuses_the_schema_refuses(name: str, wrong: dict[str, Any]) -> None:
    assert passes(schema(measure(name)), {"measure": name})
    assert not passes(schema(measure(name)), {"measure": name, **wrong})
    with pytest.raises((OpenLifecycleError, TypeError)):
        understood(name, wrong)


def understood(name: str, asked: dict[str, Any]) -> object:
    """Return the plan of a question, or raise as the house does."""
    question = Question.of(name, **asked)
    return (record_plan if measure(name).records else plan)(question)


def test_values_of_a_closed_dimension_are_listed() -> None:
    where = schema(measure("arrests"))["properties"]["where"]["properties"]
    assert where["border"]["anyOf"][0] == {"enum": ["Border", "Interior"]}
    assert passes(schema(measure("arrests")), {"measure": "arrests", "where": {"aor": "ATL"}})
    assert not passes(
        schema(measure("arrests")), {"measure": "arrests", "where": {"border": "Frontier"}}
    )


def test_the_command_line_prints_the_schema_of_one_and_of_all() -> None:
    run = CliRunner()
    one = json.loads(run.invoke(cli, ["measures", "adp", "--schema"]).output)
    assert one == schema(measure("adp"))
    every = json.loads(run.invoke(cli, ["measures", "--schema"]).output)
    assert every == schemas(list(measures().values()))
    assert passes(every, {"measure": "adp", "by": ["criminality"]})
    assert not passes(every, {"measure": "adp", "by": ["aor"]})
    assert not passes(every, {"measure": "no_such"})
