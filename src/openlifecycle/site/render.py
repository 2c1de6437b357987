"""Templates, and what each of them may use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from openlifecycle.publishing.citation import version
from openlifecycle.publishing.numbers import shown
from openlifecycle.site.assets import asset
from openlifecycle.site.holdings import Holdings, holdings
from openlifecycle.site.views import Html, View, Visit


@cache
def _by_name() -> dict[str, View]:
    # pages make addresses and words with this module, so it cannot name them when it is read
    from openlifecycle.site.listed import VIEWS

    return {view.name: view for view in VIEWS}


def link(name: str, path: Mapping[str, str] | None = None, /, **query: Any) -> str:
    """Return the address of a page: ``link("release", {"id": ...}, table="adp")``.

    A query value may be a list (the field is repeated); None and "" are left out.
    """
    address = _by_name()[name].path
    for part, value in (path or {}).items():
        for kind, kept in (("", ""), (":path", "/")):
            address = address.replace("{" + part + kind + "}", quote(value, safe=kept))
    said = [
        (field.rstrip("_"), one)
        for field, value in query.items()
        for one in (value if isinstance(value, (list, tuple)) else [value])
        if one not in (None, "")
    ]
    return address + ("?" + urlencode(said) if said else "")


def figure(value: Any, unit: str = "") -> str:
    """Return a number with its thousands apart; shares in per cent, null in words."""
    if value is None or value == "":
        return "not shown"
    return value if isinstance(value, str) else shown(float(value), unit)


def day(value: date | str) -> str:
    """Return a day that cannot be misread: 30 November 2025."""
    found = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{found.day} {found:%B %Y}"


def month(value: date | str) -> str:
    """Return a month: November 2025."""
    return day(f"{value[:7]}-01" if isinstance(value, str) else value).partition(" ")[2]


def words(name: str) -> str:
    """Return a name of the code as words: arresting_agency -> arresting agency."""
    return _LONG.get(name) or name.replace("_", " ")


#: What the publisher's abbreviations stand for, and names that have a hyphen.
_LONG = {
    "adp": "average daily population",
    "alos": "average length of stay",
    "book_ins": "book-ins",
    "final_book_outs": "final book-outs",
}


def capital(text: str) -> str:
    """Return a sentence with a capital, without the stop that a template sets."""
    return (text[:1].upper() + text[1:]).rstrip(".")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("openlifecycle.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "link": link,
        "asset": lambda name: asset(name).address,
        "navigation": [view for view in _by_name().values() if view.nav],
        "version": version(),
    }
    made.filters |= {
        "figure": figure, "day": day, "month": month, "words": words, "capital": capital,
    }  # fmt: skip
    return made


def rendered(html: Html, view: View, visit: Visit) -> str:
    """Return a page as HTML; it looks at the store, so it runs on a worker."""
    return written(html, view, visit.today, visit, holdings(visit.session))


def written(html: Html, view: View, today: date, visit: Visit | None, held: Holdings | None) -> str:
    """Return a page as HTML, with what is known already of what the store holds."""
    context = {"view": view, "visit": visit, "today": today, "held": held} | dict(html.context)
    return _environment().get_template(html.template).render(context)
