"""How long an answer from records can be: known before anything is counted, so it can be refused.

The length is made of declared rule sets, of values that may be named and of the days of the
release, which are all told elsewhere; it says nothing about who is in the answer.
"""

from __future__ import annotations

from openlifecycle.disclosure.lattice import within
from openlifecycle.disclosure.policy import policy
from openlifecycle.disclosure.values import nameable
from openlifecycle.engine.record_periods import number_on
from openlifecycle.engine.records import RecordCorpus
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import record_plan


def grid_size(corpus: RecordCorpus, question: Question) -> int:
    """Return rule sets times periods times values of each split: no answer has more rows.

    Raises:
        NotCleared: the question lies outside of the lattice.
    """
    rules = policy()
    plan = within(record_plan(question), rules)
    held, fine = corpus.held(plan), plan.granularity
    through = held.through.date()
    first = held.releases[plan.spec.event].first or through
    start, end = plan.span
    begins = max(number_on(start, fine) if start else 0, number_on(first, fine))
    # a collection says nothing of days after its last one
    ends = min(number_on(end or through, fine), number_on(through, fine))
    height = len(plan.rules) * max(ends - begins + 1, 1)
    for name in plan.split:
        asked = plan.filters.get(name)
        height *= len(asked) if asked else max(len(nameable(corpus, plan, name, rules)), 1)
    return height
