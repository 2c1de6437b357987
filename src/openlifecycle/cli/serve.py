"""``olc serve``: the record over HTTP, as pages to read and as an API."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    short_help="Serve the store over HTTP: pages to read, and a read-only API.",
    epilog="Example: olc serve --demo --browser",
)
@click.option("--store", type=click.Path(), help="Store folder.")
@click.option(
    "--demo", is_flag=True,
    help="Figures that ICE published beside an invented record world, made on first use.",
)  # fmt: skip
@click.option("--browser", is_flag=True, help="Open the pages, where there is a display.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
    help="Port, or the next free one; 0 for any.",
)  # fmt: skip
@click.option(
    "--name", "names", multiple=True, metavar="HOST",
    help="A name that readers call this server by; may be given again.",
)  # fmt: skip
@click.option(
    "--rate", type=click.FloatRange(min=0.1), default=20.0, show_default=True,
    help="Requests a second that one client may ask in the long run.",
)  # fmt: skip
@click.option(
    "--patience", type=click.FloatRange(min=1, max=600), default=10.0, show_default=True,
    help="Seconds after which a reader is told that a page is still worked on.",
)  # fmt: skip
@click.option(
    "--hands", "count", type=click.IntRange(0, 16), default=0, show_default=True,
    help="Processes beside this one that work out new short questions; 0 for none.",
)  # fmt: skip
def command(
    store: str | None,
    demo: bool,
    browser: bool,
    host: str,
    port: int,
    names: tuple[str, ...],
    rate: float,
    patience: float,
    count: int,
) -> int:
    """Serve the store over HTTP: pages to read, and a documented, read-only API.

    Until Ctrl-C. What it answers has passed the gate. Without --host it can be
    reached from this computer only. The log has a line for each request, without what was asked.

    With --demo it needs no store: the figures of the starter set stand beside the records of an
    invented system, in which nobody exists. Both are made in the user's data folder, or where
    --store says, and kept.
    """
    from openlifecycle.api import open_store
    from openlifecycle.cli.browser import open_in_browser
    from openlifecycle.serving.hands import Hands
    from openlifecycle.serving.limits import LOOPBACK, ServeSettings
    from openlifecycle.serving.run import listening, serve
    from openlifecycle.settings import store_path
    from openlifecycle.site.app import create_site

    hosts = (*LOOPBACK, host.lower(), *(name.lower() for name in names))
    # an address for everybody without a name: whoever opens it may call it by any
    anyone = host in ("0.0.0.0", "::") and not names  # noqa: S104 - compared, not bound
    usual = ServeSettings()
    settings = ServeSettings(
        hosts=() if anyone else tuple(dict.fromkeys(hosts)),
        rate=rate,
        burst=max(1, round(3 * rate)),
        seconds=max(usual.seconds, patience),
    )
    place = store_path(_demonstration(store) if demo else store)
    hands = Hands(count, str(place), settings) if count else None
    session = open_store(place, prepares=True)
    app = create_site(session, settings, patience=patience, early=True, hands=hands)

    def started(address: str) -> None:
        click.echo(f"{address}  (API: {address}api/v1/; Ctrl-C stops it)")
        if browser:
            open_in_browser(address)

    serve(app, listening(host, port), started)
    return 0


def _demonstration(folder: str | None) -> Path:
    """Return the store of the demonstration, made where it is not yet there; say what it is."""
    from openlifecycle.demo.showing import showing_store
    from openlifecycle.settings import showing_path

    place = Path(folder).expanduser().absolute() if folder else showing_path()
    store = showing_store(place, lambda step: click.echo(f"  {step} ...", err=True))
    click.echo(SHOWN.format(store=store), err=True)
    return store


SHOWN = """\
Shown here: the figures of the workbooks that ICE published, FY2019 to FY2026; and
SYNTHETIC records, of an invented system: nobody in them exists.
  store  {store}"""
