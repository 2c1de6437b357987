"""The room's verb: a session becomes an application that answers over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from openlifecycle.api import Session
from openlifecycle.errors import OpenLifecycleError
from openlifecycle.serving import answers, declared, published
from openlifecycle.serving.guard import Guard
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.operations import OPERATIONS, ROOT, Operation
from openlifecycle.serving.problems import MEDIA, Problem, problem, problem_of
from openlifecycle.serving.remembered import Remembered
from openlifecycle.serving.service import Service

Handler = Callable[[Service, Operation, Request], Awaitable[Response]]

_HANDLERS: Final[dict[str, Handler]] = {
    name: getattr(module, name)
    for module in (answers, declared, published)
    for name in (one.name for one in OPERATIONS)
    if hasattr(module, name)
}


def create_app(session: Session, settings: ServeSettings | None = None) -> ASGIApp:
    """Return the API under ``/api/v1`` and nothing else; ``site`` adds pages."""
    service = Service(session, settings or ServeSettings())
    app = application(service)
    known = Remembered(app, service.desk, lambda: (session.state(),))
    return Guard(known, service.settings)


def application(service: Service) -> FastAPI:
    """Return the application of a service, without what surrounds each request."""
    # its own documentation pages load from another host, and its schema is not ours: both off
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False,
        lifespan=_lifespan(service),
    )  # fmt: skip
    for path in dict.fromkeys(one.path for one in OPERATIONS):
        served = {one.method: one for one in OPERATIONS if one.path == path}
        # one route a path, so that a refused method is told all that are served
        methods = [*served, *(["HEAD"] if "GET" in served else [])]
        app.add_api_route(
            ROOT + path, _endpoint(service, served), methods=methods, include_in_schema=False
        )
    root = str(getattr(getattr(service.session.source, "places", None), "root", ""))
    app.add_exception_handler(OpenLifecycleError, partial(_refused, root))
    app.add_exception_handler(HTTPException, _unserved)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _fault)
    app.state.service = service
    return app


def _endpoint(
    service: Service, served: Mapping[str, Operation]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        one = served["GET" if request.method == "HEAD" else request.method]
        return await _HANDLERS[one.name](service, one, request)

    return endpoint


def _lifespan(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        if service.hands:
            service.hands.start()
        yield
        service.close()

    return running


async def _refused(root: str, _request: Request, error: Exception) -> Response:
    if not isinstance(error, OpenLifecycleError):
        raise error
    return _sent(problem_of(error, root))


async def _unserved(_request: Request, error: Exception) -> Response:
    """Answer for an address or a method that is not served."""
    if not isinstance(error, HTTPException):
        raise error
    name = {404: "NotFound", 405: "NotAllowed"}.get(error.status_code, "Refused")
    what = {404: "nothing is served under this address", 405: "this method is not served here"}
    return _sent(
        problem(
            error.status_code,
            name,
            what=what.get(error.status_code, "the request cannot be read"),
            next_step=f"{ROOT}/ lists what is served",
            headers=dict(error.headers or {}),
        )
    )


async def _gone(_request: Request, _error: Exception) -> Response:
    """Answer nobody: the client left before it had asked."""
    return Response(status_code=400)


async def _fault(_request: Request, _error: Exception) -> Response:
    """Answer for a fault of ours; the guard logs it, and nothing of it is told."""
    what = "something in this server went wrong; whoever runs it finds it in the log"
    return _sent(problem(500, "Unexpected", what=what))


def _sent(found: Problem) -> Response:
    headers = found.headers | {"content-type": MEDIA}
    return Response(found.body, status_code=found.status, headers=headers)
