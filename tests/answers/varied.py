"""Questions of every measure, drawn with a fixed seed: split, filtered, for a time, as known on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from openlifecycle.engine.corpus import Corpus
from openlifecycle.errors import OpenLifecycleError
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.plan import Plan, combinations, plan
from openlifecycle.measures.question import Question
from openlifecycle.measures.registry import measures

PRINTED = [m for m in measures().values() if m.sources and not m.records]


def varied(corpus: Corpus, each: int, seed: int = 1) -> Iterator[Plan]:
    """Yield plans: for each measure that is read off printed tables so many that can be asked."""
    chance = random.Random(seed)
    for measure in PRINTED:
        if measure.derivation == "ratio":
            continue  # two questions, each of which is here
        for _ in range(each):
            yield _drawn(corpus, measure, chance)


def _drawn(corpus: Corpus, measure: Measure, chance: random.Random) -> Plan:
    while True:
        dims = chance.choice(combinations(measure))
        by = [d for d in dims if chance.random() < 0.5]
        where = {d: _values(corpus, measure, d, chance) for d in dims if chance.random() < 0.3}
        first, last = sorted((_day(chance), _day(chance)))
        on, start, end = chance.choice(
            [(None, None, None), (first, None, None), (None, first, None), (None, first, last)]
        )
        periods = [None, *dict.fromkeys(p for s in measure.sources for p in s.periods)]
        try:
            return plan(
                Question.of(
                    measure.name,
                    by=chance.sample(by, len(by)),
                    where={d: v for d, v in where.items() if v},
                    as_known_on=chance.choice([None, _day(chance)]),
                    edition=chance.choice(["published", "corrected"]),
                    period=chance.choice(periods),
                    totals=chance.random() < 0.2,
                    on=on,
                    start=start,
                    end=end,
                )
            )
        except OpenLifecycleError:
            continue  # not printed so; another is drawn


def _values(corpus: Corpus, measure: Measure, dim: str, chance: random.Random) -> list[str]:
    known = corpus.values(measure, dim)
    return chance.sample(known, min(len(known), chance.choice((1, 1, 3))))


def _day(chance: random.Random) -> date:
    return date(2019, 10, 1) + timedelta(days=chance.randrange(2280))
