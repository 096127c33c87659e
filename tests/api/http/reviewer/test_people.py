"""People and one's own account."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from api.accounts.managing import change_role, user_by_id
from api.accounts.tables import Role, User
from api.audit.tables import Entry
from api.http.app import create_app
from api.problems import Conflict
from api.service import Service
from tests.api.conftest import PASSWORD, TESTER, People

LINK = re.compile(r"http://127\.0\.0\.1:8000(/enter/ent_[\w-]+)")


def user_named(service: Service, email: str) -> User:
    """As the database has them."""
    with service.sessions() as session:
        return session.scalars(select(User).where(User.email == email)).one()


def test_an_administrator_adds_somebody_whose_link_is_shown_once_and_works(
    service: Service, people: People, client: TestClient
) -> None:
    people.sign_in(Role.ADMIN)

    made = client.post("/people", data={"name": "Grace", "email": "Grace@Example.com", "role": "author"})

    link = LINK.search(made.text)
    assert link is not None
    assert not LINK.search(client.get("/people").text)
    assert "link is open" in client.get("/people").text
    assert client.post(link[1], data={"password": PASSWORD}).status_code == 303
    assert user_named(service, "grace@example.com").role == "author"


def test_what_is_wrong_with_a_new_user_is_said_on_the_page(people: People, client: TestClient) -> None:
    admin = people.sign_in(Role.ADMIN)

    assert "must look like name@example.com" in client.post("/people", data={"name": "x", "email": "x"}).text
    again = client.post("/people", data={"name": "x", "email": admin.email})
    assert again.status_code == 409
    assert "There is a user with the address" in again.text
    assert client.post("/people", data={"name": "x", "email": "x@y.z", "role": "king"}).status_code == 422


def test_a_disabled_user_is_out_at_once(service: Service, people: People, client: TestClient) -> None:
    grace = people.add(Role.REVIEWER, "grace@example.com")
    with TestClient(create_app(service), base_url="http://127.0.0.1:8000", follow_redirects=False) as hers:
        hers.post("/sign-in", data={"email": grace.email, "password": PASSWORD})
        assert hers.get("/account").status_code == 200
        people.sign_in(Role.ADMIN)

        client.post(f"/people/{grace.id}/disable")

        assert hers.get("/account").status_code == 303
        assert hers.post("/sign-in", data={"email": grace.email, "password": PASSWORD}).status_code == 401
        assert client.post(f"/people/{grace.id}/link").status_code == 409
        client.post(f"/people/{grace.id}/enable")
        assert hers.post("/sign-in", data={"email": grace.email, "password": PASSWORD}).status_code == 303


def test_the_last_administrator_stays_one(service: Service, people: People, client: TestClient) -> None:
    admin = people.sign_in(Role.ADMIN)
    client.post("/people", data={"name": "No Password", "email": "np@example.com", "role": "admin"})

    assert client.post(f"/people/{admin.id}/disable").status_code == 409
    assert client.post(f"/people/{admin.id}/role", data={"role": "reviewer"}).status_code == 409

    people.add(Role.ADMIN, "second@example.com")
    assert client.post(f"/people/{admin.id}/role", data={"role": "reviewer"}).status_code == 303
    assert client.get("/people").status_code == 403
    assert user_named(service, admin.email).role == "reviewer"


def test_two_administrators_cannot_demote_each_other_at_the_same_time(
    service: Service, people: People
) -> None:
    admins = [people.add(Role.ADMIN, f"{name}@example.com") for name in ("one", "two")]
    both = threading.Barrier(2)

    def demote(whom: User) -> bool:
        with service.sessions.begin() as session:
            session.get_one(User, whom.id)
            both.wait()
            try:
                change_role(session, user_by_id(session, whom.id), Role.REVIEWER, TESTER, service.now())
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, admins)) == [False, True]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUTHOR])
def test_people_tokens_and_log_are_for_administrators(people: People, client: TestClient, role: Role) -> None:
    people.sign_in(role)

    for path in ("/people", "/tokens", "/audit", "/audit/export.csv"):
        assert client.get(path).status_code == 403, path
    assert client.post("/people", data={"name": "x", "email": "x@y.z"}).status_code == 403
    assert client.post("/tokens", data={"name": "x", "scopes": "admin"}).status_code == 403


def test_a_password_is_changed_by_who_knows_the_old_one(
    service: Service, people: People, client: TestClient
) -> None:
    user = people.sign_in(Role.REVIEWER)
    new = "staple battery horse"
    with TestClient(create_app(service), base_url="http://127.0.0.1:8000", follow_redirects=False) as other:
        other.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        assert "1 other browser" in client.get("/account").text

        wrong = client.post("/account/password", data={"old": "wrong", "password": new})
        short = client.post("/account/password", data={"old": PASSWORD, "password": "short"})
        assert ("old password is not right" in wrong.text, wrong.status_code) == (True, 422)
        assert ("at least 12 characters" in short.text, short.status_code) == (True, 422)
        assert other.get("/account").status_code == 200
        done = client.post("/account/password", data={"old": PASSWORD, "password": new})

        assert "The password is changed" in done.text
        assert other.get("/account").status_code == 303
        assert other.post("/sign-in", data={"email": user.email, "password": new}).status_code == 303
        client.post("/account/sessions")
        assert other.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_guessing_the_old_password_is_counted_like_signing_in(people: People, client: TestClient) -> None:
    people.sign_in(Role.REVIEWER)
    for _ in range(10):
        client.post("/account/password", data={"old": "wrong", "password": PASSWORD})

    assert client.post("/account/password", data={"old": PASSWORD, "password": PASSWORD}).status_code == 429


def test_a_token_is_shown_once_and_dies_when_revoked(
    service: Service, people: People, client: TestClient
) -> None:
    people.sign_in(Role.ADMIN)
    assert "No tokens yet" in client.get("/tokens").text

    form = {"name": "CI", "scopes": ["submissions:write", "submissions:read"], "days": "30"}
    made = client.post("/tokens", data=form)

    token = re.search(r"tgr_[\w-]{40,}", made.text)
    assert token is not None
    listed = client.get("/tokens").text
    assert token[0] not in listed
    assert token[0][:12] in listed
    with service.sessions() as session:
        identity = session.scalar(text("SELECT id FROM api_tokens"))
    client.post(f"/tokens/{identity}/revoke")
    assert "revoked" in client.get("/tokens").text
    assert client.post("/tokens", data={"name": "CI"}).status_code == 422
    assert client.post("/tokens", data={"name": "CI", "scopes": "world"}).status_code == 422


def test_the_log_is_filtered_and_exported_without_formulas(
    service: Service, people: People, client: TestClient
) -> None:
    admin = people.sign_in(Role.ADMIN)
    client.post("/people", data={"name": "=1+1", "email": "grace@example.com"})
    grace = user_named(service, "grace@example.com")
    client.post(f"/people/{grace.id}/disable")

    assert "user.disabled" in client.get("/audit").text
    assert "user.disabled</a>" not in client.get("/audit?action=user.added").text
    assert "user.disabled" in client.get(f"/audit?actor={admin.id}").text
    only = client.get(f"/audit?subject_kind=user&subject_id={grace.id}").text
    assert "user.password_set</a>" not in only
    export = client.get("/audit/export.csv?action=user.disabled")
    assert export.headers["content-disposition"].startswith("attachment")
    assert export.text.count("\n") == 2
    assert client.get("/audit?action=%00&after=99999999999999999999").status_code == 422


def test_the_log_is_walked_entry_by_entry(service: Service, people: People, client: TestClient) -> None:
    people.sign_in(Role.ADMIN)
    with service.sessions.begin() as session:
        for number in range(250):
            session.add(
                Entry(
                    at=service.now(), actor_kind="system", actor_id="", actor_name="x", details={},
                    action="test.walked", subject_kind="test", subject_id=f"number-{number}-",
                )
            )  # fmt: skip
    seen: set[str] = set()
    address = "/audit?action=test.walked"
    for _ in range(3):
        text_of = client.get(address).text
        seen |= set(re.findall(r"number-\d+-", text_of))
        following = re.search(r'href="(/audit[^"]*after=[^"]*)" rel="next"', text_of)
        address = following[1].replace("&amp;", "&") if following else ""

    assert len(seen) == 250
    assert not address
