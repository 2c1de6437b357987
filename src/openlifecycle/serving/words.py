"""The words of a request, read strictly: an unknown or repeated one is an error, not a guess."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from starlette.requests import Request

from openlifecycle.errors import UsageError
from openlifecycle.publishing.pages import Part

#: What every list and answer takes beside its own words.
PAGING: Final = ("limit", "offset", "format")
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


class Words:
    """The query of a request."""

    def __init__(self, request: Request, known: Iterable[str]) -> None:
        """Read the query, or raise UsageError for a word that is not known here."""
        self._found: dict[str, list[str]] = {}
        names = (*known, *PAGING)
        for name, value in request.query_params.multi_items():
            # the command line writes --as-known-on; JSON and Python write as_known_on
            said = name.replace("_", "-")
            if said not in names:
                near = difflib.get_close_matches(said, names, n=1)
                raise UsageError(
                    f"there is no parameter {name!r} here", nearest=", ".join(near or names)
                )
            if not value or "\x00" in value:
                raise UsageError(f"{said} says nothing that can be read", next_step="leave it out")
            self._found.setdefault(said, []).append(value)

    def many(self, name: str) -> list[str]:
        """Return every value of a word that may be repeated."""
        return self._found.get(name, [])

    def one(self, name: str) -> str | None:
        """Return the value of a word that may be said once."""
        values = self.many(name)
        if len(values) > 1:
            raise UsageError(f"{name} is said {len(values)} times", next_step="say it once")
        return values[0] if values else None

    def needed(self, name: str, example: str) -> str:
        """Return the value of a word that must be said."""
        found = self.one(name)
        if found is None:
            raise UsageError(f"{name} is missing", nearest=f"{name}={example}")
        return found

    def flag(self, name: str) -> bool:
        """Return a word that is true or false, and false where it is not said."""
        text = self.one(name)
        if text is not None and text not in _FLAGS:
            raise UsageError(f"{name} is true or false", nearest=f"{name}=true")
        return text is not None and _FLAGS[text]

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        text = self.one(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
            raise UsageError(f"{name} {text!r} is no whole number from {least} to {most}")
        number = int(text)
        if not least <= number <= most:
            raise UsageError(f"{name} {number} does not lie between {least} and {most}")
        return number

    def part(self, most: int) -> Part:
        """Return which rows are asked for."""
        return Part(self.whole("offset", 0, 10**9) or 0, self.whole("limit", 1, most))

    def given(self) -> Mapping[str, list[str]]:
        """Return all that was said, for the addresses of other pages."""
        return self._found
