"""The standing questions: what people ask again and again, each with the commands that answer it.

They are read once from measures/questions.yml. A question that cannot be answered says why and
what would be needed, so that a gap is told and not found.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from openlifecycle.errors import UsageError
from openlifecycle.measures.loading import BadDeclaration, line
from openlifecycle.measures.registry import measures

#: Verbs that answer; a command of another verb is a misprint.
VERBS: Final = ("ask", "cohort", "changes", "reconcile", "releases", "check")

_KEYS: Final = {"number", "theme", "asks", "answers", "missing", "needs", "caveat"}

ANSWERED: Final = "answered"
IN_PART: Final = "answered in part"
NOT_ANSWERED: Final = "cannot be answered"


@dataclass(frozen=True)
class Way:
    """One command that answers a question, or part of one.

    Attributes:
        command: what to type, beginning with ``olc``.
        tells: what its answer is about.
    """

    command: str
    tells: str

    @property
    def words(self) -> list[str]:
        """Return the words after ``olc``, as a shell would split them."""
        return shlex.split(self.command)[1:]

    @property
    def measure(self) -> str:
        """Return the measure asked, or nothing where the verb asks none."""
        return self.words[1] if self.words[0] == "ask" else ""


@dataclass(frozen=True)
class StandingQuestion:
    """A question that people ask of this record again and again.

    Attributes:
        number: its number in the list.
        theme: under which heading it is listed.
        asks: the question.
        ways: commands that answer it.
        missing: what of it is not answered, and why.
        needs: what would have to be published or built.
        caveat: what to keep in mind, beside the caveats of each answer.
    """

    number: int
    theme: str
    asks: str
    ways: tuple[Way, ...]
    missing: str
    needs: str
    caveat: str

    @property
    def status(self) -> str:
        """Return whether it is answered, in part, or not."""
        if not self.ways:
            return NOT_ANSWERED
        return IN_PART if self.missing else ANSWERED

    def as_dict(self) -> dict[str, Any]:
        """Return the question for JSON."""
        return {
            "number": self.number,
            "theme": self.theme,
            "asks": self.asks,
            "status": self.status,
            "answers": [{"command": w.command, "tells": w.tells} for w in self.ways],
            "missing": self.missing,
            "needs": self.needs,
            "caveat": self.caveat,
        }


@cache
def questions() -> dict[int, StandingQuestion]:
    """Return every standing question by number."""
    text = (resources.files("openlifecycle.measures") / "questions.yml").read_text("utf-8")
    found = [question_of(entry) for entry in yaml.load(text, Loader=yaml.CSafeLoader)]
    if [q.number for q in found] != list(range(1, len(found) + 1)):
        raise BadDeclaration("the standing questions are not numbered from 1 without a gap")
    return {q.number: q for q in found}


def question(number: int) -> StandingQuestion:
    """Return the question of a number, or raise UsageError with the numbers that exist."""
    found = questions().get(number)
    if found is None:
        raise UsageError(
            f"there is no question {number}",
            nearest=f"1 to {len(questions())}",
            next_step="olc questions lists them all",
        )
    return found


def question_of(entry: Mapping[str, Any]) -> StandingQuestion:
    """Return the question that an entry of the file declares, or raise BadDeclaration."""
    number, unknown = entry["number"], set(entry) - _KEYS
    if unknown:
        raise BadDeclaration(f"question {number}: unknown keys {sorted(unknown)}")
    ways = tuple(
        Way("olc " + line(one["run"]), line(one["tells"])) for one in entry.get("answers", ())
    )
    for way in ways:
        if way.words[0] not in VERBS or (way.measure and way.measure not in measures()):
            raise BadDeclaration(f"question {number}: {way.command} asks nothing that is declared")
    missing, needs = line(entry.get("missing", "")), line(entry.get("needs", ""))
    if bool(missing) != bool(needs) or not (ways or missing):
        raise BadDeclaration(f"question {number}: what is missing says what would be needed")
    return StandingQuestion(
        number,
        line(entry["theme"]),
        line(entry["asks"]),
        ways,
        missing,
        needs,
        line(entry.get("caveat", "")),
    )
