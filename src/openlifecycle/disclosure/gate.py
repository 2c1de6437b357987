"""The gate: the one place that makes a ``Cleared``, and publishing accepts nothing else.

A Cleared is an empty token; what it stands for lies in this module. So there is nothing in it to
copy, pickle or overwrite, and a token that this module did not hand out opens nothing. Python
cannot keep anyone from reaching for the private names below, or from setting an attribute of a
frozen answer by ``object.__setattr__``; tools/check_gate.py finds both in this house's code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, Generic, Never, TypeVar, final
from weakref import WeakKeyDictionary

from openlifecycle.disclosure.verdict import AS_PUBLISHED, Verdict, strongest
from openlifecycle.errors import NotCleared

if TYPE_CHECKING:
    import polars as pl

    from openlifecycle.disclosure.cohorts import CohortAnswer, CohortQuestion
    from openlifecycle.disclosure.fixed_release import FixedRelease
    from openlifecycle.disclosure.fixed_tables import ProtectedTable
    from openlifecycle.disclosure.policy import Policy
    from openlifecycle.engine.answer import Answer
    from openlifecycle.engine.changes import Changes
    from openlifecycle.engine.record_answer import Exact
    from openlifecycle.engine.record_memory import Remembered
    from openlifecycle.engine.record_source import RecordSource
    from openlifecycle.engine.records import RecordCorpus
    from openlifecycle.engine.source import ObservationSource
    from openlifecycle.measures.question import Question
    from openlifecycle.measures.record_plan import RecordPlan

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
TableT = TypeVar("TableT", bound="ProtectedTable")
F = TypeVar("F", bound=Mapping[str, Any])

_REFUSED: Final = (
    "only openlifecycle.disclosure.gate makes a Cleared: hand what you have to clear_records, "
    "clear_published or another clear_ function, and pass on what comes back"
)


@final
class Cleared(Generic[T_co]):
    """Something that passed the gate: ``content``, and the ``verdict`` on it.

    It cannot be made, copied, pickled, changed or inherited from outside of this module.
    """

    __slots__ = ("__weakref__",)

    def __init__(self, *_refused: Never) -> None:
        """Refuse: the gate makes it without calling this.

        Raises:
            TypeError: always.
        """
        raise TypeError(_REFUSED)

    def __init_subclass__(cls, **_words: Any) -> None:
        """Refuse a class that would pass for this one.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"Cleared has no subclasses: {_REFUSED}")

    @property
    def content(self) -> T_co:
        """Return what was cleared, or raise NotCleared for a token that the gate did not make."""
        found: T_co = _held(self)[0]
        return found

    @property
    def verdict(self) -> Verdict:
        """Return why it may leave, or raise NotCleared for a token that the gate did not make."""
        return _held(self)[1]

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: what was cleared stays as it was cleared."""
        raise TypeError(f"a Cleared cannot be changed: {_REFUSED}")

    def __delattr__(self, name: str) -> None:
        """Refuse, as for setting."""
        raise TypeError(f"a Cleared cannot be changed: {_REFUSED}")

    def __reduce_ex__(self, protocol: object) -> Never:
        """Refuse to be copied or pickled: a copy would be a second one that nobody cleared."""
        raise TypeError(f"a Cleared cannot be copied or pickled: {_REFUSED}")

    def __repr__(self) -> str:
        content, verdict = _held(self)
        return f"<Cleared {type(content).__name__}: {verdict.policy}, {verdict.method}>"


#: What every token of this module stands for. Nothing else may name it (tools/check_gate.py).
_HELD: Final[WeakKeyDictionary[Cleared[Any], tuple[Any, Verdict]]] = WeakKeyDictionary()


def _held(token: Cleared[Any]) -> tuple[Any, Verdict]:
    found = _HELD.get(token)
    if found is None:
        raise NotCleared("this did not pass the gate", next_step=_REFUSED)
    return found


def _sealed(content: T, verdict: Verdict) -> Cleared[T]:
    """Return a new token for something that a function of this module has judged."""
    token: Cleared[T] = object.__new__(Cleared)
    _HELD[token] = (content, verdict)
    return token


def opened(cleared: Cleared[T]) -> T:
    """Return what was cleared; publishing calls this first.

    Raises:
        TypeError: what is given is no Cleared, whatever the type checker was told.
        NotCleared: it is one that the gate did not make.
    """
    # not isinstance: an object may claim any class as its own
    if type(cleared) is not Cleared:
        raise TypeError(f"a {type(cleared).__name__} has not passed the gate: {_REFUSED}")
    return cleared.content


def clear_question(
    corpus: RecordCorpus, question: Question, rules: Policy | None = None
) -> Cleared[Answer]:
    """Return the protected answer to a question about records; nothing is counted before it may be.

    Raises:
        NotCleared: the question names more dimensions at once than the policy allows.
        UnknownDimension: a filter names a value that may not be named.
    """
    from openlifecycle.disclosure.lattice import within
    from openlifecycle.disclosure.values import nameable, resolved
    from openlifecycle.engine.records import ask, asked_of
    from openlifecycle.measures.record_plan import record_plan

    rules = rules or _public()
    plan = within(record_plan(question), rules)

    def made() -> Answer:
        named = {dim: nameable(corpus, plan, dim, rules) for dim in plan.split}
        return clear_records(ask(corpus, resolved(corpus, question, rules)), rules, named).content

    if rules is not _public():
        return _protected(made(), plan, rules)
    found = _answered_before(corpus).found(asked_of(question, corpus.held(plan)), made)
    # a frame can be changed in place: each who asks has one of their own
    return _protected(replace(found, rows=found.rows.clone()), plan, rules)


#: By the records of a store, the answers under the policy of public records that were made last.
#: Noise hangs on who is counted and on the secret, so that the same would be made again.
_BEFORE: Final[WeakKeyDictionary[RecordCorpus, Remembered[Answer]]] = WeakKeyDictionary()


def _answered_before(corpus: RecordCorpus) -> Remembered[Answer]:
    from openlifecycle.engine.record_memory import cleared_answers

    return _BEFORE.setdefault(corpus, cleared_answers())


def _protected(made: Answer, plan: RecordPlan, rules: Policy) -> Cleared[Answer]:
    """Return the token of an answer from records that ``disclosure.records`` has protected."""
    from openlifecycle.disclosure.perturbation import margin

    several = rules.records_per_person[plan.granularity]
    off = f"counts: 95 times of 100 within {margin(rules, times=several)}"
    return _sealed(made, Verdict(rules.name, "perturbation", made.disclosure, margin=off))


def clear_records(
    exact: Exact, rules: Policy | None = None, named: Mapping[str, Sequence[str]] | None = None
) -> Cleared[Answer]:
    """Return an exact answer from records with keyed noise, and without what concerns too few.

    Args:
        exact: what was counted.
        rules: the policy; that of public records without it.
        named: by dimension of the split, the values that may be named; each has a row.

    Raises:
        NotCleared: the question names more dimensions at once than the policy allows.
    """
    from openlifecycle.disclosure.records import cleared

    rules = rules or _public()
    return _protected(cleared(exact, rules, named or {}), exact.plan, rules)


def clear_cohorts(
    source: RecordSource, asked: CohortQuestion, rules: Policy | None = None
) -> Cleared[CohortAnswer]:
    """Return the protected answer to a question about cohorts or lengths of stay.

    Raises:
        NotCleared: too many splits, a horizon that is not declared, or a part of the collection.
    """
    from openlifecycle.disclosure.cohorts import answered

    made = answered(source, asked, rules or _public())
    off = f"counts: 95 times of 100 within {made.margin}"
    return _sealed(made, Verdict(made.policy, "perturbation", made.disclosure, margin=off))


def _public() -> Policy:
    from openlifecycle.disclosure.policy import policy

    return policy()


def clear_values(
    corpus: RecordCorpus, plan: RecordPlan, dimension: str, rules: Policy | None = None
) -> Cleared[tuple[str, ...]]:
    """Return the values of a dimension of records that may be named."""
    from openlifecycle.disclosure.values import nameable

    rules = rules or _public()
    words = "only values that stand for enough people are named"
    found = nameable(corpus, plan, dimension, rules)
    return _sealed(found, Verdict(rules.name, "perturbation", words))


def clear_table(table: TableT) -> Cleared[TableT]:
    """Return a fixed table of records whose protection was proved.

    Raises:
        NotCleared: the audit could not show that no cell can be inferred.
    """
    audit = table.audit
    if not audit.proved:
        raise NotCleared(
            f"the protection of {table.name} could not be shown: {audit.words}",
            next_step="; ".join(audit.would_pass) or "a coarser split, or a longer period",
        )
    return _sealed(table, Verdict(table.policy, "suppression", audit.words))


def clear_fixed(
    source: RecordSource, corpus: RecordCorpus, name: str, fiscal_year: int
) -> Cleared[FixedRelease]:
    """Return a declared fixed table of a fiscal year, protected and audited.

    Raises:
        NotCleared: its protection could not be shown.
    """
    from openlifecycle.disclosure.fixed_declared import fixed_table
    from openlifecycle.disclosure.fixed_release import fixed_release
    from openlifecycle.disclosure.policy import policy

    return clear_table(fixed_release(source, corpus, fixed_table(name), fiscal_year, policy()))


def clear_published(
    answer: Answer, source: ObservationSource, counts: Answer | None = None
) -> Cleared[Answer]:
    """Return an answer from what the agency itself printed as aggregates.

    Of an exposed group nothing is made below the minimum cell; what was printed stays as printed.

    Args:
        answer: what the engine read off printed cells.
        source: the store that holds the cells.
        counts: for an average of an exposed group, the answer that counts who is behind it.

    Raises:
        NotCleared: the answer was counted from records.
    """
    from openlifecycle.disclosure.exposed import judged

    for given in (answer, counts):
        if given is not None and (given.records is not None or given.measure.records is not None):
            raise NotCleared(
                f"{given.measure.name} is counted from records: the agency did not print it",
                next_step="clear_records clears what is counted from records",
            )
    found = judged(answer, source, counts)
    verdict = Verdict(
        AS_PUBLISHED, "published", answer.disclosure,
        exposed=found.exposed, not_drawn=found.not_drawn, instead=found.instead,
    )  # fmt: skip
    return _sealed(found.answer, verdict)


def clear_observations(rows: pl.DataFrame) -> Cleared[pl.DataFrame]:
    """Return captured cells of published workbooks, as they were printed.

    Raises:
        NotCleared: the rows have a column that no captured cell has.
    """
    from openlifecycle.model.observation import SCHEMA

    others = sorted(set(rows.columns) - set(SCHEMA))
    if others:
        raise NotCleared(f"these are no cells of a workbook: they have {', '.join(others)}")
    return _sealed(rows, _published("captured cells of published workbooks"))


def clear_walk(walk: Sequence[Mapping[str, Any]]) -> Cleared[Sequence[Mapping[str, Any]]]:
    """Return what was read from one cell of a published workbook."""
    return _sealed(walk, _published("one cell of a published workbook"))


def clear_changes(found: Changes, source: ObservationSource) -> Cleared[Changes]:
    """Return what one published release restated of another, cell by cell as both printed it.

    Where a cell of an exposed group is small, the change has no size and no place in the order.
    """
    from openlifecycle.disclosure.exposed import unranked

    return _sealed(unranked(found, source), _published("numbers printed twice, cell by cell"))


def clear_findings(found: Sequence[F]) -> Cleared[Sequence[F]]:
    """Return what checks found in published workbooks, without small numbers of exposed groups."""
    from openlifecycle.disclosure.exposed import without_small_numbers

    shown = [without_small_numbers(one) for one in found]
    return _sealed(shown, _published("what checks found in published workbooks"))


def clear_receipt(receipt: Mapping[str, Any]) -> Cleared[Mapping[str, Any]]:
    """Return the account of every cell of a published workbook."""
    return _sealed(receipt, _published("an account of the cells of one workbook"))


def clear_record_account(account: Mapping[str, Any]) -> Cleared[Mapping[str, Any]]:
    """Return the account of a release of records, its counts of rows and cells rounded."""
    from openlifecycle.disclosure.receipts import STEP, rounded

    words = f"rows of the whole file, which are public; other counts to the nearest {STEP}"
    return _sealed(rounded(account), Verdict(_public().name, "rounding", words))


def combined(make: Callable[..., T], *parts: Cleared[Any]) -> Cleared[T]:
    """Return what a function makes of the contents of things that were cleared before.

    The function must be a plain one, without a closure or defaults: all that it sees of the data
    comes through the gate. The verdict is the strongest of its parts.

    Raises:
        TypeError: the function brings something along, or a part is not cleared.
    """
    if not isinstance(make, FunctionType) or make.__closure__ or make.__defaults__:
        raise TypeError("combined takes a plain function: one that brings no data along")
    made: T = make(*(opened(part) for part in parts))
    return _sealed(made, strongest(tuple(part.verdict for part in parts)))


def _published(words: str) -> Verdict:
    return Verdict(AS_PUBLISHED, "published", words)
