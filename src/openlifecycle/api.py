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
import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from openlifecycle.disclosure import gate
from openlifecycle.engine.source import Files, ObservationSource, ReleaseFacts
from openlifecycle.errors import UnknownDimension, UnknownRelease
from openlifecycle.publishing.accounts import (
    FACILITY_TABLES,
    LISTED_COLUMNS,
    Facilities,
    FacilityLists,
    Findings,
    Receipt,
)
from openlifecycle.publishing.faces import Answer, Changes, Cohort, Table

if TYPE_CHECKING:
    import polars as pl

    from openlifecycle.disclosure.gate import Cleared
    from openlifecycle.engine.record_source import RecordSource
    from openlifecycle.engine.records import RecordCorpus
    from openlifecycle.measures.declaration import Measure
    from openlifecycle.measures.question import Question

__all__ = ["Answer", "Changes", "Cohort", "ReleaseSource", "Session", "Table", "open_store"]


class ReleaseSource(ObservationSource, Protocol):
    """A source that also resolves the words people use for a release (vault.store.Store)."""

    def release(self, ref: str) -> Any:
        """Return the release that a name, hash or date stands for."""
        ...


class Session:
    """Questions to one store. Rows read for one question are kept for the next."""

    def __init__(self, source: ReleaseSource, *, prepares: bool = False) -> None:
        """Take anything that gives files and releases; ``openlifecycle.open`` gives a store.

        Args:
            source: files and releases.
            prepares: whether what takes long to count of millions of records is counted when they
                are opened, for many questions to come: minutes for ten million stints.
        """
        from openlifecycle.engine.corpus import Corpus

        self.source = source
        self._corpus = Corpus(source)
        self._record_corpus: RecordCorpus | None = None
        self._prepares = prepares

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
        """Return the answer to a question already made, as it left the gate.

        Raises:
            NotCleared: what the question asks for cannot be shown safely.
        """
        from openlifecycle.engine.ask import ask
        from openlifecycle.measures.registry import measure

        if measure(question.measure).records:
            return self._from_records(question)
        found = ask(self._corpus, question)
        counts = None
        if found.measure.counted_by:
            counting = dataclasses.replace(question, measure=found.measure.counted_by)
            counts = ask(self._corpus, counting)
        # the files that were just read: asking the store for them again costs more than the rest
        read = Files(tuple(self._corpus.files), tuple(self._corpus.releases.values()))
        return Answer(gate.clear_published(found, read, counts))

    def _from_records(self, question: Question) -> Answer:
        return Answer(gate.clear_question(self._records(), question))

    def cohort(
        self,
        entry: Literal["arrest", "book_in"],
        start: date | str | None = None,
        end: date | str | None = None,
        *,
        by: str | Sequence[str] = (),
        period: Literal["month", "fiscal_year", "all"] = "month",
        horizons: Sequence[int] = (1, 7, 30, 90, 180, 365),
        lengths: bool = False,
        rules: str = "olc-1",
        collection: str | None = None,
    ) -> Cohort:
        """Return where people are so many days after an arrest or a book-in, as it left the gate.

        ``start`` and ``end`` are days of the first and the last period shown; all without.
        Definitions and estimators are in docs/decisions/0009-survival.md.
        """
        from openlifecycle.disclosure.cohorts import CohortQuestion
        from openlifecycle.measures.question import iso_date

        asked = CohortQuestion(
            entry=entry,
            start=iso_date(start, "start"),
            end=iso_date(end, "end"),
            by=(by,) if isinstance(by, str) else tuple(by),
            period=period,
            horizons=tuple(horizons),
            lengths=lengths,
            rules=rules,
            collection=collection,
        )
        return Cohort(gate.clear_cohorts(self._record_source(), asked))

    def table(self, name: str, fiscal_year: int) -> Table:
        """Return a fixed table of records for a fiscal year: exact, small cells suppressed.

        Raises:
            NotCleared: its protection could not be shown.
            UnknownMeasure: there is no such table; ``olc table`` lists them.
            UnknownRelease: no collection covers the year.
        """
        return Table(gate.clear_fixed(self._record_source(), self._records(), name, fiscal_year))

    def _record_source(self) -> RecordSource:
        """Return the store as a source of records, or refuse where it holds none."""
        if not hasattr(self.source, "collections"):
            raise UnknownRelease("this store holds no record tables")
        return cast("RecordSource", self.source)

    def _records(self) -> RecordCorpus:
        """Return the record tables of the store, opened on the first question about records."""
        from openlifecycle.engine.records import RecordCorpus

        if self._record_corpus is None:
            source = self._record_source()
            self._record_corpus = RecordCorpus(source, prepares=self._prepares)
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

        return {d: self.values(measure, d) for d in declared(measure).dimensions}

    def values(self, measure: str, dimension: str) -> tuple[str, ...]:
        """Return the values of one dimension of a measure, as ``dimensions`` does of all."""
        from openlifecycle.measures.registry import measure as declared

        found = declared(measure)
        if dimension not in found.dimensions:
            raise UnknownDimension(
                f"{measure} is not split by {dimension!r}", nearest=", ".join(found.dimensions)
            )
        if not found.records:
            self._corpus.refresh()
            return self._corpus.values(found, dimension)
        from openlifecycle.measures.question import Question
        from openlifecycle.measures.record_plan import record_plan

        plan = record_plan(Question.of(measure))
        return gate.clear_values(self._records(), plan, dimension).content

    def releases(self) -> list[ReleaseFacts]:
        """Return the releases in published order."""
        self._corpus.refresh()
        return list(self._corpus.releases.values())

    def catalogue(self) -> list[dict[str, Any]]:
        """Return all that the catalogue says of each release, in published order, records last.

        The day of the first record is left out: it may be one person's day (decision 0011).
        """
        from openlifecycle.vault.store import Store

        if not isinstance(self.source, Store):
            raise UnknownRelease("only a store has a catalogue")
        records = [row.as_dict() for row in self.source.record_releases()]
        kept = [{name: row[name] for name in row if name != "first"} for row in records]
        return [row.as_dict() for row in self.source.releases()] + kept

    def observations(self, release: str, *, edition: str | None = "published") -> pl.DataFrame:
        """Return every captured cell of a release, in one edition (None: both)."""
        return self._cells(release, edition).content

    def _cells(self, release: str, edition: str | None) -> Cleared[pl.DataFrame]:
        from openlifecycle.engine.observations import release_rows

        release_id = self.source.release(release).release_id
        return gate.clear_observations(release_rows(self.source, release_id, edition))

    def observations_file(
        self, release: str, form: str, *, edition: str | None = "published"
    ) -> bytes:
        """Return the captured cells of a release as csv, json or parquet bytes."""
        from openlifecycle.publishing.files import observations_file

        return observations_file(self._cells(release, edition), form)

    def changes(self, before: str, after: str) -> Changes:
        """Return what the second release restated, added and dropped of the first."""
        from openlifecycle.engine.changes import changes

        first, second = self.source.release(before), self.source.release(after)
        found = changes(self.source, first.release_id, second.release_id)
        return Changes(gate.clear_changes(found, self.source))

    def explain(self, release: str, place: str) -> list[dict[str, Any]]:
        """Return what was read from one cell, ``'Sheet'!A1``, of a release."""
        from openlifecycle.engine.explain import explain_cell

        walk = explain_cell(self.source, self.source.release(release).release_id, place)
        return [dict(one) for one in gate.clear_walk(walk).content]

    def receipt(self, release: str) -> Receipt:
        """Return the account of every cell of a release; of records, of every row and column."""
        from openlifecycle.vault.store import Store

        store = self.source
        if not isinstance(store, Store):
            raise UnknownRelease("only a store keeps receipts")
        if store.has_records(release):
            release_id = store.record_release(release).release_id
            return Receipt(release_id, gate.clear_record_account(store.record_account(release_id)))
        release_id = store.release(release).release_id
        return Receipt(release_id, gate.clear_receipt(store.receipt(release_id)))

    def findings(self, release: str) -> Findings:
        """Return what checks find in a published release, the gravest first."""
        from openlifecycle.oversight.from_store import check_stored
        from openlifecycle.vault.store import Store

        if not isinstance(self.source, Store):
            raise UnknownRelease("only a store can be checked")
        release_id = self.source.release(release).release_id
        return Findings(release_id, gate.clear_findings(check_stored(self.source, release_id)))

    def facilities(self, release: str) -> Facilities:
        """Return the facilities that a published release lists."""
        from openlifecycle.engine.observations import release_rows

        release_id = self.source.release(release).release_id
        rows = release_rows(self.source, release_id)
        listed = rows.filter(rows["table"].is_in(FACILITY_TABLES), ~rows["hidden"].fill_null(False))
        return Facilities(release_id, gate.clear_observations(listed))

    def facility_lists(self) -> FacilityLists:
        """Return what every published release lists as facilities, read in one go."""
        from openlifecycle.engine.observations import table_rows

        rows = table_rows(self.source, FACILITY_TABLES, LISTED_COLUMNS)
        return FacilityLists(gate.clear_observations(rows))

    def collections(self) -> list[dict[str, Any]]:
        """Return the collections of records with their releases, the latest last.

        The day of the first record is left out: it may be one person's day (decision 0011).
        """
        if not hasattr(self.source, "collections"):
            return []
        source = self._record_source()
        by_id = {row.release_id: row for row in source.record_releases()}
        found = []
        for one in source.collections():
            said = [[i] if isinstance(i, str) else i for i in one.releases.values()]
            rows = [by_id[release_id] for ids in said for release_id in ids]
            listed = [
                {"release_id": r.release_id, "series": r.series, "rows": r.rows, "form": r.form,
                 "names": list(r.names)}
                for r in rows
            ]  # fmt: skip
            through = one.through.isoformat() if one.through else None
            found.append(
                {"collection_id": one.collection_id, "layout": one.layout, "through": through,
                 "releases": listed}
            )  # fmt: skip
        return found

    def state(self) -> str:
        """Return a hash of what the store holds: the same until something is taken in."""
        found = getattr(self.source, "state", None)
        if found is not None:
            return str(found())
        held = sorted(release.release_id for release in self.source.releases())
        return hashlib.sha256("\n".join(held).encode()).hexdigest()

    def rows_at_most(self, question: Question) -> int:
        """Return how many rows an answer from records may have, before anything is counted."""
        from openlifecycle.disclosure.grid_size import grid_size

        return grid_size(self._records(), question)


def open_store(path: str | os.PathLike[str] | None = None, *, prepares: bool = False) -> Session:
    """Return a session on the store in a folder; without one, the user's own store.

    Args:
        path: the folder.
        prepares: as of ``Session``; what answers many prepares, who asks once does not wait for it.
    """
    from openlifecycle.settings import store_path
    from openlifecycle.vault.store import Store

    return Session(Store.open(store_path(path)), prepares=prepares)
