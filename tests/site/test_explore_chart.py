"""Charts of Explore: seen by everybody, honest about gaps, drawn where nobody waits for them."""

from __future__ import annotations

import itertools
import json
import math
import threading
import time

import pytest
from starlette.testclient import TestClient

from openlifecycle.api import Session
from openlifecycle.publishing import drawing
from openlifecycle.publishing.chart_look import DARK, LIGHT, Look
from tests.site.html import read

#: G. Machado, M. Oliveira, L. Fernandes (2009), severity 1.0, on linear RGB.
_VISIONS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}  # fmt: skip

#: So far apart in CIELAB (1976) two colours are plainly two; 2.3 can just be told.
_APART = 12


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def contrast(one: str, other: str) -> float:
    """Return the contrast of WCAG 2.2."""
    low, high = sorted(
        sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True))
        for x in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, vision: str) -> tuple[float, float, float]:
    rgb = [
        min(1.0, max(0.0, sum(w * c for w, c in zip(row, linear(colour), strict=True))))
        for row in _VISIONS[vision]
    ]
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (
            sum(w * c for w, c in zip(row, rgb, strict=True)) / white
            for row, white in zip(rows, (0.9505, 1, 1.089), strict=True)
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_every_line_stands_out_from_its_paper_and_words_can_be_read(look: Look) -> None:
    assert all(contrast(colour, look.paper) >= 3 for colour in (*look.palette, look.rule))
    assert all(contrast(colour, look.paper) >= 4.5 for colour in (look.ink, look.soft))


@pytest.mark.parametrize("vision", _VISIONS)
@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_no_two_lines_look_the_same_to_anybody(look: Look, vision: str) -> None:
    for one, other in itertools.combinations(look.palette, 2):
        assert math.dist(lab(one, vision), lab(other, vision)) >= _APART, (one, other)


def test_pictures_are_whole_in_each_theme_and_size(client: TestClient) -> None:
    query = "measure=detained_population&by=arresting_agency"
    widths = {}
    for theme, look in (("light", LIGHT), ("dark", DARK)):
        for size in ("large", "small"):
            found = client.get(f"/explore/chart.svg?{query}&theme={theme}&size={size}")
            assert found.headers["content-type"] == "image/svg+xml"
            assert "content-disposition" not in found.headers
            picture = read(found.text).first("svg")
            widths[theme, size] = float(picture.attributes["width"])
            assert look.paper in found.text
            assert all(f"data-{n}" not in found.text for n in ("src", "href"))
            words = picture.text
            assert "2019-10-04 to 2025-11-30" in words
            assert all(name in words for name in ("ICE", "CBP"))
    assert widths["light", "small"] < 420 < widths["light", "large"]


@pytest.mark.parametrize("word", ["theme=sepia", "size=huge"])
def test_another_theme_or_size_is_refused(client: TestClient, word: str) -> None:
    found = client.get(f"/explore/chart.svg?measure=adp&{word}")
    assert found.status_code == 400


def test_a_picture_of_made_up_records_says_so_in_every_size(client: TestClient) -> None:
    for size in ("large", "small"):
        found = client.get(f"/explore/chart.svg?measure=arrests&period=quarter&size={size}")
        assert "SYNTHETIC" in found.text


def test_no_line_is_drawn_across_a_value_that_is_not_shown(session: Session) -> None:
    answer = session.ask("arrests", by="criminality", start="2024-01-01", end="2025-12-31")
    spec = answer.chart().to_dict()
    drawn = [row for rows in spec["datasets"].values() for row in rows if "run" in row]
    hidden = answer.rows.filter(answer.rows["value"].is_null())
    assert drawn
    assert hidden.height
    for kind, day in hidden.select("criminality", "period_start").rows():
        mine = [row for row in drawn if row["series"] == kind]
        before = {row["run"] for row in mine if row["at"] < day.isoformat()}
        after = {row["run"] for row in mine if row["at"] > day.isoformat()}
        assert not before & after
    assert len(drawn) == answer.rows.height - hidden.height


def test_a_browser_gets_the_chart_compiled_and_what_draws_it(client: TestClient) -> None:
    query = "measure=detained_population&by=arresting_agency"
    figure = read(client.get(f"/explore?{query}").text).first("figure")
    spec = client.get(figure.attributes["data-spec"]).json()
    assert spec["$schema"].endswith("/vega/v6.json")
    rows = next(one["values"] for one in spec["data"] if len(one.get("values", ())) > 100)
    told = {(row["period"], row["series"], row["shown"]) for row in rows}
    assert ("2025-11-30", "ICE", "53,520") in told
    bundle = client.get(figure.attributes["data-vega"], headers={"accept-encoding": "gzip"})
    assert bundle.headers["content-type"].startswith("text/javascript")
    assert "immutable" in bundle.headers["cache-control"]
    assert int(bundle.headers["content-length"]) < 400_000
    assert "vegaEmbed" in bundle.text


def test_drawing_does_not_hold_up_this_process(client: TestClient) -> None:
    assert client  # a server draws in a process of its own
    points = {"values": [{"a": i, "b": i * i % 97} for i in range(20_000)]}
    sides = {"x": {"field": "a", "type": "quantitative"}, "y": {"field": "b"}}
    spec = json.dumps({"data": points, "mark": "line", "encoding": sides})
    slow = threading.Thread(target=drawing.drawn, args=("png", spec))
    slow.start()
    turns = 0
    while slow.is_alive():
        time.sleep(0.005)
        turns += 1
    assert turns > 20


def test_what_cannot_be_drawn_is_told_and_the_next_is_drawn() -> None:
    made = drawing.Draughtsman()
    try:
        with pytest.raises(ValueError, match="vl_spec"):
            made.draw("svg", "{")
        with pytest.raises(ValueError, match="nothing of kind"):
            made.draw("poster", "{}")
        spec = '{"data": {"values": [{"a": 1}]}, "mark": "point"}'
        assert made.draw("svg", spec).startswith(b"<svg")
        made.start().kill()
        made.start().wait()
        assert made.draw("svg", spec).startswith(b"<svg")
    finally:
        made.close()
