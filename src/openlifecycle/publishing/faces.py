"""What the Python face hands out: things that passed the gate, and how each shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openlifecycle.disclosure.gate import Cleared, opened

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from openlifecycle.disclosure.cohorts import CohortAnswer, CohortQuestion
    from openlifecycle.disclosure.fixed_release import FixedRelease
    from openlifecycle.disclosure.verdict import Verdict
    from openlifecycle.engine.answer import Answer as EngineAnswer
    from openlifecycle.engine.changes import Changes as EngineChanges
    from openlifecycle.engine.record_answer import RecordFacts
    from openlifecycle.engine.source import ReleaseFacts
    from openlifecycle.errors import OpenLifecycleError
    from openlifecycle.measures.declaration import DefinitionChange, Measure
    from openlifecycle.measures.question import Question
    from openlifecycle.publishing.chart import Chart


@dataclass(frozen=True)
class Answer:
    """An answer that passed the gate: its rows, what to distrust, and ways to show it."""

    cleared: Cleared[EngineAnswer]

    def __len__(self) -> int:
        return len(opened(self.cleared))

    @property
    def question(self) -> Question:
        """Return what was asked."""
        return opened(self.cleared).question

    @property
    def measure(self) -> Measure:
        """Return the declaration of what was asked for."""
        return opened(self.cleared).measure

    @property
    def rows(self) -> pl.DataFrame:
        """Return the rows (columns: ``engine.answer.Answer``)."""
        return opened(self.cleared).rows

    @property
    def split(self) -> tuple[str, ...]:
        """Return the dimensions that the rows are split by."""
        return opened(self.cleared).split

    @property
    def granularity(self) -> str:
        """Return how fine the rows are in time."""
        return opened(self.cleared).granularity

    @property
    def caveats(self) -> tuple[str, ...]:
        """Return what to know before quoting it."""
        return opened(self.cleared).caveats

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what this answer, not every one of the measure, must say."""
        return opened(self.cleared).notes

    @property
    def breaks(self) -> tuple[DefinitionChange, ...]:
        """Return the definition changes within the time answered."""
        return opened(self.cleared).breaks

    @property
    def releases(self) -> tuple[ReleaseFacts, ...]:
        """Return the releases that it rests on."""
        return opened(self.cleared).releases

    @property
    def corrections(self) -> tuple[str, ...]:
        """Return the ids of known publisher's errors that touch it."""
        return opened(self.cleared).corrections

    @property
    def sql(self) -> str:
        """Return the query."""
        return opened(self.cleared).sql

    @property
    def disclosure(self) -> str:
        """Return in words how people in it are protected."""
        return opened(self.cleared).disclosure

    @property
    def records(self) -> RecordFacts | None:
        """Return what an answer from records says of itself; None for a printed figure."""
        return opened(self.cleared).records

    @property
    def verdict(self) -> Verdict:
        """Return why it may leave: policy, method, margin, and what may not be done with it."""
        return self.cleared.verdict

    @property
    def value(self) -> float | str:
        """Return the value of an answer of one row; raise UsageError where there are more."""
        return opened(self.cleared).value

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame."""
        return self.rows

    def explain(self, row: int = 0) -> dict[str, Any]:
        """Return the walk of one row back to its cell: release, file, hash, sheet, layout."""
        return opened(self.cleared).explain(row)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole answer for JSON."""
        return opened(self.cleared).as_dict()

    def chart(self, theme: str = "light", size: str = "large", *, live: bool = False) -> Chart:
        """Return the chart, or raise NotCleared or UsageError; it has ``.save(path)``.

        Args:
            theme: ``light`` or ``dark`` paper.
            size: ``large``, or ``small`` for a phone.
            live: for a browser that draws it (``publishing.chart.chart``).
        """
        from openlifecycle.publishing.chart import chart
        from openlifecycle.publishing.chart_look import look_of

        return chart(self.cleared, look_of(theme, size), live=live)

    def not_drawable(self) -> OpenLifecycleError | None:
        """Return why it has no chart, None if it has one; far quicker than drawing it."""
        from openlifecycle.publishing.chart import not_drawable

        return not_drawable(self.cleared)

    def image(self, form: str = "png", theme: str = "light", size: str = "large") -> bytes:
        """Return the chart as png or svg bytes."""
        from openlifecycle.publishing.chart import image

        return image(self.chart(theme, size), form)

    def citation(self) -> str:
        """Return publisher, workbook, release, hash, cells and version, one release a line."""
        from openlifecycle.publishing.citation import citation

        return citation(self.cleared)

    def text(self) -> str:
        """Return the answer as the terminal shows it."""
        from openlifecycle.publishing.table import answer_table

        return answer_table(self.cleared)

    def file(self, form: str) -> bytes:
        """Return the answer as table, json, csv, parquet, png or svg bytes."""
        from openlifecycle.publishing import files

        if form == "table":
            return (self.text() + "\n").encode()
        if form == "json":
            return files.answer_json(self.cleared)
        if form == "parquet":
            return files.answer_parquet(self.cleared)
        if form == "csv":
            return files.answer_csv(self.cleared)
        return self.image(form)


@dataclass(frozen=True)
class Cohort:
    """Where people are, so many days after an arrest or a book-in, as it left the gate."""

    cleared: Cleared[CohortAnswer]

    @property
    def question(self) -> CohortQuestion:
        """Return what was asked."""
        return opened(self.cleared).question

    @property
    def rows(self) -> pl.DataFrame:
        """Return the rows (docs/decisions/0009-survival.md)."""
        return opened(self.cleared).rows

    @property
    def collection_id(self) -> str:
        """Return the collection that was followed."""
        return opened(self.cleared).collection_id

    @property
    def releases(self) -> tuple[str, ...]:
        """Return the ids of its releases."""
        return opened(self.cleared).releases

    @property
    def through(self) -> datetime:
        """Return the last moment that the records speak of."""
        return opened(self.cleared).through

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what this answer must say."""
        return opened(self.cleared).notes

    @property
    def caveats(self) -> tuple[str, ...]:
        """Return what to know before quoting it."""
        return opened(self.cleared).caveats

    @property
    def disclosure(self) -> str:
        """Return in words how people in it are protected."""
        return opened(self.cleared).disclosure

    @property
    def verdict(self) -> Verdict:
        """Return why it may leave: policy, method and margin."""
        return self.cleared.verdict

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame."""
        return self.rows

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        return opened(self.cleared).as_dict()

    def text(self) -> str:
        """Return it as the terminal shows it."""
        from openlifecycle.publishing.cohort_text import cohort_text

        return cohort_text(self.cleared)


@dataclass(frozen=True)
class Table:
    """A fixed table of records, exact and audited, as it left the gate."""

    cleared: Cleared[FixedRelease]

    @property
    def rows(self) -> pl.DataFrame:
        """Return a row for each cell; a value that is not shown is null."""
        return opened(self.cleared).rows

    @property
    def verdict(self) -> Verdict:
        """Return why it may leave: policy, method and what the audit showed."""
        return self.cleared.verdict

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame."""
        return self.rows

    def text(self) -> str:
        """Return it as the terminal shows it."""
        from openlifecycle.publishing.fixed_text import fixed_text

        return fixed_text(self.cleared)

    def file(self, form: str) -> bytes:
        """Return it as table, json or csv bytes, or raise UsageError."""
        from openlifecycle.publishing.fixed_text import fixed_file

        return fixed_file(self.cleared, form)


@dataclass(frozen=True)
class Changes:
    """What one release restated of another, as it left the gate."""

    cleared: Cleared[EngineChanges]

    @property
    def before(self) -> str:
        """Return the id of the first release."""
        return opened(self.cleared).before

    @property
    def after(self) -> str:
        """Return the id of the second release."""
        return opened(self.cleared).after

    @property
    def rows(self) -> pl.DataFrame:
        """Return every number of the two, paired (columns: ``engine.changes.Changes``)."""
        return opened(self.cleared).rows

    def of_kind(self, kind: str) -> pl.DataFrame:
        """Return the rows of one kind; restated ones with the largest share first."""
        return opened(self.cleared).of_kind(kind)

    def by_table(self) -> pl.DataFrame:
        """Return how many numbers of each table changed, and the median size of restatements."""
        return opened(self.cleared).by_table()

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the unchanged numbers, for JSON."""
        return opened(self.cleared).as_dict()

    def text(self, most: int = 20) -> str:
        """Return it as the terminal shows it, with at most so many restatements."""
        from openlifecycle.publishing.changes_text import changes_text

        return changes_text(self.cleared, most)

    def file(self, form: str) -> bytes:
        """Return it as json or csv bytes."""
        from openlifecycle.publishing import files

        if form == "json":
            return files.changes_json(self.cleared)
        if form == "csv":
            return files.changes_csv(self.cleared)
        raise ValueError(f"no file format {form!r}")
