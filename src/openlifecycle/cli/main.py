"""The ``olc`` command: finds the verb, runs it, and turns every error into a message and a code.

Exit codes: 0 done; 1 answered "no"; 2 usage; 3 refused input; 4 denied or not cleared;
5 store problem; 70 a fault of ours; 130 interrupted.
"""

from __future__ import annotations

import difflib
import importlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import click

from openlifecycle.cli.verbs import VERBS
from openlifecycle.errors import EXIT_DONE, OpenLifecycleError, UsageError
from openlifecycle.settings import DEBUG_ENV

EXIT_OUR_FAULT: Final = 70  # EX_SOFTWARE of sysexits.h
EXIT_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells do

INTERRUPTED: Final = (
    "Interrupted: nothing was written. (Releases reported as taken before this line stay taken; "
    "each is taken whole or not at all.)"
)


class VerbGroup(click.Group):
    """A click group that imports a verb's module only when that verb is spoken.

    Without this, ``olc --help`` would pay for Polars, DuckDB and Altair: seconds, not 0.3 s.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order a person meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the verb's command, or None where there is no such verb."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        module = importlib.import_module(f"openlifecycle.cli.{verb.module}")
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"openlifecycle.cli.{verb.module}.command is not a click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb spoken; where there is none of that name, say which is nearest."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, n=1)
            raise UsageError(
                f"there is no command {args[0]!r}",
                nearest=near[0] if near else "",
                next_step="olc --help lists the commands",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs from the static table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.short_help) for name, verb in VERBS.items()])

    def main(  # type: ignore[override]  # one signature where click has two overloads
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> int:
        """Run the verb; end with its exit code, and never with a traceback a person must read."""
        words = list(sys.argv[1:] if args is None else args)
        try:
            outcome = super().main(words, prog_name, complete_var, False, **extra)
        except Exception as error:
            code = _report(error, as_json=_wants_json(words))
        else:
            code = outcome if isinstance(outcome, int) else EXIT_DONE
        if standalone_mode:
            sys.exit(code)
        return code


def _wants_json(words: Sequence[str]) -> bool:
    """Return whether the person asked for JSON, so that an error can be JSON too."""
    pairs = zip(words, words[1:], strict=False)
    return "--json" in words or "--format=json" in words or ("--format", "json") in pairs


def _report(error: Exception, *, as_json: bool) -> int:
    """Say what went wrong on stderr and return the exit code of its family."""
    if isinstance(error, OpenLifecycleError):
        return _say(str(error), error.as_dict(), error.exit_code, as_json=as_json)
    if isinstance(error, click.Abort):
        parts = _parts("Interrupted", INTERRUPTED, EXIT_INTERRUPTED)
        return _say(INTERRUPTED, parts, EXIT_INTERRUPTED, as_json=as_json)
    if isinstance(error, click.ClickException):
        if not as_json:
            error.show()
            return error.exit_code
        parts = _parts("UsageError", error.format_message(), error.exit_code)
        return _say("", parts, error.exit_code, as_json=True)
    return _our_fault(error, as_json=as_json)


def _our_fault(error: Exception, *, as_json: bool) -> int:
    """Report an exception nobody foresaw: one line, and how to tell us."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    next_step = (
        f"this is a fault of OpenLifecycle, not yours. Run again with {DEBUG_ENV}=1 and report "
        "the traceback with the output of `olc --version`"
    )
    if os.environ.get(DEBUG_ENV) == "1":
        traceback.print_exception(error, file=sys.stderr)
    parts = _parts("Unexpected", what, EXIT_OUR_FAULT, next_step=next_step)
    return _say(
        f"Unexpected {what}\n  next     {next_step}", parts, EXIT_OUR_FAULT, as_json=as_json
    )


def _parts(name: str, what: str, code: int, next_step: str = "") -> dict[str, str | int]:
    """Return the JSON form of an error that is not an OpenLifecycleError, in the same shape."""
    return {
        "error": name,
        "what": what,
        "where": "",
        "nearest": "",
        "next": next_step,
        "exit_code": code,
    }


def _say(text: str, parts: dict[str, str | int], code: int, *, as_json: bool) -> int:
    """Print one error, as JSON or as text, and return its code."""
    click.echo(json.dumps(parts) if as_json else text, err=True)
    return code


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Print the version and stop; the metadata is read only when asked for."""
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"openlifecycle {version('openlifecycle')}")
    ctx.exit()


@click.group(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and stop.",
)
def cli() -> None:
    """Ask published immigration-enforcement statistics, and walk every number back to its cell.

    \b
    First look, nothing to download:     olc demo
    Your own copies of the releases:     olc take ~/Downloads/*.xlsx
    A question:                          olc ask detained_population --by arresting_agency

    Exit codes: 0 done, 1 answered "no", 2 usage, 3 refused input, 4 not cleared, 5 store problem.
    """


def main() -> NoReturn:
    """Run ``olc`` and end the process: the entry point of the console scripts."""
    cli.main(prog_name="olc")
    raise AssertionError("unreachable: a standalone click group ends the process")
