"""The manifest of a release: who, what, when and whence, written once and never edited.

What is learned later (another name, a newer rule version) goes into the catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from openlifecycle.errors import StoreDamaged
from openlifecycle.vault.record_rows import RecordRelease
from openlifecycle.vault.rows import Origin, ReleaseRow

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMAT: Final = 1
#: What the manifest of a record release and its row in the catalogue both say, word for word.
RECORD_FACTS: Final = ("release_id", "series", "table", "layout", "form", "sha256", "size")


def compose(release: ReleaseRow, origin: Origin, *, licence: str, agreement: str) -> bytes:
    """Return the bytes of a manifest; the same release and origin give the same bytes."""
    content = {
        "format": _FORMAT,
        "release_id": release.release_id,
        "series": release.series,
        "sha256": release.sha256,
        "size": release.size,
        "media_type": MEDIA_TYPE,
        "names": list(release.names),
        "origin": origin.as_dict(),
        "received_at": release.received_at.isoformat(),
        "fiscal_year": release.fiscal_year,
        "as_of": release.as_of.isoformat(),
        "published_on": release.published_on.isoformat() if release.published_on else None,
        "published_why": release.published_why,
        "stated_dates": list(release.dates),
        "licence": licence,
        "agreement": agreement,
        "follows": release.follows,
        "follows_why": release.follows_why,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def compose_records(
    release: RecordRelease,
    origins: Mapping[str, Origin],
    *,
    licence: str,
    agreement: str,
) -> bytes:
    """Return the bytes of the manifest of a record release.

    Args:
        release: the release.
        origins: how each member came, by its sha256.
        licence: from the passport of the series.
        agreement: likewise, "" where none binds.
    """
    content = {
        "format": _FORMAT,
        "kind": "records",
        **{key: getattr(release, key) for key in RECORD_FACTS},
        "names": list(release.names),
        "members": [
            {
                "name": member.name,
                "sha256": member.sha256,
                "size": member.size,
                "suffix": member.suffix,
                "origin": origins[member.sha256].as_dict(),
            }
            for member in release.members
        ],
        "received_at": release.received_at.isoformat(),
        "first": release.first.isoformat() if release.first else None,
        "through": release.through.isoformat() if release.through else None,
        "through_why": release.through_why,
        "licence": licence,
        "agreement": agreement,
        "follows": release.follows,
        "follows_why": release.follows_why,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def read(path: Path) -> dict[str, Any]:
    """Return a manifest as written.

    Raises:
        StoreDamaged: it is missing or not a manifest.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as why:
        raise StoreDamaged(f"a manifest cannot be read: {why}", where=str(path)) from why
    if not isinstance(content, dict) or "release_id" not in content:
        raise StoreDamaged("a manifest is not a manifest", where=str(path))
    return content
