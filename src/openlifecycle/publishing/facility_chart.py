"""A facility's population through time against the beds that are paid for."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import polars as pl

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import Answer
from openlifecycle.errors import NotCleared, UsageError
from openlifecycle.publishing.chart import Chart, image
from openlifecycle.publishing.chart_look import LIGHT, Look

#: What stands in the legend; marks differ in shape and dash as well as in colour.
YEAR: Final = "Average, fiscal year to date"
BETWEEN: Final = "Average between two lists"
BEDS: Final = "Guaranteed minimum (beds)"

#: Lists further apart than this say nothing of the time between them.
_FAR: Final = 75
_LARGE: Final = (760, 380)
_SMALL: Final = (340, 300)


def sizes() -> tuple[tuple[int, int], tuple[int, int]]:
    """Return width and height of a large and of a small picture."""
    return _LARGE, _SMALL


def facility_chart(
    population: Cleared[Answer],
    between: Cleared[Answer] | None,
    minimum: Cleared[Answer] | None,
    look: Look = LIGHT,
) -> bytes:
    """Return the picture of one facility as SVG.

    Args:
        population: facility_adp by release.
        between: facility_interval_adp, where two lists of a year have the facility.
        minimum: guaranteed_minimum, where one is printed.
        look: light or dark, large or small.

    Raises:
        NotCleared: a verdict says that it may not be drawn.
        UsageError: there is nothing to draw.
    """
    year = _rows(population, YEAR)
    if year.is_empty():
        raise UsageError("there is nothing to draw: no list prints a population")
    spans = _rows(between, BETWEEN)
    beds = _runs(_rows(minimum, BEDS), pl.lit(""))
    names = [YEAR, *([BETWEEN] if spans.height else []), *([BEDS] if beds.height else [])]
    layers: list[Any] = []
    if spans.height:
        layers += [
            _base(spans, names, look).mark_rule(strokeWidth=3, opacity=0.75).encode(
                x="start:T", x2="end:T", y="value:Q"
            )
        ]  # fmt: skip
    year = _runs(year, pl.col("fiscal_year").cast(pl.String))
    drawn = _base(year, names, look)
    layers += [
        drawn.mark_line(strokeWidth=2).encode(detail="run:N"),
        drawn.transform_filter("!datum.touched").mark_point(filled=True, size=30, opacity=1),
        drawn.transform_filter("datum.touched").mark_point(
            shape="diamond", filled=False, fill=look.paper, size=70, opacity=1, stroke=look.alarm
        ),
    ]
    if beds.height:
        steps = _base(beds, names, look)
        layers.append(
            steps.mark_line(strokeWidth=2, strokeDash=[6, 4], interpolate="step-after").encode(
                detail="run:N"
            )
        )
        layers.append(steps.mark_point(shape="square", filled=True, size=9, opacity=1))
    return image(_dressed(alt.layer(*layers), look), "svg")


def _rows(cleared: Cleared[Answer] | None, name: str) -> pl.DataFrame:
    """Return what is drawn of an answer, or raise NotCleared where nothing may be."""
    empty = pl.DataFrame(
        schema={"end": pl.Date, "value": pl.Float64, "fiscal_year": pl.Int32, "touched": pl.Boolean}
    )
    if cleared is None:
        return empty
    if cleared.verdict.not_drawn:
        raise NotCleared(cleared.verdict.not_drawn, next_step=cleared.verdict.instead)
    rows = opened(cleared).rows.filter(pl.col("value").is_not_null())
    return rows.select(
        "value",
        "fiscal_year",
        start="period_start",
        end="period_end",
        name=pl.lit(name),
        touched=pl.col("note").fill_null("").str.contains("disputed|corrected"),
    ).sort("end")


def _runs(rows: pl.DataFrame, within: pl.Expr) -> pl.DataFrame:
    """Name each stretch of line: none is drawn over a gap that no list speaks of."""
    if rows.is_empty():
        return rows
    far = pl.col("end").diff().dt.total_days().fill_null(0) > _FAR
    return rows.with_columns(run=within + "/" + far.cum_sum().cast(pl.String))


def _base(rows: pl.DataFrame, names: list[str], look: Look) -> alt.Chart:
    days = [pl.col(c).dt.to_string("iso") for c in ("start", "end")]
    data = alt.InlineData(values=rows.with_columns(days).to_dicts())
    colours = {YEAR: look.palette[0], BETWEEN: look.palette[2], BEDS: look.palette[1]}
    return alt.Chart(data).encode(
        x=alt.X(
            "end:T", title=None, axis=alt.Axis(format="%Y-%m", tickCount=7, labelOverlap=True)
        ),
        y=alt.Y("value:Q", title="persons, beds", scale=alt.Scale(zero=True),
                axis=alt.Axis(format=",~f", tickCount=6)),
        color=alt.Color(
            "name:N", title=None,
            scale=alt.Scale(domain=names, range=[colours[name] for name in names]),
            legend=alt.Legend(orient="top", direction="vertical", symbolType="stroke",
                              symbolStrokeWidth=3),
        ),
    )  # fmt: skip


def _dressed(made: Chart, look: Look) -> Chart:
    width, height = _LARGE if look.told else _SMALL
    dressed: Chart = (
        made.properties(
            width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding")
        )
        .configure(
            padding=10, font="DejaVu Sans, Verdana, Arial, sans-serif", background=look.paper
        )
        .configure_axis(
            labelFontSize=12, titleFontSize=12, labelColor=look.ink, titleColor=look.ink,
            gridColor=look.grid, domainColor=look.axis, tickColor=look.axis,
        )
        .configure_legend(labelFontSize=12, labelColor=look.ink, labelLimit=300)
        .configure_view(stroke=None)
    )  # fmt: skip
    return dressed
