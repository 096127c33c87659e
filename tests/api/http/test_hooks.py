"""Webhooks through HTTP: the pages of administrators and the JSON API."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.accounts.keys import Scope, make_key
from api.accounts.tables import Role
from api.audit.tables import Entry
from api.hooks.managing import Wish, add_endpoint
from api.hooks.outside import Outside
from api.hooks.recording import Outcome, record_attempt
from api.hooks.secrets import Safe
from api.hooks.tables import Delivery, HookEndpoint
from api.service import Service, secret_key
from tests.api.conftest import TESTER, Clock, People

URL = "https://hooks.example.com/in"


@pytest.fixture
def endpoint(service: Service) -> HookEndpoint:
    """An endpoint with all kinds."""
    with service.sessions.begin() as session:
        outside, safe = Outside(service.settings.outside), Safe(secret_key(service.settings))
        return add_endpoint(session, outside, safe, Wish(URL, "ATS"), TESTER, service.now())[0]


@pytest.fixture
def token(service: Service, people: People) -> dict[str, str]:
    """Headers of a program with the scope admin."""
    return bearer(service, people, Scope.ADMIN)


def bearer(service: Service, people: People, scope: Scope) -> dict[str, str]:
    user = people.add(Role.ADMIN, f"{scope.name.lower()}@example.com")
    with service.sessions.begin() as session:
        _, key = make_key(session, user, "program", [scope], service.now(), TESTER)
    return {"Authorization": f"Bearer {key}"}


def tried(service: Service, endpoint: HookEndpoint, client: TestClient, outcome: dict[str, Any]) -> uuid.UUID:
    """A test delivery with one attempt."""
    made = client.post(f"/webhooks/{endpoint.id}/test")
    delivery_id = uuid.UUID(made.headers["location"].rpartition("/")[2])
    with service.sessions.begin() as session:
        record_attempt(session, delivery_id, Outcome(service.now(), 12, **outcome), service.now(), 0.5)
    return delivery_id


def test_an_endpoint_is_added_and_its_secret_is_shown_once(people: People, client: TestClient) -> None:
    people.sign_in(Role.ADMIN)
    assert "No endpoint yet" in client.get("/webhooks").text

    made = client.post("/webhooks", data={"url": URL, "description": "ATS", "kinds": ["report.ready"]})

    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    assert secret
    assert made.headers["cache-control"] == "no-store"
    link = re.search(r'href="(/webhooks/[0-9a-f-]{36})"', made.text)
    assert link
    shown = client.get(link[1]).text
    assert URL in shown
    assert "report.ready" in shown
    assert secret[0] not in shown + client.get("/webhooks").text


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"url": "http://x.example", "every": "true"}, "must begin with https://"),
        ({"url": "https://169.254.169.254/", "every": "true"}, "credentials"),
        ({"url": URL}, "Choose at least one"),
        ({"url": URL, "kinds": ["webhook.test"]}, "choose from"),
        ({"url": URL, "every": "true", "description": "x" * 201}, "at most 200"),
    ],
)
def test_a_wrong_form_comes_back_with_the_reason(
    people: People, client: TestClient, form: dict[str, Any], why: str
) -> None:
    people.sign_in(Role.ADMIN)

    refused = client.post("/webhooks", data=form)

    assert refused.status_code == 422
    assert why in refused.text
    assert form["url"] in refused.text


def test_an_endpoint_is_changed_rotated_disabled_enabled_and_removed(
    service: Service, people: People, client: TestClient, endpoint: HookEndpoint
) -> None:
    people.sign_in(Role.ADMIN)
    here = f"/webhooks/{endpoint.id}"

    client.post(f"{here}/edit", data={"url": f"{URL}/2", "kinds": ["review.decided"]})
    assert f"{URL}/2" in client.get(here).text
    assert "whsec_" in client.post(f"{here}/rotate", data={"hours": "24"}).text
    assert "two: the old one signs as well until" in client.get(here).text
    assert client.post(f"{here}/rotate", data={"hours": "5"}).status_code == 422
    client.post(f"{here}/disable")
    assert "Disabled by Admin." in client.get(here).text
    assert client.post(f"{here}/test").status_code == 409
    client.post(f"{here}/enable")
    assert client.post(f"{here}/remove").headers["location"] == "/webhooks"
    assert client.get(here).status_code == 404

    with service.sessions() as session:
        actions = session.scalars(
            select(Entry.action).where(Entry.subject_kind == "webhook").order_by(Entry.id)
        )
        assert list(actions) == [
            "webhook.added",
            "webhook.changed",
            "webhook.rotated",
            "webhook.disabled",
            "webhook.enabled",
            "webhook.removed",
        ]


def test_a_delivery_shows_hostile_answers_escaped(
    service: Service, people: People, client: TestClient, endpoint: HookEndpoint
) -> None:
    people.sign_in(Role.ADMIN)
    answer = b"<script>alert(1)</script>\x00\x1b[31m\xff"
    delivery_id = tried(
        service,
        endpoint,
        client,
        {"status": 500, "answer": answer, "cut": True, "problem": "It answered 500."},
    )

    shown = client.get(f"/webhooks/{endpoint.id}/deliveries/{delivery_id}").text

    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    assert "\x1b" not in shown
    assert "only the first 4 KiB" in shown
    assert "after 1 of 11 tries" in shown
    assert client.post(f"/webhooks/{endpoint.id}/deliveries/{delivery_id}/resend").status_code == 303


def test_the_log_is_filtered_and_paged(
    service: Service, people: People, client: TestClient, endpoint: HookEndpoint, clock: Clock
) -> None:
    people.sign_in(Role.ADMIN)
    for _ in range(51):
        client.post(f"/webhooks/{endpoint.id}/test")
        clock.advance(seconds=1)
    here = f"/webhooks/{endpoint.id}"

    first = client.get(here).text
    assert first.count('<th scope="row">') == 50
    older = re.search(r'href="([^"]*before=[^"]*)"', first)
    assert older
    assert client.get(older[1].replace("&amp;", "&")).text.count('<th scope="row">') == 1
    assert "None that match" in client.get(f"{here}?state=failed").text


def test_what_was_missed_is_sent_again_from_the_page(
    people: People, client: TestClient, endpoint: HookEndpoint
) -> None:
    people.sign_in(Role.ADMIN)
    here = f"/webhooks/{endpoint.id}"

    done = client.post(f"{here}/resend", data={"since": "2026-03-01T00:00"})
    assert done.headers["location"] == f"{here}?again=0"
    assert "0 deliveries are sent again" in client.get(done.headers["location"]).text
    assert "lies in the future" in client.post(f"{here}/resend", data={"since": "2030-01-01T00:00"}).text
    assert "This is no time" in client.post(f"{here}/resend", data={"since": "yesterday"}).text


def test_nobody_but_administrators_sees_webhooks(
    service: Service, people: People, client: TestClient, endpoint: HookEndpoint
) -> None:
    assert client.get("/webhooks").status_code == 303
    assert client.get("/api/v1/webhooks").status_code == 401
    headers = bearer(service, people, Scope.READ)
    assert client.get("/api/v1/webhooks", headers=headers).status_code == 403
    people.sign_in(Role.AUTHOR)
    here = f"/webhooks/{endpoint.id}"
    for path in ("/webhooks", "/webhooks/new", here, f"{here}/edit", f"{here}/deliveries/{endpoint.id}"):
        assert client.get(path).status_code == 403
    for path in ("", "/edit", "/rotate", "/disable", "/enable", "/remove", "/test", "/resend"):
        address = f"{here}{path}" if path else "/webhooks"
        assert client.post(address, data={"url": URL, "since": "2026-01-01"}).status_code == 403


def test_programs_manage_endpoints(service: Service, client: TestClient, token: dict[str, str]) -> None:
    made = client.post("/api/v1/webhooks", json={"url": URL, "kinds": ["report.ready"]}, headers=token)
    assert made.status_code == 201, made.text
    one = made.json()
    here = f"/api/v1/webhooks/{one['id']}"
    assert one["secret"].startswith("whsec_")
    [listed] = client.get("/api/v1/webhooks", headers=token).json()
    assert "secret" not in listed

    changed = client.patch(here, json={"description": "ATS", "kinds": []}, headers=token).json()
    assert (changed["url"], changed["description"], changed["kinds"]) == (URL, "ATS", [])
    assert (
        client.patch(here, json={"disabled": True}, headers=token).json()["disabled_why"]
        == "Disabled by program."
    )
    assert client.post(f"{here}/test", headers=token).status_code == 409
    assert client.patch(here, json={"disabled": False}, headers=token).json()["disabled_at"] is None
    rotated = client.post(f"{here}/rotate", json={"old_signs_hours": 24}, headers=token).json()
    assert rotated["secret"] != one["secret"]

    test = client.post(f"{here}/test", headers=token)
    assert test.status_code == 202
    page = client.get(f"{here}/deliveries?state=waiting&limit=1", headers=token).json()
    assert [row["id"] for row in page["items"]] == [test.json()["id"]]
    whole = client.get(f"{here}/deliveries/{test.json()['id']}", headers=token).json()
    assert '"type":"webhook.test"' in whole["body"]
    assert client.post(f"{here}/deliveries/{whole['id']}/resend", headers=token).status_code == 202
    again = client.post(f"{here}/resend", json={"since": "2026-03-01T00:00:00Z"}, headers=token)
    assert again.json() == {"count": 0}, "nothing failed"
    assert client.delete(here, headers=token).status_code == 204
    assert client.get(here, headers=token).status_code == 404
    with service.sessions() as session:
        assert session.scalars(select(Delivery)).all() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": URL, "kinds": ["no.kind"]}, "kinds"),
        ({"url": URL, "description": "a\x00b"}, "description"),
        ({"url": URL, "secret": "mine"}, "secret"),
    ],
)
def test_what_programs_send_wrongly_is_named(
    client: TestClient, token: dict[str, str], body: dict[str, Any], field: str
) -> None:
    refused = client.post("/api/v1/webhooks", json=body, headers=token)

    assert refused.status_code == 422
    assert field in refused.json()["errors"]
