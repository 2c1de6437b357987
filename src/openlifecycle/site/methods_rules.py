"""Rule sets: every choice between a released record and a number, in words and side by side."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.rules import DEFAULT_RULES, RULE_SETS, RuleSet, ruleset
from openlifecycle.measures.registry import measures
from openlifecycle.serving.problems import NotFound
from openlifecycle.site.views import Html, View, Visit

#: Lists of more columns than this are counted; the words of the rule say which.
_MOST: Final = 3


def page(_visit: Visit) -> Html:
    """Return all rule sets beside each other: by setting, what each of them chooses."""
    sets = [ruleset(name) for name in RULE_SETS]
    rows = []
    for setting in _settings(sets[0]):
        values = {one.name: _value(one, setting) for one in sets}
        cells = {
            one.name: _anchor(one.name, one.rule_of(setting).id, values[one.name]) for one in sets
        }
        alike = len(set(values.values())) == 1
        name = setting.replace(".", ": ").replace("_", " ")
        rows.append({"setting": name, "alike": "yes" if alike else "no"} | cells)
    return Html("methods_rules.html", {"sets": sets, "rows": rows, "default": DEFAULT_RULES})


def one(visit: Visit) -> Html:
    """Return one rule set: its sections in words, and which rules the others follow instead."""
    try:
        found = ruleset(visit.path["name"])
    except UsageError as error:
        raise NotFound(error.what, nearest=error.nearest, next_step=error.next_step) from None
    others = [ruleset(name) for name in RULE_SETS if name != found.name]
    sections: dict[str, list[dict[str, Any]]] = {}
    for rule in found.rules:
        section = rule.about[0].partition(".")[0]
        elsewhere = [
            _anchor(other.name, other_rule.id, f"{other.name} {other_rule.id}")
            for other in others
            if (other_rule := other.rule_of(rule.about[0])).words != rule.words
        ]
        sections.setdefault(section, []).append(
            {"rule": rule, "about": _about(rule.about), "elsewhere": elsewhere}
        )
    users = [m.name for m in measures().values() if m.records]
    return Html(
        "methods_ruleset.html",
        {
            "found": found,
            "default": found.name == DEFAULT_RULES,
            "sections": sections,
            "names": RULE_SETS,
            "measures": len(users),
        },
    )


def _value(found: RuleSet, setting: str) -> str:
    """Return what a rule set chooses for a setting, in words."""
    section, _, name = setting.partition(".")
    chosen = getattr(getattr(found, section), name)
    if isinstance(chosen, bool):
        return "yes" if chosen else "no"
    if isinstance(chosen, tuple):
        if len(chosen) > _MOST:
            return f"{len(chosen)} columns"
        apart = " to " if all(isinstance(one, int | float) for one in chosen) else ", "
        return apart.join(str(one).replace("_", " ") for one in chosen) or "none"
    return "none" if chosen is None else str(chosen).replace("_", " ")


def _settings(found: RuleSet) -> list[str]:
    return [setting for rule in found.rules for setting in rule.about]


def _about(settings: tuple[str, ...]) -> str:
    """Return what a rule decides, in words."""
    return ", ".join(one.partition(".")[2].replace("_", " ") for one in settings)


def _anchor(name: str, rule: str, text: str = "") -> Markup:
    from openlifecycle.site.render import link

    address = link("methods_ruleset", {"name": name})
    return Markup('<a href="{}#{}">{}</a>').format(address, rule, text or rule)


VIEWS: Final = (
    View("methods_rules", "/methods/rules", "Rule sets", page),
    View("methods_ruleset", "/methods/rules/{name}", "Rule set", one),
)
