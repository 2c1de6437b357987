"""Questions to a server: the words of ``api.Session``, answered on the other side of HTTP."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal, NoReturn
from urllib.parse import quote

import httpx

from openlifecycle.engine.source import ReleaseFacts, release_facts
from openlifecycle.errors import UnknownDimension, UsageError
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.question import Question, iso_date
from openlifecycle.measures.registry import measures
from openlifecycle.remote.answer import RemoteAnswer, answer_of
from openlifecycle.remote.exchange import exchanged
from openlifecycle.remote.listing import RemoteAccount, RemoteListing, listing_of

#: A server lets a question wait so long, and then says so itself.
_SECONDS: Final = 60.0


class RemoteSession:
    """A server's store. What it answers has passed the gate there."""

    def __init__(self, address: str, client: httpx.Client | None = None) -> None:
        """Take the address of a server, with or without ``/api/v1``; nothing is asked yet."""
        root = address.rstrip("/").removesuffix("/api/v1")
        self.address = f"{root}/api/v1"
        self._client = client or httpx.Client(timeout=_SECONDS, follow_redirects=False)
        # a session has no end of its own, so its connections end with it
        weakref.finalize(self, self._client.close)

    def ask(
        self,
        measure: str,
        *,
        by: str | Sequence[str] = (),
        where: Mapping[str, str | Sequence[str]] | None = None,
        start: date | str | None = None,
        end: date | str | None = None,
        on: date | str | None = None,
        as_known_on: date | str | None = None,
        edition: str = "published",
        period: str | None = None,
        totals: bool = False,
        rules: str | None = None,
        collection: str | None = None,
        sensitivity: bool = False,
    ) -> RemoteAnswer:
        """Return the answer to one question (see ``measures.question.Question.of``)."""
        return self.answer(
            Question.of(
                measure,
                by=by,
                where=where,
                start=start,
                end=end,
                on=on,
                as_known_on=as_known_on,
                edition=edition,
                period=period,
                totals=totals,
                rules=rules,
                collection=collection,
                sensitivity=sensitivity,
            )
        )

    def answer(self, question: Question) -> RemoteAnswer:
        """Return the answer to a question already made.

        Raises:
            NotCleared: what the question asks for cannot be shown safely.
        """
        found = self._exchange("POST", "/ask", {"format": "arrow"}, body_of(question))
        return answer_of(question, found.content)

    def measures(self) -> dict[str, Measure]:
        """Return the measures that the server answers and this version knows, by name."""
        served = {row["name"] for row in self._read("/measures")["rows"]}
        return {name: one for name, one in measures().items() if name in served}

    def dimensions(self, measure: str) -> dict[str, tuple[str, ...]]:
        """Return the dimensions of a measure and the values that may be named."""
        found = self._read(f"/dimensions/{measure}")
        return {one["name"]: tuple(one["values"]) for one in found["dimensions"]}

    def releases(self) -> list[ReleaseFacts]:
        """Return the releases in published order."""
        return release_facts([_Said(row) for row in self._read("/releases")["rows"]])

    def values(self, measure: str, dimension: str) -> tuple[str, ...]:
        """Return the values of one dimension of a measure, as ``dimensions`` does of all."""
        found = self.dimensions(measure)
        if dimension not in found:
            raise UnknownDimension(
                f"{measure} is not split by {dimension!r}", nearest=", ".join(found)
            )
        return found[dimension]

    def cohort(
        self,
        entry: Literal["arrest", "book_in"],
        start: date | str | None = None,
        end: date | str | None = None,
        *,
        by: str | Sequence[str] = (),
        period: Literal["month", "fiscal_year", "all"] = "month",
        horizons: Sequence[int] = (1, 7, 30, 90, 180, 365),
        lengths: bool = False,
        rules: str = "olc-1",
        collection: str | None = None,
    ) -> RemoteListing:
        """Return where people are so many days after an arrest or a book-in.

        ``start`` and ``end`` are days of the first and the last period shown; all without.
        """
        first, last = iso_date(start, "start"), iso_date(end, "end")
        said = {
            "entry": entry,
            "from": f"{first:%Y-%m}" if first else "",
            "to": f"{last:%Y-%m}" if last else "",
            "by": by if isinstance(by, str) else ",".join(by),
            "period": period,
            "horizons": ",".join(str(days) for days in horizons),
            "lengths": "true" if lengths else "",
            "rules": rules,
            "collection": collection or "",
        }
        return self._listing("/cohort", said)

    def table(self, name: str, fiscal_year: int) -> RemoteListing:
        """Return a fixed table of records for a fiscal year."""
        return self._listing(f"/table/{_part(name)}", {"fiscal-year": str(fiscal_year)})

    def changes(self, before: str, after: str) -> RemoteListing:
        """Return what the second release restated, added and dropped of the first."""
        return self._listing("/changes", {"before": before, "after": after})

    def facilities(self, release: str) -> RemoteListing:
        """Return the facilities that a published release lists."""
        return self._listing("/facilities", {"release": release})

    def findings(self, release: str) -> RemoteListing:
        """Return what checks find in a published release, the gravest first."""
        return self._listing(f"/releases/{_part(release)}/findings", {})

    def receipt(self, release: str) -> RemoteAccount:
        """Return the account of every cell of a release; of records, of every row and column."""
        said = self._read(f"/releases/{_part(release)}/receipt")
        return RemoteAccount(str(said["release_id"]), said)

    def collections(self) -> list[dict[str, Any]]:
        """Return the collections of records with their releases, the latest last."""
        return list(self._read("/releases")["collections"])

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse what is not served to Python yet.

        Raises:
            UsageError: a part of the face that a server does not have.
            AttributeError: there is no such thing on either side.
        """
        if name not in _NOT_SERVED:
            raise AttributeError(name)
        raise UsageError(
            f"{name} of a served store cannot be asked from Python",
            where=self.address,
            next_step="open the store's folder, or read the address that openapi.json lists",
        )

    def _listing(self, path: str, said: Mapping[str, str]) -> RemoteListing:
        query = {name: text for name, text in said.items() if text}
        return listing_of(self._exchange("GET", path, {"format": "arrow"} | query).content)

    def _read(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self._exchange("GET", path).json()
        return found

    def _exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        request = self._client.build_request(
            method, self.address + path, params=dict(query or {}), json=body
        )
        return exchanged(self._client, request)


#: What ``api.Session`` has and a server has no Python words for.
_NOT_SERVED: Final = frozenset(
    {
        "catalogue", "explain", "facility_lists", "observations", "observations_file",
        "rows_at_most", "state",
    }
)  # fmt: skip


def _part(name: str) -> str:
    """Return a name as one part of an address, whatever it holds."""
    return quote(name, safe="")


class _Said:
    """A release as the server tells it; what it does not tell is missing."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.__dict__.update(row)


def body_of(question: Question) -> dict[str, Any]:
    """Return a question as the schema of its measure has it: what is not asked is left out."""
    days = {"start": question.start, "end": question.end, "on": question.on}
    said: dict[str, Any] = {
        "by": list(question.by),
        "where": {dim: list(values) for dim, values in question.where},
        "as_known_on": question.as_known_on and question.as_known_on.isoformat(),
        **{name: day and day.isoformat() for name, day in days.items()},
        "edition": question.edition if question.edition != "published" else None,
        "period": question.period,
        "totals": question.totals,
        "rules": question.rules,
        "collection": question.collection,
        "sensitivity": question.sensitivity,
    }
    return {"measure": question.measure} | {k: v for k, v in said.items() if v}
