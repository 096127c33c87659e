"""Every route of the application, tried as every kind of caller. A route that is not in the table fails."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from api.accounts.keys import Scope, make_key
from api.accounts.people import add_user, entry_link, open_session
from api.accounts.tables import Role, User
from api.http.app import create_app
from api.http.pages import static_url
from api.invitations.tables import Invitation
from api.service import Service
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER
from tests.api.graded import graded_by_link
from tests.api.http.access_table import FORMS, SCOPES_OF_ROLE, TABLE, Kind, May

Invited = Callable[..., tuple[Invitation, str]]
PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")


@dataclass(frozen=True)
class Caller:
    """Somebody who calls: anonymous, unless something is set."""

    name: str
    role: Role | None = None
    scopes: frozenset[Scope] | None = None
    """Of the token; None: there is none."""
    link: str = "none"
    """own: the secret of the path is right; none: it is made up; strange: right, but the rest of the path is theirs"""


CALLERS = (
    Caller("anonymous"),
    *(Caller(role.value, role=role) for role in Role),
    Caller("token without scopes", scopes=frozenset()),
    *(Caller(f"token {scope.value}", scopes=frozenset({scope})) for scope in Scope),
    Caller("candidate", link="own"),
    Caller("candidate with what is another's", link="strange"),
)


@dataclass
class World:
    """A service with something of everything in it."""

    service: Service
    app: FastAPI
    client: TestClient
    users: dict[Role, User]
    own: dict[str, str] = field(default_factory=dict)
    """Values of path parameters; those of candidates' pages belong to the link."""
    others: dict[str, str] = field(default_factory=dict)
    """The same of another candidate."""

    def values(self, path: str, link: str) -> dict[str, str]:
        """What stands for the parameters of `path`."""
        values = {**self.own, **(self.others if link == "strange" else {})}
        if path.startswith("/enter/"):
            with self.service.sessions.begin() as session:
                user = session.get_one(User, self.users[Role.REVIEWER].id)
                values["token"] = entry_link(session, user, self.service.now())
        if path.startswith("/static/"):
            _, _, values["digest"], values["name"] = static_url("app.css").split("/")
        if link == "none" and TABLE_KIND(path) is Kind.LINK:
            values["token"] = "inv_" + "x" * 43
        return values

    def send(self, method: str, path: str, caller: Caller) -> Any:
        """Call as `caller`."""
        values = self.values(path, caller.link)
        address = PARAMETER.sub(lambda found: values[found.group(1)], path)
        headers = {}
        if caller.scopes is not None:
            headers["Authorization"] = f"Bearer {self._token(caller.scopes)}"
        self.client.cookies.clear()
        if caller.role is not None:
            with self.service.sessions.begin() as session:
                user = session.get_one(User, self.users[caller.role].id)
                time = self.service.settings.session_time
                self.client.cookies.set("session", open_session(session, user, self.service.now(), time))
        body: dict[str, Any] = {}
        if path.endswith("/uploads/{upload_id}"):
            headers["Upload-Offset"] = "0"
        if method in {"POST", "PUT", "PATCH"}:
            body = {"json": {}} if path.startswith("/api/") else {"data": FORMS.get((method, path), {})}
        return self.client.request(method, address, headers=headers, **body)

    def _token(self, scopes: frozenset[Scope]) -> str:
        with self.service.sessions.begin() as session:
            user = session.get_one(User, self.users[Role.ADMIN].id)
            row, token = make_key(session, user, "t", scopes or {Scope.READ}, self.service.now(), TESTER)
            row.scopes = sorted(scope.value for scope in scopes)
            return token


def TABLE_KIND(path: str) -> Kind:  # noqa: N802 -- reads as the constant that it looks up
    """What opens the routes of a path."""
    return next(may.kind for (_, one), may in TABLE.items() if one == path)


@pytest.fixture
def world(service: Service, flatten: Takehome, invited: Invited) -> Iterator[World]:
    bounds = service.settings.bounds.model_copy(update={"requests_per_minute": 1_000_000})
    roomy = replace(service, settings=service.settings.model_copy(update={"bounds": bounds}))
    app = create_app(roomy)
    users = {}
    with service.sessions.begin() as session:
        for role in Role:
            users[role], _ = add_user(session, f"{role}@example.com", role.title(), role, service.now())
    submission, token = graded_by_link(roomy, flatten, "middling", "Ada Lovelace", "ada@example.com")
    theirs, their_token = graded_by_link(roomy, flatten, "good", "Grace Hopper", "grace@example.com")
    invitation, _ = invited(email="alan@example.com")
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        made = World(roomy, app, client, users)
        made.own = {
            "name": "flatten",
            "number": "1",
            "submission_id": str(submission.id),
            "invitation_id": str(invitation.id),
            "judgement_id": str(uuid.uuid4()),
            "comment_id": str(uuid.uuid4()),
            "change_id": str(uuid.uuid4()),
            "user_id": str(uuid.uuid4()),
            "token_id": str(uuid.uuid4()),
            "endpoint_id": str(uuid.uuid4()),
            "connection_id": str(uuid.uuid4()),
            "delivery_id": str(uuid.uuid4()),
            "request_id": str(uuid.uuid4()),
            "pipeline_id": str(uuid.uuid4()),
            "credential_id": str(uuid.uuid4()),
            "ats_id": str(uuid.uuid4()),
            "what": "json",
            "token": token,
            "upload_id": begun_upload(client, token),
        }
        made.others = {"submission_id": str(theirs.id), "upload_id": begun_upload(client, their_token)}
        yield made


def begun_upload(client: TestClient, token: str) -> str:
    """The id of a resumable upload that a candidate has begun."""
    begun = client.post(f"/i/{token}/uploads", json={"name": "work.zip", "size": 100})
    assert begun.status_code in {200, 201}, begun.text
    return str(begun.json()["id"])


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """(method, path) of everything that the application answers to."""
    found = set()
    for context in iter_route_contexts(app.routes):
        for method in context.methods or ():
            found.add((method, context.path))
    return found - {(method, path) for method, path in found if method == "HEAD"}


def test_the_table_has_every_route_and_no_other(world: World) -> None:
    assert routes(world.app) - TABLE.keys() == set(), "a route without a line in access_table.py"
    assert TABLE.keys() - routes(world.app) == set(), "a line for a route that is not there"


def expected(may: May, path: str, caller: Caller) -> str:
    """The class of the answer."""
    api = path.startswith("/api/")
    match may.kind:
        case Kind.PUBLIC:
            return "allowed"
        case Kind.KEY:
            return "sign in"
        case Kind.LINK:
            others = caller.link == "strange" and PARAMETER.findall(path) != ["token"]
            return "allowed" if caller.link != "none" and not others else "hidden"
        case Kind.ROLE:
            if caller.role is None:
                return "sign in"
            return "allowed" if caller.role.covers(may.role) else "forbidden"
        case Kind.SCOPE:
            scopes = SCOPES_OF_ROLE[caller.role] if caller.role else caller.scopes
            if scopes is None:
                return "sign in"
            assert api
            return "allowed" if may.scope in scopes or Scope.ADMIN in scopes else "forbidden"


def classified(answer: Any) -> str:
    """The class that an answer is of."""
    if answer.status_code == 401 or (
        answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?")
    ):
        return "sign in"
    if answer.status_code == 303 and answer.headers["location"] == "/sign-in":
        return "signed out" if "set-cookie" in answer.headers else "sign in"
    if answer.status_code >= 500:
        return f"broken {answer.status_code}"
    return {403: "forbidden", 404: "hidden", 410: "hidden"}.get(answer.status_code, "allowed")


MADE_UP = {
    *("judgement_id", "comment_id", "change_id", "user_id", "token_id", "endpoint_id", "delivery_id"),
    *("request_id", "connection_id", "pipeline_id", "credential_id", "ats_id"),
}
"""Whoever may call routes with these parameters is told that the thing is not there."""
NOT_SET_UP = {
    "/sign-in/oidc",
    "/sign-in/oidc/callback",
    "/metrics",
    "/api/v1/invitations/{invitation_id}/repository",
}
"""They answer 404 unless settings open them, or somebody has linked a repository."""


def may_be_missing(path: str) -> bool:
    """Whether 404 is the answer to those who may call."""
    return path in NOT_SET_UP or not MADE_UP.isdisjoint(PARAMETER.findall(path))


def test_every_caller_gets_what_the_table_says(world: World) -> None:
    wrong = []
    reading_first = sorted(
        TABLE.items(), key=lambda line: line[0][0] != "GET"
    )  # a stream ends when all is done
    for (method, path), may in reading_first:
        for caller in CALLERS:
            answer = world.send(method, path, caller)
            got, wanted = classified(answer), expected(may, path, caller)
            if may.kind is Kind.LINK and answer.status_code == 429:
                got = "hidden"  # too many links that are not known, from one address
            if got == "signed out" or (got == "hidden" and wanted == "allowed" and may_be_missing(path)):
                got = "allowed"
            if got != wanted:
                wrong.append(f"{method} {path} as {caller.name}: {got} ({answer.status_code}), not {wanted}")

    assert not wrong, "\n".join(wrong)
