"""About the limits: what this tool does not do and why, and how people are protected.

Every number on the page is read from the policy, the settings or the passports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from openlifecycle.disclosure.policy import AGREEMENT, PUBLIC, Policy, policy
from openlifecycle.measures.questions import ANSWERED, questions
from openlifecycle.site.methods_lists import passports
from openlifecycle.site.views import Html, View, Visit


def page(visit: Visit) -> Html:
    """Return the page."""
    public, agreement = policy(PUBLIC), policy(AGREEMENT)
    return Html(
        "limits.html",
        {
            "policy": public,
            "agreement": agreement,
            "rules": [_rule(name, public, agreement) for name in public.words],
            "dropped": dropped(),
            "passports": passports(),
            "unanswered": [one for one in questions().values() if one.status != ANSWERED],
            "settings": visit.service.settings,
        },
    )


def _rule(name: str, public: Policy, agreement: Policy) -> dict[str, Any]:
    """Return a rule with its value under both policies, in the words of the first."""
    words = public.words[name]
    return {
        "name": name.replace("_", " "),
        "public": value_words(getattr(public, name)),
        "agreement": value_words(getattr(agreement, name)),
        "words": words,
    }


def value_words(value: Any) -> str:
    """Return the value of a rule as people read it."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {part:g}" for name, part in value.items())
    if isinstance(value, tuple):
        return ", ".join(name.replace("_", " ") for name in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)


@cache
def dropped() -> dict[str, str]:
    """Return why columns of records never enter a store, by kind of column."""
    file = resources.files("openlifecycle.sources") / "us_ice" / "records.yml"
    found: dict[str, str] = yaml.safe_load(file.read_text("utf-8"))["drop_reasons"]
    return found


VIEWS: Final = (View("limits", "/limits", "Limits", page, nav=True),)
