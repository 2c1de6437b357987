"""Where the bytes of an answer go: a file, or standard output."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from openlifecycle.errors import StoreProblem, UsageError


def deliver(body: bytes, out: str | None, *, binary: bool = False) -> None:
    """Write the bytes to ``out``, or to standard output; never binary to a terminal."""
    if out:
        try:
            Path(out).write_bytes(body)
        except OSError as error:
            raise StoreProblem(
                f"cannot write {out}: {error.strerror}",
                next_step="name a folder that exists and that you may write to",
            ) from error
        click.echo(f"{out} ({len(body):,} bytes)", err=True)
        return
    if binary and sys.stdout.isatty():
        raise UsageError(
            "a picture or Parquet file does not belong on a terminal",
            next_step="name a file with --out, or redirect the output",
        )
    sys.stdout.buffer.write(body)
