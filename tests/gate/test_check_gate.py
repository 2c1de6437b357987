"""The house rule about the gate is shown a bad tree, so that it cannot fail unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

import check_gate

REPO = Path(__file__).resolve().parents[2]

ATTEMPTS = {
    "a command that counts by itself": (
        "cli/mine.py",
        "def f():\n    from openlifecycle.engine.records import ask\n",
        "imports openlifecycle.engine.records.ask",
    ),
    "a page that reads the fact tables": (
        "publishing/mine.py",
        "from openlifecycle.engine.record_store import RecordTables\n",
        "imports openlifecycle.engine.record_store.RecordTables",
    ),
    "a page that knows exact answers": (
        "publishing/mine.py",
        "from openlifecycle.engine.record_answer import Exact\n",
        "imports openlifecycle.engine.record_answer.Exact",
    ),
    "a server that runs queries": (
        "serving/mine.py",
        "from openlifecycle.engine import backend\n",
        "imports openlifecycle.engine.backend",
    ),
    "a command that imports the module": (
        "cli/mine.py",
        "import openlifecycle.engine.records as r\n",
        "imports openlifecycle.engine.records",
    ),
    "a command that imports the house": (
        "cli/mine.py",
        "import openlifecycle\n",
        "imports openlifecycle whole: name the module",
    ),
    "a command that reads stays": (
        "cli/mine.py",
        "from openlifecycle.lifecycle.stays import stays\n",
        "imports openlifecycle.lifecycle.stays.stays",
    ),
    "a page that takes an answer": (
        "publishing/mine.py",
        "def page(answer: Answer) -> str: ...\n",
        "page takes answer: Answer, not Cleared",
    ),
    "a page that takes a frame": (
        "publishing/mine.py",
        "def page(rows: pl.DataFrame | None) -> str: ...\n",
        "page takes rows: pl.DataFrame | None, not Cleared",
    ),
    "a page that clears for itself": (
        "publishing/mine.py",
        "x = clear_published(answer, store)\n",
        "asks for clear_published",
    ),
    "the maker of tokens, imported": (
        "engine/mine.py",
        "from openlifecycle.disclosure.gate import _sealed as make\n",
        "takes _sealed from the gate",
    ),
    "the maker of tokens, through the module": (
        "oversight/mine.py",
        "from openlifecycle.disclosure import gate\nx = gate._HELD\n",
        "names _HELD of the gate",
    ),
    "the maker of tokens, by its name as a word": (
        "oversight/mine.py",
        "x = getattr(gate, '_sealed')\n",
        "spells _sealed of the gate",
    ),
    "a token made by force": (
        "api/mine.py",
        "x = object.__new__(Cleared)\n",
        "forces an object open with object.__new__",
    ),
    "a cleared answer that is overwritten": (
        "oversight/mine.py",
        "object.__setattr__(cleared.content, 'rows', exact.frame)\n",
        "forces an object open with object.__setattr__",
    ),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_each_way_round_the_gate_is_found(attempt: str, tmp_path: Path) -> None:
    name, text, says = ATTEMPTS[attempt]
    file = tmp_path / "src" / "openlifecycle" / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    found = check_gate.problems(tmp_path)
    assert [one.split(": ", 1)[1] for one in found] == [says]


def test_what_is_allowed_is_not_found(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "openlifecycle"
    for name, text in {
        "publishing/fine.py": (
            "from openlifecycle.engine.record_answer import RecordFacts\n"
            "def page(cleared: Cleared[Answer]) -> str: ...\n"
            "def _rows(answer: Answer) -> str: ...\n"
        ),
        "api.py": "x = clear_published(answer, store)\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert check_gate.problems(tmp_path) == []


def test_this_house_keeps_the_rule() -> None:
    assert check_gate.problems(REPO) == []
