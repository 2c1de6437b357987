"""Tau-Argus (pytauargus) on our fixed tables: the same primary cells, the same protection levels.

It wants microdata, so every person becomes a row. Its own frequency rule would choose other
protection levels than our policy; so primary cells and levels are given to it cell by cell.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from pytauargus import protect
from pytauargus.engine import run_batch
from pytauargus.result import TableResult

from openlifecycle.disclosure.audit import Needs
from openlifecycle.disclosure.hierarchy import Hierarchy
from openlifecycle.disclosure.tables import Place, System, Table

TOTAL = "Total"


def people(table: Table) -> dict[str, list[object]]:
    """Return one row a person, from the leaves of a table of counts."""
    columns: dict[str, list[object]] = {d.name: [] for d in table.dimensions}
    columns["n"] = []
    leaves = [frozenset(d.leaves) for d in table.dimensions]
    for place in table.places:
        if all(node in inside for node, inside in zip(place, leaves, strict=True)):
            for dimension, node in zip(table.dimensions, place, strict=True):
                columns[dimension.name] += [node] * table.cells[place].value
            columns["n"] += [1] * table.cells[place].value
    return columns


def hierarchy_file(hierarchy: Hierarchy, folder: Path) -> str:
    """Write a hierarchy as Tau-Argus reads it and return the path."""
    lines: list[str] = []

    def down(node: str, depth: int) -> None:
        for part in hierarchy.parts.get(node, ()):
            lines.append("@" * depth + part)
            down(part, depth + 1)

    down(str(hierarchy.root), 0)
    path = folder / f"{hierarchy.name}.hrc"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def given(table: Table, system: System, needs: Needs) -> str:
    """Return the a-priori file: which cells are primary and how far each must be able to move."""
    level = {
        system.keys[cell]: (below, above)
        for cell, below, above in zip(
            needs.cells.tolist(), needs.below.tolist(), needs.above.tolist(), strict=True
        )
    }
    lines = []
    for place in table.places:
        if table.key(place) in level:
            below, above = level[table.key(place)]
            code = ";".join(
                TOTAL if node == d.root else node
                for d, node in zip(table.dimensions, place, strict=True)
            )
            lines += [f"{code};U", f"{code};PL;{below};{above}"]
    return "\n".join(lines) + "\n"


def suppressed(
    table: Table, system: System, needs: Needs, method: str
) -> tuple[set[Place], Counter[str], float]:
    """Return the places that Tau-Argus suppresses, how many of each status, and its CPU seconds.

    Args:
        table: counts of people, each in one leaf.
        system: the same table as a system.
        needs: primary cells and protection levels.
        method: as in a batch file: ``MOD(1)`` (modular, HiTaS), ``OPT(1,1)`` (optimal, minutes).
    """
    names = [d.name for d in table.dimensions]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        deep = [d for d in table.dimensions if any(p in d.parts for p in d.parts[str(d.root)])]
        prepared = protect(
            people(table),
            names,
            "n",
            safety_rules="FREQ(5,50)",
            suppress=method,
            hrc={d.name: hierarchy_file(d, folder) for d in deep} or None,
            hierleadstring="@" if deep else None,
            totcode=TOTAL,
            workdir=made,
            run=False,
        )
        (folder / "given.hst").write_text(given(table, system, needs))
        batch = Path(prepared.files["arb"])
        asked = f'<APRIORI> "{folder / "given.hst"}",1,";",0,0\n<SUPPRESS>'
        batch.write_text(batch.read_text().replace("<SUPPRESS>", asked))
        start = time.process_time()
        with contextlib.chdir(folder):  # it leaves its logs where it runs
            run_batch(str(batch))
        seconds = time.process_time() - start
        rows = TableResult(prepared.files["tab1"], exp_vars=names, response="n").rows
    places, statuses = set(), Counter[str]()
    for row in rows:
        statuses[row["status"]] += 1
        if row["status"] in "UM":
            places.add(
                tuple(
                    str(d.root) if row[d.name].strip() in (TOTAL, "") else row[d.name].strip()
                    for d in table.dimensions
                )
            )
    return places, statuses, seconds


def mask(table: Table, system: System, places: set[Place]) -> np.ndarray:
    """Return one flag a cell of the system for the places."""
    flags = np.zeros(len(system.keys), dtype=np.bool_)
    flags[[system.index[table.key(place)] for place in places]] = True
    return flags
