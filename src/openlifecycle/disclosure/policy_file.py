"""How a policy file becomes a Policy: every rule is there, known, worded, sourced and in range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from openlifecycle.disclosure.policy import (
    BadPolicy,
    Cohorts,
    Dominance,
    Interval,
    Naming,
    Perturbation,
    Policy,
    Words,
)

#: Kinds of period, as questions name them.
PERIODS: Final = ("month", "quarter", "fiscal_year", "day")

#: What may be said of cells with nobody in them; nothing else is safe beside perturbed counts.
ZEROS: Final = ("hidden",)

_WORDS: Final = ("pass", "fail", "review", "source")
_HEAD: Final = ("title", "rules")


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadPolicy(f"{value!r} is not a whole number of 1 or more")
    return value


def _counts_from_zero(value: Any) -> int:
    return 0 if value == 0 and not isinstance(value, bool) else _count(value)


def _positive(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise BadPolicy(f"{value!r} is not a number above 0")
    return float(value)


def _fraction(value: Any) -> float:
    found = _positive(value)
    if found > 1:
        raise BadPolicy(f"{value!r} is not a share from 0 to 1")
    return found


def _line(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadPolicy(f"{value!r} is no text")
    return " ".join(value.split())


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise BadPolicy(f"{value!r} is not a list of names")
    return tuple(value)


def _zeros(value: Any) -> str:
    if value not in ZEROS:
        raise BadPolicy(f"zeros are {' or '.join(ZEROS)}, not {value!r}")
    return str(value)


def _parts(kind: Callable[..., Any], **parts: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return kind(**{name: parts[name](value[name]) for name in _exactly(value, tuple(parts))})

    return read


def _by_period(**limits: int) -> Mapping[str, int]:
    return MappingProxyType(limits)


#: How the value of each rule is read; the names are those of the attributes of a Policy.
RULES: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "minimum_cell": _count,
        "shown_from": _count,
        "statistic_minimum": _count,
        "perturbation": _parts(Perturbation, variance=_positive, most=_count),
        "records_per_person": _parts(_by_period, **dict.fromkeys(PERIODS, _count)),
        "naming": _parts(Naming, outsider=_fraction, insider=_fraction, edge=_fraction),
        "dimensions": _parts(_by_period, **dict.fromkeys(PERIODS, _counts_from_zero)),
        "places": _names,
        "cohorts": _parts(
            Cohorts,
            variance=_positive,
            most=_count,
            shown_from=_count,
            month=_counts_from_zero,
            fiscal_year=_counts_from_zero,
            all=_counts_from_zero,
        ),
        "dominance": _parts(Dominance, contributors=_count, share=_fraction),
        "interval": _parts(Interval, below=_count, above=_count),
        "rounding_base": _count,
        "zeros": _zeros,
        "group_share": _fraction,
        "coverage_cells": _count,
        "grid_rows": _count,
        "differencing_pair": _line,
    }
)


def parsed(body: Any, name: str) -> Policy:
    """Return the policy of a parsed file.

    Raises:
        BadPolicy: what is missing, unknown or out of range, and where.
    """
    head = _exactly(body, _HEAD)
    values, words = {}, {}
    for rule, entry in _exactly(head["rules"], tuple(RULES)).items():
        try:
            said = _exactly(entry, ("value", *_WORDS))
            values[rule] = RULES[rule](said["value"])
            words[rule] = _words(said)
        except BadPolicy as error:
            raise BadPolicy(f"policy {name}, {rule}: {error}") from None
    made = Policy(name=name, title=_line(head["title"]), words=MappingProxyType(words), **values)
    return consistent(made)


def consistent(made: Policy) -> Policy:
    """Return the policy, if its rules do not contradict each other.

    Raises:
        BadPolicy: which two do.
    """
    if made.shown_from < made.minimum_cell:
        raise BadPolicy(
            f"policy {made.name}: counts are shown from {made.shown_from} on, which is below the "
            f"minimum cell of {made.minimum_cell}"
        )
    if made.cohorts.shown_from < made.minimum_cell:
        raise BadPolicy(
            f"policy {made.name}: counts of cohorts are shown from {made.cohorts.shown_from} on, "
            f"which is below the minimum cell of {made.minimum_cell}"
        )
    if made.statistic_minimum < made.minimum_cell:
        raise BadPolicy(
            f"policy {made.name}: statistics need {made.statistic_minimum} people, which is below "
            f"the minimum cell of {made.minimum_cell}"
        )
    return made


def _words(said: Mapping[str, Any]) -> Words:
    review = said["review"]
    return Words(
        passes=_line(said["pass"]),
        fails=_line(said["fail"]),
        review=_line(review) if review else "",
        source=_line(said["source"]),
    )


def _exactly(body: Any, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Return a mapping that has these names, all of them and no other."""
    if not isinstance(body, Mapping):
        raise BadPolicy(f"{body!r} is not a list of names and values")
    unknown, missing = set(body) - set(names), set(names) - set(body)
    if unknown or missing:
        parts = [f"unknown {sorted(map(str, unknown))}"] if unknown else []
        parts += [f"missing {sorted(missing)}"] if missing else []
        raise BadPolicy(", ".join(parts))
    return body
