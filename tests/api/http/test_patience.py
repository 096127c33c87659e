"""Uploads that drip."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from api.accounts.keys import Scope, make_key
from api.accounts.tables import Role
from api.http import patience
from api.service import Service
from tests.api.conftest import TESTER, People


def dripped(live: str, token: str, body: bytes) -> tuple[int, dict[str, str]]:
    """Status and body of the answer to an upload that announces more than it sends, and then waits."""
    at = urlsplit(live)
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=20) as line:
        head = (
            f"POST /api/v1/take-homes/flatten/submissions HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Length: 5000\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/zip\r\n\r\n"
        )
        line.sendall(head.encode() + body)
        answer = b""
        while piece := line.recv(65536):
            answer += piece
            top, _, rest = answer.partition(b"\r\n\r\n")
            if rest.endswith(b"}"):
                break
    return int(top.split()[1]), json.loads(rest)


@pytest.mark.parametrize(("silence", "whole"), [(0.5, 60.0), (60.0, 0.5)])
def test_an_upload_that_stops_coming_ends(
    live: str,
    service: Service,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    silence: float,
    whole: float,
) -> None:
    """Too long without a byte, or too long in all: else a handful of clients could hold every connection."""
    admin = people.add(Role.ADMIN)
    with service.sessions.begin() as session:
        _, token = make_key(session, admin, "ci", {Scope.SUBMIT}, service.now(), TESTER)
    monkeypatch.setattr(patience, "SILENCE_SECONDS", silence)
    monkeypatch.setattr(patience, "BODY_SECONDS", whole)

    status, problem = dripped(live, token, b"PK")

    assert (status, problem["title"]) == (408, "Too slow")
    assert "Send it again" in problem["detail"]
