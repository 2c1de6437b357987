"""One request to a server; a problem that it tells becomes the error that it was there."""

from __future__ import annotations

import time
from typing import Any, Final

import httpx

from openlifecycle import errors
from openlifecycle.errors import NotCleared, OpenLifecycleError, StoreProblem, UsageError

#: How often a server that is busy is asked, and the longest wait before it is asked again.
_TRIES: Final = 3
_LONGEST_WAIT: Final = 10.0


def exchanged(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Return the response, or raise the error that the server tells.

    Raises:
        StoreProblem: the server cannot be reached, or is busy for longer than this waits.
    """
    for tried in range(1, _TRIES + 1):
        try:
            found = client.send(request)
        except httpx.HTTPError as why:
            raise StoreProblem(
                f"the server cannot be reached: {type(why).__name__}",
                where=f"{request.url.scheme}://{request.url.netloc.decode()}",
                next_step="is olc serve running there?",
            ) from why
        wait = _wait(found)
        if wait is None or tried == _TRIES:
            break
        time.sleep(wait)
    if found.status_code != httpx.codes.OK:
        raise error_of(found)
    return found


def _wait(found: httpx.Response) -> float | None:
    """Return the seconds that a busy server asks for; None where asking again is no use."""
    if found.status_code not in (429, 503):
        return None
    text = found.headers.get("retry-after", "")
    return min(float(text), _LONGEST_WAIT) if text.isdecimal() else None


def error_of(found: httpx.Response) -> OpenLifecycleError:
    """Return the error that a response tells of."""
    try:
        said: dict[str, Any] = found.json()
        name = str(said["type"]).rpartition(":")[2]
        parts = {key: str(said[key]) for key in ("what", "where", "nearest", "next")}
    except (ValueError, KeyError, TypeError):
        return StoreProblem(
            f"this is no OpenLifecycle server: it answered {found.status_code}",
            where=f"{found.url.scheme}://{found.url.netloc.decode()}",
        )
    family = getattr(errors, name, None)
    if not (isinstance(family, type) and issubclass(family, OpenLifecycleError)):
        family = _FAMILIES.get(found.status_code, UsageError)
    return family(
        parts["what"], where=parts["where"], nearest=parts["nearest"], next_step=parts["next"]
    )


_FAMILIES: Final[dict[int, type[OpenLifecycleError]]] = {
    403: NotCleared,
    500: StoreProblem,
    503: StoreProblem,
}
