"""The addresses that count: ask, cohort, fixed tables."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from openlifecycle.disclosure.cohorts import CohortQuestion
from openlifecycle.disclosure.fixed_declared import fixed_table, fixed_tables
from openlifecycle.errors import UsageError
from openlifecycle.measures.question import Question
from openlifecycle.measures.registry import measure
from openlifecycle.publishing.faces import Cohort
from openlifecycle.publishing.pages import (
    Page,
    Part,
    answer_page,
    cohort_page,
    listing_page,
    table_page,
)
from openlifecycle.serving.asked import cohort_of, question_in, question_of
from openlifecycle.serving.limits import LONG, PUBLISHED, RECORDS
from openlifecycle.serving.operations import Operation
from openlifecycle.serving.service import Service
from openlifecycle.serving.words import Words


async def ask(service: Service, operation: Operation, request: Request) -> Response:
    """Answer a question in the words of the command line."""
    words = Words(request, operation.words)
    return await _answer(service, operation, request, words, question_of(words))


async def ask_in_json(service: Service, operation: Operation, request: Request) -> Response:
    """Answer a question in JSON."""
    words = Words(request, operation.words)
    return await _answer(service, operation, request, words, await question_in(request))


async def _answer(
    service: Service, operation: Operation, request: Request, words: Words, question: Question
) -> Response:
    of_records = measure(question.measure).records is not None

    def work(form: str, part: Part) -> Page:
        job = partial(_page_of, question, form, part)
        return job(service) if of_records else service.beside(job)

    pool = RECORDS if of_records else PUBLISHED
    return await service.give(request, operation, words, question, pool, work)


def _page_of(question: Question, form: str, part: Part, service: Service) -> Page:
    most = service.settings.answer_rows
    if measure(question.measure).records is not None:
        _affordable(service.session.rows_at_most(question), most)
    answer = service.session.answer(question)
    _affordable(len(answer), most)
    return answer_page(answer.cleared, form, part)


def _affordable(rows: int, most: int) -> None:
    if rows > most:
        raise UsageError(
            f"the answer may have {rows:,} rows; this server gives at most {most:,}",
            next_step="ask for less time, a coarser period, or without a split",
        )


async def cohort(service: Service, operation: Operation, request: Request) -> Response:
    """Answer where people are so many days after arrest or book-in."""
    words = Words(request, operation.words)
    asked = cohort_of(words)

    def work(form: str, part: Part) -> Page:
        found = service.once(asked, lambda: _followed(service, asked))
        return cohort_page(found.cleared, form, part)

    return await service.give(request, operation, words, asked, LONG, work)


def _followed(service: Service, asked: CohortQuestion) -> Cohort:
    return service.session.cohort(
        asked.entry,
        asked.start,
        asked.end,
        by=asked.by,
        period=asked.period,
        horizons=asked.horizons,
        lengths=asked.lengths,
        rules=asked.rules,
        collection=asked.collection,
    )


async def tables(service: Service, operation: Operation, request: Request) -> Response:
    """List the fixed tables."""
    words = Words(request, operation.words)
    listed = [
        {"table": t.name, "title": t.title, "measure": t.measure, "area": t.area,
         "category": t.category}
        for t in fixed_tables().values()
    ]  # fmt: skip
    return await service.give(
        request,
        operation,
        words,
        (),
        PUBLISHED,
        lambda form, part: listing_page(listed, form, part),
    )


async def table(service: Service, operation: Operation, request: Request) -> Response:
    """Give a fixed table of a fiscal year."""
    words = Words(request, operation.words)
    name = fixed_table(str(request.path_params["name"])).name
    year = words.whole("fiscal-year", 2000, 2100)
    if year is None:
        raise UsageError("a fixed table is of one fiscal year", nearest="fiscal-year=2025")

    def work(form: str, part: Part) -> Page:
        made = service.once((name, year), lambda: service.session.table(name, year))
        return table_page(made.cleared, form, part)

    return await service.give(request, operation, words, (name, year), LONG, work)
