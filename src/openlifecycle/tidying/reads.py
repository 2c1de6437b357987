"""All tables of one sheet: which reader reads which, and what stands there that none reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from openlifecycle.reading.anchors import Anchor, nearest_title
from openlifecycle.reading.cells import TableRead
from openlifecycle.reading.labels import a1, printed
from openlifecycle.reading.layouts import Series, TableSpec
from openlifecycle.reading.listing import read_listing
from openlifecycle.reading.matrix import read_matrix
from openlifecycle.reading.sentences import read_sentence
from openlifecycle.reading.timeline import read_timeline
from openlifecycle.tidying.account import UNKNOWN_TABLE, SheetAccount
from openlifecycle.tidying.sheets import Sheet

_LOOK_ABOVE = 6


def read_sheet(sheet: Sheet, series: Series, account: SheetAccount) -> Iterator[TableRead]:
    """Yield what came of each table of a sheet, refusals included."""
    if not sheet.family:
        account.refuse_all = "no table of the series is known on a sheet of this name"
        return
    family = series.families[sheet.family]
    if "text_only" in family:
        account.ignore_all = family["text_only"]
        return
    if sheet.same_as:
        account.ignore_all = f"a cell-for-cell copy of the sheet {sheet.same_as!r}"
        return
    if sheet.rival:
        account.refuse_all = (
            f"the sheet {sheet.rival!r} claims the same fiscal year with other values"
        )
        return
    yield from _read_tables(sheet, series)


def _read_tables(sheet: Sheet, series: Series) -> Iterator[TableRead]:
    times = Counter(anchor.spec.name for anchor in sheet.anchors)
    for spec in series.of_family(sheet.family):
        if spec.shape == "listing":
            listing = read_listing(sheet.grid, spec, series)
            yield listing if listing is not None else _missing(spec)
        elif spec.options.get("required") and not times[spec.name]:
            yield _missing(spec)
    for anchor in sheet.anchors:
        spec = anchor.spec
        if (
            times[spec.name] > 1
            and not spec.options.get("repeats")
            and "hearing_type" not in anchor.groups
        ):
            out = TableRead(spec, title=anchor.text, row=anchor.row, column=anchor.column)
            out.why = f"its title stands {times[spec.name]} times on the sheet"
            yield out
        elif spec.shape == "sentence":
            out = read_sentence(anchor)
            out.why = _other_block(anchor, sheet.anchors)
            yield out
        elif spec.shape == "timeline":
            yield read_timeline(sheet.grid, anchor, series)
        else:
            yield read_matrix(sheet.grid, anchor, series)


def _other_block(note: Anchor, anchors: Sequence[Anchor]) -> str:
    """Return why a note is not trusted: it names another quarter than the block it stands in."""
    if "quarter" not in note.groups:
        return ""
    above = [a for a in anchors if a.row < note.row and a is not note and "quarter" in a.groups]
    blocks = [a for a in above if a.spec.shape != "sentence"]
    if not blocks:
        return "the note stands under no block of its quarter"
    block = max(blocks, key=lambda a: a.row)
    same = (
        int(block.groups["quarter_year"]) % 100 == int(note.groups["quarter_year"]) % 100
        and block.groups["quarter"] == note.groups["quarter"]
    )
    return "" if same else f"the note names another quarter than the block {block.text!r}"


def _missing(spec: TableSpec) -> TableRead:
    out = TableRead(spec, title="")
    out.why = "no title or heading of this table stands on the sheet"
    return out


def unknown_tables(sheet: Sheet, series: Series, account: SheetAccount) -> list[TableRead]:
    """Return a refusal for each run of numbers that no table of the sheet accounts for.

    The run is named by the nearest text above it, and the nearest known title is given.
    """
    if not sheet.family or account.refuse_all or account.ignore_all:
        return []
    named = {place for read, _ in account.tables for place in read.refused}
    named |= {place for read, _ in account.tables if read.why for place in _around(read, account)}
    loose = sorted(set(account.uncaptured_numbers()) - named)
    out: list[TableRead] = []
    run: list[tuple[int, int]] = []
    for place in loose:
        if run and place[0] > run[-1][0] + 2:
            out.append(_unknown(sheet, series, run))
            run = []
        run.append(place)
    if run:
        out.append(_unknown(sheet, series, run))
    return out


def _around(read: TableRead, account: SheetAccount) -> list[tuple[int, int]]:
    """Return the numbers that stand where a refused table stands: from its title to the next."""
    below = [
        other.row
        for other, _ in account.tables
        if other.row > read.row and other.column <= read.column
    ]
    bottom = min(below, default=len(account.grid.rows))
    beside = [
        other.column
        for other, _ in account.tables
        if other.column > read.column and abs(other.row - read.row) <= 2
    ]
    right = min(beside, default=account.grid.width)
    return [
        (r, c)
        for r, c in account.grid.numbers
        if read.row <= r < bottom and read.column <= c < right
    ]


def _unknown(sheet: Sheet, series: Series, run: list[tuple[int, int]]) -> TableRead:
    specs = series.of_family(sheet.family)
    titles = {known: spec.name for spec in specs for known in spec.known_titles}
    top, left = run[0][0], min(c for _, c in run)
    above = [
        text
        for r, c, text in sheet.grid.texts
        if top - _LOOK_ABOVE <= r <= top and c <= max(c for _, c in run)
    ]
    near = {text: nearest_title(text, titles) for text in above}
    # A title is longer than the headings under it, which may resemble a title too.
    title = max([text for text in above if near[text]] or above, key=len, default="")
    out = TableRead(specs[0], title=printed(title)[:120], row=top, column=left)
    out.why = (
        f"{len(run)} numbers from {a1(top, left)} on stand under no title or label that is known"
    )
    out.nearest = near.get(title, "")
    out.refused = list(run)
    out.layout = UNKNOWN_TABLE
    return out
