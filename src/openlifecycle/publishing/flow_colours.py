"""What pictures of cohorts are painted with, by day and in the dark.

States of one kind share a hue of the Okabe-Ito palette and differ in lightness; every block is
named beside it, so that nothing hangs on the hue alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STATES: Final = {
    "held_first_facility": "#0072B2",
    "held_after_transfer": "#56B4E9",
    "removed": "#007A5A",
    "voluntary_departure": "#2BB38A",
    "expelled": "#005C43",
    "departed": "#8AD9C0",
    "released_bond": "#E69F00",
    "released_recognizance": "#F5C451",
    "released_supervision": "#B97F00",
    "released_parole": "#FBDD93",
    "released_case_closed": "#8F6200",
    "other_custody": "#CC79A7",
    "transferred_out": "#A85583",
    "administrative": "#E6B3CF",
    "died": "#3A3A3A",
    "escaped": "#6B6B6B",
    "reason_blank": "#A8A08C",
    "other_reason": "#C9C2B0",
    "returned": "#D55E00",
    "not_detained": "#9AA0A6",
    "unknown": "#D0D4D8",
}
#: Blocks whose number is written in white.
DEEP: Final = frozenset(
    {"held_first_facility", "removed", "expelled", "released_case_closed", "transferred_out",
     "died", "escaped"}
)  # fmt: skip


@dataclass(frozen=True)
class Paint:
    """The colours of one picture."""

    paper: str
    ink: str
    soft: str
    rule: str
    lines: tuple[str, ...]


#: By the word of the address, ``theme``.
PAINTS: Final = {
    "light": Paint(
        "#ffffff", "#1a1a1a", "#4a4a4a", "#c4c4c4",
        ("#0072B2", "#D55E00", "#007A5A", "#A85583", "#2C88B8", "#9A6A00", "#000000", "#6E5F00"),
    ),
    "dark": Paint(
        "#14161a", "#ececec", "#c0c4c8", "#4a5056",
        ("#56B4E9", "#FF8A3D", "#2FC79A", "#E39AC4", "#9AD4F5", "#F0B93A", "#ffffff", "#D8C94A"),
    ),
}  # fmt: skip
