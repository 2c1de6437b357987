"""Slow and huge questions wait for their own kind: everybody else is answered meanwhile.

A real server is given more slow questions than it has workers for; then short questions and pages
are asked. What counts is the order in which answers come, not the time, so a busy machine does not
change the verdict.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

#: Whoever asks the slow ones comes from addresses of their own, so that no limit for one client
#: holds them back: it is the pools that must.
CROWD = [f"127.0.1.{number}" for number in range(1, 6)]
#: Each is worked out anew: no two are the same question. Cohorts follow everybody; the others count
#: every day of every office, the longest answers that there are.
COHORTS = [
    ("/api/v1/cohort", {"entry": entry, "period": period, "by": by})
    for entry in ("arrest", "book_in")
    for period in ("month", "fiscal_year")
    for by in ("gender", "aor")
]
HUGE = [
    ("/api/v1/ask", {"measure": "record_population", "by": by, "from": f"{year}-10-01"})
    for by in ("aor", "gender")
    for year in range(2019, 2025)
]
SHORT = [
    ("/api/v1/ask", {"measure": "detained_population", "from": f"20{year}-01-01"})
    for year in range(20, 26)
] + [("/api/v1/releases", {}), ("/api/v1/measures", {}), ("/methods", {}), ("/limits", {})]


@pytest.fixture
def own(store: Path, tmp_path: Path) -> Iterator[str]:
    """A server of this test alone; it is ended with its slow questions unanswered."""
    command = [sys.executable, "-m", "openlifecycle", "serve", "--store", str(store), "--port", "0"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:  # fmt: skip
        assert process.stdout
        yield process.stdout.readline().split()[0].split("api/v1/")[0].rstrip("/")
        process.kill()


def test_short_questions_and_pages_are_answered_while_slow_ones_fill_their_pools(own: str) -> None:
    with httpx.Client(base_url=own, timeout=300) as reader:
        first = {"measure": "detained_population"}
        assert reader.get("/api/v1/ask", params=first).status_code == 200  # opens the store
        slow_done: list[str] = []

        def ask_slowly(number: int, path: str, words: dict[str, str]) -> None:
            transport = httpx.HTTPTransport(local_address=CROWD[number % len(CROWD)])
            try:
                with httpx.Client(base_url=own, timeout=300, transport=transport) as one:
                    slow_done.append(str(one.get(path, params=words).status_code))
            except httpx.TransportError:
                pass  # the server was ended before its turn came

        asked = [
            threading.Thread(target=ask_slowly, args=(number, path, words), daemon=True)
            for number, (path, words) in enumerate([*COHORTS, *HUGE])
        ]
        for one in asked:
            one.start()
        time.sleep(0.5)
        before = len(slow_done)
        for path, words in SHORT:
            got = reader.get(path, params=words)
            assert got.status_code == 200, got.text
        after = len(slow_done)
    # a queue for all would have answered every slow one first, or as many as short ones
    assert after - before <= len(SHORT) // 2, slow_done
    assert len(asked) - after >= len(asked) // 2, "the slow ones were still being worked on"
