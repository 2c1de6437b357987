"""What the passport of a series (``source.yml``) says and a manifest repeats: the terms of use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from openlifecycle.errors import OpenLifecycleError


class PassportMissing(OpenLifecycleError):
    """A series was recognised that has no passport: a fault of this package, not of the file."""


@dataclass(frozen=True)
class Passport:
    """The terms under which a series may be used."""

    licence: str
    agreement: str


@cache
def passport(series: str) -> Passport:
    """Return the terms of a series, from ``sources/<publisher>/<series>/source.yml``.

    Raises:
        PassportMissing: the series has no passport, or it does not state the terms.
    """
    import yaml

    place = resources.files("openlifecycle.sources").joinpath(*series.split("."), "source.yml")
    try:
        stated = yaml.safe_load(place.read_text(encoding="utf-8"))
        return Passport(str(stated["licence"]).strip(), str(stated["agreement"]).strip())
    except (OSError, KeyError, TypeError) as why:
        raise PassportMissing(
            f"the series {series!r} has no passport with licence and agreement", where=str(place)
        ) from why
