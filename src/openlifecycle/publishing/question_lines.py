"""One question in other words: the address of it, the command, the line of Python.

What is the default is left out, so that the same question is always written the same way.
"""

from __future__ import annotations

import shlex
from urllib.parse import urlencode

from openlifecycle.measures.question import AS_PUBLISHED, Question

#: Where the API answers a question.
ASK = "/api/v1/ask"


def fields(question: Question) -> list[tuple[str, str]]:
    """Return the question as fields of an address, in the words of the command line."""
    said = [("measure", question.measure), *(("by", dim) for dim in question.by)]
    said += [("where", f"{dim}={value}") for dim, values in question.where for value in values]
    said += [
        (name, day.isoformat())
        for name, day in (
            ("from", question.start),
            ("to", question.end),
            ("on", question.on),
            ("as-known-on", question.as_known_on),
        )
        if day
    ]
    if question.edition != AS_PUBLISHED:
        said.append(("as", question.edition))
    said += [(name, text) for name, text in _texts(question) if text]
    return said + [(name, "true") for name, on in _flags(question) if on]


def query(question: Question) -> str:
    """Return the query of an address that asks it."""
    return urlencode(fields(question))


def command(question: Question) -> str:
    """Return the command that asks it, quoted for a POSIX shell."""
    words = ["olc", "ask", question.measure]
    if question.by:
        words += ["--by", ",".join(question.by)]
    for name, value in fields(question):
        if name in ("measure", "by"):
            continue
        words += [f"--{name}"] if name in ("totals", "sensitivity") else [f"--{name}", value]
    return shlex.join(words)


def python(question: Question) -> str:
    """Return the line of Python that asks it of a session."""
    said = [repr(question.measure)]
    if question.by:
        said.append(f"by={list(question.by)!r}")
    if question.where:
        kept = {dim: v[0] if len(v) == 1 else list(v) for dim, v in question.where}
        said.append(f"where={kept!r}")
    days = {
        "start": question.start,
        "end": question.end,
        "on": question.on,
        "as_known_on": question.as_known_on,
    }
    said += [f'{name}="{day.isoformat()}"' for name, day in days.items() if day]
    if question.edition != AS_PUBLISHED:
        said.append(f"edition={question.edition!r}")
    said += [f"{name}={text!r}" for name, text in _texts(question) if text]
    said += [f"{name}=True" for name, on in _flags(question) if on]
    return f"import openlifecycle as ol\nanswer = ol.open().ask({', '.join(said)})"


def api(question: Question, form: str = "") -> str:
    """Return the address of the API that answers it, in a form where one is named."""
    return f"{ASK}?{query(question)}" + (f"&format={form}" if form else "")


def _texts(question: Question) -> list[tuple[str, str | None]]:
    return [
        ("period", question.period),
        ("rules", question.rules),
        ("collection", question.collection),
    ]


def _flags(question: Question) -> list[tuple[str, bool]]:
    return [("totals", question.totals), ("sensitivity", question.sensitivity)]
