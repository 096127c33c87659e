"""Forges through HTTP: the pages of administrators, the repository of an invitation, the JSON API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.accounts.keys import Scope, make_key
from api.accounts.tables import Role
from api.audit.tables import Entry
from api.forges.managing import Wish, add_connection
from api.forges.tables import ForgeConnection, ForgeRepository
from api.hooks.outside import Outside
from api.hooks.secrets import Safe
from api.invitations.tables import Invitation
from api.service import Service, secret_key
from tests.api.conftest import TESTER, People

Invited = Callable[..., tuple[Invitation, str]]


@pytest.fixture
def connection(service: Service) -> ForgeConnection:
    """A connection to gitlab.com."""
    with service.sessions.begin() as session:
        outside, safe = Outside(service.settings.outside), Safe(secret_key(service.settings))
        wish = Wish("gitlab", "Take-homes", token="glpat-very-secret")
        return add_connection(session, outside, safe, wish, TESTER, service.now())[0]


def bearer(service: Service, people: People, scope: Scope) -> dict[str, str]:
    user = people.add(Role.ADMIN, f"{scope.name.lower()}@example.com")
    with service.sessions.begin() as session:
        _, key = make_key(session, user, "program", [scope], service.now(), TESTER)
    return {"Authorization": f"Bearer {key}"}


def test_a_forge_is_connected_and_its_secret_is_shown_once(people: People, client: TestClient) -> None:
    people.sign_in(Role.ADMIN)
    assert "No forge yet" in client.get("/forges").text

    form = {"kind": "gitea", "web_url": "https://git.example.com", "token": "t0ken-t0ken", "triggers": "push"}
    made = client.post("/forges", data=form)

    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    address = re.search(r"http://127.0.0.1:8000/hooks/in/([0-9a-f-]{36})", made.text)
    assert secret
    assert address
    shown = client.get(f"/forges/{address[1]}").text
    assert "https://git.example.com/api/v1" in shown
    assert "Commits on the branch that counts" in shown
    for hidden in (secret[0], "t0ken-t0ken"):
        assert (
            hidden not in shown + client.get("/forges").text + client.get(f"/forges/{address[1]}/edit").text
        )


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"kind": "svn", "triggers": "push"}, "choose from github"),
        ({"kind": "gitea"}, "choose at least one"),
        ({"kind": "gitea", "triggers": "push", "web_url": "https://10.0.0.1"}, "not a public address"),
        ({"kind": "gitea", "triggers": "push", "secret": "short"}, "16 to 200"),
        ({"kind": "github", "triggers": "push", "app_id": "1", "private_key": "x"}, "PEM"),
    ],
)
def test_a_wrong_form_comes_back_with_the_reason(
    people: People, client: TestClient, form: dict[str, Any], why: str
) -> None:
    people.sign_in(Role.ADMIN)

    refused = client.post("/forges", data=form)

    assert refused.status_code == 422
    assert why in refused.text


def test_a_connection_is_changed_rotated_and_removed(
    service: Service, people: People, client: TestClient, connection: ForgeConnection
) -> None:
    people.sign_in(Role.ADMIN)
    here = f"/forges/{connection.id}"

    assert "a token" in client.get(here).text
    changed = {"web_url": "https://gitlab.example.com", "triggers": "ci"}
    client.post(f"{here}/edit", data=changed)
    assert "https://gitlab.example.com/api/v4" in client.get(here).text
    assert "a token" in client.get(here).text, "what is left empty stays"
    client.post(f"{here}/edit", data={**changed, "drop": "token"})
    assert "nobody is answered" in client.get(here).text
    assert "a-secret-of-gitlab" in client.post(f"{here}/rotate", data={"secret": "a-secret-of-gitlab"}).text
    assert "two: the old one is taken as well" in client.get(here).text
    assert client.post(f"{here}/remove").headers["location"] == "/forges"
    assert client.get(here).status_code == 404

    with service.sessions() as session:
        entries = session.scalars(select(Entry).where(Entry.subject_kind == "forge").order_by(Entry.id)).all()
    assert [one.action for one in entries] == [
        "forge.added",
        "forge.changed",
        "forge.changed",
        "forge.rotated",
        "forge.removed",
    ]
    assert "glpat" not in str([one.details for one in entries])


def test_a_reviewer_links_a_repository_to_an_invitation_and_unlinks_it(
    service: Service, people: People, client: TestClient, connection: ForgeConnection, invited: Invited
) -> None:
    people.sign_in(Role.REVIEWER)
    invitation, _ = invited()
    here = f"/invitations/{invitation.id}"

    form = {"connection": str(connection.id), "repository": "https://gitlab.com/homes/2026/ada.git"}
    assert client.post(f"{here}/repository", data=form).status_code == 303
    assert "https://gitlab.com/homes/2026/ada" in client.get(here).text
    for wrong in ("ada", "../../etc", "-x/y", "a/b c", "https://evil.example/a/b"):
        refused = client.post(f"{here}/repository", data={**form, "repository": wrong})
        assert refused.status_code == 422, wrong
    other, _ = invited(email="grace@example.com")
    taken = client.post(f"/invitations/{other.id}/repository", data={**form, "repository": "Homes/2026/Ada"})
    assert taken.status_code == 409
    client.post(f"{here}/repository", data={**form, "repository": ""})

    with service.sessions() as session:
        assert session.scalars(select(ForgeRepository)).all() == []


def test_the_api_connects_links_and_reads_without_telling_secrets(
    service: Service, people: People, client: TestClient, invited: Invited
) -> None:
    admin, inviter = bearer(service, people, Scope.ADMIN), bearer(service, people, Scope.INVITE)
    wanted = {"kind": "github", "token": "ghp_secret", "triggers": ["push"]}
    made = client.post("/api/v1/forge-connections", json=wanted, headers=admin).json()
    here = f"/api/v1/forge-connections/{made['id']}"
    invitation, _ = invited()
    link = {"connection": made["id"], "repository": "homes/ada", "branch": "work"}
    repository = f"/api/v1/invitations/{invitation.id}/repository"

    assert made["secret"].startswith("whsec_")
    assert made["payload_url"].endswith(f"/hooks/in/{made['id']}")
    assert (made["api_url"], made["has_token"]) == ("https://api.github.com", True)
    assert client.put(repository, json=link, headers=inviter).json()["url"] == "https://github.com/homes/ada"
    assert client.get(repository, headers=inviter).json()["branch"] == "work"
    assert client.patch(here, json={"token": ""}, headers=admin).json()["has_token"] is False
    rotated = client.post(f"{here}/rotate", json={"old_is_taken_hours": 0}, headers=admin).json()
    assert rotated["secret"] != made["secret"]
    for hidden in (made["secret"], rotated["secret"], "ghp_secret"):
        assert hidden not in client.get(here, headers=admin).text
    assert client.get(f"{here}/deliveries", headers=admin).json() == {"items": [], "next": None}
    assert client.delete(repository, headers=inviter).status_code == 204
    assert client.get(repository, headers=inviter).status_code == 404
    assert client.delete(here, headers=admin).status_code == 204
    assert client.get("/api/v1/forge-connections", headers=admin).json() == []
