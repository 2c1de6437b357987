"""3,700 readers who each ask every ten seconds, on this machine, beside Datasette in the same run.

Run: python benchmarks/bench_serving.py [--seconds 60] [--readers 3700] [--rate 20] [--all-only]
Locust (the load generator) and Datasette are installed into build/bench-serving, an environment
that is thrown away with build/. Server and generator share the machine; the CPU seconds of both
are told. The readers come from loopback addresses of their own, and the server keeps its limits.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import httpx
import psutil
from questions import QUESTIONS
from starter_place import read_words

from openlifecycle.engine.corpus import SERIES
from openlifecycle.measures.registry import measures
from openlifecycle.vault.store import Store

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench-serving"
LOG = BUILD / "server.log"
BETWEEN = 10
#: Seconds in which the readers arrive; nothing is counted before all are there.
RAMP = 20
#: The part of the requests that ask what nobody has asked before.
FRESH = 0.05
PINNED = ("locust>=2.43,<3", "datasette>=0.65,<0.66")
PAGES = (
    "/", "/explore", "/facilities", "/lifecycle", "/releases", "/questions", "/methods", "/limits",
)  # fmt: skip


@dataclass(frozen=True)
class Load:
    """What readers ask of one server."""

    popular: list[str]
    fresh: list[str]


def environment() -> Path:
    """Return the folder of programs of the environment, made where it is missing."""
    folder = BUILD / "environment"
    if not (folder / "bin" / "datasette").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *PINNED]
        subprocess.run(pip, check=True)
    return folder / "bin"


def ours() -> Load:
    """Return pages and questions, the first asked most, and questions that nobody asked yet."""
    asked = [("/api/v1/ask", _words(m, k)) for m, k in QUESTIONS]
    asked += [("/explore", words) for _, words in asked[:10]]
    asked += [(path, words | {"format": "csv"}) for path, words in asked[:5]]
    plain = [*PAGES, "/api/v1/measures", "/api/v1/releases", "/api/v1/questions"]
    popular = [x for pair in zip(plain, _addresses(asked), strict=False) for x in pair]
    popular += [x for x in [*plain, *_addresses(asked)] if x not in popular]
    chance = random.Random(1)  # noqa: S311 - the same in each run
    fresh: dict[str, None] = {}
    while len(fresh) < 3000:
        measure, words = chance.choice(QUESTIONS)
        days = {"as-known-on": _day(chance), "from": _day(chance)}
        said = {k: v for k, v in _words(measure, words).items() if k != "on"} | days
        path = chance.choice(("/api/v1/ask", "/api/v1/ask", "/explore"))
        fresh[f"{path}?{urlencode(said)}"] = None
    return Load(popular, list(fresh))


def theirs() -> Load:
    """Return what readers of the same table ask of Datasette: its pages, and rows by filter."""
    chance = random.Random(1)  # noqa: S311 - the same in each run
    table = "/published/observation"
    names = sorted({m for m, _ in _sources()})
    rows = [f"{table}.json?" + urlencode({"measure": m, "_sort": "period_end"}) for m in names]
    pages = ["/", "/published", table]
    pages += [f"{table}?" + urlencode({"measure": m}) for m in names[:8]]
    popular = [x for pair in zip(pages, rows, strict=False) for x in pair]
    popular += [x for x in [*pages, *rows] if x not in popular]
    fresh: dict[str, None] = {}
    while len(fresh) < 3000:
        measure, name = chance.choice(_sources())
        said = {"measure": measure, "table": name, "period_end__lte": _day(chance),
                "period_start__gte": _day(chance)}  # fmt: skip
        form = chance.choice((".json", ".json", ""))
        fresh[f"{table}{form}?{urlencode(said)}"] = None
    return Load(popular, list(fresh))


def _words(measure: str, words: dict[str, Any]) -> dict[str, str]:
    said = {"measure": measure}
    for name, value in words.items():
        if name == "where":
            said["where"] = ",".join(f"{k}={v}" for k, v in value.items())
        else:
            said[name.replace("_", "-")] = value
    return said


def _addresses(asked: list[tuple[str, dict[str, str]]]) -> list[str]:
    return [f"{path}?{urlencode(words)}" for path, words in asked]


def _day(chance: random.Random) -> str:
    return (date(2019, 10, 1) + timedelta(days=chance.randrange(2200))).isoformat()


def _sources() -> list[tuple[str, str]]:
    asked = {m for m, _ in QUESTIONS}
    return sorted({(name, source.table) for m in measures().values() if m.name in asked
                   for source in m.sources for name in source.measures})  # fmt: skip


def table_of(store: Path, file: Path) -> int:
    """Write the observations that answer our questions as one table of SQLite, with indexes."""
    file.unlink(missing_ok=True)
    files = [str(f) for f in Store.open(store).observation_files(SERIES)]
    query = """SELECT * FROM read_parquet($files, union_by_name := true)
               WHERE status = 'observed' AND hidden IS NOT TRUE"""
    found = duckdb.execute(query, {"files": files})
    names = [column[0] for column in found.description]
    with sqlite3.connect(file) as made:
        listed = ", ".join(f'"{n}"' for n in names)
        made.execute(f"CREATE TABLE observation ({listed})")
        marks = ", ".join("?" for _ in names)
        rows = ([str(v) if isinstance(v, date) else v for v in row] for row in found.fetchall())
        made.executemany(f"INSERT INTO observation VALUES ({marks})", rows)  # noqa: S608 - our names
        for columns in ('"table", measure, period_end', "measure, period_end", "release_id"):
            made.execute(f"CREATE INDEX by_{len(columns)} ON observation ({columns})")
        return int(made.execute("SELECT count(*) FROM observation").fetchone()[0])


@contextmanager
def started(command: list[str], address: str) -> Iterator[psutil.Process]:
    """Run a server until the block ends."""
    log = LOG.open("w")
    with log, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log) as run:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(address, timeout=30).read()  # noqa: S310 - our own
                    break
                except OSError:
                    time.sleep(0.2)
            yield psutil.Process(run.pid)
        finally:
            run.terminate()
            try:
                run.wait(timeout=10)
            except subprocess.TimeoutExpired:
                run.kill()  # it still has questions that nobody waits for


def own_times(path: str) -> list[float]:
    """Return the milliseconds that the server itself counted for what it answered, sorted."""
    line = re.compile(rf" {re.escape(path)} 200 (\d+) ms")
    return sorted(float(ms) for ms in line.findall(LOG.read_text()))


def family(server: psutil.Process) -> list[psutil.Process]:
    """Return a server and the processes that it started."""
    return [server, *server.children(recursive=True)]


def seconds(server: psutil.Process) -> float:
    """Return the CPU seconds of a server and of the processes that it started."""
    return sum(sum(p.cpu_times()[:2]) for p in family(server))


def warm(address: str, paths: list[str]) -> dict[str, str]:
    """Ask once for what is asked often, as others did before; return the tags."""
    tags = {}
    for path in paths:
        try:
            with urllib.request.urlopen(address + path, timeout=120) as got:  # noqa: S310 - our own
                got.read()
                if got.headers.get("etag"):
                    tags[path] = got.headers["etag"]
        except urllib.error.HTTPError as refused:
            print(f"  {refused.code} {path}")
    return tags


def measured(
    command: list[str], address: str, load: Load, words: argparse.Namespace
) -> dict[str, Any]:
    """Let the readers at a server and return what they saw."""
    out = BUILD / "seen.json"
    with started(command, address) as server:
        says = {
            "popular": load.popular, "fresh": load.fresh, "tags": warm(address, load.popular),
            "readers": words.readers, "seconds_between": BETWEEN, "share_fresh": words.fresh,
            "out": str(out),
        }  # fmt: skip
        (BUILD / "readers.json").write_text(json.dumps(says))
        before, began = seconds(server), time.perf_counter()
        subprocess.run(
            [str(environment() / "locust"), "-f", str(HERE / "serving_readers.py"), "--headless",
             "-u", str(words.readers), "-r", str(words.readers / RAMP), "--host", address,
             "-t", f"{RAMP + words.seconds + 5}s", "--only-summary", "--loglevel", "ERROR"],
            env=os.environ | {"READERS": str(BUILD / "readers.json")},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        took, cpu = time.perf_counter() - began, seconds(server) - before
        memory = sum(p.memory_info().rss for p in family(server)) / 2**20
    return _summary(json.loads(out.read_text()), words.seconds, cpu, took, memory)


def _summary(
    said: dict[str, Any], seconds: int, cpu: float, took: float, memory: float
) -> dict[str, Any]:
    first = min((row[0] for row in said["seen"]), default=0.0) + RAMP
    counted = [row for row in said["seen"] if first <= row[0] < first + seconds]
    times = sorted(row[1] for row in counted) or [float("inf")]
    fresh = sorted(row[1] for row in counted if row[2] == "fresh")
    return {
        "requests": len(counted),
        "rate": len(counted) / seconds,
        "errors": sum(bool(row[4]) or row[3] not in (200, 304) for row in counted),
        "not_modified": sum(row[3] == 304 for row in counted),
        "p50": statistics.median(times),
        "p95": times[int(len(times) * 0.95)],
        "p99": times[int(len(times) * 0.99)],
        "fresh": len(fresh),
        "fresh_p50": statistics.median(fresh) if fresh else 0.0,
        "fresh_p95": fresh[int(len(fresh) * 0.95)] if fresh else 0.0,
        "cpu_ms": cpu * 1000 / max(1, len(said["seen"])),
        "cpu_share": cpu / took,
        "generator_share": said["cpu"] / took,
        "memory": memory,
        "bad": sorted({f"{row[3]} {row[4][:60]}" for row in counted if row[4]})[:3],
    }


def distinct(command: list[str], address: str, count: int = 400) -> None:
    """Print how long questions take that nobody has asked, one after the other."""
    chance, seen = random.Random(2), set()  # noqa: S311 - the same in each run
    kinds = [(m.name, d) for m in measures().values() if m.sources
             for d in ("", *(d for d in m.dimensions if d != "item"))]  # fmt: skip
    first, later, said = [], [], 0.0
    with started(command, address) as server, httpx.Client(base_url=address, timeout=60) as client:
        for measure in ("detained_population", "facility_adp"):
            client.get("/api/v1/ask", params={"measure": measure})  # the rows are read once
        before = seconds(server)
        while len(first) + len(later) < count:
            measure, by = chance.choice(kinds)
            words = {
                "measure": measure,
                "by": by,
                "as-known-on": _day(chance),
                "from": _day(chance),
            }
            began = time.perf_counter()
            got = client.get("/api/v1/ask", params={k: v for k, v in words.items() if v})
            took = (time.perf_counter() - began) * 1000
            said += took
            if got.status_code == 200:
                (later if (measure, by) in seen else first).append(took)
                seen.add((measure, by))
        cpu = (seconds(server) - before) * 1000 / count
        own = own_times("/api/v1/ask")
    print(
        f"{count} distinct questions one after the other, no answer kept, "
        f"{cpu:.1f} CPU ms of the server each"
    )
    for name, times in (("all", first + later), ("first of their kind", first),
                        ("of a kind asked before, another day", later)):  # fmt: skip
        ordered = sorted(times)
        print(
            f"  {name} ({len(times)}): p50 {statistics.median(times):.1f} ms, "
            f"p95 {ordered[int(len(ordered) * 0.95)]:.1f} ms"
        )

    print(f"  the server's own time, in whole ms from its log: p50 {statistics.median(own):.0f}, "
          f"p95 {own[int(len(own) * 0.95)]:.0f} ms")  # fmt: skip


def told(found: dict[str, dict[str, Any]], readers: int) -> None:
    """Print what the readers of both servers saw, and the ratios."""
    for name, one in found.items():
        print(f"{name}, {readers:,} readers\n"
              f"  {one['requests']:,} requests, {one['rate']:.0f} a second of "
              f"{readers / BETWEEN:.0f} wanted, {one['errors']} errors {one['bad']}, "
              f"{one['not_modified']:,} not modified\n"
              f"  p50 {one['p50']:.1f} ms, p95 {one['p95']:.1f} ms, p99 {one['p99']:.0f} ms; "
              f"never asked before ({one['fresh']:,}): p50 {one['fresh_p50']:.1f}, "
              f"p95 {one['fresh_p95']:.1f} ms\n"
              f"  server {one['cpu_ms']:.2f} CPU ms a request, {one['cpu_share']:.2f} cores; "
              f"generator {one['generator_share']:.2f} cores; {one['memory']:.0f} MiB")  # fmt: skip
    mine, theirs_ = found["OpenLifecycle"], found["Datasette"]
    print(f"ratios, OpenLifecycle to Datasette: p95 {mine['p95'] / theirs_['p95']:.3f}, "
          f"CPU a request {mine['cpu_ms'] / theirs_['cpu_ms']:.2f}, "
          f"requests {mine['requests'] / max(1, theirs_['requests']):.2f}")  # fmt: skip


def main() -> None:
    """Print both, and the ratios; end 1 where what was wanted was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--readers", type=int, default=3700)
    parser.add_argument("--rate", type=float, default=20.0, help="of olc serve, for one client")
    parser.add_argument("--fresh", type=float, default=FRESH, help="part never asked before")
    parser.add_argument("--all-only", action="store_true", help="only all readers, no tenth first")
    words, store = read_words(parser, BUILD)
    rows = table_of(store, BUILD / "published.db")
    print(f"one request each in {BETWEEN} s, for {words.seconds} s; {words.fresh:.0%} ask what "
          f"nobody asked before; {rows:,} observations; {psutil.cpu_count()} cores, generator on "
          f"them too, load before {psutil.getloadavg()[0]:.1f}")  # fmt: skip
    serve = [sys.executable, "-m", "openlifecycle", "serve", "--store", str(store), "--port"]
    # as whoever runs it for many would: rows counted before, no facets tried out on each page
    program, counts = str(environment() / "datasette"), str(BUILD / "counts.json")
    file = str(BUILD / "published.db")
    subprocess.run([program, "inspect", file, "--inspect-file", counts], check=True)
    other = [program, "serve", "-i", file, "--inspect-file", counts,
             "--setting", "suggest_facets", "off", "-p"]  # fmt: skip
    if not words.all_only:
        distinct([*serve, "8970", "--rate", "1000"], "http://127.0.0.1:8970")
    held = [*serve, "8971", "--rate", str(words.rate)]
    # Datasette is overrun by all of them: a tenth tells how the two compare where both keep up
    for readers in (words.readers,) if words.all_only else (words.readers // 10, words.readers):
        words.readers = readers
        found = {
            "OpenLifecycle": measured(held, "http://127.0.0.1:8971", ours(), words),
            "Datasette": measured([*other, "8972"], "http://127.0.0.1:8972", theirs(), words),
        }
        told(found, readers)
    mine = found["OpenLifecycle"]
    if mine["errors"] or mine["p95"] >= 300 or mine["rate"] < 0.98 * words.readers / BETWEEN:
        raise SystemExit("missed: no errors, p95 under 300 ms, all requests")


if __name__ == "__main__":
    main()
