"""What is served, told once: the routes and the OpenAPI document are both made from this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from openlifecycle.disclosure.fixed_declared import fixed_tables
from openlifecycle.publishing.pages import FORMS
from openlifecycle.serving.asked import ASK, COHORT

ROOT: Final = "/api/v1"
_JSON: Final = ("json",)


@dataclass(frozen=True)
class Operation:
    """One address that is read.

    Attributes:
        name: the operationId; the handler has the same name.
        path: below the root.
        summary: a line for a person.
        words: parameters of the query, beside those of every list.
        forms: how it is given.
        example: a request that is answered by the bundled starter set: parameters by name.
        result: the schema of its JSON.
        paged: whether it takes limit and offset.
        method: GET, or POST where the question is in the body.
    """

    name: str
    path: str
    summary: str
    words: tuple[str, ...] = ()
    forms: tuple[str, ...] = FORMS
    example: dict[str, Any] = field(default_factory=dict)
    result: str = "Listing"
    paged: bool = True
    method: str = "GET"


_RELEASE: Final = "FY26_detentionStats12032025.xlsx"
_BEFORE: Final = "FY24_detentionStats01182024.xlsx"
_AFTER: Final = "FY24_detentionStats02012024.xlsx"
_ASKED: Final = {"measure": "detained_population", "by": "arresting_agency"}

OPERATIONS: Final = (
    Operation("index", "/", "What this server is, and the state of its store.",
              forms=_JSON, result="Document", paged=False),
    Operation("measures", "/measures", "The questions that can be asked."),
    Operation("measure", "/measures/{name}", "All of one measure, with the schema of a question.",
              forms=_JSON, example={"name": "adp"}, result="Document", paged=False),
    Operation("dimensions", "/dimensions/{measure}", "What a measure can be split by.",
              forms=_JSON, example={"measure": "detained_population"}, result="Document",
              paged=False),
    Operation("ask", "/ask", "Ask a measure, in the words of the command line.",
              words=ASK, example={**_ASKED, "on": "2024-10-03"}, result="Answer"),
    Operation("ask_in_json", "/ask", "Ask a measure, in JSON.",
              example={**_ASKED, "by": ["arresting_agency"], "on": "2024-10-03"},
              result="Answer", method="POST"),
    Operation("cohort", "/cohort", "Where people are so many days after arrest or book-in.",
              words=COHORT, example={"entry": "arrest", "period": "fiscal_year"},
              result="Listing"),
    Operation("tables", "/table", "The fixed tables of records: exact, small cells suppressed."),
    Operation("table", "/table/{name}", "A fixed table of one fiscal year.",
              words=("fiscal-year",), result="Listing",
              example={"name": next(iter(fixed_tables())), "fiscal-year": 2025}),
    Operation("releases", "/releases", "What the store holds, in published order."),
    Operation("receipt", "/releases/{id}/receipt", "What became of every cell of a release.",
              forms=_JSON, example={"id": _RELEASE}, result="Document", paged=False),
    Operation("findings", "/releases/{id}/findings", "What checks find in a release.",
              example={"id": _RELEASE}),
    Operation("changes", "/changes", "What one release restated of another.",
              words=("before", "after"), example={"before": _BEFORE, "after": _AFTER}),
    Operation("facilities", "/facilities", "The facilities that a release lists; the latest "
              "without one.", words=("release",), example={"release": _RELEASE}),
    Operation("questions", "/questions", "What people ask of this record, with the commands.",
              forms=_JSON),
    Operation("openapi", "/openapi.json", "This document.", forms=_JSON, result="Document",
              paged=False),
)  # fmt: skip
