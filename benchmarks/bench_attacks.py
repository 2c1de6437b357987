"""Attacks on the gate: what they recover without it, with the plain minimum cell, and with it.

    python benchmarks/bench_attacks.py [--persons 1500] [--sequences 10000]

One synthetic world; the attackers of tests/attacks ask everything askable about arrests. A number
is recovered when it is known exactly; with the gate also when it is known more narrowly than the
policy lets a suppressed cell be.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from openlifecycle.demo.world import make_world  # noqa: E402
from openlifecycle.disclosure.policy import Policy, policy  # noqa: E402
from openlifecycle.engine.record_source import EventFolder  # noqa: E402
from openlifecycle.engine.records import RecordCorpus  # noqa: E402
from openlifecycle.lifecycle.cohort_entry import Entry  # noqa: E402
from tests.attacks.cohort_insider import Insider as CohortInsider  # noqa: E402
from tests.attacks.cohort_insider import as_other_counts, named  # noqa: E402
from tests.attacks.cohort_insider import cases as courses  # noqa: E402
from tests.attacks.cube import Cube  # noqa: E402
from tests.attacks.directed import SUBTRACTIONS, Result, compare, subtract  # noqa: E402
from tests.attacks.facts import facts  # noqa: E402
from tests.attacks.held import midnights, stays  # noqa: E402
from tests.attacks.insider import Insider, cases  # noqa: E402
from tests.attacks.outsider import estimate  # noqa: E402
from tests.attacks.sequences import Tally, attacked, sequences  # noqa: E402
from tests.attacks.shown import Regime, shown_cube  # noqa: E402
from tests.records_answers.small import Records  # noqa: E402

MEASURE: Final = "arrests"
REGIMES: Final[tuple[Regime, ...]] = ("off", "plain", "gate")
SECRET: Final = bytes(range(32))
#: Secrets over which naming is averaged, and people whose values an insider is asked for.
SECRETS: Final = 10
PEOPLE: Final = 400
#: A world for cohorts, in which some are large enough to be shown.
COHORT_PERSONS: Final = 3000
#: More secrets, over which subtractions are added up.
POOLED: Final = 100
VALUES: Final = ("gender", "citizenship_country", "criminality", "arrest_method", "aor", "state")
PAIRS: Final = (("gender", "criminality"), ("aor", "gender"), ("aor", "criminality"),
                ("arrest_method", "gender"), ("citizenship_country", "gender"))  # fmt: skip
HEAD: Final = (
    f"{'attack':34} {'questions':>10} {'attacked':>9} {'off':>9} {'plain':>9} {'gate':>6} "
    f"{'right':>6} {'limit':>6}"
)


def line(name: str, questions: int | str, found: Sequence[Any], right: Any, limit: Any) -> None:
    """Print one row of the table."""
    count, off, plain, gate = found
    print(f"{name:34} {questions:>10} {count:>9} {off:>9} {plain:>9} {gate:>6} "
          f"{right:>6} {limit:>6}")  # fmt: skip


def world(folder: Path, persons: int, *, early: bool = False) -> RecordCorpus:
    """Return what answers about a world; early: an earlier release, with arrests still missing."""
    made = make_world(persons, seed=7)
    folder.mkdir()
    for name in ("arrest", "detention_stint"):
        frame = made.tables[name]
        if early and name == "arrest":
            frame = frame.filter(pl.int_range(pl.len()) % 40 != 0)
        frame.write_parquet(folder / f"{name}.parquet")
    return RecordCorpus(Records(folder, made.through))


def random_sequences(cubes: list[Cube], rule: Policy, count: int) -> None:
    """Attack random sequences under each regime."""
    found = []
    for regime in REGIMES:
        anchors = [None, *([cubes[0]] * (len(cubes) - 1))]
        answers = [
            shown_cube(cube, regime, rule, SECRET, anchor)
            for cube, anchor in zip(cubes, anchors, strict=True)
        ]
        tally = Tally()
        for asked in sequences(cubes, count, seed=4):
            attacked(cubes, answers, asked, rule, tally=tally)
        found.append(tally)
    got = [found[0].exact, found[1].exact, found[2].exact + found[2].narrow]
    line(f"{count:,} random sequences", found[2].questions, [found[2].attacked, *got], "", "")


def subtractions(cube: Cube, rule: Policy) -> None:
    """Attack by one answer less another one."""
    answers = {r: shown_cube(cube, r, rule, SECRET) for r in REGIMES}
    # some differences are protected so seldom that one secret leaves nothing to judge by
    more = [shown_cube(cube, "gate", rule, bytes([n]) * 32) for n in range(POOLED)]
    for name, pairs in SUBTRACTIONS.items():
        found = [subtract(cube, answers[r], pairs, rule, exact_only=r != "gate") for r in REGIMES]
        found[2] = sum((subtract(cube, one, pairs, rule) for one in more), found[2])
        result(name, found, rule)


def comparisons(cube: Cube, others: dict[str, Cube], rule: Policy) -> None:
    """Attack by the same question under other rules, or of another release."""
    for name, other in others.items():
        found = []
        for regime in REGIMES:
            anchor = cube if other.facts.rules != cube.facts.rules else None
            pair = (shown_cube(cube, regime, rule, SECRET),
                    shown_cube(other, regime, rule, SECRET, anchor))  # fmt: skip
            found.append(compare((cube, other), pair, rule, exact_only=regime != "gate"))
        result(name, found, rule)


def result(name: str, found: list[Result], rule: Policy) -> None:
    """Print the row of an attack that was tried under each regime."""
    right = f"{found[2].right:.2f}" if found[2].attacked else "none"
    got = [f"{f.recovered}" for f in found]
    line(name, "all", [found[2].attacked, *got], right, rule.naming.outsider)


def outsiders(cube: Cube, rule: Policy) -> None:
    """Name hidden counts from everything that is shown."""
    for dims in PAIRS:
        found = [
            estimate(cube, shown_cube(cube, "gate", rule, bytes([n]) * 32), dims, rule)
            for n in range(1, SECRETS + 1)
        ]
        uniform, best, blind = (
            np.mean([getattr(f, w) for f in found]) for w in ("uniform", "empirical", "blind")
        )
        name = f"averaging all of {' x '.join(dims)}"
        line(name, "all", [found[0].attacked, "", "", 0], f"{uniform:.2f}", rule.naming.outsider)
        print(f"{'':34} with the true frequencies {best:.2f}; by them alone {blind:.2f}")


def insiders(cube: Cube, rule: Policy) -> None:
    """Name a value of one person, all other records known."""
    for dim in VALUES:
        found = cases(cube, dim, PEOPLE, seed=1)
        right, sure, looks = [], [], 0
        for number in range(1, SECRETS + 1):
            answers = shown_cube(cube, "gate", rule, bytes([number]) * 32)
            outcome = Insider(cube, answers, rule).concludes(found)
            right.append(outcome.right())
            sure.append(outcome.certain())
            looks = round(float(outcome.looks.mean()))
        edge, all_of = np.array(sure), np.array(right)
        line(f"insider: {dim}", f"{looks} looks", [all_of.shape[1], "", "", 0],
             f"{all_of.mean():.2f}", rule.naming.insider)  # fmt: skip
        rest = all_of[~edge].mean() if (~edge).any() else 1.0
        print(f"{'':34} certain by the edge {edge.mean():.2f}; right otherwise {rest:.2f}")


def held(corpus: RecordCorpus, rule: Policy) -> None:
    """Name the place of somebody who was held for many days, from the counts of every day."""
    cube = Cube(midnights(corpus, ("aor",)), {"day": 1})
    for days in (7, 30, 90):
        found = stays(cube, "aor", days, PEOPLE, seed=1)
        right = []
        for number in range(1, 4):
            answers = shown_cube(cube, "gate", rule, bytes([number]) * 32)
            right.append(Insider(cube, answers, rule).concludes(found).right())
        line(f"insider: aor of {days} days", f"{2 * days} looks", [len(right[0]), "", "", 0],
             f"{np.mean(right):.2f}", "stated")  # fmt: skip


def followed(folder: Path, rule: Policy) -> None:
    """Name the course of one person from all cohorts, all other records known."""
    made = make_world(COHORT_PERSONS, 11)
    folder.mkdir()
    for name, frame in made.tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    entries: tuple[Entry, ...] = ("arrest", "book_in")
    for entry in entries:
        insider = CohortInsider(EventFolder(folder, made.through), entry, rule)
        asked = courses(insider, PEOPLE // 4)
        for who, what in ((insider, ""), (as_other_counts(insider), ", noise of other counts")):
            games = [g for n in range(1, SECRETS + 1) for g in named(who, asked, bytes([n]) * 32)]
            right, spoke, shown = (
                np.mean([getattr(g, name) for g in games]) for name in ("right", "numbers", "shown")
            )
            stated = "" if what else rule.naming.insider
            line(f"insider: course, by {entry}", f"{spoke:.0f}", [len(asked), "", "", 0],
                 f"{right:.2f}", stated)  # fmt: skip
            print(f"{'':34} {shown:.0f} of the numbers are shown{what}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=1500)
    parser.add_argument("--sequences", type=int, default=10_000)
    given = parser.parse_args()
    rule = policy()
    limits = dict(rule.dimensions)
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        corpus = world(Path(folder) / "now", given.persons)
        cube = Cube(facts(corpus, MEASURE), limits)
        others = {
            f"rules {name} less ours": Cube(facts(corpus, MEASURE, name), limits)
            for name in ("exact-rows", "uwchr-2024")
        }
        earlier = world(Path(folder) / "earlier", given.persons, early=True)
        release = {"release less earlier release": Cube(facts(earlier, MEASURE), limits)}
        size = f"{len(cube.tables)} askable tables, {sum(map(len, cube.tables)):,} cells"
        print(f"{given.persons:,} people, {len(cube.facts.unit):,} arrests, {size}")
        print(f"policy {rule.name}")
        print(HEAD)
        random_sequences([cube, *others.values()], rule, given.sequences)
        subtractions(cube, rule)
        comparisons(cube, others | release, rule)
        outsiders(cube, rule)
        insiders(cube, rule)
        held(corpus, rule)
        followed(Path(folder) / "followed", rule)
    print(f"{time.process_time() - start:.0f} s CPU")


if __name__ == "__main__":
    main()
