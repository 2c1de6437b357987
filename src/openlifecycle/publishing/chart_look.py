"""How a chart looks: on light or dark paper, large for a page or small for a phone.

Colours of a palette are told apart with the common colour-vision deficiencies, and each stands
out from its paper by 3 to 1 or more (WCAG 2.2, 1.4.11); tests/site/test_explore_chart.py computes
both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from openlifecycle.errors import UsageError


@dataclass(frozen=True)
class Look:
    """Colours and sizes of one chart.

    Attributes:
        paper: the ground, also inside hollow points.
        ink: title, axis labels, values.
        soft: what stands under the title, and labels of breaks.
        rule: the line of a break.
        grid: lines behind the data.
        axis: axis lines and ticks.
        alarm: what a publisher's error touches.
        palette: one colour a line.
        width: of the drawing, in pixels; bars leave room for their names.
        height: of the drawing.
        bar_names: what the names of bars take of the width.
        title_size: of the question, in pixels.
        title_chars: characters in a line of the title.
        text_chars: characters in a line under the title.
        label_chars: characters in the label of a break.
        legend_columns: names in a row of the legend.
        told: whether the first caveat and the source stand in the picture: a small one is seen on
            a page that says both beside it.
    """

    paper: str
    ink: str
    soft: str
    rule: str
    grid: str
    axis: str
    alarm: str
    palette: tuple[str, ...]
    width: int = 720
    height: int = 360
    bar_names: int = 200
    title_size: int = 17
    title_chars: int = 72
    text_chars: int = 118
    label_chars: int = 40
    legend_columns: int = 4
    told: bool = True


#: Of Okabe and Ito's palette what stands out from white paper, and three more that are told apart
#: from those by everybody: their yellow, orange and sky blue are too pale for a line on white.
LIGHT: Final = Look(
    paper="#ffffff", ink="#1a1a1a", soft="#444444", rule="#7a7a7a", grid="#e6e6e6", axis="#999999",
    alarm="#B00020",
    palette=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#7F14E8", "#0A2586",
             "#AF5B3A"),
)  # fmt: skip

#: As light as dark paper needs.
DARK: Final = Look(
    paper="#14161a", ink="#ececec", soft="#b8bec4", rule="#8f979e", grid="#2b3238", axis="#6f777e",
    alarm="#FF8A8A",
    palette=("#56B4E9", "#E8762C", "#A4FC33", "#E1B89E", "#FFFFFF", "#814FF5", "#3A7087",
             "#A25A4A"),
)  # fmt: skip

THEMES: Final = {"light": LIGHT, "dark": DARK}
SIZES: Final = ("large", "small")


def look_of(theme: str = "light", size: str = "large") -> Look:
    """Return the look of a theme in a size, or raise UsageError."""
    if theme not in THEMES:
        raise UsageError(f"there is no theme {theme!r}", nearest=", ".join(THEMES))
    if size not in SIZES:
        raise UsageError(f"there is no size {size!r}", nearest=", ".join(SIZES))
    if size == "large":
        return THEMES[theme]
    return replace(
        THEMES[theme],
        width=290,
        height=230,
        bar_names=150,
        title_size=15,
        title_chars=38,
        text_chars=54,
        label_chars=22,
        legend_columns=1,
        told=False,
    )
