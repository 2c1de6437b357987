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

#: Seeds of each kind on each workbook: by default, and further ones when there is time.
EVERY_DAY = 1
HEAVY = 22


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


#: Mutants of further seeds that once landed wrong or ended the program.
ONCE_WRONG = [
    ("FY21_2021-06-28_dca0788a.xlsx", "change_fiscal_year", 11),
    ("FY22_2022-02-22_c68d293d.xlsx", "delete_column", 9),
    ("FY24_2024-03-04_f9aeaad6.xlsx", "change_fiscal_year", 3),
    ("FY24_2024-07-08_8d616b99.xlsx", "hide_sheet", 5),
    ("FY25_2025-08-18_086d19ed.xlsx", "hide_sheet", 5),
    ("FY25_2025-08-18_086d19ed.xlsx", "rename_unknown", 10),
    ("FY25_2025-08-18_086d19ed.xlsx", "shift_numbers", 19),
]


@pytest.mark.parametrize(("name", "kind", "number"), ONCE_WRONG)
def test_what_once_landed_wrong_does_so_no_more(
    name: str, kind: str, number: int, base_of: Callable[[str], Base]
) -> None:
    judged, wrong = failures(base_of(name), kind, range(number, number + 1))
    assert judged == 1
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
