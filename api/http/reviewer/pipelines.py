"""/pipelines: the pages of administrators about pipelines that sign, and about what repositories are fetched with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.ci.addresses import allowed_beginnings
from api.ci.asking import newest_requests
from api.ci.connections import (
    all_connections,
    connection_by_id,
    make_connection,
    revoke_connection,
    rotate_connection,
)
from api.ci.credentials import Wish, all_credentials, remove_credential, set_credential
from api.ci.tables import CiConnection
from api.hooks.secrets import OVERLAP_HOURS, old_is_valid
from api.http.access import Admin, ServiceDep, SessionDep, acting
from api.http.pages import page
from api.http.reviewer.hooks import OVERLAPS
from api.problems import Invalid, NotFound
from api.service import Service
from api.takehomes.reading import by_name, takehomes

router = APIRouter(prefix="/pipelines")

ROWS: Final = 50

Line = Annotated[str, Form(max_length=1000)]
Long = Annotated[str, Form(max_length=50_000)]


@router.get("")
def list_page(request: Request, service: ServiceDep, session: SessionDep, user: Admin) -> Response:
    """Every connection, what repositories are fetched with, and what pipelines asked for last."""
    del user
    now = service.now()
    context = {
        "connections": [(row, old_is_valid(row, now)) for row in all_connections(session)],
        "credentials": all_credentials(session),
        "allowed": allowed_beginnings(service.settings.ci.repositories),
        "requests": newest_requests(session, None, ROWS),
    }
    return page(request, "reviewer/pipelines/list.html.j2", context)


@router.get("/new")
def new_page(request: Request, session: SessionDep, user: Admin) -> Response:
    """The form for a new connection."""
    del user
    return _form(request, session, "", "", {})


def _form(
    request: Request, session: Session, name: str, take_home: str, errors: Mapping[str, str]
) -> Response:
    homes = {"": "any take-home", **{one.name: one.title for one in takehomes(session, archived=False)}}
    context = {"homes": homes, "name": name, "take_home": take_home, "errors": errors}
    return page(request, "reviewer/pipelines/form.html.j2", context, status=422 if errors else 200)


@router.post("")
def add(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    name: Line = "",
    take_home: Line = "",
) -> Response:
    """Make a connection and show its secret, once."""
    name, take_home = name.replace("\0", ""), take_home.replace("\0", "")
    try:
        takehome = by_name(session, take_home) if take_home else None
        row, secret = make_connection(
            session, service.safe, name, takehome, acting(request, user), service.now()
        )
    except Invalid as wrong:
        return _form(request, session, name, take_home, wrong.errors)
    except NotFound as missing:
        return _form(request, session, name, "", {"take_home": missing.detail})
    return _secret(request, service, row, secret, "The pipeline is connected.")


def _secret(request: Request, service: Service, row: CiConnection, secret: str, title: str) -> Response:
    context = {"connection": row, "secret": secret, "title": title, "address": _address(service, row)}
    return page(request, "reviewer/pipelines/secret.html.j2", context)


def _address(service: Service, row: CiConnection) -> str:
    return f"{service.settings.base_url}/api/v1/ci/submissions?connection={row.id}"


@router.get("/credentials/new")
def credential_page(request: Request, service: ServiceDep, user: Admin, beginning: str = "") -> Response:
    """The form for what repositories are fetched with; with `beginning`, in place of what is set for it."""
    del user
    return _credential_form(request, service, Wish(beginning[:500]), {})


def _credential_form(
    request: Request, service: Service, wish: Wish, errors: Mapping[str, str], problem: str = ""
) -> Response:
    allowed = allowed_beginnings(service.settings.ci.repositories)
    context = {"wish": wish, "allowed": allowed, "errors": errors, "problem": problem}
    return page(request, "reviewer/pipelines/credential.html.j2", context, status=422 if problem else 200)


@router.post("/credentials")
def set_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    beginning: Line = "",
    git_user: Line = "",
    token: Line = "",
    private_key: Long = "",
    known_hosts: Long = "",
) -> Response:
    """Set what repositories of some addresses are fetched with. It is not shown again."""
    key, hosts = (text.replace("\r\n", "\n").strip() for text in (private_key, known_hosts))
    wish = Wish(beginning.strip(), git_user.strip(), token.strip(), key, hosts)
    allowed = service.settings.ci.repositories
    try:
        set_credential(session, service.safe, wish, allowed, acting(request, user), service.now())
    except Invalid as wrong:
        return _credential_form(request, service, wish, wrong.errors, wrong.detail)
    return RedirectResponse("/pipelines", 303)


@router.post("/credentials/{credential_id}/remove")
def remove_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, credential_id: uuid.UUID
) -> Response:
    """Forget it."""
    remove_credential(session, credential_id, acting(request, user), service.now())
    return RedirectResponse("/pipelines", 303)


@router.get("/{pipeline_id}")
def connection_page(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, pipeline_id: uuid.UUID
) -> Response:
    """One connection: what it is, and what it sent last."""
    del user
    row = connection_by_id(session, pipeline_id)
    context = {
        "connection": row,
        "address": _address(service, row),
        "overlaps": OVERLAPS,
        "old_is_valid": old_is_valid(row, service.now()),
        "requests": newest_requests(session, f"connection:{row.id}", ROWS),
    }
    return page(request, "reviewer/pipelines/connection.html.j2", context)


@router.post("/{pipeline_id}/rotate")
def rotate_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    pipeline_id: uuid.UUID,
    hours: Annotated[int, Form()] = OVERLAP_HOURS[1],
) -> Response:
    """Replace the secret and show the new one, once."""
    row = connection_by_id(session, pipeline_id, lock=True)
    secret = rotate_connection(session, service.safe, row, hours, acting(request, user), service.now())
    return _secret(request, service, row, secret, "The new secret is in force.")


@router.post("/{pipeline_id}/revoke")
def revoke_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, pipeline_id: uuid.UUID
) -> Response:
    """Believe it nothing any more."""
    row = connection_by_id(session, pipeline_id, lock=True)
    revoke_connection(session, row, acting(request, user), service.now())
    return RedirectResponse("/pipelines", 303)
