"""The store that benchmarks of the server ask: the starter set, made once, or one that is named."""

from __future__ import annotations

import argparse
from pathlib import Path

from openlifecycle.demo.unpack import starter_store


def read_words(parser: argparse.ArgumentParser, build: Path) -> tuple[argparse.Namespace, Path]:
    """Return the words that a benchmark was started with, and its store.

    Args:
        parser: knows every word but ``--store``.
        build: folder of the benchmark, which is made; the starter set is kept in it.
    """
    parser.add_argument("--store", type=Path, help="in place of the starter set")
    words = parser.parse_args()
    build.mkdir(parents=True, exist_ok=True)
    store: Path = words.store or build / "store"
    if not store.exists():
        starter_store(store)
    return words, store
