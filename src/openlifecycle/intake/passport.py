"""What the passport of a series (``source.yml``) says and a manifest repeats: the terms of use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

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
    from openlifecycle.model.passport import read_passport

    folder = Path(str(resources.files("openlifecycle.sources").joinpath(*series.split("."))))
    try:
        stated = read_passport(folder)
        return Passport(str(stated["licence"]).strip(), str(stated["agreement"]).strip())
    except (OSError, KeyError, ValueError) as why:
        raise PassportMissing(
            f"the series {series!r} has no passport with licence and agreement", where=str(folder)
        ) from why
