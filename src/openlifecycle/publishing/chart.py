"""An answer as a chart: a line through time, or bars where there is one period.

Breaks in series are ruled and labelled, provisional points are hollow, rows that a publisher's
error touches are marked. Title = the question; below it what to distrust first, and the source.
"""

from __future__ import annotations

import textwrap
from datetime import date
from typing import Any, Final

import altair as alt
import polars as pl

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import Answer
from openlifecycle.errors import NotCleared, OpenLifecycleError, UsageError
from openlifecycle.publishing.chart_look import LIGHT, Look
from openlifecycle.publishing.drawing import drawn
from openlifecycle.publishing.numbers import period_word, shown, unit_word

Chart = alt.LayerChart | alt.FacetChart

#: More lines than this cannot be told apart by colour; more bars do not fit a page.
MOST_LINES: Final = 8
MOST_BARS: Final = 30

#: For pictures that are drawn beside charts; colours of charts are told in chart_look.
PALETTE: Final = LIGHT.palette
INK: Final = LIGHT.ink
RULE: Final = LIGHT.rule
ALARM: Final = LIGHT.alarm

#: Points further apart than this are not joined: releases come every two weeks, with gaps.
GAP_DAYS: Final = 75


def chart(cleared: Cleared[Answer], look: Look = LIGHT, *, live: bool = False) -> Chart:
    """Return the chart of an answer, or raise where it may not or cannot be drawn.

    Args:
        cleared: what is drawn.
        look: colours and sizes.
        live: for a browser that draws it: the point nearest to the pointer tells its value, and a
            name chosen in the legend leaves the other lines pale.

    Raises:
        NotCleared: the verdict says that it may not be drawn, or every value is hidden.
        UsageError: words, no rows, or more lines than can be told apart.
    """
    refused = not_drawable(cleared)
    if refused:
        raise refused
    answer = opened(cleared)
    data = _data(answer)
    through_time = data["at"].n_unique() > 1
    drawn = _lines(data, answer, look, live) if through_time else _bars(data, answer, look)
    made: Chart = (
        # configure() replaces what was configured before it, so it comes first
        drawn.properties(title=_title(answer, data, through_time, look))
        .configure(
            padding=18, font="DejaVu Sans, Verdana, Arial, sans-serif", background=look.paper
        )
        .configure_axis(
            labelFontSize=12, titleFontSize=12, labelColor=look.ink, titleColor=look.ink,
            gridColor=look.grid, domainColor=look.axis, tickColor=look.axis, labelLimit=420,
        )
        .configure_legend(
            labelFontSize=12, titleFontSize=12, labelLimit=320, symbolStrokeWidth=3,
            labelColor=look.ink, titleColor=look.ink,
        )
        .configure_title(
            anchor="start", fontSize=look.title_size, subtitleFontSize=12, offset=14,
            subtitleColor=look.soft, color=look.ink, subtitlePadding=6,
        )
        .configure_view(stroke=None)
    )  # fmt: skip
    return made


def not_drawable(cleared: Cleared[Answer]) -> OpenLifecycleError | None:
    """Return why an answer has no chart, None if it has one; it costs far less than drawing."""
    answer = opened(cleared)
    if cleared.verdict.not_drawn:
        return NotCleared(cleared.verdict.not_drawn, next_step=cleared.verdict.instead)
    if answer.measure.is_text:
        return UsageError(f"{answer.measure.name} is words, not numbers: it has no chart")
    if answer.rows.is_empty():
        return UsageError("there is nothing to draw: the answer has no rows")
    drawn = _drawn(answer)
    if drawn.is_empty():
        return NotCleared(
            f"a chart of {answer.measure.name} has nothing to draw: every value is below the "
            "minimum cell",
            next_step="ask for a broader split or a longer period",
        )
    lines = drawn.select(_dims(answer)).n_unique() if _dims(answer) else 1
    if lines > MOST_LINES and drawn.select(_at(answer).n_unique()).item() > 1:
        return UsageError(
            f"{lines} lines cannot be told apart in one chart (at most {MOST_LINES})",
            next_step="filter with --where, split by fewer dimensions, or ask --on one day",
        )
    return None


def image(made: Chart, form: str) -> bytes:
    """Return a chart as png or svg bytes, drawn without a browser.

    Raises:
        ValueError: there is no such form.
    """
    if form not in ("png", "svg"):
        raise ValueError(f"no image format {form!r}")
    # altair made it: checking it against the schema once more takes longer than making it
    return drawn(form, made.to_json(validate=False))


def _at(answer: Answer) -> pl.Expr:
    """Return the day at which a row is drawn."""
    if answer.granularity in ("span", "quarter"):
        middle = pl.col("period_start") + (pl.col("period_end") - pl.col("period_start")) / 2
        return middle.cast(pl.Date)
    return pl.col("period_start") if answer.granularity == "month" else pl.col("period_end")


def _dims(answer: Answer) -> list[str]:
    """Return the dimensions that tell lines apart."""
    return [d for d in answer.split if answer.rows[d].n_unique() > 1]


def _drawn(answer: Answer) -> pl.DataFrame:
    """Return the rows that are drawn: of records, what may not be shown is counted in the title."""
    return answer.rows.filter(pl.col("value").is_not_null()) if answer.records else answer.rows


def _data(answer: Answer) -> pl.DataFrame:
    """Return the rows with what the chart needs: a day, a series name, and marks."""
    touched = pl.lit(False) if answer.records else pl.col("correction_id").is_not_null()
    rows = answer.rows.with_columns(at=_at(answer), series=_series(answer, _dims(answer)))
    # so many values of the line are not shown up to here: no line is drawn across one of them
    unseen = pl.col("value").is_null().cum_sum().over("series", order_by="at")
    rows = rows.with_columns(unseen=unseen)
    if answer.records:
        rows = rows.filter(pl.col("value").is_not_null())
    rows = rows.with_columns(
        provisional=pl.col("note").fill_null("").str.contains("provisional|partial"),
        touched=touched,
        period=pl.struct("period_kind", "period_start", "period_end", "fiscal_year").map_elements(
            lambda r: period_word(*r.values()), return_dtype=pl.String
        ),
        shown=pl.col("value").map_elements(
            lambda v: shown(v, answer.measure.unit), return_dtype=pl.String
        ),
    )
    return rows.select(
        "at", "series", "value", "provisional", "touched", "period", "shown", "note", "unseen"
    )


def _series(answer: Answer, dims: list[str]) -> pl.Expr:
    if not dims:
        return pl.lit(answer.measure.name)
    return pl.concat_str([pl.col(d).fill_null("not stated") for d in dims], separator=", ")


def _records(data: pl.DataFrame) -> alt.InlineData:
    rows = data.with_columns(pl.col("at").dt.to_string("iso")).to_dicts()
    return alt.InlineData(values=rows)


def _lines(data: pl.DataFrame, answer: Answer, look: Look, live: bool) -> Chart:
    names = _order(data)
    data = data.sort("series", "at").with_columns(run=_runs(data, answer))
    base = alt.Chart(_records(data)).encode(
        x=alt.X("at:T", title=None, axis=_time_axis(data, look)),
        y=alt.Y(
            "value:Q", title=unit_word(answer.measure.unit),
            axis=alt.Axis(format=_format(answer)), scale=_scale(data, answer),
        ),
        color=alt.Color(
            "series:N", title=None, sort=names,
            scale=alt.Scale(domain=names, range=list(look.palette[: len(names)])),
            legend=None if len(names) == 1 else alt.Legend(
                orient="top", direction="horizontal",
                columns=min(look.legend_columns, 2 if _long(names) else 4),
            ),
        ),
        tooltip=_tooltip(),
    )  # fmt: skip
    points = base.transform_filter("!datum.provisional").mark_point(filled=True, size=26, opacity=1)
    lines = base.mark_line(strokeWidth=2, strokeJoin="round").encode(detail="run:N")
    layers: list[Any] = [
        *_with_pointer(base, lines, points, live=live),
        base.transform_filter("datum.provisional").mark_point(
            filled=False, fill=look.paper, size=52, strokeWidth=1.8, opacity=1
        ),
        base.transform_filter("datum.touched")
        .mark_point(filled=False, size=130, strokeWidth=1.6, opacity=1)
        .encode(color=alt.value(look.alarm)),
        *_break_rules(answer, data, look),
    ]
    return alt.layer(*layers).properties(width=look.width, height=look.height)


def _with_pointer(base: alt.Chart, lines: Any, points: Any, *, live: bool) -> list[Any]:
    """Return lines and points; live, others than the chosen are pale and one can be pointed at."""
    if not live:
        return [lines, points]
    chosen = alt.selection_point(name="chosen", fields=["series"], bind="legend")
    near = alt.selection_point(
        name="near", nearest=True, on="pointermove", clear="pointerout", empty=False
    )
    pale = alt.condition(chosen, alt.value(1), alt.value(0.15))
    seen = alt.condition(near, alt.value(1), alt.value(0))
    pointed = base.mark_point(filled=True, size=90).encode(opacity=seen).add_params(near)
    return [lines.encode(opacity=pale).add_params(chosen), points.encode(opacity=pale), pointed]


def _tooltip() -> list[alt.Tooltip]:
    titles = {"period": "period", "series": "of", "shown": "value", "note": "marks"}
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def _runs(data: pl.DataFrame, answer: Answer) -> pl.Expr:
    """Return a name per stretch of line.

    No line is drawn across a break in series, across a new fiscal year of a year-to-date value,
    across a value that is not shown, or across a gap in what was published: a line there would
    show numbers that nobody printed.
    """
    stretch = pl.col("unseen").cast(pl.String)
    for change in answer.breaks:
        stretch = stretch + (pl.col("at") >= change.effective).cast(pl.String)
    if answer.granularity == "release":
        year = pl.col("at").dt.year() + (pl.col("at").dt.month() >= 10).cast(pl.Int32)
        stretch = stretch + year.cast(pl.String)
    if answer.granularity in ("snapshot", "month"):
        far = pl.col("at").diff().dt.total_days().fill_null(0) > GAP_DAYS
        stretch = stretch + far.cum_sum().over("series").cast(pl.String)
    return pl.col("series") + stretch


def _break_rules(answer: Answer, data: pl.DataFrame, look: Look) -> list[Any]:
    """Return a rule and a label per definition change, the labels one below the other."""
    first, last = _ends(data)
    made = []
    for place, change in enumerate(answer.breaks):
        late = (change.effective - first) > 0.62 * (last - first)
        label = textwrap.wrap(f"{change.effective}: {change.what}", look.label_chars)
        base = alt.Chart(
            alt.InlineData(values=[{"at": change.effective.isoformat(), "label": label}])
        ).encode(x="at:T")
        made.append(base.mark_rule(strokeDash=[5, 4], color=look.rule, strokeWidth=1.5))
        made.append(
            base.mark_text(
                align="right" if late else "left", dx=-5 if late else 5, baseline="top",
                fontSize=11, color=look.soft,
            ).encode(y=alt.value(2 + 44 * place), text="label:N")
        )  # fmt: skip
    return made


def _bars(data: pl.DataFrame, answer: Answer, look: Look) -> Chart:
    ordered = data.sort("value", descending=True, nulls_last=True)
    kept = ordered.head(MOST_BARS)
    unit = answer.measure.unit
    base = alt.Chart(_records(kept)).encode(
        y=alt.Y("series:N", sort=kept["series"].to_list(), title=None),
        x=alt.X(
            "value:Q", title=unit_word(unit), axis=alt.Axis(format=_format(answer), tickCount=6)
        ),
        tooltip=_tooltip(),
    )
    bars = base.mark_bar(height={"band": 0.72}).encode(
        color=alt.condition("datum.touched", alt.value(look.alarm), alt.value(look.palette[0]))
    )
    labels = base.mark_text(align="left", dx=4, fontSize=12, color=look.ink).encode(text="shown:N")
    return alt.layer(bars, labels).properties(
        width=look.width - look.bar_names, height=alt.Step(26)
    )


def _title(answer: Answer, data: pl.DataFrame, through_time: bool, look: Look) -> alt.TitleParams:
    first, last = _ends(data)
    when = f"{first} to {last}" if through_time else data["period"][0]
    if through_time and answer.granularity == "month":
        when = f"{first:%Y-%m} to {last:%Y-%m}"
    filters = [f"{dim}: {' or '.join(v)}" for dim, v in answer.question.where]
    told = [f"rules {n}" for n, _ in answer.records.rules[:1]] if answer.records else []
    head = "; ".join([when, *filters, *(told or [f"as {answer.question.edition}"])])
    lines = textwrap.wrap(head, look.text_chars)
    if look.told and answer.caveats:
        lines += textwrap.wrap(answer.caveats[0], look.text_chars)
    marks = []
    if data["provisional"].any():
        marks.append("hollow: the period was not over")
    if data["touched"].any():
        marks.append("red: a publisher's error touches it")
    if not through_time and data.height > MOST_BARS:
        marks.append(f"the {MOST_BARS} largest of {data.height}")
    unseen = answer.rows["value"].null_count()
    if answer.records and unseen:
        marks.append(f"{unseen} of {answer.rows.height} values are too small to be shown")
    if marks:
        lines += textwrap.wrap("Marks: " + "; ".join(marks), look.text_chars)
    lines += textwrap.wrap(_source(answer, look), look.text_chars)
    asked = textwrap.wrap(answer.measure.question, look.title_chars)
    return alt.TitleParams(text=asked, subtitle=lines)


def _source(answer: Answer, look: Look) -> str:
    """Return where the figures are from; that they are made up is told in every size."""
    made_up = bool(answer.records and answer.records.synthetic)
    synthetic = "SYNTHETIC: a made-up world that describes nobody." if made_up else ""
    if not look.told:
        return synthetic
    files = (
        answer.releases[-1].name
        if len(answer.releases) == 1
        else (f"{len(answer.releases)} releases to {answer.releases[-1].name}")
    )
    sheet = "" if answer.records else f", sheet {answer.measure.sheet}"
    source = f"Source: {answer.measure.publication}{sheet}; {files}"
    return f"{synthetic} {source}" if synthetic else source


def _order(data: pl.DataFrame) -> list[str]:
    """Return the series names, the one that ends highest first, as the eye meets them."""
    last = data.sort("at").group_by("series", maintain_order=True).last()
    return last.sort("value", descending=True, nulls_last=True)["series"].to_list()


def _long(names: list[str]) -> bool:
    return max(len(n) for n in names) > 22


def _time_axis(data: pl.DataFrame, look: Look) -> alt.Axis:
    first, last = _ends(data)
    form = "%Y-%m-%d" if (last - first).days < 120 else "%Y-%m"
    return alt.Axis(format=form, tickCount=max(3, look.width // 90), labelOverlap=True)


def _ends(data: pl.DataFrame) -> tuple[date, date]:
    first, last = data["at"].min(), data["at"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        raise TypeError("every drawn row has a day")
    return first, last


def _scale(data: pl.DataFrame, answer: Answer) -> alt.Scale:
    """Return an axis from zero, with head room where labels of breaks stand above the lines."""
    top = data["value"].max()
    if not answer.breaks or not isinstance(top, float):
        return alt.Scale(zero=True)
    low = data["value"].min()
    floor = min(0.0, low) if isinstance(low, float) else 0.0
    room = 1.1 + 0.12 * len(answer.breaks)
    return alt.Scale(domain=[floor, top * room], nice=True)


def _format(answer: Answer) -> str:
    return ".0%" if answer.measure.unit == "fraction" else ",~f"
