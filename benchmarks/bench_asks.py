"""How long one question to the starter set takes a server that has not been asked it before.

Run: python benchmarks/bench_asks.py [--count 400] [--store folder]
Questions are drawn with a fixed seed from all printed measures: split, filtered, for a time, as
known on a day, as published and as corrected. They are asked one after the other of `olc serve`,
after others that warmed the process, and twice more inside this process, where the CPU time of each
can be told: of the whole server, and without it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx
import psutil
from starter_place import read_words

from openlifecycle.api import Session, open_store
from openlifecycle.errors import OpenLifecycleError
from openlifecycle.measures.plan import combinations
from openlifecycle.measures.question import Question, where_of
from openlifecycle.measures.registry import measures
from openlifecycle.publishing.pages import Part, answer_page
from openlifecycle.serving.app import create_app
from openlifecycle.serving.limits import ServeSettings

BUILD = Path(__file__).resolve().parent.parent / "build" / "bench-asks"
ADDRESS = "http://127.0.0.1:8973"
#: Questions that warm the process before the others; a page has so many rows.
BEFORE, ROWS = 150, 1000
#: Milliseconds wanted of half, and of 95 in 100.
WANTED = (15.0, 60.0)

Words = list[tuple[str, str]]


def drawn(session: Session, count: int) -> list[Words]:
    """Return so many distinct questions that can be asked, in the words of the API."""
    chance = random.Random(3)  # noqa: S311 - the same in each run
    printed = [m for m in measures().values() if not m.records]
    found: dict[tuple[tuple[str, str], ...], None] = {}
    while len(found) < count:
        measure = chance.choice(printed)
        words = [("measure", measure.name)]
        by = []
        for dim in chance.choice(combinations(measure)):
            part = chance.random()
            if part < 0.45:
                by.append(dim)
            elif part < 0.7 and measure.sources and (known := session.values(measure.name, dim)):
                words.append(("where", f"{dim}={chance.choice(known)}"))
        words += [("by", ",".join(by))] if by else []
        words += _time(chance)
        if chance.random() < 0.45:
            words.append(("as-known-on", _day(chance)))
        if chance.random() < 0.35:
            words.append(("as", "corrected"))
        found[tuple(words)] = None
    return [list(words) for words in found]


def _time(chance: random.Random) -> Words:
    first, last = sorted((_day(chance), _day(chance)))
    several: list[Words] = [
        [], [("on", first)], [("from", first)], [("to", last)], [("from", first), ("to", last)],
    ]  # fmt: skip
    return chance.choice(several)


def _day(chance: random.Random) -> str:
    return (date(2019, 10, 1) + timedelta(days=chance.randrange(2280))).isoformat()


@contextmanager
def served(store: Path) -> Iterator[tuple[psutil.Process, httpx.Client]]:
    """Serve a store until the block ends; nothing is asked of it before."""
    words = [sys.executable, "-m", "openlifecycle", "serve", "--store", str(store)]
    words += ["--port", ADDRESS.rpartition(":")[2], "--rate", "1000"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, **quiet) as run, httpx.Client(base_url=ADDRESS, timeout=60) as to:
        try:
            for _ in range(300):
                try:
                    to.get("/api/v1/openapi.json")
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield psutil.Process(run.pid), to
        finally:
            run.terminate()


def over_http(store: Path, asked: list[Words]) -> list[float]:
    """Return the milliseconds of the answered questions after the first ones, and print them."""
    times, answered = [], 0
    with served(store) as (server, client):
        for number, words in enumerate(asked):
            if number == BEFORE:
                cpu = sum(server.cpu_times()[:2])
            began = time.perf_counter()
            status = client.get("/api/v1/ask", params=words).status_code
            took = (time.perf_counter() - began) * 1000
            if number == 0:
                print(f"  the first question of all: {took:.0f} ms (the rows are read)")
            if number >= BEFORE:
                answered += 1
                times += [took] if status == 200 else []
        spent = (sum(server.cpu_times()[:2]) - cpu) * 1000 / answered
    told("over HTTP, wall", times)
    print(f"  {spent:.1f} CPU ms of the server for each, refused ones too")
    return times


def without_socket(store: Path, asked: list[Words]) -> None:
    """Print the CPU time of each question through the whole server and its client, no socket."""
    app = create_app(open_store(store), ServeSettings(rate=1000.0))

    async def ask() -> list[float]:
        cpu = []
        to = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=to, base_url=ADDRESS) as client:
            for number, words in enumerate(asked):
                spent = time.process_time()
                status = (await client.get("/api/v1/ask", params=words)).status_code
                if number >= BEFORE and status == 200:
                    cpu.append((time.process_time() - spent) * 1000)
        return cpu

    told("through the server without a socket, CPU, client included", asyncio.run(ask()))


def in_process(store: Path, asked: list[Words]) -> None:
    """Print wall and CPU time of the same questions without HTTP: answered, cleared, written."""
    session = open_store(store)
    wall, cpu = [], []
    for number, words in enumerate(asked):
        began, spent = time.perf_counter(), time.process_time()
        said = dict(words)
        try:
            question = Question.of(
                said["measure"], by=said.get("by", ""), start=said.get("from"),
                end=said.get("to"), on=said.get("on"), as_known_on=said.get("as-known-on"),
                where=where_of(v for k, v in words if k == "where"),
                edition=said.get("as", "published"),
            )  # fmt: skip
            answer_page(session.answer(question).cleared, "json", Part(0, ROWS))
        except OpenLifecycleError:
            continue
        if number >= BEFORE:
            wall.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - spent) * 1000)
    told("in process, wall", wall)
    told("in process, CPU", cpu)


def told(what: str, times: list[float]) -> None:
    """Print half and 95 of 100."""
    half, most = _half_and_most(times)
    print(f"  {what} ({len(times)} answered): p50 {half:.1f} ms, p95 {most:.1f} ms")


def _half_and_most(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), sorted(times)[int(len(times) * 0.95)]


def main() -> None:
    """Print all; end 1 where what was wanted was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    words, store = read_words(parser, BUILD)
    asked = drawn(open_store(store), BEFORE + words.count)
    load = psutil.getloadavg()[0]
    print(f"{words.count} questions, no answer kept, after {BEFORE} others; load {load:.1f}")
    times = over_http(store, asked)
    without_socket(store, asked)
    in_process(store, asked)
    half, most = _half_and_most(times)
    if half >= WANTED[0] or most >= WANTED[1]:
        raise SystemExit(f"missed: p50 under {WANTED[0]:g} ms, p95 under {WANTED[1]:g} ms")


if __name__ == "__main__":
    main()
