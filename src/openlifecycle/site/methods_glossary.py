"""Words: the nouns of the house, and those that the declarations use."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

from openlifecycle.engine.changes import KINDS
from openlifecycle.measures.declaration import DERIVATIONS, DISCLOSURE, GRANULARITIES, TIERS
from openlifecycle.measures.record_declaration import RECORD_TIERS, VALUES
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.site.views import Html, View, Visit

_FILE: Final = "GLOSSARY.md"
_TERM: Final = re.compile(r"\*\*(.+?)\*\*")
_CODE: Final = re.compile(r"`(.+?)`")
_ITALIC: Final = re.compile(r"(?<!\*)\*([^*]+?)\*(?!\*)")


def page(_visit: Visit) -> Html:
    """Return the glossary."""
    declared = {
        "Dimensions of printed measures": {d.name: d.text for d in DIMENSIONS.values()},
        "Dimensions of record measures": {d.name: d.text for d in record_dimensions().values()},
        "Periods": GRANULARITIES,
        "How a printed measure is made": DERIVATIONS,
        "How a record measure is counted": VALUES,
        "Tiers of printed measures": {f"tier {n}": text for n, text in TIERS.items()},
        "Tiers of record measures": {f"tier {n}": text for n, text in RECORD_TIERS.items()},
        "Disclosure classes": DISCLOSURE,
        "What becomes of a number from one release to another": KINDS,
    }
    return Html("methods_glossary.html", {"nouns": nouns(), "declared": declared})


@cache
def nouns() -> tuple[tuple[str, tuple[Markup, ...]], ...]:
    """Return the sections of GLOSSARY.md with their terms; none where it was not installed."""
    text = _text()
    found: list[tuple[str, list[Markup]]] = []
    for line in text.splitlines():
        if line.startswith("## "):
            found.append((line[3:], []))
        elif line.startswith("- ") and found:
            found[-1][1].append(_marked(line[2:]))
    return tuple((heading, tuple(terms)) for heading, terms in found)


def _text() -> str:
    """Return the file, from the package or, in a checkout, from its root."""
    packaged = resources.files("openlifecycle") / _FILE
    in_checkout = Path(__file__).parents[3] / _FILE
    for one in (packaged, in_checkout):
        if one.is_file():
            return one.read_text("utf-8")
    return ""


def _marked(text: str) -> Markup:
    """Return a line with its few marks (bold, italic, code) as HTML."""
    said = str(escape(text))
    for pattern, tag in ((_CODE, "code"), (_TERM, "strong"), (_ITALIC, "em")):
        said = pattern.sub(rf"<{tag}>\1</{tag}>", said)
    return Markup(said)  # noqa: S704 - escaped above


VIEWS: Final = (View("methods_glossary", "/methods/glossary", "Glossary", page),)
