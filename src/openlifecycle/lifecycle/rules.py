"""Rule sets: every choice between a released record and a number, as data with a name.

``rulesets/<name>.yml`` holds the choices in sections, and under ``rules`` their words, ids and
sources. The code below and the expressions of this room know the choices, never the names.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.event_rules import (
    ArrestRules,
    LinkRules,
    OtherRules,
    StayRules,
    StintRules,
)
from openlifecycle.lifecycle.headcount_rules import HeadcountRules

RULE_SETS: Final[tuple[str, ...]] = (
    "olc-1",
    "ddp-2026-03",
    "ddp-2025-07",
    "uwchr-2024",
    "exact-rows",
)
DEFAULT_RULES: Final = "olc-1"

_SECTIONS: Final[dict[str, Any]] = {
    "stints": StintRules,
    "stays": StayRules,
    "arrests": ArrestRules,
    "links": LinkRules,
    "others": OtherRules,
}
_TOP: Final = ("name", "title", "whose", "differs", "rules", "headcount", *_SECTIONS)


@dataclass(frozen=True)
class Rule:
    """One rule in words.

    Attributes:
        id: its number in the list of method rules (R2, R11.1), or our own (O1).
        about: the settings it speaks of, as ``section.setting``.
        words: what it does.
        source: where it was read, or why it was chosen.
    """

    id: str
    about: tuple[str, ...]
    words: str
    source: str


@dataclass(frozen=True)
class RuleSet:
    """A complete, named set of choices.

    Attributes:
        name: how a question asks for it.
        title: one line.
        whose: who publishes figures that rest on it.
        differs: what to know before comparing it with another rule set.
        rules: every rule in words.
    """

    name: str
    title: str
    whose: str
    differs: str
    rules: tuple[Rule, ...]
    stints: StintRules
    stays: StayRules
    arrests: ArrestRules
    links: LinkRules
    others: OtherRules
    headcount: HeadcountRules

    def rule_of(self, setting: str) -> Rule:
        """Return the rule that speaks of ``section.setting``."""
        return next(rule for rule in self.rules if setting in rule.about)


class BadRuleSet(ValueError):
    """A rule set leaves a choice open, names an unknown one, or does not say where it is from."""


@cache
def ruleset(name: str) -> RuleSet:
    """Return the rule set of that name, or raise with the nearest names."""
    if name not in RULE_SETS:
        raise UsageError(
            f"there is no rule set {name!r}",
            nearest=", ".join(difflib.get_close_matches(name, RULE_SETS, 3, 0.3) or RULE_SETS),
            next_step="choose one of: " + ", ".join(RULE_SETS),
        )
    file = resources.files("openlifecycle.lifecycle") / "rulesets" / f"{name}.yml"
    return read_ruleset(name, yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader))


def read_ruleset(name: str, body: Mapping[str, Any]) -> RuleSet:
    """Return the rule set that a mapping says; every choice must be made and be explained."""
    odd = sorted(set(_TOP).symmetric_difference(body))
    if odd or body["name"] != name:
        raise BadRuleSet(f"{name}: unknown or missing parts: {', '.join(odd) or 'name'}")
    rules = tuple(
        Rule(str(one["id"]), tuple(one["about"]), _line(one["words"]), _line(one["source"]))
        for one in body["rules"]
    )
    sections = {key: _section(name, key, body[key]) for key in _SECTIONS}
    _check_told(name, rules)
    return RuleSet(
        name=name,
        title=_line(body["title"]),
        whose=_line(body["whose"]),
        differs=_line(body["differs"]),
        rules=rules,
        headcount=HeadcountRules.from_mapping(body["headcount"]),
        **sections,
    )


def _section(name: str, key: str, body: Mapping[str, Any]) -> Any:
    """Return one section as its dataclass; a choice that is not made is an error."""
    kind = _SECTIONS[key]
    odd = sorted({field.name for field in fields(kind)}.symmetric_difference(body))
    if odd:
        raise BadRuleSet(f"{name}: {key}: unknown or missing settings: {', '.join(odd)}")
    choices: Mapping[str, tuple[object, ...]] = kind.CHOICES
    for setting, value in body.items():
        if setting in choices and value not in choices[setting]:
            allowed = ", ".join(map(str, choices[setting]))
            raise BadRuleSet(f"{name}: {key}.{setting} is {value!r}, not one of {allowed}")
    return kind(**{s: tuple(v) if isinstance(v, list) else v for s, v in body.items()})


def _check_told(name: str, rules: tuple[Rule, ...]) -> None:
    """Every setting is spoken of by exactly one rule, and every rule speaks of a setting."""
    settings = {f"{key}.{field.name}" for key, kind in _SECTIONS.items() for field in fields(kind)}
    settings |= {f"headcount.{field.name}" for field in fields(HeadcountRules)}
    told = [setting for rule in rules for setting in rule.about]
    wrong = sorted(set(told) ^ settings) + sorted({s for s in told if told.count(s) > 1})
    if wrong:
        raise BadRuleSet(f"{name}: settings not told, unknown or told twice: {', '.join(wrong)}")


def _line(text: str) -> str:
    """Fold a block of YAML text into one line."""
    return " ".join(str(text).split())
