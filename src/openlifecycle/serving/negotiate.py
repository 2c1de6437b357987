"""Which form and which encoding a client wants, by RFC 9110: the best of those that are served."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final

from openlifecycle.errors import UsageError
from openlifecycle.serving.problems import NotAcceptable

MEDIA: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
_FORM_OF: Final = {media.split(";")[0]: form for form, media in MEDIA.items()}
ENCODINGS: Final = ("br", "gzip")


def form_of(asked: str | None, accept: str | None, served: Sequence[str]) -> str:
    """Return the form to answer in: ``?format=`` wins over Accept, and JSON where neither speaks.

    Raises:
        UsageError: there is no form of that name.
        NotAcceptable: nothing that is served here is accepted.
    """
    if asked is not None:
        if asked in served:
            return asked
        near = difflib.get_close_matches(asked, served, n=1)
        family = NotAcceptable if asked in MEDIA else UsageError
        raise family(f"this is not served as {asked!r}", nearest=", ".join(near or served))
    if not accept:
        return served[0]
    wanted = _weights(accept)
    best, most = "", 0.0
    for form in served:
        weight = _media_weight(MEDIA[form].split(";")[0], wanted)
        if weight > most:
            best, most = form, weight
    if not best:
        raise NotAcceptable(
            "none of the forms that Accept names is served here",
            nearest=", ".join(MEDIA[form] for form in served),
            next_step="leave Accept out, or say ?format=",
        )
    return best


def encoding_of(accept: str | None) -> str:
    """Return the content encoding: br, gzip, or nothing."""
    wanted = _weights(accept or "")
    found = [(wanted.get(name, wanted.get("*", 0.0)), name) for name in ENCODINGS]
    weight, name = max(found, key=lambda one: one[0])
    return name if weight > 0 else ""


def prefers(accept: str, media: str, *others: str) -> bool:
    """Return whether a header names a media type, and none of some others before it."""
    wanted = _weights(accept)
    return wanted.get(media, 0.0) > max((wanted.get(other, 0.0) for other in others), default=0.0)


def _media_weight(media: str, wanted: dict[str, float]) -> float:
    for said in (media, media.split("/")[0] + "/*", "*/*"):
        if said in wanted:
            return wanted[said]
    return 0.0


def _weights(header: str) -> dict[str, float]:
    found = {}
    for part in header.split(","):
        name, *words = (word.strip().lower() for word in part.split(";"))
        weight = 1.0
        for word in words:
            if word.startswith("q="):
                try:
                    weight = float(word[2:])
                except ValueError:
                    weight = 0.0
        if name:
            found[name] = weight
    return found
