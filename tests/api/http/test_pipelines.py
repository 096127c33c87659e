"""Pipelines and applicant tracking systems through HTTP: the pages of administrators, and credentials in the API."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import asyncssh
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.accounts.keys import Scope
from api.accounts.tables import Role
from api.ats.tables import AtsTest
from api.audit.tables import Entry
from api.ci.tables import CiConnection, CiRequest
from api.http.app import create_app
from api.http.reviewer.ats import CALLS
from api.http.v1 import ats
from api.invitations.tables import Invitation
from api.service import Service
from api.settings import Ci
from api.takehomes.tables import Takehome
from tests.api.ci.conftest import Pipeline, make_token
from tests.api.conftest import People
from tests.api.graded import sample_zip

Invited = Callable[..., tuple[Invitation, str]]
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")
KEY = re.compile(r"ats_[A-Za-z0-9_-]{20,}")
ADDRESS = "https://git.example.com/hiring/"
TOKEN = "glpat-very-secret"
SSH = asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A browser, of an installation that fetches repositories below some addresses."""
    ci = Ci(repositories=f"{ADDRESS},ssh://git.example.com/")
    fetching = replace(service, settings=service.settings.model_copy(update={"ci": ci}))
    with TestClient(create_app(fetching), base_url="http://127.0.0.1:8000", follow_redirects=False) as made:
        yield made


def connected(client: TestClient, **form: str) -> tuple[str, str]:
    """The page of a new pipeline, and its secret."""
    made = client.post("/pipelines", data={"name": "nightly", **form})
    assert made.status_code == 200, made.text
    secret, page = SECRET.search(made.text), re.search(r'href="(/pipelines/[0-9a-f-]{36})"', made.text)
    assert secret
    assert page
    return page[1], secret[0]


def sent(client: TestClient, service: Service, page: str, secret: str, **body: Any) -> Any:
    """What is answered to a pipeline that names a repository."""
    identity = page.rpartition("/")[2]
    text = f'{{"repository": {{"url": "{ADDRESS}ada.git", "commit": "{"9" * 40}"}}, "take_home": "flatten"}}'
    pipeline = Pipeline(uuid.UUID(identity), secret)
    headers = pipeline.headers(text, service.now(), str(uuid.uuid4()))
    stranger = TestClient(client.app, base_url=str(client.base_url))
    return stranger.post(f"/api/v1/ci/submissions?connection={identity}", content=text, headers=headers)


def test_a_pipeline_is_connected_and_its_secret_is_shown_once(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.ADMIN)
    assert "No pipeline that signs" in client.get("/pipelines").text

    page, secret = connected(client, take_home="flatten")

    shown = client.get(page).text
    assert "never" in shown
    assert flatten.title in shown
    for hidden in (shown, client.get("/pipelines").text):
        assert secret not in hidden
    assert sent(client, service, page, secret).status_code == 202
    used = client.get(page).text
    assert f"{ADDRESS}ada.git" in used
    assert "fetching" in used
    assert "by nightly" in client.get("/pipelines").text


@pytest.mark.parametrize(
    ("form", "why"),
    [({"name": " "}, "1 to 200 characters"), ({"name": "x", "take_home": "no"}, "no take-home")],
)
def test_a_wrong_form_comes_back_with_the_reason(
    people: People, client: TestClient, form: dict[str, str], why: str
) -> None:
    people.sign_in(Role.ADMIN)
    refused = client.post("/pipelines", data=form)

    assert refused.status_code == 422
    assert why in refused.text


def test_a_secret_is_replaced_without_a_gap_and_a_pipeline_revoked(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.ADMIN)
    page, old = connected(client)
    new = SECRET.search(client.post(f"{page}/rotate", data={"hours": 24}).text)
    assert new
    assert "two: the old one is valid as well" in client.get(page).text
    assert "two secrets are valid" in client.get("/pipelines").text

    for secret in (old, new[0]):
        assert sent(client, service, page, secret).status_code == 202
    client.post(f"{page}/rotate", data={"hours": 0})
    assert sent(client, service, page, new[0]).status_code == 401
    assert client.post(f"{page}/rotate", data={"hours": 5}).status_code == 422
    assert client.post(f"{page}/revoke").headers["location"] == "/pipelines"
    assert client.get(page).status_code == 404
    with service.sessions() as session:
        assert session.scalars(select(CiConnection)).one().revoked_at is not None


# -- credentials --------------------------------------------------------------------------------------


def test_a_credential_is_set_replaced_and_removed_and_never_shown(
    service: Service, people: People, client: TestClient
) -> None:
    people.sign_in(Role.ADMIN)
    assert "only public repositories" in client.get("/pipelines").text
    assert ADDRESS in client.get("/pipelines/credentials/new").text

    form = {"beginning": ADDRESS, "git_user": "reader", "token": TOKEN}
    key = {
        "beginning": "ssh://git@git.example.com/",
        "private_key": SSH.export_private_key().decode().replace("\n", "\r\n"),
        "known_hosts": f"git.example.com {SSH.export_public_key().decode()}",
    }
    for one in (form, key):
        assert client.post("/pipelines/credentials", data=one).headers["location"] == "/pipelines"

    shown = client.get("/pipelines").text
    assert "a token of" in shown
    assert SSH.get_fingerprint() in shown
    again = client.get("/pipelines/credentials/new", params={"beginning": ADDRESS}).text
    for hidden in (TOKEN, str(key["private_key"]).splitlines()[2]):
        assert hidden not in shown + again
    client.post("/pipelines/credentials", data={**form, "git_user": ""})
    assert "a bearer token" in client.get("/pipelines").text
    remove = re.findall(
        r'action="(/pipelines/credentials/[0-9a-f-]{36}/remove)"', client.get("/pipelines").text
    )
    assert len(remove) == 2
    for one in remove:
        assert client.post(one).status_code == 303
    assert "only public repositories" in client.get("/pipelines").text
    with service.sessions() as session:
        entries = session.scalars(select(Entry).where(Entry.subject_kind == "credential")).all()
    assert TOKEN not in str([one.details for one in entries])


def test_a_wrong_credential_comes_back_with_the_reason_and_without_the_secret(
    people: People, client: TestClient
) -> None:
    people.sign_in(Role.ADMIN)
    refused = client.post(
        "/pipelines/credentials", data={"beginning": ADDRESS, "git_user": "a:b", "token": TOKEN}
    )

    assert refused.status_code == 422
    assert "without a colon" in refused.text
    assert TOKEN not in refused.text


def test_credentials_in_the_api_are_set_listed_and_removed(service: Service, client: TestClient) -> None:
    admin = {"Authorization": f"Bearer {make_token(service, Scope.ADMIN)}"}
    here = "/api/v1/ci/credentials"
    wanted = {"beginning": ADDRESS, "user": "reader", "token": TOKEN}

    first = client.put(here, json=wanted, headers=admin)
    second = client.put(here, json={**wanted, "token": "another"}, headers=admin)
    wrong = client.put(here, json={**wanted, "beginning": "https://elsewhere.example/"}, headers=admin)

    assert first.status_code == 200, first.text
    assert first.json()["id"] == second.json()["id"]
    assert "GRADER_CI__REPOSITORIES" in wrong.json()["errors"]["beginning"]
    listed = client.get(here, headers=admin)
    assert [one["user"] for one in listed.json()] == ["reader"]
    assert TOKEN not in first.text + listed.text + wrong.text
    assert client.delete(f"{here}/{first.json()['id']}", headers=admin).status_code == 204
    assert client.get(here, headers=admin).json() == []


def test_an_archive_is_in_the_list_of_what_pipelines_sent(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    pipeline = {
        "Authorization": f"Bearer {make_token(service, Scope.SUBMIT)}",
        "Content-Type": "application/zip",
    }
    content = sample_zip("flatten", "middling")
    address = "/api/v1/ci/submissions?take_home=flatten&label=<b>build</b>"
    assert client.post(address, content=content, headers=pipeline).status_code == 201
    people.sign_in(Role.ADMIN)

    shown = client.get("/pipelines").text
    with service.sessions() as session:
        row = session.scalars(select(CiRequest)).one()
    assert f'href="/submissions/{row.id}"' in shown
    assert "&lt;b&gt;build" in shown
    assert "<b>build" not in shown


# -- applicant tracking systems -----------------------------------------------------------------------


def of_greenhouse(client: TestClient, key: str) -> int:
    """The status of a call with a key."""
    stranger = TestClient(client.app, base_url=str(client.base_url))
    return stranger.get("/api/v1/ats/greenhouse/list_tests", auth=(key, "")).status_code


def test_a_system_is_connected_rotated_and_revoked(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.ADMIN)
    assert "No system yet" in client.get("/ats").text
    assert client.post("/ats", data={"name": ""}).status_code == 422
    made = client.post("/ats", data={"name": "Greenhouse"}).text
    key, page = KEY.search(made), re.search(r'href="(/ats/[0-9a-f-]{36})"', made)
    assert key
    assert page
    assert "/api/v1/ats/greenhouse/send_test" in made
    assert key[0] not in client.get(page[1]).text + client.get("/ats").text
    assert "never used" in client.get("/ats").text

    new = KEY.search(client.post(f"{page[1]}/rotate", data={"hours": 168}).text)
    assert new
    assert "until the system uses the new one" in client.get(page[1]).text
    assert [of_greenhouse(client, one) for one in (key[0], new[0], "ats_wrong")] == [200, 200, 401]
    assert "results are sent with it" in client.get(page[1]).text
    assert "last used" in client.get("/ats").text
    client.post(f"{page[1]}/rotate", data={"hours": 0})
    assert of_greenhouse(client, new[0]) == 401
    assert client.post(f"{page[1]}/revoke").headers["location"] == "/ats"
    assert client.get(page[1]).status_code == 404
    with service.sessions() as session:
        entries = session.scalars(select(Entry).where(Entry.subject_kind == "ats").order_by(Entry.id)).all()
    assert [one.action for one in entries] == ["ats.connected", "ats.rotated", "ats.rotated", "ats.revoked"]


def test_the_page_of_a_system_shows_what_it_sent_and_what_it_was_told(
    service: Service, people: People, client: TestClient, invited: Invited
) -> None:
    people.sign_in(Role.ADMIN)
    page = re.search(r'href="(/ats/[0-9a-f-]{36})"', client.post("/ats", data={"name": "Greenhouse"}).text)
    assert page
    assert "It has sent none yet" in client.get(page[1]).text
    invitation, _ = invited()
    with service.sessions.begin() as session:
        session.add(
            AtsTest(
                invitation_id=invitation.id,
                connection_id=uuid.UUID(page[1].rpartition("/")[2]),
                url="https://app.greenhouse.io/1",
                created_at=service.now(),
                tries=3,
                problem="It answered 503.",
            )
        )

    shown = client.get(page[1]).text
    assert f"/invitations/{invitation.id}" in shown
    assert "It answered 503." in shown
    assert "3 tries" in shown


def test_the_addresses_that_are_shown_are_those_of_the_contract() -> None:
    served = {
        (route.path.rpartition("/")[2], method)  # type: ignore[attr-defined]
        for route in ats.router.routes
        if "greenhouse" in route.path  # type: ignore[attr-defined]
        for method in route.methods  # type: ignore[attr-defined]
    }
    assert served == set(CALLS.items())
