"""``olc serve``: the record over HTTP."""

from __future__ import annotations

import click


@click.command(
    short_help="Serve the store over HTTP: a documented, read-only API.",
    epilog="Example: olc serve --port 8000",
)
@click.option("--store", type=click.Path(), help="Store folder.")
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
def command(store: str | None, host: str, port: int, names: tuple[str, ...], rate: float) -> int:
    """Serve the store over HTTP: a documented, read-only API.

    One process, until Ctrl-C. What it answers has passed the gate. Without --host it can be
    reached from this computer only. The log has a line for each request, without what was asked.
    """
    from openlifecycle.api import open_store
    from openlifecycle.serving.limits import LOOPBACK, ServeSettings
    from openlifecycle.serving.run import listening, serve
    from openlifecycle.site.app import create_site

    hosts = (*LOOPBACK, host.lower(), *(name.lower() for name in names))
    # an address for everybody without a name: whoever opens it may call it by any
    anyone = host in ("0.0.0.0", "::") and not names  # noqa: S104 - compared, not bound
    settings = ServeSettings(
        hosts=() if anyone else tuple(dict.fromkeys(hosts)),
        rate=rate,
        burst=max(1, round(3 * rate)),
    )
    app = create_site(open_store(store), settings)

    def started(address: str) -> None:
        click.echo(f"{address}api/v1/  (openapi.json beside it; Ctrl-C stops it)")

    serve(app, listening(host, port), started)
    return 0
