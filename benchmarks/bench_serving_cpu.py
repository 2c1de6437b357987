"""What one request costs the server in CPU time: what is known, what is not modified, what is new.

Run: python benchmarks/bench_serving_cpu.py [--known 3000] [--new 300] [--store build/.../store]
One client asks one thing after the other, so a busy machine changes little: CPU seconds of the
server and of the processes that it started are counted, not how long a reader waited.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Sequence

import httpx
import psutil
from bench_serving import BUILD, family, ours, seconds, started, warm
from starter_place import read_words

ADDRESS = "http://127.0.0.1:8975"


def asked(server: psutil.Process, name: str, asks: Sequence[tuple[str, dict[str, str]]]) -> None:
    """Ask one thing after the other and print what each cost."""
    times, seen = [], set()
    with httpx.Client(base_url=ADDRESS, timeout=60) as client:
        before = seconds(server)
        for path, headers in asks:
            began = time.perf_counter()
            seen.add(client.get(path, headers=headers).status_code)
            times.append((time.perf_counter() - began) * 1000)
        cpu = (seconds(server) - before) * 1000 / len(asks)
    ordered = sorted(times)
    print(f"{name} ({len(asks):,}, {sorted(seen)}): {cpu:.2f} CPU ms each; p50 "
          f"{statistics.median(times):.1f} ms, p95 {ordered[int(len(ordered) * 0.95)]:.1f} ms",
          flush=True)  # fmt: skip


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known", type=int, default=3000)
    parser.add_argument("--new", type=int, default=300)
    words, store = read_words(parser, BUILD)
    load, chance = ours(), random.Random(3)  # noqa: S311 - the same in each run
    weights = [1 / rank for rank in range(1, len(load.popular) + 1)]
    many = chance.choices(load.popular, weights, k=words.known)
    packed = {"accept-encoding": "br, gzip"}
    command = [sys.executable, "-m", "openlifecycle", "serve", "--store", str(store),
               "--rate", "10000", "--port", "8975"]  # fmt: skip
    with started(command, ADDRESS) as server:
        tags = warm(ADDRESS, load.popular)
        asked(server, "warm", [(path, packed) for path in load.popular])
        time.sleep(3)  # what starts with the server has started
        asked(server, "known", [(path, packed) for path in many])
        asked(server, "not modified", [
            (p, packed | {"if-none-match": tags[p]}) for p in many if p in tags
        ])  # fmt: skip
        asked(server, "new, first", [(path, packed) for path in load.fresh[: words.new]])
        asked(server, "new, later",
              [(path, packed) for path in load.fresh[words.new : 2 * words.new]])  # fmt: skip
        held = sum(p.memory_info().rss for p in family(server))
        print(f"memory {held / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
