"""The document says what is served: its examples are answered, and it is a valid OpenAPI 3.1."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from openlifecycle.measures.registry import measures
from openlifecycle.serving.openapi import document
from openlifecycle.serving.operations import OPERATIONS, ROOT
from tests.serving.conftest import TIMEOUT, Served

#: So many requests of each kind are drawn for an address; more take minutes and find the same.
EXAMPLES = "8"
CONFIG = """
continue-on-failure = true
[checks.positive_data_acceptance]
# a schema cannot say which words of a question fit together: the words may be right, the question
# not (400), and 404 is a release that is not there, 403 what is not cleared
expected-statuses = ["2xx", 400, 403, 404, 503]
[checks.not_a_server_error]
# 503 is declared: a fixed table is proved first, which may take longer than a reader waits
expected-statuses = ["2xx", "3xx", "4xx", 503]
"""


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, told)
        for path, methods in document()["paths"].items()
        for method, told in methods.items()
    ]


@pytest.mark.parametrize(("path", "method", "told"), operations(), ids=lambda v: str(v)[:40])
def test_the_example_of_every_operation_is_answered(
    path: str, method: str, told: dict[str, Any], client: httpx.Client
) -> None:
    examples = {p["name"]: p["example"] for p in told["parameters"] if "example" in p}
    asked = re.sub(r"\{(\w+)\}", lambda found: str(examples.pop(found[1])), path)
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    for _ in range(8):  # a fixed table is proved first, which may take longer than a reader waits
        got = client.request(
            method, asked.removeprefix(ROOT), params=examples, json=body.get("example")
        )
        if got.status_code != 503:
            break
    assert got.status_code == 200, got.text
    schemas = document()["components"]["schemas"]
    result = next(o.result for o in OPERATIONS if o.name == told["operationId"])
    Draft202012Validator(schemas[result]).validate(got.json())


def test_every_operation_has_an_example_and_says_its_problems() -> None:
    for path, _, told in operations():
        given = [p for p in told["parameters"] if "example" in p]
        assert given or "requestBody" in told, path
        assert {"400", "403", "404", "429", "503"} <= set(told["responses"])


def test_the_measures_are_the_declared_ones() -> None:
    (ask,) = (told for _, _, told in operations() if told["operationId"] == "ask")
    (measure,) = (p for p in ask["parameters"] if p["name"] == "measure")
    assert measure["schema"]["enum"] == list(measures())
    Draft202012Validator.check_schema(document()["components"]["schemas"]["Question"])


def fuzzed(served: Served, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Let Schemathesis, another house's program, ask whatever the document allows or forbids."""
    (folder / "schemathesis.toml").write_text(CONFIG)
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file",
               str(folder / "schemathesis.toml"), "run",
               f"{served.address}api/v1/openapi.json", "--seed", "1", "-n", EXAMPLES,
               "--request-timeout", str(TIMEOUT)]  # fmt: skip
    return subprocess.run([*command, *words], capture_output=True, text=True, cwd=folder)


def test_schemathesis_finds_nothing(served: Served, tmp_path: Path) -> None:
    done = fuzzed(served, tmp_path, "--phases", "examples,fuzzing")
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.mark.heavy
def test_schemathesis_finds_nothing_at_the_edges(served: Served, tmp_path: Path) -> None:
    done = fuzzed(served, tmp_path, "--phases", "coverage")
    assert done.returncode == 0, done.stdout[-6000:]
