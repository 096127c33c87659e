"""/forges: the pages on which administrators look after connections to forges and read what these delivered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.forges.interface import Trigger
from api.forges.managing import (
    TRIGGERS,
    USUAL,
    Wish,
    add_connection,
    change_connection,
    remove_connection,
    rotate,
)
from api.forges.reading import all_connections, connection_by_id, newest_commits, page_of_deliveries
from api.forges.tables import ForgeConnection, ForgeKind, Result
from api.hooks.outside import Outside
from api.hooks.secrets import OVERLAP_HOURS, Safe
from api.http.access import Admin, ServiceDep, SessionDep, acting
from api.http.pages import page
from api.http.reviewer.hooks import OVERLAPS
from api.problems import Invalid
from api.service import Service

router = APIRouter(prefix="/forges")

ROWS: Final = 50
COMMITS: Final = 20
NAMES: Final = {
    ForgeKind.GITHUB: "GitHub",
    ForgeKind.GITLAB: "GitLab",
    ForgeKind.GITEA: "Gitea or Forgejo",
}
TRIGGER_WORDS: Final = {
    Trigger.PUSH: "Commits on the branch that counts",
    Trigger.PULL_REQUEST: "A pull or merge request into that branch",
    Trigger.CI: "A workflow or pipeline of that branch that succeeded",
}

Line = Annotated[str, Form(max_length=1000)]
Long = Annotated[str, Form(max_length=20_000)]


def _parts(service: Service) -> tuple[Outside, Safe]:
    return Outside(service.settings.outside), service.safe


def payload_url(service: Service, connection: ForgeConnection) -> str:
    """Where a forge delivers to."""
    return f"{service.settings.base_url}/hooks/in/{connection.id}"


@router.get("")
def list_page(request: Request, session: SessionDep, user: Admin) -> Response:
    """Every connection."""
    del user
    context = {"connections": all_connections(session), "names": NAMES}
    return page(request, "reviewer/forges/list.html.j2", context)


@router.get("/new")
def new_page(request: Request, user: Admin) -> Response:
    """The form for a new connection."""
    del user
    return _form(request, None, Wish("github", triggers=TRIGGERS), {})


def _form(
    request: Request, connection: ForgeConnection | None, wish: Wish, errors: Mapping[str, str]
) -> Response:
    context = {
        "connection": connection,
        "wish": wish,
        "errors": errors,
        "names": NAMES,
        "usual": USUAL,
        "triggers": TRIGGER_WORDS,
    }
    return page(request, "reviewer/forges/form.html.j2", context, status=422 if errors else 200)


@router.post("")
def add(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    kind: Line,
    description: Line = "",
    web_url: Line = "",
    api_url: Line = "",
    app_id: Line = "",
    private_key: Long = "",
    token: Long = "",
    secret: Line = "",
    triggers: Annotated[list[str], Form()] = [],  # noqa: B006 -- FastAPI copies it
) -> Response:
    """Connect a forge and show the secret, once."""
    outside, safe = _parts(service)
    wish = Wish(
        kind,
        description.strip(),
        web_url.strip(),
        api_url.strip(),
        app_id.strip(),
        private_key.replace("\r\n", "\n").strip(),
        token.strip(),
        triggers,
    )
    try:
        connection, made = add_connection(
            session,
            outside,
            safe,
            wish,
            acting(request, user),
            service.now(),
            secret=secret.strip(),
        )
    except Invalid as wrong:
        return _form(request, None, wish, wrong.errors)
    return _secret(request, service, connection, made, "The forge is connected.")


def _secret(
    request: Request, service: Service, connection: ForgeConnection, secret: str, title: str
) -> Response:
    context = {
        "connection": connection,
        "secret": secret,
        "title": title,
        "payload_url": payload_url(service, connection),
        "name": NAMES[ForgeKind(connection.kind)],
    }
    return page(request, "reviewer/forges/secret.html.j2", context)


@router.get("/{connection_id}")
def connection_page(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    connection_id: uuid.UUID,
    result: Annotated[str, Query(max_length=40)] = "",
    before: uuid.UUID | None = None,
) -> Response:
    """One connection: what it is, its newest commits, its log."""
    del user
    connection = connection_by_id(session, connection_id)
    chosen = Result(result) if result in list(Result) else None
    found = page_of_deliveries(session, connection, chosen, before, ROWS)
    now = service.now()
    context: dict[str, Any] = {
        "connection": connection,
        "name": NAMES[ForgeKind(connection.kind)],
        "payload_url": payload_url(service, connection),
        "trigger_words": [TRIGGER_WORDS[Trigger(one)] for one in connection.triggers],
        "rows": found.rows,
        "older": found.following,
        "first": before is None,
        "chosen": chosen.value if chosen else "",
        "results": list(Result),
        "commits": newest_commits(session, connection, COMMITS),
        "overlaps": OVERLAPS,
        "old_is_taken": connection.old_secret_ends_at is not None and connection.old_secret_ends_at > now,
    }
    return page(request, "reviewer/forges/connection.html.j2", context)


@router.get("/{connection_id}/edit")
def edit_page(request: Request, session: SessionDep, user: Admin, connection_id: uuid.UUID) -> Response:
    """The form for a connection that is there."""
    del user
    connection = connection_by_id(session, connection_id)
    wish = Wish(
        connection.kind,
        connection.description,
        connection.web_url,
        connection.api_url,
        connection.app_id,
        triggers=connection.triggers,
    )
    return _form(request, connection, wish, {})


@router.post("/{connection_id}/edit")
def edit(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    connection_id: uuid.UUID,
    description: Line = "",
    web_url: Line = "",
    api_url: Line = "",
    app_id: Line = "",
    private_key: Long = "",
    token: Long = "",
    drop: Annotated[list[str], Form()] = [],  # noqa: B006 -- FastAPI copies it
    triggers: Annotated[list[str], Form()] = [],  # noqa: B006 -- FastAPI copies it
) -> Response:
    """Change it. A key or token that is left empty stays, unless it is to be dropped."""
    connection = connection_by_id(session, connection_id, lock=True)
    outside, safe = _parts(service)
    key = private_key.replace("\r\n", "\n").strip()
    wish = Wish(
        connection.kind,
        description.strip(),
        web_url.strip(),
        api_url.strip(),
        app_id.strip(),
        key or ("" if "private_key" in drop else None),
        token.strip() or ("" if "token" in drop else None),
        triggers,
    )
    try:
        change_connection(session, outside, safe, connection, wish, acting(request, user), service.now())
    except Invalid as wrong:
        return _form(request, connection, wish, wrong.errors)
    return RedirectResponse(f"/forges/{connection_id}", 303)


@router.post("/{connection_id}/rotate")
def rotate_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    connection_id: uuid.UUID,
    hours: Annotated[int, Form()] = OVERLAP_HOURS[1],
    secret: Line = "",
) -> Response:
    """Replace the secret and show the new one, once."""
    connection = connection_by_id(session, connection_id, lock=True)
    safe = _parts(service)[1]
    by, now = acting(request, user), service.now()
    made = rotate(session, safe, connection, hours, by, now, secret=secret.strip())
    return _secret(request, service, connection, made, "The new secret is in force.")


@router.post("/{connection_id}/remove")
def remove_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, connection_id: uuid.UUID
) -> Response:
    """Remove it with its links and its log."""
    connection = connection_by_id(session, connection_id, lock=True)
    remove_connection(session, connection, acting(request, user), service.now())
    return RedirectResponse("/forges", 303)
