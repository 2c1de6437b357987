"""Methods: every measure by family, and where the rest of what is declared stands."""

from __future__ import annotations

from typing import Any, Final

from openlifecycle.lifecycle.rules import RULE_SETS
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.registry import measures
from openlifecycle.site import methods_glossary, methods_lists, methods_measure, methods_rules
from openlifecycle.site.views import Html, View, Visit

_KINDS: Final = {
    "published": "Printed by the agency",
    "records": "Counted from records",
}


def page(_visit: Visit) -> Html:
    """Return the index."""
    found = measures().values()
    return Html(
        "methods.html",
        {
            "kinds": {
                text: _families([m for m in found if m.kind == kind])
                for kind, text in _KINDS.items()
            },
            "count": len(found),
            "rule_sets": RULE_SETS,
            "corrections": methods_lists.corrections_count(),
            "checks": methods_lists.checks_count(),
            "caveats": len(methods_lists.caveats()),
        },
    )


def _families(found: list[Measure]) -> dict[str, list[dict[str, Any]]]:
    """Return the measures of a kind by family, in the order they are declared."""
    families: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        name = one.family.removeprefix("records_").replace("_", " ")
        row = {
            "measure": methods_measure.anchor(one.name),
            "question": one.question,
            "unit": one.unit,
            "tier": str(one.tier),
        }
        families.setdefault(name, []).append(row)
    return families


VIEWS: Final = (
    View("methods", "/methods", "Methods", page, nav=True),
    *methods_rules.VIEWS,
    *methods_lists.VIEWS,
    *methods_glossary.VIEWS,
    *methods_measure.VIEWS,
)
