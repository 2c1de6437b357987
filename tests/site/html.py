"""HTML as a tree that tests ask: no more than they need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr", "path", "circle", "rect"}


@dataclass
class Element:
    """An element with what is in it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def all(self, name: str, kind: str = "") -> list[Element]:
        """Return all elements of a name, and of a class if one is given, in order."""
        return [
            one for one in self.walk()
            if one.name == name
            and (not kind or kind in one.attributes.get("class", "").split())
        ]  # fmt: skip

    def first(self, name: str, kind: str = "") -> Element:
        found = self.all(name, kind)
        assert found, f"there is no {name} {kind}"
        return found[0]

    @property
    def text(self) -> str:
        """Return the words in it, white space as a browser shows it."""
        return re.sub(r"\s+", " ", self._text()).strip()

    def _text(self) -> str:
        if self.name in ("script", "style"):
            return ""
        return "".join(one if isinstance(one, str) else one._text() for one in self.children)

    @property
    def lines(self) -> str:
        """Return the words in it, lines kept."""
        return self._text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1 and tag not in _VOID:
            if self.open.pop().name == tag:
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(text: str) -> Element:
    """Return a page as a tree."""
    reader = _Reader()
    reader.feed(text)
    return reader.open[0]
