"""The rows under a heading line: what each label says, alone or within its group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from openlifecycle.reading.anchors import Anchor
from openlifecycle.reading.cells import has_values, name_of
from openlifecycle.reading.headers import Header, Match
from openlifecycle.reading.labels import printed, without_footnote
from openlifecycle.reading.layouts import Series
from openlifecycle.reading.lookups import PRINTED, Context
from openlifecycle.reading.workbook import Grid


@dataclass
class Row:
    """One labelled row; ``key`` is its canonical name, None where a label is not known.

    ``inner`` is what its own label says within ``group``, the row that heads its group.
    """

    row: int
    key: str | None
    context: Context
    label: str
    inner: Context | None = None
    group: Row | None = None


@dataclass
class _Labels:
    """Reads the labels of rows, carrying the group that a row stands in."""

    grid: Grid
    stubs: list[int]
    matches: list[Match]
    outer: Row | None = None

    def text(self, r: int, stub: int) -> str:
        value = self.grid.at(r, self.stubs[stub])
        return printed(value) if isinstance(value, str) else ""

    def one(self, r: int) -> Row:
        """Return a row whose group, if any, stands in the same column on a row of its own."""
        label, text = self.grid.label(r, self.stubs[0]), self.text(r, 0)
        if not label:
            return Row(r, None, {}, "")
        context = _as_printed(self.matches[0](label), without_footnote(text))
        key = None if context is None else name_of(context)
        if len(self.matches) == 1:
            return Row(r, key, context or {}, text)
        inner = self.matches[1](label) if context is None else None
        if inner is None:
            # A label that neither vocabulary knows may head a group: what follows is not
            # given to the group before it.
            total = self.matches[1]("total") or {}
            self.outer = Row(r, key, {**(context or {}), **total} if context else {}, text)
            return self.outer
        return self._within(r, inner, text)

    def two(self, r: int) -> Row:
        """Return a row whose group stands in a column of its own, on the group's first row."""
        first = self.grid.label(r, self.stubs[0])
        second = self.grid.label(r, self.stubs[1])
        if first:
            context = self.matches[0](first)
            key = None if context is None else name_of(context)
            self.outer = Row(r, key, context or {}, self.text(r, 0))
        # The grand total row leaves the inner label blank.
        return self._within(r, self.matches[1](second or "total"), self.text(r, 1))

    def _within(self, r: int, inner: Context | None, text: str) -> Row:
        if self.outer is None:
            return Row(r, None, {}, f"(no group) / {text}")
        label = f"{self.outer.label} / {text}"
        row = Row(r, None, {}, label, inner, self.outer)
        if self.outer.key is not None and inner is not None:
            join(row, self.outer)
        return row


def join(row: Row, group: Row) -> None:
    """Give a row whose own label is known to a group."""
    if row.inner is not None:
        row.group = group
        row.context = {**group.context, **row.inner}
        row.key = f"{group.key}/{name_of(row.inner)}"


def _as_printed(context: Context | None, text: str) -> Context | None:
    if context is None or PRINTED not in context.values():
        return context
    return {field: text if value == PRINTED else value for field, value in context.items()}


def read_rows(
    grid: Grid, anchor: Anchor, header: Header, columns: list[int], series: Series
) -> tuple[list[Row], int]:
    """Return the rows under a heading line and the last row of the table.

    Notes between and below the rows are passed over; the heading line of another table ends
    the reading. Rows of an open list count only where they carry values.
    """
    spec = anchor.spec
    labels = _Labels(grid, header.stubs, [series.matcher(name) for name in spec.row])
    attribute = spec.options.get("attribute_stub")
    two = len(header.stubs) == 2 and not attribute
    read: Callable[[int], Row] = labels.two if two else labels.one
    is_open = spec.options.get("rows") == "open"
    closed_labels = "open:" not in spec.row[0]
    rows: list[Row] = []
    end = header.row
    for r in range(header.row + 1, anchor.bottom + 1):
        valued = has_values(grid, r, columns)
        words = not valued and any(grid.label(r, c) for c in columns)
        if not valued and not words and not any(grid.label(r, c) for c in header.stubs):
            continue
        before = labels.outer
        row = read(r)
        if words and (row.key is None or is_open):
            # Words under the headings of values: the heading line of another table begins.
            break
        if not valued and not words and (is_open or row.key is None):
            # A note, or a label of an open list without values: no row, and no group.
            if is_open and closed_labels and row.key is not None:
                header.blank_rows.append(r)
            if is_open:
                labels.outer = before
            continue
        if attribute and (code := labels.text(r, 1)):
            row.context = {**row.context, attribute: code}
        rows.append(row)
        end = r
    return rows, end


def collapsed(names: list[str], contexts: list[Context]) -> list[str]:
    """Return header or row names in which runs of years or months are one name.

    Years that do not run become distances from the first, so that a table that rolls forward
    each October keeps its layout.
    """
    if len(names) != len(contexts):
        # A heading that no lookup knows stands among them: nothing may be folded away.
        return names
    for hint in ("_month_start", "_fiscal_year"):
        if not contexts or not all(hint in context for context in contexts):
            continue
        values = [context[hint] for context in contexts]
        steps = [v if isinstance(v, int) else v.year * 12 + v.month for v in values]
        gaps = {b - a for a, b in zip(steps, steps[1:], strict=False)}
        if gaps <= {1}:
            return [f"{hint}s ascending"]
        if gaps == {-1}:
            return [f"{hint}s descending"]
        if hint == "_fiscal_year":
            return [
                f"year {step - steps[0]:+d}/{name.partition('/')[2]}"
                for name, step in zip(names, steps, strict=True)
            ]
    return names
