"""Which of two policies is the stricter one, rule by rule: an agreement may only tighten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from openlifecycle.disclosure.policy import BadPolicy, Policy
from openlifecycle.disclosure.policy_file import RULES, consistent
from openlifecycle.errors import UsageError

_HIGHER: Final = "higher"
_LOWER: Final = "lower"
_FEWER: Final = "fewer"

#: In which direction the number of a rule, or of a part of it, becomes stricter. Rules that are
#: not here are words or have one possible value: they may not be changed at all.
STRICTER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "minimum_cell": _HIGHER,
        "shown_from": _HIGHER,
        "statistic_minimum": _HIGHER,
        "perturbation.variance": _HIGHER,
        # a wider bound takes nothing away from the variance and makes its ends rarer
        "perturbation.most": _HIGHER,
        "records_per_person.month": _HIGHER,
        "records_per_person.quarter": _HIGHER,
        "records_per_person.fiscal_year": _HIGHER,
        "records_per_person.day": _HIGHER,
        "naming.outsider": _LOWER,
        "naming.insider": _LOWER,
        "naming.edge": _LOWER,
        "places": _FEWER,
        "cohorts.variance": _HIGHER,
        "cohorts.most": _HIGHER,
        "cohorts.shown_from": _HIGHER,
        "cohorts.month": _LOWER,
        "cohorts.fiscal_year": _LOWER,
        "cohorts.all": _LOWER,
        "dimensions.month": _LOWER,
        "dimensions.quarter": _LOWER,
        "dimensions.fiscal_year": _LOWER,
        "dimensions.day": _LOWER,
        "dominance.contributors": _HIGHER,
        "dominance.share": _LOWER,
        "interval.below": _HIGHER,
        "interval.above": _HIGHER,
        "rounding_base": _HIGHER,
        "group_share": _LOWER,
        "coverage_cells": _HIGHER,
        # fewer rows in the grid: more answers leave out what is not shown; neither tells more
        "grid_rows": _LOWER,
    }
)


def tightened(base: Policy, by: Policy | Mapping[str, Any]) -> Policy:
    """Return the base with the rules of an agreement; see ``Policy.tightened``."""
    from openlifecycle.disclosure.naming import checked

    wanted = _wanted(base, by)
    problems = [
        f"{name}: {theirs!r} is looser than {ours!r}"
        for name, ours, theirs in _compared(base, wanted)
        if _looser(name, ours, theirs)
    ]
    if problems:
        raise UsageError(
            f"an agreement may only tighten the policy {base.name}: " + "; ".join(problems),
            nearest=f"the rules of {base.name}",
            next_step="leave these rules out, or name stricter numbers",
        )
    named = by.name if isinstance(by, Policy) else f"{base.name}, tightened"
    try:
        return checked(consistent(replace(base, name=named, **wanted)))
    except BadPolicy as error:
        raise UsageError(str(error), next_step="name all the rules that belong together") from None


def _wanted(base: Policy, by: Policy | Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are wanted by name of the rule."""
    if isinstance(by, Policy):
        words = {name: getattr(by, name) for name in ("title", "words")}
        return {name: getattr(by, name) for name in RULES} | words
    found = {}
    for name, value in by.items():
        if name not in RULES:
            raise UsageError(f"no rule {name!r} in a policy", nearest=", ".join(RULES))
        try:
            found[name] = RULES[name](value)
        except BadPolicy as error:
            raise UsageError(f"{name}: {error}") from None
    minimum = found.get("minimum_cell")
    if minimum is not None:  # what follows from the minimum cell follows it upwards
        raised = minimum - base.minimum_cell
        found.setdefault("shown_from", base.shown_from + max(0, raised))
        found.setdefault("statistic_minimum", max(base.statistic_minimum, minimum))
        # the noise of cohorts is wide: to be as sure that a count is not of fewer, three steps up
        higher = base.cohorts.shown_from + 3 * max(0, raised)
        found.setdefault("cohorts", replace(base.cohorts, shown_from=higher))
    return found


def _compared(base: Policy, wanted: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return name, ours and theirs of every number."""
    found = []
    for rule in RULES:
        if rule in wanted:
            for part, ours, theirs in _parts(getattr(base, rule), wanted[rule]):
                found.append((f"{rule}.{part}" if part else rule, ours, theirs))
    return found


def _parts(ours: Any, theirs: Any) -> list[tuple[str, Any, Any]]:
    if is_dataclass(ours):
        return [(f.name, getattr(ours, f.name), getattr(theirs, f.name)) for f in fields(ours)]
    if isinstance(ours, Mapping):
        return [(name, ours[name], theirs[name]) for name in ours]
    return [("", ours, theirs)]


_IS_LOOSER: Final[Mapping[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        _HIGHER: lambda ours, theirs: theirs < ours,
        _LOWER: lambda ours, theirs: theirs > ours,
        _FEWER: lambda ours, theirs: not set(theirs) <= set(ours),
    }
)


def _looser(name: str, ours: Any, theirs: Any) -> bool:
    if name not in STRICTER:
        return bool(ours != theirs)
    return _IS_LOOSER[STRICTER[name]](ours, theirs)
