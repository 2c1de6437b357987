"""Mutated workbooks are read right, refused or flagged; a wrong number never lands silently.

Each test is one kind of mutation on one workbook, with several seeds. Seeds are fixed, so that a
failure is the same on every machine: ``python -m tests.fuzz --only KIND --base FILE`` repeats it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.fuzz.base import BASES, Base, load_base
from tests.fuzz.mutations import MUTATIONS, mutate
from tests.fuzz.oracle import judge

EVERY_DAY = 3
HEAVY = 20


@pytest.fixture(scope="session")
def base_of(corpus_dir: Path) -> Callable[[str], Base]:
    """Load a workbook to mutate, once."""

    @cache
    def load(name: str) -> Base:
        return load_base(corpus_dir / "ice_detention_statistics", name)

    return load


def failures(base: Base, kind: str, numbers: range) -> tuple[int, list[str]]:
    """How many mutants were judged, and what is wrong with them."""
    judged, wrong = 0, []
    for number in numbers:
        mutant = mutate(base, kind, number)
        if mutant is None:
            continue
        judged += 1
        verdict = judge(base, mutant)
        bad = verdict.counts["wrong"] + verdict.counts["lost"]
        if mutant.harmless:
            bad += verdict.counts["refused"] + verdict.counts["flagged"]
        if bad:
            wrong.append(f"#{number} {mutant.what}: {dict(verdict.counts)}")
            wrong += [f"    {example}" for example in verdict.examples]
    return judged, wrong


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_mutant_is_right_refused_or_flagged(
    kind: str, name: str, base_of: Callable[[str], Base]
) -> None:
    judged, wrong = failures(base_of(name), kind, range(EVERY_DAY))
    if not judged:
        pytest.skip(f"{kind} finds nothing to change in {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.heavy
@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("kind", MUTATIONS)
def test_many_mutants_are_right_refused_or_flagged(
    kind: str, name: str, base_of: Callable[[str], Base]
) -> None:
    judged, wrong = failures(base_of(name), kind, range(EVERY_DAY, EVERY_DAY + HEAVY))
    if not judged:
        pytest.skip(f"{kind} finds nothing to change in {name}")
    assert not wrong, "\n".join(wrong)
