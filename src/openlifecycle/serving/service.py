"""What the handlers share: a session, the desk, a pool for each kind of question, and hands."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from openlifecycle.api import Session
from openlifecycle.publishing.pages import Page, Part
from openlifecycle.serving.desk import Desk
from openlifecycle.serving.hands import Hands, Job
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.negotiate import form_of
from openlifecycle.serving.operations import Operation
from openlifecycle.serving.pools import Pool
from openlifecycle.serving.reply import key_of, reply
from openlifecycle.serving.words import Words

T = TypeVar("T")

#: So many answers that took long are kept whole.
_MADE: Final = 16

#: Makes the page of an answer in a form: it runs on a worker, and only there a store is read.
Work = Callable[[str, Part], Page]


@dataclass
class Service:
    """One server over one session."""

    session: Session
    settings: ServeSettings

    def __post_init__(self) -> None:
        """Make the pools; no thread starts yet."""
        self.desk = Desk(self.settings.memory_bytes, self.settings.seconds)
        self._made: dict[Hashable, Any] = {}
        self.pools = {n: Pool(n, limits) for n, limits in self.settings.pools.items()}
        self.hands: Hands | None = None

    async def give(
        self,
        request: Request,
        operation: Operation,
        words: Words,
        asked: Hashable,
        pool: str,
        work: Work,
    ) -> Response:
        """Return the response to what was asked, from memory or by work done in a pool."""
        form = form_of(words.one("format"), request.headers.get("accept"), operation.forms)
        part = words.part(self.settings.page_rows) if operation.paged else Part()
        kept = await self.desk.page(
            key_of((operation.name, asked), form, part),
            self.session.state(),
            partial(work, form, part),
            self.pools[pool],
        )
        return await reply(request, words, kept, form, part)

    def once(self, asked: Hashable, make: Callable[[], T]) -> T:
        """Return what is made of a question, made once for all its forms and pages.

        For what takes long; only the one worker of the long pool calls this, so it needs no lock.
        """
        key = (self.session.state(), asked)
        if key not in self._made:
            while len(self._made) >= _MADE:
                self._made.pop(next(iter(self._made)))
            self._made[key] = make()
        found: T = self._made[key]
        return found

    def beside(self, job: Job) -> Page:
        """Return what a job makes, made by a process beside this one where there is one.

        For short questions about published figures, on a worker of their pool.
        """
        made = self.hands.page(job) if self.hands else None
        return job(self) if made is None else made

    def close(self) -> None:
        """Start no further work."""
        if self.hands:
            self.hands.close()
        for pool in self.pools.values():
            pool.close()
