"""How to cite an answer: publisher, workbook, release, hash, cells, and the program's version."""

from __future__ import annotations

from functools import cache
from importlib import metadata

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import RecordFacts
from openlifecycle.publishing.numbers import cell_words

PUBLISHER = "U.S. Immigration and Customs Enforcement"

#: A citation names this many cells and counts the rest; the whole list is in the JSON.
MOST_CELLS = 8


def citation(cleared: Cleared[Answer]) -> str:
    """Return one line per release that the answer rests on, newest first, and the program."""
    answer = opened(cleared)
    if answer.records:
        return _of_records(answer, answer.records)
    lines = []
    cells: dict[str, list[tuple[str, str]]] = {}
    named = answer.rows.select("release_id", "sheet", "cell").unique(maintain_order=True)
    for release_id, sheet, cell in named.rows():
        cells.setdefault(release_id, []).append((sheet, cell))
    for release in reversed(answer.releases):
        mine = cells.get(release.release_id, [])
        places = [f"'{sheet}'!{cell_words(cell)}" for sheet, cell in mine[:MOST_CELLS]]
        rest = len(mine) - MOST_CELLS
        more = f" and {rest} more" if rest > 0 else ""
        published = release.published_on.isoformat() if release.published_on else "date unknown"
        received = f", retrieved {release.received_at[:10]}" if release.received_at else ""
        lines.append(
            f"{PUBLISHER}, Detention Statistics, {release.name} (published {published}, "
            f"sha256 {release.sha256[:12]}), {', '.join(places)}{more}{received}."
        )
    lines.append(f"Read by OpenLifecycle {version()}; measure {answer.measure.name}.")
    return "\n".join(lines)


def _of_records(answer: Answer, facts: RecordFacts) -> str:
    """Return one line per release of records, the collection with its rules, and the program."""
    made_up = "SYNTHETIC, not released by anybody: " if facts.synthetic else ""
    lines = [
        f"{made_up}{PUBLISHER}, records released under FOIA, {release.series}, "
        f"{', '.join(release.names[:MOST_CELLS])} (sha256 {release.sha256[:12]}), speaking "
        f"through {facts.through}."
        for release in answer.releases
    ]
    rules = ", ".join(name for name, _ in facts.rules)
    lines.append(
        f"Counted by OpenLifecycle {version()} in {facts.collection}; measure "
        f"{answer.measure.name}, rules {rules}; {answer.disclosure.split(':')[0]} applied."
    )
    return "\n".join(lines)


@cache
def version() -> str:
    """Return the version of the installed program; every answer says it, and to look costs 1 ms."""
    return metadata.version("openlifecycle")
