"""The log says what was served, and nothing of what was asked."""

from __future__ import annotations

import re

import httpx

from tests.serving.conftest import Served, logged, so_far

LINE = re.compile(r"^[\d-]+ [\d:,]+ (GET|POST|HEAD|-) (/api/v1/[\w/{}.]*|-) \d{3} \d+ ms$")


def test_a_line_has_method_route_status_and_time_and_no_values(
    client: httpx.Client, served: Served
) -> None:
    private = "Xq7Zsecret"
    before = so_far(served)
    client.get("/ask", params={"measure": "adp", "where": f"aor={private}"})
    client.get(f"/measures/{private}")
    client.get(f"/{private}")
    client.get(f"/releases/{private}/receipt", headers={"user-agent": private})
    client.post("/ask", json={"measure": private})
    client.post("/ask", content=private.encode())
    client.request(private, "/measures")
    lines = logged(served, before, 7)
    assert private not in "\n".join(lines)
    assert "127.0.0.1" not in "\n".join(lines)
    assert len(lines) == 7
    for line in lines:
        assert LINE.match(line), line
    assert "GET /api/v1/measures/{name} 404" in lines[1]
