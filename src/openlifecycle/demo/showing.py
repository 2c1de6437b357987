"""The store that ``olc serve --demo`` shows: the starter set, and an invented record world.

What ICE published and what nobody released stand side by side in it, so that every page has
something to say. Whatever comes of the records says SYNTHETIC.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from openlifecycle.demo.unpack import starter_hash, starter_store
from openlifecycle.demo.world import Rates, make_world, write_world
from openlifecycle.errors import StoreProblem
from openlifecycle.intake.outcome import TAKEN
from openlifecycle.intake.take import take
from openlifecycle.vault.lock import writing

#: Enough people for most months and areas to have more than the gate must hide; ready in seconds.
PERSONS: Final = 20_000
_SEED: Final = 7
#: Written first and last: the folder is ours; what it holds is whole, and which it is.
_BEGUN: Final = "demonstration.begun"
_STAMP: Final = "demonstration.sha256"
#: Raised whenever what is made changes.
_FORM: Final = b"1"


def showing_store(folder: Path, tell: Callable[[str], None] = lambda _step: None) -> Path:
    """Return the store of the demonstration in a folder, making it where it is not yet there.

    Args:
        folder: a folder of its own. One that holds anything else is left alone.
        tell: told each step that takes seconds.

    Raises:
        StoreProblem: the folder holds something that is no demonstration.
    """
    store = folder / "store"
    with writing(folder.with_name(folder.name + ".lock")):  # two may be started at once
        if not _is_whole(folder):
            _clear(folder)
            _make(folder, store, tell)
    return store


def _wanted() -> str:
    made_of = f"{starter_hash()} {PERSONS} {_SEED}".encode()
    return hashlib.sha256(_FORM + made_of).hexdigest()


def _is_whole(folder: Path) -> bool:
    stamp = folder / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == _wanted()


def _clear(folder: Path) -> None:
    """Remove an older or half made demonstration; refuse to touch anything else."""
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / _BEGUN).exists():
        raise StoreProblem(
            "this folder holds something that is not the demonstration; it was left alone",
            where=str(folder),
            next_step="name an empty or new folder with --store, or serve it without --demo",
        )
    shutil.rmtree(folder)


def _make(folder: Path, store: Path, tell: Callable[[str], None]) -> None:
    folder.mkdir(parents=True)
    (folder / _BEGUN).touch()
    tell("unpacking the figures that ICE published")
    starter_store(store)
    tell(f"inventing a system and {PERSONS:,} persons in it")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        world = Path(scratch) / "world"
        write_world(make_world(PERSONS, _SEED, Rates()), world, form="processed")
        tell("taking the records that the invented system would have released")
        outcomes = take(store, [str(world / "releases")])
    if wrong := [one.message for one in outcomes if one.outcome != TAKEN]:
        raise StoreProblem("the invented records were not taken", where=wrong[0])
    (folder / _STAMP).write_text(_wanted() + "\n", encoding="utf-8")
