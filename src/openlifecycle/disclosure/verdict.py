"""What the gate says of something that it lets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

#: ``published``: an agency printed it as an aggregate. ``perturbation``: counted from records, with
#: noise. ``suppression``: a fixed table of records, cells blanked and audited. ``rounding``: counts
#: over a whole file, to the nearest ten.
Method = Literal["published", "rounding", "perturbation", "suppression"]

#: From the least to the most that was done: what is made of several has the strongest of them.
METHODS: Final[tuple[Method, ...]] = ("published", "rounding", "perturbation", "suppression")

#: The name of the policy for what the agency printed: nothing is changed.
AS_PUBLISHED: Final = "as-published"


@dataclass(frozen=True)
class Verdict:
    """Why something may leave, and what may not be done with it.

    Attributes:
        policy: name of the policy that it passed.
        method: how it was protected.
        words: the same in a sentence, as an answer prints it.
        margin: by how much a shown value may be off; empty where nothing was changed.
        exposed: whether it speaks of an especially exposed group (docs/rooms/disclosure.md).
        not_drawn: why it may not be charted, mapped or ranked; empty where it may.
        instead: what to ask for where it may not be drawn.
    """

    policy: str
    method: Method
    words: str
    margin: str = ""
    exposed: bool = False
    not_drawn: str = ""
    instead: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "policy": self.policy,
            "method": self.method,
            "margin": self.margin,
            "exposed_group": self.exposed,
            "not_drawn": self.not_drawn,
        }


def strongest(verdicts: tuple[Verdict, ...]) -> Verdict:
    """Return the verdict on what is made of several cleared things: nothing is forgotten.

    Raises:
        ValueError: there is none.
    """
    if not verdicts:
        raise ValueError("what is made of nothing has no verdict")
    first = max(verdicts, key=lambda v: METHODS.index(v.method))
    drawn = next((v for v in verdicts if v.not_drawn), first)
    return Verdict(
        policy=first.policy,
        method=first.method,
        words="; ".join(dict.fromkeys(v.words for v in verdicts)),
        margin="; ".join(dict.fromkeys(v.margin for v in verdicts if v.margin)),
        exposed=any(v.exposed for v in verdicts),
        not_drawn=drawn.not_drawn,
        instead=drawn.instead,
    )
