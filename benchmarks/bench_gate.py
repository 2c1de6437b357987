"""Suppression with audit on fixed tables: ours beside Tau-Argus, on the same tables, in one run.

    python benchmarks/bench_gate.py [--optimal] [--rounding]

Tables: 20x20; 60x30; 50 offices in 10 areas by 12 months in quarters by 3 categories, with all
sums (4,148 cells). One person a unit; small cells of 1 to 4 strewn in; zeros are shown and safe in
both. Tau-Argus gets the same primary cells and protection levels and its default cost (the value of
a cell); ``MOD`` is its modular method (HiTaS), ``OPT`` its optimal one (slow; at most a
minute). Its suppressions go through our audit. Seconds are CPU; ours hold the audit.
Its modular answers change from run to run (51 to 59 cells on 20x20, 984 to 1,013 on the offices).
pytauargus offers no hypercube (GH): its engine refuses it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from openlifecycle.disclosure.audit import attack, hidden  # noqa: E402
from openlifecycle.disclosure.hierarchy import flat, stepped  # noqa: E402
from openlifecycle.disclosure.rounding import rounded  # noqa: E402
from openlifecycle.disclosure.suppress_rules import needs  # noqa: E402
from openlifecycle.disclosure.suppression import protect  # noqa: E402
from openlifecycle.disclosure.tables import Cell, Table, linked, summed  # noqa: E402
from tests.gate.tau_argus import mask, suppressed  # noqa: E402 (after the path)
from tests.gate.twin_attacker import Rules  # noqa: E402

RULES = Rules(zeros="shown")
T = TypeVar("T")


def drawn(draw: np.random.Generator, mean: float, small: float) -> Cell:
    """Return a count: small (1 to 4) with the given probability, else 5 and more."""
    value = int(draw.integers(1, 5) if draw.random() < small else 5 + draw.gamma(1.0, mean))
    return Cell(value, value)


def grid(rows: int, columns: int) -> Table:
    """Return a flat two-way table, a tenth of its cells small."""
    draw = np.random.default_rng(1)
    dimensions = (
        flat("r", [f"r{i:02d}" for i in range(rows)]),
        flat("c", [f"c{i:02d}" for i in range(columns)]),
    )
    places = product(*(d.leaves for d in dimensions))
    return summed("people", dimensions, {p: drawn(draw, 20, 0.1) for p in places})


def offices() -> Table:
    """Return the table of offices by months by categories, a fifth of its leaves small."""
    draw = np.random.default_rng(1)
    office = stepped("office", [(f"A{i // 5:02d}", f"o{i:02d}") for i in range(50)], "nation")
    month = stepped("month", [(f"Q{i // 3}", f"m{i:02d}") for i in range(12)], "year")
    kind = flat("kind", ["x", "y", "z"])
    size = dict(zip(office.leaves, draw.gamma(0.7, 60, 50) + 5, strict=True))
    places = product(office.leaves, month.leaves, kind.leaves)
    return summed(
        "people", (office, month, kind), {p: drawn(draw, size[p[0]], 0.2) for p in places}
    )


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """Return what the work returns, and its CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    done = work()
    return done, time.process_time() - cpu, time.perf_counter() - wall


def line(name: str, who: str, hidden_cells: int, cpu: float, wall: float, holds: str) -> None:
    """Print one line of the table."""
    print(f"{name:<9} {who:<18} {hidden_cells:>6} {cpu:>8.2f} {wall:>8.2f}  {holds}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--optimal", action="store_true", help="Tau-Argus optimal on 20x20 too")
    parser.add_argument("--rounding", action="store_true", help="controlled rounding too")
    asked = parser.parse_args()
    print(f"{'table':<9} {'method':<18} {'hidden':>6} {'CPU s':>8} {'wall s':>8}  audit")
    for name, table in (("20x20", grid(20, 20)), ("60x30", grid(60, 30)), ("offices", offices())):
        system = linked([table])
        wanted = needs([table], system, RULES)
        print(f"{name}: {len(table.cells)} cells, {len(wanted.cells)} primary")
        ours, cpu, wall = timed(lambda table=table: protect(table, RULES))
        line(name, f"ours {ours.method}", ours.suppressed, cpu, wall, ours.audit.words)
        methods = ["MOD(1,5)"] + (["OPT(1,1)"] if asked.optimal and name == "20x20" else [])
        for method in methods:
            (places, _, seconds), _, wall = timed(
                lambda method=method, table=table, system=system, wanted=wanted: suppressed(
                    table, system, wanted, method
                )
            )
            theirs = attack(system, *hidden(system, mask(table, system, places)), wanted)
            line(name, f"Tau-Argus {method[:3]}", len(places), seconds, wall, theirs.words)
        if asked.rounding:
            done, cpu, wall = timed(lambda table=table: rounded(table, RULES, b"bench"))
            line(name, f"ours rounded+{done.steps}", 0, cpu, wall, done.audit.words)


if __name__ == "__main__":
    main()
