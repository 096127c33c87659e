"""How often one caller may ask."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.forges.managing import Wish, add_connection
from api.hooks.outside import Outside
from api.hooks.secrets import Safe
from api.http.app import create_app
from api.service import Service, secret_key
from tests.api.conftest import TESTER

ROOM = 10
"""Seconds within which a test has asked what it asks."""


@pytest.fixture
def hurried(service: Service) -> Iterator[TestClient]:
    """A client of a service that takes five requests a minute. What was asked in one minute weighs a little less from
    the first moment of the next, so a test that begins in the last seconds of one would see a request more.
    """
    left = 60 - time.time() % 60
    if left < ROOM:
        time.sleep(left)
    bounds = service.settings.bounds.model_copy(update={"requests_per_minute": 5})
    strict = replace(service, settings=service.settings.model_copy(update={"bounds": bounds}))
    with TestClient(create_app(strict), base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


def test_beyond_the_limit_the_answer_says_when_to_come_back(hurried: TestClient) -> None:
    left = [hurried.get("/sign-in").headers["ratelimit"] for _ in range(5)]

    refused = hurried.get("/api/v1/docs")

    assert [one.split(";")[1] for one in left] == ["r=4", "r=3", "r=2", "r=1", "r=0"]
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["ratelimit-policy"] == '"caller";q=5;w=60'
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "default-src 'none'" in refused.headers["content-security-policy"]


def test_one_caller_does_not_use_up_what_another_has(hurried: TestClient) -> None:
    for _ in range(6):
        hurried.get("/sign-in")

    assert hurried.get("/sign-in").status_code == 429
    assert hurried.get("/i/inv_somebody-with-a-link").status_code == 404
    assert hurried.get("/healthz").status_code == 200


def test_guessing_tokens_uses_up_what_the_address_has(hurried: TestClient) -> None:
    """Each guess is another caller; without a count for the address there would be no limit."""
    statuses = [
        hurried.get("/api/v1/submissions", headers={"Authorization": f"Bearer tgr_{n}"}).status_code
        for n in range(7)
    ]

    assert statuses == [401] * 5 + [429] * 2


def test_forged_deliveries_use_up_what_their_connection_has_and_nothing_else(
    hurried: TestClient, service: Service
) -> None:
    """Forges deliver everybody's webhooks from few addresses: a stranger's must not close the door to ours."""
    outside, safe = Outside(service.settings.outside), Safe(secret_key(service.settings))
    with service.sessions.begin() as session:
        wish, now = Wish("github"), service.now()
        one, other = (add_connection(session, outside, safe, wish, TESTER, now)[0].id for _ in range(2))
    statuses = [hurried.post(f"/hooks/in/{one}", content=b"{}").status_code for _ in range(7)]

    assert statuses == [401] * 5 + [429] * 2
    assert hurried.post(f"/hooks/in/{other}", content=b"{}").status_code == 401
    assert hurried.get("/i/inv_somebody-with-a-link").status_code == 404


def test_guessing_connections_uses_up_what_the_address_has(hurried: TestClient) -> None:
    statuses = [hurried.post(f"/hooks/in/{number}", content=b"{}").status_code for number in range(7)]

    assert statuses == [404] * 5 + [429] * 2


def test_strange_headers_do_no_harm(hurried: TestClient) -> None:
    for headers in ({"Cookie": "session=\x7f; =;;;"}, {"Authorization": "Bearer "}, {"Cookie": "a" * 4000}):
        assert hurried.get("/sign-in", headers=headers).status_code == 200
