"""What pages link to, read from their HTML; and an example of every page, found by following."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx

from openlifecycle.site.listed import VIEWS
from openlifecycle.site.views import View

#: Pages read at most while looking for one of each kind.
_MOST = 200


class _Links(HTMLParser):
    """The addresses of a page: of links, and of what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "a" and said.get("href"):
            self.links.append(said["href"] or "")
        # data-*: what a script of ours will ask for
        for name in ("src", "srcset", *(one for one in said if one.startswith("data-"))):
            value = said[name] if said.get(name) else ""
            if value and (name.startswith("src") or value.startswith("/")):
                self.loads.append(value.split()[0])


def links_of(html: str, address: str) -> tuple[list[str], list[str]]:
    """Return where the links of a page lead and what it loads, as paths of this server."""
    found = _Links()
    found.feed(html)
    return _here(found.links, address), _here(found.loads, address)


def _here(said: list[str], address: str) -> list[str]:
    whole = [urldefrag(urljoin(address, one))[0] for one in said]
    host = urlsplit(address).netloc
    paths = [urlsplit(one) for one in whole]
    return list(
        dict.fromkeys(
            one.path + (f"?{one.query}" if one.query else "") for one in paths if one.netloc == host
        )
    )


def view_of(path: str) -> View | None:
    """Return the page that an address is of; the most exact where several fit."""
    bare = path.split("?")[0]
    fits = [view for view in VIEWS if _pattern(view).fullmatch(bare)]
    return min(fits, key=lambda view: view.path.count("{"), default=None)


def _pattern(view: View) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", view.path)
    return re.compile(
        "".join(
            (".+" if part.endswith(":path}") else "[^/]+")
            if part.startswith("{")
            else re.escape(part)
            for part in parts
        )
    )


@dataclass
class Followed:
    """What following links found: an address of each page, and what did not answer."""

    examples: dict[str, str]
    broken: list[str] = field(default_factory=list)


def followed(client: httpx.Client) -> Followed:
    """Return an address of each page and file, followed from the navigation on, breadth first."""
    found = Followed({view.name: view.path for view in VIEWS if view.nav})
    waiting = deque(found.examples.values())
    for _ in range(_MOST):
        if not waiting or len(found.examples) == len(VIEWS):
            break
        path = waiting.popleft()
        answer = client.get(path)
        if answer.status_code != 200:
            found.broken.append(f"{path}: {answer.status_code}")
            continue
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        links, loads = links_of(answer.text, str(answer.url))
        for one in (*links, *loads):
            view = view_of(one)
            if view is not None and view.name not in found.examples:
                found.examples[view.name] = one
                waiting.append(one)
    return found
