"""Where stays end against where they begin: a matrix of areas, as it left the gate.

The measure counts stays that ended, by the area of the first and of the last facility. What
happened between is not in it: a stay may have gone through other areas, or out and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import altair as alt
import polars as pl

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import Answer
from openlifecycle.errors import NotCleared
from openlifecycle.publishing.chart_look import look_of
from openlifecycle.publishing.flow_colours import PAINTS

#: The two ends of a stay, by how large the areas are.
ENDS: Final = {"aor": ("aor", "last_aor"), "state": ("state", "last_state")}
CELL: Final = 26
_AREA: Final = " Area of Responsibility"
NOT_STATED: Final = "not stated"


@dataclass(frozen=True)
class Move:
    """Stays that began in one area and ended in one.

    Attributes:
        begun: area of the first facility.
        ended: area of the last.
        stays: how many, with noise.
        margin: how far that may be off, 95 times of 100.
    """

    begun: str
    ended: str
    stays: float
    margin: float

    @property
    def stayed(self) -> bool:
        """Return whether both ends lie in one area."""
        return self.begun == self.ended


def short(area: str | None) -> str:
    """Return an area as a heading has it: its city, or the state."""
    return (area or NOT_STATED).removesuffix(_AREA)


def years(cleared: Cleared[Answer]) -> list[int]:
    """Return the fiscal years of an answer, the latest first."""
    found = opened(cleared).rows["fiscal_year"].drop_nulls().unique().sort(descending=True)
    return [int(year) for year in found]


def is_partial(cleared: Cleared[Answer], fiscal_year: int) -> bool:
    """Return whether the records do not cover a year whole."""
    rows = opened(cleared).rows.filter(pl.col("fiscal_year") == fiscal_year)
    return bool(rows["note"].fill_null("").str.contains("partial").any())


def moves(cleared: Cleared[Answer], fiscal_year: int, level: str = "aor") -> list[Move]:
    """Return the flows of a year that are shown, the largest first; hidden ones are left out."""
    begun, ended = ENDS[level]
    rows = opened(cleared).rows.filter(
        pl.col("fiscal_year") == fiscal_year, pl.col("value").is_not_null()
    )
    found = [
        Move(short(r[begun]), short(r[ended]), r["value"], r["margin"])
        for r in rows.iter_rows(named=True)
    ]
    return sorted(found, key=lambda m: (-m.stays, m.begun, m.ended))


def moves_chart(
    cleared: Cleared[Answer], fiscal_year: int, level: str = "aor", theme: str = "light"
) -> alt.LayerChart:
    """Return the matrix: first areas down, last areas across, a square for each flow shown.

    Raises:
        NotCleared: no flow of the year may be shown.
    """
    found = moves(cleared, fiscal_year, level)
    if not found:
        raise NotCleared(
            f"no flow between areas of fiscal year {fiscal_year} may be shown",
            next_step="ask for another year",
        )
    look_of(theme)
    paint = PAINTS[theme]
    facts = opened(cleared).records
    areas = sorted({m.begun for m in found} | {m.ended for m in found})
    areas.sort(key=lambda name: name == NOT_STATED)
    stated = [m for m in found if NOT_STATED not in (m.begun, m.ended)]
    sizes = [m.stays for m in stated if not m.stayed] or [1.0]
    least, most = min(sizes), max(sizes)
    # from where a number stands out in the other ink
    deep_from = least + (0.68 if theme == "light" else 0.42) * (most - least)
    # the diagonal is many times larger: a scale of its own, or the moves could not be told apart
    rows: list[dict[str, Any]] = [
        {"begun": m.begun, "ended": m.ended, "stays": m.stays, "stayed": m.stayed,
         "text": f"{m.stays:,.0f}", "deep": m.stays > deep_from}
        for m in found
    ]  # fmt: skip
    side = CELL * len(areas)
    scheme = ["#e3eef7", "#0b4f82"] if theme == "light" else ["#1d3a52", "#9ad4f5"]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("ended:N", sort=areas, scale=alt.Scale(domain=areas),
                title="area of the last facility",
                axis=alt.Axis(orient="top", labelAngle=-60, labelLimit=140)),
        y=alt.Y("begun:N", sort=areas, scale=alt.Scale(domain=areas),
                title="area of the first facility", axis=alt.Axis(labelLimit=140)),
    )  # fmt: skip
    moved = (
        base.transform_filter("!datum.stayed")
        .mark_rect(stroke=paint.paper)
        .encode(
            color=alt.Color(
                "stays:Q",
                scale=alt.Scale(domain=[least, most], range=scheme, clamp=True),
                legend=None,
            )
        )
    )
    stayed = base.transform_filter("datum.stayed").mark_rect(
        color=paint.rule, stroke=paint.paper, opacity=0.7
    )
    deep, pale = ("#ffffff", "#111111") if theme == "light" else ("#111111", "#f0f0f0")
    text = base.mark_text(fontSize=9)
    numbers = [
        text.transform_filter("!datum.stayed && datum.deep").encode(
            text="text:N", color=alt.value(deep)
        ),
        text.transform_filter("!datum.stayed && !datum.deep").encode(
            text="text:N", color=alt.value(pale)
        ),
        text.transform_filter("datum.stayed").encode(text="text:N", color=alt.value(paint.ink)),
    ]
    lines = ["Grey: first and last facility in one area. Empty: fewer than 12 stays, or none."]
    if facts and facts.synthetic:
        lines.insert(0, "SYNTHETIC: a made-up world that describes nobody.")
    made: alt.LayerChart = (
        alt.layer(moved, stayed, *numbers)
        .properties(
            width=side, height=side,
            title=alt.TitleParams(
                text=f"Stays that ended in fiscal year {fiscal_year}, by first and last area",
                subtitle=lines,
            ),
        )
        .configure(
            padding=16, font="DejaVu Sans, Verdana, Arial, sans-serif", background=paint.paper
        )
        .configure_axis(
            labelFontSize=11, titleFontSize=12, titleFontWeight="normal", labelColor=paint.ink,
            titleColor=paint.soft, domainColor=paint.rule, tickColor=paint.rule, grid=True,
            gridColor=paint.rule, gridOpacity=0.25,
        )
        .configure_view(stroke=paint.rule)
        .configure_title(
            anchor="start", fontSize=16, subtitleFontSize=12, subtitleColor=paint.soft,
            color=paint.ink, offset=12, subtitlePadding=5,
        )
    )  # fmt: skip
    return made
