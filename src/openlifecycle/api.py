"""The Python face of the house: open a store, ask, and walk back.

Example:
    >>> import openlifecycle as ol
    >>> session = ol.open("my-store")  # doctest: +SKIP
    >>> answer = session.ask("detained_population", by=["arresting_agency"], on="2024-10-03")
    ... # doctest: +SKIP
    >>> answer.to_polars(), answer.caveats, answer.citation()  # doctest: +SKIP
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from openlifecycle.engine.answer import Answer as EngineAnswer
from openlifecycle.engine.source import ObservationSource, ReleaseFacts
from openlifecycle.errors import UnknownRelease, UsageError

if TYPE_CHECKING:
    import polars as pl

    from openlifecycle.disclosure.cohorts import CohortAnswer
    from openlifecycle.engine.changes import Changes
    from openlifecycle.engine.record_source import RecordSource
    from openlifecycle.engine.records import RecordCorpus
    from openlifecycle.measures.declaration import Measure
    from openlifecycle.measures.question import Question
    from openlifecycle.publishing.chart import Chart


class ReleaseSource(ObservationSource, Protocol):
    """A source that also resolves the words people use for a release (vault.store.Store)."""

    def release(self, ref: str) -> Any:
        """Return the release that a name, hash or date stands for."""
        ...


@dataclass(frozen=True)
class Answer(EngineAnswer):
    """An answer that can also draw and cite itself."""

    counts: pl.DataFrame | None = None

    def chart(self) -> Chart:
        """Return the chart, or raise NotCleared or UsageError; it has ``.save(path)``."""
        from openlifecycle.publishing.chart import chart

        return chart(self, self.counts)

    def image(self, form: str = "png") -> bytes:
        """Return the chart as png or svg bytes."""
        from openlifecycle.publishing.chart import image

        return image(self.chart(), form)

    def citation(self) -> str:
        """Return publisher, workbook, release, hash, cells and version, one release a line."""
        from openlifecycle.publishing.citation import citation

        return citation(self)

    def text(self) -> str:
        """Return the answer as the terminal shows it."""
        from openlifecycle.publishing.table import answer_table

        return answer_table(self)

    def file(self, form: str) -> bytes:
        """Return the answer as table, json, csv, parquet, png or svg bytes."""
        from openlifecycle.publishing import files

        if form == "table":
            return (self.text() + "\n").encode()
        if form == "json":
            return files.answer_json(self)
        if form == "parquet":
            return files.answer_parquet(self)
        if form == "csv":
            return files.frame_bytes(self.rows, "csv")
        return self.image(form)


class Session:
    """Questions to one store. Rows read for one question are kept for the next."""

    def __init__(self, source: ReleaseSource) -> None:
        """Take anything that gives files and releases; ``openlifecycle.open`` gives a store."""
        from openlifecycle.engine.corpus import Corpus

        self.source = source
        self._corpus = Corpus(source)
        self._record_corpus: RecordCorpus | None = None

    def ask(
        self,
        measure: str,
        *,
        by: str | Sequence[str] = (),
        where: Mapping[str, str | Sequence[str]] | None = None,
        start: date | str | None = None,
        end: date | str | None = None,
        on: date | str | None = None,
        as_known_on: date | str | None = None,
        edition: str = "published",
        period: str | None = None,
        totals: bool = False,
        rules: str | None = None,
        collection: str | None = None,
        sensitivity: bool = False,
    ) -> Answer:
        """Return the answer to one question (see ``measures.question.Question.of``)."""
        from openlifecycle.measures.question import Question

        return self.answer(
            Question.of(
                measure,
                by=by,
                where=where,
                start=start,
                end=end,
                on=on,
                as_known_on=as_known_on,
                edition=edition,
                period=period,
                totals=totals,
                rules=rules,
                collection=collection,
                sensitivity=sensitivity,
            )
        )

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question already made.

        What is counted from records passes the minimum cell first; nothing else leaves.
        """
        from openlifecycle.engine.ask import ask
        from openlifecycle.measures.registry import measure

        if measure(question.measure).records:
            return self._from_records(question)
        found = ask(self._corpus, question)
        counts = None
        if found.measure.counted_by:
            counting = dataclasses.replace(question, measure=found.measure.counted_by)
            counts = ask(self._corpus, counting).rows
        parts = {f.name: getattr(found, f.name) for f in dataclasses.fields(found)}
        return Answer(**parts, counts=counts)

    def _from_records(self, question: Question) -> Answer:
        from openlifecycle.disclosure.records import cleared
        from openlifecycle.disclosure.values import resolved
        from openlifecycle.engine.records import ask

        corpus = self._records()
        found = cleared(ask(corpus, resolved(corpus, question)))
        return Answer(**{f.name: getattr(found, f.name) for f in dataclasses.fields(found)})

    def cohort(
        self,
        entry: Literal["arrest", "book_in"],
        start: date | str,
        end: date | str | None = None,
        *,
        by: str | Sequence[str] = (),
        period: Literal["month", "fiscal_year", "all"] = "month",
        horizons: Sequence[int] = (1, 7, 30, 90, 180, 365),
        lengths: bool = False,
        rules: str = "olc-1",
        collection: str | None = None,
    ) -> CohortAnswer:
        """Return where people are so many days after an arrest or a book-in.

        The rows have passed the minimum cell; definitions and estimators are in
        docs/decisions/0009-survival.md.
        """
        from openlifecycle.disclosure.cohorts import CohortQuestion, answered
        from openlifecycle.measures.question import iso_date

        first = iso_date(start, "start")
        if first is None:
            raise UsageError("a cohort has a first day", next_step="say start='2025-01-01'")
        asked = CohortQuestion(
            entry=entry,
            start=first,
            end=iso_date(end, "end"),
            by=(by,) if isinstance(by, str) else tuple(by),
            period=period,
            horizons=tuple(horizons),
            lengths=lengths,
            rules=rules,
            collection=collection,
        )
        return answered(self._record_source(), asked)

    def _record_source(self) -> RecordSource:
        """Return the store as a source of records, or refuse where it holds none."""
        if not hasattr(self.source, "collections"):
            raise UnknownRelease("this store holds no record tables")
        return cast("RecordSource", self.source)

    def _records(self) -> RecordCorpus:
        """Return the record tables of the store, opened on the first question about records."""
        from openlifecycle.engine.records import RecordCorpus

        if self._record_corpus is None:
            self._record_corpus = RecordCorpus(self._record_source())
        return self._record_corpus

    def measures(self) -> dict[str, Measure]:
        """Return every declared measure by name."""
        from openlifecycle.measures.registry import measures

        return measures()

    def dimensions(self, measure: str) -> dict[str, tuple[str, ...]]:
        """Return the dimensions of a measure and the values present in the store.

        Of records only the values that stand for enough people are named.
        """
        from openlifecycle.measures.registry import measure as declared

        found = declared(measure)
        if found.records:
            from openlifecycle.disclosure.values import nameable
            from openlifecycle.measures.question import Question
            from openlifecycle.measures.record_plan import record_plan

            plan = record_plan(Question.of(measure))
            return {d: nameable(self._records(), plan, d) for d in found.dimensions}
        self._corpus.refresh()
        return {d: self._corpus.values(found, d) for d in found.dimensions}

    def releases(self) -> list[ReleaseFacts]:
        """Return the releases in published order."""
        self._corpus.refresh()
        return list(self._corpus.releases.values())

    def observations(self, release: str, *, edition: str | None = "published") -> pl.DataFrame:
        """Return every captured cell of a release, in one edition (None: both)."""
        from openlifecycle.engine.observations import release_rows

        return release_rows(self.source, self.source.release(release).release_id, edition)

    def changes(self, before: str, after: str) -> Changes:
        """Return what the second release restated, added and dropped of the first."""
        from openlifecycle.engine.changes import changes

        first, second = self.source.release(before), self.source.release(after)
        return changes(self.source, first.release_id, second.release_id)

    def explain(self, release: str, place: str) -> list[dict[str, Any]]:
        """Return what was read from one cell, ``'Sheet'!A1``, of a release."""
        from openlifecycle.engine.explain import explain_cell

        return explain_cell(self.source, self.source.release(release).release_id, place)


def open_store(path: str | os.PathLike[str] | None = None) -> Session:
    """Return a session on the store in a folder; without one, the user's own store."""
    from openlifecycle.settings import store_path
    from openlifecycle.vault.store import Store

    return Session(Store.open(store_path(path)))
