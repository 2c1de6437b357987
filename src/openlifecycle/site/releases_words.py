"""What the pages of releases share: a release as it is named, dated and linked to."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from openlifecycle.errors import UnknownRelease
from openlifecycle.site.views import Visit


def published(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of published releases, without those of records."""
    return [row for row in rows if row.get("kind") != "records"]


def catalogue(visit: Visit) -> list[dict[str, Any]]:
    """Return the published releases in published order."""
    return published(visit.session.catalogue())


def named(visit: Visit, release_id: str) -> dict[str, Any]:
    """Return what the catalogue says of a release, or raise UnknownRelease."""
    for row in visit.session.catalogue():
        if row["release_id"] == release_id:
            return row
    raise UnknownRelease(f"the store holds no release {release_id}")


def names(row: dict[str, Any]) -> str:
    """Return the name of the first file of a release, or its id."""
    listed = row["names"]
    return str(listed[0]) if listed else str(row["release_id"])


def day(value: Any) -> Markup:
    """Return a day that cannot be misread, and that is not broken over two lines."""
    from openlifecycle.site.render import day as said

    return Markup('<time datetime="{}">{}</time>').format(str(value)[:10], said(value))


def anchor(release_id: str, text: str, title: str = "") -> Markup:
    """Return a link to the page of a release."""
    from openlifecycle.site.render import link

    address = link("releases_one", {"id": release_id})
    return Markup('<a href="{}">{}</a>').format(address, text)
