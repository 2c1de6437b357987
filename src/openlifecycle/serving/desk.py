"""What was answered is kept and given again; what is being answered is answered once for all.

Answers may be kept because the same question of the same store has the same answer, noise
included: that is what the gate's keyed noise is for.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

from openlifecycle.publishing.pages import Page
from openlifecycle.serving.pools import RETRY_AFTER, Pool
from openlifecycle.serving.problems import TooBusy

#: No answer is kept that would take more than this part of the room for all.
_SHARE: Final = 4


@dataclass
class Kept:
    """A page, its entity tag, where the desk keeps it, and its body as encoded so far."""

    page: Page
    etag: str
    whole: tuple[str, Hashable] | None = None
    encoded: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return how many bytes it holds."""
        return len(self.page.body) + sum(map(len, self.encoded.values()))


class Desk:
    """Gives what it has, and asks for what it has not."""

    def __init__(self, most_bytes: int, seconds: float) -> None:
        """Keep at most so many bytes; let nobody wait longer than so many seconds."""
        self._most, self._seconds = most_bytes, seconds
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._asked: dict[Hashable, asyncio.Task[Kept]] = {}

    def kept(self, whole: tuple[str, Hashable]) -> Kept | None:
        """Return the page of a key in a state, where it is still here."""
        found = self._kept.get(whole)
        if found:
            self._kept.move_to_end(whole)
        return found

    async def page(self, key: Hashable, state: str, work: Callable[[], Page], pool: Pool) -> Kept:
        """Return the page of a key, as it is in a state of the store.

        Raises:
            TooBusy: the answer takes longer than a reader waits; it is still worked on, and there
                when asked for again.
        """
        whole = (state, key)
        kept = self.kept(whole)
        if kept:
            return kept
        task = self._asked.get(whole)
        if task is None:
            task = asyncio.create_task(self._answer(whole, state, work, pool))
            self._asked[whole] = task
            task.add_done_callback(_heard)
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._seconds)
        except TimeoutError:
            raise TooBusy(
                f"the answer takes longer than {self._seconds:g} s",
                RETRY_AFTER,
                next_step="ask again later: it is still worked on; or ask for less",
            ) from None

    async def _answer(
        self, whole: tuple[str, Hashable], state: str, work: Callable[[], Page], pool: Pool
    ) -> Kept:
        try:
            page = await pool.run(work)
        finally:
            self._asked.pop(whole, None)
        digest = hashlib.sha256(state.encode() + page.body).hexdigest()
        kept = Kept(page, f'W/"{digest[:32]}"', whole)
        # one answer may not push all others out
        if kept.size <= self._most // _SHARE:
            self._kept[whole] = kept
            self._make_room()
        return kept

    def _make_room(self) -> None:
        held = sum(kept.size for kept in self._kept.values())
        while held > self._most:
            _, gone = self._kept.popitem(last=False)
            held -= gone.size


def _heard(task: asyncio.Task[Kept]) -> None:
    """Look at the error of a task that nobody waits for, or asyncio logs it with its words."""
    if not task.cancelled():
        task.exception()
