"""One measure: all that its declaration says."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

from openlifecycle.measures.declaration import GRANULARITIES
from openlifecycle.measures.registry import measure, measures
from openlifecycle.publishing.declared import dimension_texts, measure_dict
from openlifecycle.site.views import Html, View, Visit


def page(visit: Visit) -> Html:
    """Return the page of a measure, or raise UnknownMeasure."""
    found = measure(visit.path["measure"])
    told = measure_dict(found)
    texts = dimension_texts(found)
    return Html(
        "methods_measure.html",
        {
            "told": told,
            "periods": [{"period": p, "text": GRANULARITIES[p]} for p in found.periods],
            "dimensions": [{"name": name, "text": text} for name, text in texts.items()],
            "together": [" and ".join(names) or "nothing" for names in told["printed_together"]],
            "chains": [chain for chains in told["hierarchies"].values() for chain in chains],
            "versions": [
                {"from": _day(one["from"]), "counts": one["counts"]} for one in told["versions"]
            ],
            "neighbours": [one for one in (found.before, found.after) if one],
            "caveats": found.caveats,
            "ratios": [_of(one.name) for one in measures().values() if _uses(one, found.name)],
        },
    )


def anchor(name: str) -> Markup:
    """Return a link to the page of a measure."""
    from openlifecycle.site.render import link

    address = link("methods_measure", {"measure": name})
    return Markup('<a href="{}">{}</a>').format(address, name)


def _of(name: str) -> dict[str, str]:
    return {"name": name, "question": measure(name).question}


def _uses(one: Any, name: str) -> bool:
    """Return whether a measure is made of another one."""
    return bool(one.ratio and name in (one.ratio.of, one.ratio.over))


def _day(said: str | None) -> str:
    from openlifecycle.site.render import day

    return day(said) if said else "the beginning"


VIEWS: Final = (View("methods_measure", "/methods/{measure}", "Measure", page),)
