"""The server as the outside sees it."""

from __future__ import annotations

import httpx2


def test_a_real_server_answers(live: str) -> None:
    assert httpx2.get(f"{live}/healthz").json() == {"status": "ok"}
