"""What a page is: an address, what may be asked of it, and the function that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from openlifecycle.api import Session
from openlifecycle.serving.limits import PUBLISHED
from openlifecycle.serving.service import Service

HTML: Final = "text/html; charset=utf-8"

#: What a page may load and run: nothing from elsewhere, nothing inline, not even our own.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@dataclass(frozen=True)
class Visit:
    """One reading of a page, as its maker sees it; it runs on a worker of the page's pool.

    Attributes:
        service: session, pools and what was made before (``once``, of the long pool only).
        words: what the query says, by name; a field of a form left empty is not in it.
        path: the parts of the address that vary.
        query: the query as asked, to be put into addresses of the same page.
        today: the day of the visit (UTC): pages say how old the data are.
    """

    service: Service
    words: Mapping[str, tuple[str, ...]]
    path: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    today: date = date.min

    @property
    def session(self) -> Session:
        """Return the session that is asked."""
        return self.service.session

    def one(self, name: str, default: str = "") -> str:
        """Return what a field says, and the default where it is left empty."""
        return self.words.get(name, (default,))[0]

    def many(self, name: str) -> tuple[str, ...]:
        """Return all that a field says."""
        return self.words.get(name, ())


@dataclass(frozen=True)
class Html:
    """A page made from a template; the template sees the context and what every page has.

    A page that keeps its form where the question was refused has the status of the refusal
    (``serving.problems.status_of``).
    """

    template: str
    context: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True)
class Raw:
    """Bytes of another kind: a picture, a file to keep."""

    body: bytes
    media: str
    name: str = ""


@dataclass(frozen=True)
class View:
    """One address.

    Attributes:
        name: unique; templates link to it with ``link(name, ...)``.
        path: of the address, with parts that vary as ``{id}`` or ``{id:path}``.
        title: of the page, and in the navigation.
        make: gives what is shown; OpenLifecycleError becomes a page that says it.
        words: the fields that the query may have.
        pool: the kind of work (serving.limits).
        nav: whether the navigation has it.
        within: the name of the page of the navigation that it belongs to, where its own name
            does not begin with that.
        beside: whether a process beside the server may make it, where its pool is that of short
            questions: it asks the session only, and needs nothing that this process has read.
    """

    name: str
    path: str
    title: str
    make: Callable[[Visit], Html | Raw]
    words: tuple[str, ...] = ()
    pool: str | Callable[[Visit], str] = PUBLISHED
    nav: bool = False
    within: str = ""
    beside: bool = False
