"""Signing in, and what signing in protects."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.accounts.keys import Scope, make_key
from api.accounts.managing import disable
from api.accounts.people import first_administrator
from api.accounts.tables import Role, User
from api.service import Service
from tests.api.conftest import PASSWORD, TESTER, Clock, People


def test_a_token_ends_with_the_account_that_made_it(
    client: TestClient, service: Service, people: People
) -> None:
    people.add(Role.ADMIN)
    author = people.add(Role.ADMIN, "second@example.com")
    with service.sessions.begin() as session:
        _, token = make_key(session, author, "ci", {Scope.READ}, service.now(), TESTER)
    header = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/submissions", headers=header).status_code == 200

    with service.sessions.begin() as session:
        disable(session, session.get_one(User, author.id), TESTER, service.now())

    assert client.get("/api/v1/submissions", headers=header).status_code == 401


def test_the_first_administrator_sets_a_password_with_a_link_that_works_once(
    service: Service, client: TestClient
) -> None:
    with service.sessions.begin() as session:
        token = first_administrator(session, service.now())
    assert client.get(f"/enter/{token}").status_code == 200

    entered = client.post(f"/enter/{token}", data={"password": PASSWORD})

    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert client.post(f"/enter/{token}", data={"password": PASSWORD}).status_code == 410


def test_a_short_password_is_refused_with_the_reason(service: Service, client: TestClient) -> None:
    with service.sessions.begin() as session:
        token = first_administrator(session, service.now())

    refused = client.post(f"/enter/{token}", data={"password": "short"})

    assert refused.status_code == 422
    assert "at least 12 characters" in refused.text


def test_a_wrong_password_does_not_sign_in(people: People, client: TestClient) -> None:
    user = people.add(Role.REVIEWER)

    answer = client.post("/sign-in", data={"email": user.email, "password": "wrong"})

    assert answer.status_code == 401
    assert "session" not in client.cookies


def test_too_many_wrong_passwords_close_the_account_for_a_while(
    people: People, client: TestClient, clock: Clock
) -> None:
    user = people.add(Role.REVIEWER)
    for _ in range(10):
        client.post("/sign-in", data={"email": user.email, "password": "wrong"})

    assert client.post("/sign-in", data={"email": user.email, "password": PASSWORD}).status_code == 429

    clock.advance(minutes=16)
    assert client.post("/sign-in", data={"email": user.email, "password": PASSWORD}).status_code == 303


def test_sign_in_leads_nowhere_else(people: People, client: TestClient) -> None:
    user = people.add(Role.REVIEWER)

    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        form = {"email": user.email, "password": PASSWORD, "next": elsewhere}
        assert client.post("/sign-in", data=form).headers["location"] == "/"


def test_a_request_from_another_site_is_refused(people: People, client: TestClient) -> None:
    people.sign_in(Role.REVIEWER)

    assert client.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/sign-out", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/sign-in", "/healthz", "/nowhere", "/api/v1/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_an_unforeseen_error_is_an_answer_like_any_other(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("api.http.reviewer.sign_in.inside", broken)

    for headers, form in (({}, "text/html"), ({"Accept": "application/json"}, "application/problem+json")):
        answer = client.get("/sign-in", headers=headers)
        assert answer.status_code == 500
        assert answer.headers["content-type"].startswith(form)
        assert answer.headers["x-request-id"] in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_service_says_whether_it_is_ready(client: TestClient) -> None:
    assert client.get("/readyz").json() == {"status": "ok", "parts": {"database": "ok", "blobs": "ok"}}
