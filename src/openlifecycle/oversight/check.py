"""The room's verb: run every check over one release, or over a whole series in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from openlifecycle.oversight import families
from openlifecycle.oversight.finding import ERROR, Finding, Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import CHECKS, Check
from openlifecycle.oversight.release import Release

_RANK = {"error": 0, "warning": 1, "note": 2}


def check_release(release: Release, history: History | None = None) -> list[Finding]:
    """Return what does not hold in the release, the gravest first.

    Looks at the numbers as published: known corrections are not consulted, so that a check finds
    an error because it is one and not because it is on a list.
    """
    families.load()
    known = history if history is not None else History()
    findings = [
        _finding(check, issue, release)
        for check in CHECKS.values()
        for issue in check.run(release, known)
    ]
    return in_order(findings)


def in_order(findings: list[Finding]) -> list[Finding]:
    """Return the findings, the gravest first, then sheet by sheet."""
    return sorted(findings, key=lambda f: (_RANK[f["severity"]], f["sheet"], f["check"]))


def check_series(releases: Iterable[Release]) -> Iterator[tuple[Release, list[Finding]]]:
    """Yield each release with its findings; give the releases in published order."""
    history = History()
    for release in releases:
        yield release, check_release(release, history)
        history.add(release)


def answered_no(findings: Iterable[Finding]) -> bool:
    """Return whether any finding is an error: the command then ends with exit code 1."""
    return any(finding["severity"] == ERROR for finding in findings)


def _finding(check: Check, issue: Issue, release: Release) -> Finding:
    return Finding(
        check=check.id,
        severity=issue.severity or check.severity,
        release_id=release.release_id,
        sheet=issue.sheet,
        cell=issue.cell,
        table=issue.table,
        what=issue.what,
        printed=issue.printed,
        computed=issue.computed,
    )
