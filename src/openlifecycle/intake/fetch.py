"""Downloads: HTTP(S) to a file, resumed where it broke off, bounded, asked for again only if new.

Partial files lie in the user's cache folder, not in the store: a download that is refused or
interrupted must leave the store byte-identical. One file per address; a lock keeps two
processes from writing to the same one.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

from openlifecycle.errors import DamagedInput, OpenLifecycleError, UnsafeInput
from openlifecycle.settings import FETCH_LIMITS, FetchLimits
from openlifecycle.vault.durable import disk_errors
from openlifecycle.vault.lock import writing
from openlifecycle.vault.rows import Origin

if TYPE_CHECKING:
    import httpx

_SECRET = re.compile(r"token|sig|secret|key|password|credential|auth|session", re.IGNORECASE)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_REDIRECTS = (301, 302, 303, 307, 308)
#: Answers worth asking again for: too many requests, and the server's own troubles.
_AGAIN = (408, 425, 429, 500, 502, 503, 504)


class NotFetched(DamagedInput):
    """The address did not give the file: no connection, an error page, or a broken transfer."""


class _TryAgain(Exception):
    """A try failed in a way that another one may mend; the message is for a person."""


@dataclass(frozen=True)
class Known:
    """What the store remembers of an address: the server's tag and date of the bytes it gave."""

    etag: str
    last_modified: str


@dataclass(frozen=True)
class Fetched:
    """A finished download: where it lies and how it came; ``path`` is None if nothing changed."""

    path: Path | None
    origin: Origin


def is_url(text: str) -> bool:
    """Return whether a source on the command line is an address."""
    return text.lower().startswith(("http://", "https://"))


def public_url(url: str) -> str:
    """Return an address without user, password, fragment, and values that sign or authorise."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = [
        (key, "..." if _SECRET.search(key) else value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(query), ""))


@contextmanager
def fetched(
    url: str,
    cache: Path,
    *,
    known: Known | None = None,
    limits: FetchLimits = FETCH_LIMITS,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Iterator[Fetched]:
    """Download an address for as long as the caller needs the file, then remove it.

    Args:
        url: http or https.
        cache: folder of partial downloads.
        known: what was taken from this address before.
        limits: sizes and times.
        progress: told (bytes so far, bytes in all or None).

    Raises:
        NotFetched: no connection, an error answer, or a transfer that breaks again and again.
        UnsafeInput: larger than the limit, too many redirects, or a redirect to plain http.
    """
    with disk_errors(cache):
        cache.mkdir(parents=True, exist_ok=True)
    stem = hashlib.sha256(url.encode()).hexdigest()[:32]
    with writing(cache / f"{stem}.lock"):
        download = _Download(url, cache / f"{stem}.part", known, limits, progress)
        result = download.run()
        try:
            yield result
        finally:
            download.forget()


class _Download:
    """One download with its retries."""

    def __init__(
        self,
        url: str,
        part: Path,
        known: Known | None,
        limits: FetchLimits,
        progress: Callable[[int, int | None], None],
    ) -> None:
        self.url, self.part, self.known = url, part, known
        self.limits, self.progress = limits, progress
        self.note = part.with_suffix(".json")

    def forget(self) -> None:
        """Remove the partial file and its note."""
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def run(self) -> Fetched:
        """Try until the file is whole, the answer is final, or the tries are used up."""
        import httpx

        times = httpx.Timeout(self.limits.read_seconds, connect=self.limits.connect_seconds)
        # identity: a packed body could neither be resumed nor held against its stated length
        headers = {"Accept-Encoding": "identity", "User-Agent": "openlifecycle"}
        last = ""
        try:
            with httpx.Client(timeout=times, headers=headers) as client:
                for number in range(self.limits.tries):
                    if number:
                        time.sleep(self.limits.backoff_seconds * 2 ** (number - 1))
                    try:
                        return self._try(client)
                    except (_TryAgain, httpx.TransportError) as why:
                        last = str(why) or type(why).__name__
        except OpenLifecycleError:
            self.forget()
            raise
        except httpx.InvalidURL as why:
            raise NotFetched(f"not an address: {why}", where=public_url(self.url)) from why
        # the partial file stays: the next take of the same address resumes it
        raise NotFetched(
            f"the download failed {self.limits.tries} times; the last time: {last}",
            where=public_url(self.url),
            next_step="take the same address again later: it resumes where it broke off",
        )

    def _try(self, client: httpx.Client) -> Fetched:
        url = self.url
        for _ in range(self.limits.redirects + 1):
            request = client.build_request("GET", url, headers=self._conditions())
            response = client.send(request, stream=True)
            try:
                if response.status_code not in _REDIRECTS or "location" not in response.headers:
                    return self._receive(response)
                target = urljoin(url, response.headers["location"])
            finally:
                response.close()
            if not is_url(target) or (url.startswith("https:") and target.startswith("http:")):
                raise UnsafeInput("the address leads to an unprotected one", where=public_url(url))
            url = target
        raise UnsafeInput(
            f"the address leads on more than {self.limits.redirects} times",
            where=public_url(self.url),
        )

    def _conditions(self) -> dict[str, str]:
        """Return the headers that resume a partial file, or else ask for changes only."""
        size = self.part.stat().st_size if self.part.exists() else 0
        validator = self._validator()
        if size and validator:
            return {"Range": f"bytes={size}-", "If-Range": validator}
        if self.known and self.known.etag:
            return {"If-None-Match": self.known.etag}
        if self.known and self.known.last_modified:
            return {"If-Modified-Since": self.known.last_modified}
        return {}

    def _validator(self) -> str:
        """Return the strong tag (or date) of the partial file; a weak tag cannot resume."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            etag = str(note["etag"])
            return str(note["last_modified"]) if etag.startswith("W/") or not etag else etag
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return ""

    def _receive(self, response: httpx.Response) -> Fetched:
        origin = self._origin(response)
        if response.status_code == 304:
            return Fetched(None, origin)
        start = self._start(response)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise NotFetched(
                "the server packs the file although asked not to", where=public_url(self.url)
            )
        length = response.headers.get("content-length", "")
        total = start + int(length) if length.isdigit() else None
        if total is not None and total > self.limits.file_bytes:
            raise self._too_large(total)
        with disk_errors(self.part):
            tags = {"etag": origin.etag, "last_modified": origin.last_modified}
            self.note.write_text(json.dumps(tags), encoding="utf-8")
            done = self._write(response, start, total)
        if total is not None and done != total:
            raise _TryAgain(f"{done:,} of {total:,} bytes came")
        return Fetched(self.part, origin)

    def _write(self, response: httpx.Response, start: int, total: int | None) -> int:
        done = start
        with self.part.open("ab" if start else "wb") as handle:
            # as they come: pieces of a fixed size would lose the last one when it breaks off
            for piece in response.iter_raw():
                done += len(piece)
                if done > self.limits.file_bytes:
                    raise self._too_large(done)
                handle.write(piece)
                self.progress(done, total)
        return done

    def _start(self, response: httpx.Response) -> int:
        """Return where in the file the answer's body begins; raise where there is no body."""
        status = response.status_code
        size = self.part.stat().st_size if self.part.exists() else 0
        if status == 200:
            return 0
        if status == 206:
            stated = _RANGE.fullmatch(response.headers.get("content-range", ""))
            if stated and int(stated.group(1)) == size:
                return size
        if status in (206, 416):  # not the piece we asked for: begin again
            self.forget()
            raise _TryAgain("the server gave another piece than asked for")
        if status in _AGAIN:
            raise _TryAgain(f"the server answered {status} {response.reason_phrase}")
        raise NotFetched(
            f"the server answered {status} {response.reason_phrase}", where=public_url(self.url)
        )

    def _too_large(self, size: int) -> UnsafeInput:
        return UnsafeInput(
            f"the download is at least {size:,} bytes; the limit is {self.limits.file_bytes:,}",
            where=public_url(self.url),
        )

    def _origin(self, response: httpx.Response) -> Origin:
        name = PurePosixPath(unquote(urlsplit(self.url).path)).name or "download"
        return Origin(
            "url",
            name,
            url=public_url(self.url),
            etag=response.headers.get("etag", ""),
            last_modified=response.headers.get("last-modified", ""),
        )
