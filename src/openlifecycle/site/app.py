"""The room's verb: the API of a session, with the pages beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from openlifecycle.api import Session
from openlifecycle.errors import StoreProblem, UsageError
from openlifecycle.publishing.drawing import draw_apart
from openlifecycle.publishing.pages import Page
from openlifecycle.serving.app import application
from openlifecycle.serving.desk import Kept
from openlifecycle.serving.guard import Guard
from openlifecycle.serving.hands import Hands
from openlifecycle.serving.limits import PUBLISHED, ServeSettings
from openlifecycle.serving.pools import RETRY_AFTER
from openlifecycle.serving.problems import NotFound, TooBusy
from openlifecycle.serving.remembered import Remembered
from openlifecycle.serving.reply import sent
from openlifecycle.serving.service import Service
from openlifecycle.site.assets import ROOT, asset
from openlifecycle.site.holdings import holdings
from openlifecycle.site.listed import VIEWS
from openlifecycle.site.render import rendered
from openlifecycle.site.troubles import Troubles
from openlifecycle.site.views import HTML, POLICY, Html, Raw, View, Visit

#: So long a person waits for a page before one says that it is worked on; a picture or a file
#: waits as long as an answer does.
PATIENCE: Final = 10.0

_BY_NAME: Final = {view.name: view for view in VIEWS}


def create_site(
    session: Session,
    settings: ServeSettings | None = None,
    patience: float = PATIENCE,
    *,
    early: bool = False,
    hands: Hands | None = None,
) -> ASGIApp:
    """Return the application: pages at ``/``, the API under ``/api/v1``.

    Args:
        session: what is asked.
        settings: limits.
        patience: seconds after which a person is told that a page is worked on.
        early: whether the first page is made before somebody asks for it.
        hands: processes beside this one that work out short questions over the same store.
    """
    service = Service(session, settings or ServeSettings())
    service.hands = hands
    app = application(service)
    draw_apart()
    for view in VIEWS:
        app.add_api_route(
            view.path,
            _endpoint(service, view, patience),
            methods=["GET", "HEAD"],
            include_in_schema=False,
        )
    app.add_api_route(
        ROOT + "/{digest}/{name}", _asset, methods=["GET", "HEAD"], include_in_schema=False
    )
    if early:
        _make_early(app, service)
    known = Remembered(app, service.desk, partial(_states, session))
    return Troubles(Guard(known, service.settings), session)


def _states(session: Session) -> tuple[str, str]:
    """Return the present state of answers, and of pages, which say how old the figures are."""
    state = session.state()
    return state, _dated(state, datetime.now(UTC).date())


def _dated(state: str, today: date) -> str:
    return f"{state} {today}"


def _endpoint(
    service: Service, view: View, patience: float
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        asking = _page(service, view, _visit(service, view, request))
        is_person = "text/html" in request.headers.get("accept", "")
        kept = await (_patient(asking, patience) if is_person else asking)
        headers = {"content-security-policy": POLICY}
        if kept.page.name:
            headers["content-disposition"] = f'attachment; filename="{kept.page.name}"'
        response = await sent(request, kept, kept.page.media, headers)
        if response.status_code == 200:
            response.status_code = kept.page.status
        return response

    return endpoint


def _page(service: Service, view: View, visit: Visit) -> Coroutine[Any, Any, Kept]:
    """Return what gives the page: from memory, or by work done in a pool."""
    pool = view.pool if isinstance(view.pool, str) else view.pool(visit)
    asked = (view.name, *sorted(visit.path.items()), *sorted(visit.words.items()))

    job = partial(_job, view.name, visit.words, visit.path, visit.query, visit.today)

    def work() -> Page:
        is_short = view.beside and pool == PUBLISHED
        return service.beside(job) if is_short else _whole(view, visit)

    state = _dated(service.session.state(), visit.today)
    return service.desk.page(asked, state, work, service.pools[pool])


def _job(
    name: str,
    words: Mapping[str, tuple[str, ...]],
    path: Mapping[str, str],
    query: str,
    today: date,
    service: Service,
) -> Page:
    """Make a page, here or in a process beside this one, which is sent all but the service."""
    return _whole(_BY_NAME[name], Visit(service, words, path, query, today))


def _whole(view: View, visit: Visit) -> Page:
    made = _made(view, visit)
    if isinstance(made, Html):
        return Page(rendered(made, view, visit).encode(), 1, 1, HTML, status=made.status)
    return Page(made.body, 1, 1, made.media, made.name)


def _made(view: View, visit: Visit) -> Html | Raw:
    """Return the page, or one that says that there is nothing yet to make it of."""
    try:
        return view.make(visit)
    except StoreProblem:
        if not view.nav or holdings(visit.session).releases:
            raise
        return Html("empty.html", {})


def _make_early(app: FastAPI, service: Service) -> None:
    """Have the first page made as soon as the server runs: it takes seconds, and opens the store.

    An error in it is not told here: whoever asks for the page is.
    """
    around = app.router.lifespan_context

    async def first() -> None:
        await _page(service, VIEWS[0], Visit(service, {}, today=datetime.now(UTC).date()))

    @asynccontextmanager
    async def running(given: FastAPI) -> AsyncIterator[None]:
        async with around(given):
            made = asyncio.gather(first(), return_exceptions=True)
            yield
            made.cancel()

    app.router.lifespan_context = running


def _visit(service: Service, view: View, request: Request) -> Visit:
    words: dict[str, tuple[str, ...]] = {}
    for name, value in request.query_params.multi_items():
        if name not in view.words:
            raise UsageError(f"this page has no field {name!r}", nearest=", ".join(view.words))
        if "\x00" in value:
            raise UsageError(f"{name} says nothing that can be read")
        if value:
            words[name] = (*words.get(name, ()), value)
    return Visit(
        service,
        words,
        {name: str(value) for name, value in request.path_params.items()},
        request.url.query,
        datetime.now(UTC).date(),
    )


async def _patient(asking: Coroutine[Any, Any, Kept], seconds: float) -> Kept:
    """Return the page, or say that it is worked on: the work goes on without who waits for it."""
    try:
        return await asyncio.wait_for(asking, seconds)
    except TimeoutError:
        raise TooBusy(
            f"it has taken more than {seconds:g} s so far",
            RETRY_AFTER,
            next_step="ask again: it is still worked on",
        ) from None


async def _asset(request: Request) -> Response:
    # what is made of installed packages may take seconds the first time
    try:
        kept = await asyncio.to_thread(_file, str(request.path_params["name"]))
    except UsageError as error:
        raise NotFound(error.what) from error
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return await sent(request, kept, kept.page.media, headers)


@cache
def _file(name: str) -> Kept:
    found = asset(name)
    return Kept(Page(found.body, 1, 1, found.media), f'"{found.address.split("/")[-2]}"')
