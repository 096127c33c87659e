"""/forge-connections: which forges deliver, and their log; /invitations/{id}/repository: whose repository is whose."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.accounts.keys import Scope
from api.forges.interface import Trigger
from api.forges.linking import link, repository_of, unlink
from api.forges.managing import TRIGGERS, Wish, add_connection, change_connection, remove_connection, rotate
from api.forges.reading import connection_by_id, connections, page_of_deliveries
from api.forges.tables import ForgeConnection, ForgeKind, ForgeRepository, Result
from api.hooks.outside import Outside
from api.http.access import Caller, ServiceDep, SessionDep, needs_scope
from api.http.v1.answers import problems
from api.http.v1.shapes import Given, Shown, Storable
from api.invitations.lists import by_id
from api.problems import NotFound

router = APIRouter(tags=["Forges"])

Administrator = Annotated[Caller, Depends(needs_scope(Scope.ADMIN))]
Inviter = Annotated[Caller, Depends(needs_scope(Scope.INVITE))]
USUAL: Final = 50
MOST: Final = 200

Url = Annotated[str, Field(max_length=400), Storable]
Text = Annotated[str, Field(max_length=200), Storable]
Secret = Annotated[str, Field(max_length=20_000), Storable]


class NewConnection(Given):
    """A forge that shall deliver."""

    kind: ForgeKind
    description: Text = ""
    web_url: Url = Field(default="", description="Empty: the public instance.")
    api_url: Url = Field(default="", description="Empty: where an instance at `web_url` usually has it.")
    secret: Text = Field(default="", description="Where the forge has made it. Empty: one is made.")
    app_id: Text = Field(default="", description="Of a GitHub App: its id or client id.")
    private_key: Secret = Field(default="", description="Of that App, as PEM.")
    token: Secret = Field(default="", description="Instead of an App.")
    triggers: list[Trigger] = Field(default=[Trigger(one) for one in TRIGGERS], min_length=1)


class ChangedConnection(Given):
    """What shall change; what is left out stays. An empty `token` or `private_key` removes it."""

    description: Text | None = None
    web_url: Url | None = None
    api_url: Url | None = None
    app_id: Text | None = None
    private_key: Secret | None = None
    token: Secret | None = None
    triggers: list[Trigger] | None = Field(default=None, min_length=1)


class NewSecret(Given):
    """How long the secret before is taken as well."""

    secret: Text = Field(default="", description="Where the forge has made it. Empty: one is made.")
    old_is_taken_hours: Literal[0, 24, 168] = 24


class Connection(Shown):
    """A connection. Secrets, tokens and keys are not shown."""

    id: uuid.UUID
    kind: ForgeKind
    description: str
    web_url: str
    api_url: str
    payload_url: str = Field(description="Where the forge delivers to.")
    app_id: str
    has_private_key: bool
    has_token: bool
    triggers: list[Trigger]
    created_by: str
    created_at: datetime
    old_secret_ends_at: datetime | None


class ConnectionWithSecret(Connection):
    """A connection, and its new secret."""

    secret: str


class ForgeDeliveryRow(Shown):
    """A delivery whose signature was right, and what became of it."""

    id: uuid.UUID
    delivery_id: str
    event: str
    repository: str
    commit: str
    result: Result
    reason: str
    received_at: datetime


class ForgeDeliveries(Shown):
    """Deliveries, the newest first."""

    items: list[ForgeDeliveryRow]
    next: uuid.UUID | None = Field(description="Pass it as `before` for the page after.")


class LinkedRepository(Given):
    """The repository of an invitation."""

    connection: uuid.UUID
    repository: Url = Field(description="owner/name, or its address.")
    branch: Text = Field(default="", description="That counts. Empty: the default branch.")


class Repository(Shown):
    """The repository of an invitation, as it is linked."""

    connection: uuid.UUID
    repository: str
    url: str
    branch: str
    created_by: str
    created_at: datetime


@router.get("/forge-connections", summary="List connections to forges")
def list_connections(service: ServiceDep, session: SessionDep, caller: Administrator) -> list[Connection]:
    """The oldest first."""
    del caller
    return [_connection(service, row) for row in connections(session)]


@router.post(
    "/forge-connections", status_code=201, summary="Connect a forge", responses=problems(400, 409, 413)
)
def add(
    wanted: NewConnection, service: ServiceDep, session: SessionDep, caller: Administrator
) -> ConnectionWithSecret:
    """The secret is in this answer and nowhere else."""
    wish = Wish(
        wanted.kind,
        wanted.description,
        wanted.web_url,
        wanted.api_url,
        wanted.app_id,
        wanted.private_key,
        wanted.token,
        wanted.triggers,
    )
    row, secret = add_connection(
        session,
        Outside(service.settings.outside),
        service.safe,
        wish,
        caller.actor,
        service.now(),
        secret=wanted.secret,
    )
    return ConnectionWithSecret(**_connection(service, row).model_dump(), secret=secret)


@router.get("/forge-connections/{connection_id}", summary="Read a connection", responses=problems(404))
def read(
    connection_id: uuid.UUID, service: ServiceDep, session: SessionDep, caller: Administrator
) -> Connection:
    """One connection."""
    del caller
    return _connection(service, connection_by_id(session, connection_id))


@router.patch(
    "/forge-connections/{connection_id}", summary="Change a connection", responses=problems(400, 404, 413)
)
def change(
    connection_id: uuid.UUID,
    wanted: ChangedConnection,
    service: ServiceDep,
    session: SessionDep,
    caller: Administrator,
) -> Connection:
    """Everything but the kind and the secret."""
    row = connection_by_id(session, connection_id, lock=True)

    def given(value: str | None, before: str) -> str:
        return before if value is None else value

    wish = Wish(
        row.kind,
        given(wanted.description, row.description),
        given(wanted.web_url, row.web_url),
        given(wanted.api_url, row.api_url),
        given(wanted.app_id, row.app_id),
        wanted.private_key,
        wanted.token,
        row.triggers if wanted.triggers is None else wanted.triggers,
    )
    outside, safe = Outside(service.settings.outside), service.safe
    change_connection(session, outside, safe, row, wish, caller.actor, service.now())
    return _connection(service, row)


@router.delete(
    "/forge-connections/{connection_id}",
    status_code=204,
    summary="Remove a connection",
    responses=problems(404),
)
def delete(connection_id: uuid.UUID, service: ServiceDep, session: SessionDep, caller: Administrator) -> None:
    """With its links to invitations and its log. Submissions stay."""
    row = connection_by_id(session, connection_id, lock=True)
    remove_connection(session, row, caller.actor, service.now())


@router.post(
    "/forge-connections/{connection_id}/rotate",
    summary="Replace the secret of a connection",
    responses=problems(400, 404, 413),
)
def new_secret(
    connection_id: uuid.UUID,
    wanted: NewSecret,
    service: ServiceDep,
    session: SessionDep,
    caller: Administrator,
) -> ConnectionWithSecret:
    """The new secret is in this answer and nowhere else."""
    row = connection_by_id(session, connection_id, lock=True)
    safe = service.safe
    secret = rotate(
        session,
        safe,
        row,
        wanted.old_is_taken_hours,
        caller.actor,
        service.now(),
        secret=wanted.secret,
    )
    return ConnectionWithSecret(**_connection(service, row).model_dump(), secret=secret)


@router.get(
    "/forge-connections/{connection_id}/deliveries",
    summary="List deliveries of a forge",
    responses=problems(404),
)
def list_deliveries(
    connection_id: uuid.UUID,
    session: SessionDep,
    caller: Administrator,
    result: Result | None = None,
    before: uuid.UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
) -> ForgeDeliveries:
    """The newest first."""
    del caller
    found = page_of_deliveries(session, connection_by_id(session, connection_id), result, before, limit)
    return ForgeDeliveries(
        items=[ForgeDeliveryRow.model_validate(row) for row in found.rows], next=found.following
    )


@router.get(
    "/invitations/{invitation_id}/repository",
    summary="Read the repository of an invitation",
    responses=problems(404),
)
def read_repository(invitation_id: uuid.UUID, session: SessionDep, caller: Inviter) -> Repository:
    """Where the candidate works."""
    del caller
    row = repository_of(session, by_id(session, invitation_id).id)
    if row is None:
        raise NotFound("This invitation has no repository.")
    return _repository(row)


@router.put(
    "/invitations/{invitation_id}/repository",
    summary="Link a repository to an invitation",
    responses=problems(400, 404, 409, 413),
)
def link_repository(
    invitation_id: uuid.UUID,
    wanted: LinkedRepository,
    service: ServiceDep,
    session: SessionDep,
    caller: Inviter,
) -> Repository:
    """From now on its commits are submissions. An invitation has one repository; another takes its place."""
    invitation = by_id(session, invitation_id, lock=True)
    link(
        session,
        invitation,
        wanted.connection,
        wanted.repository,
        wanted.branch,
        caller.actor,
        service.now(),
    )
    row = repository_of(session, invitation.id)
    assert row is not None
    return _repository(row)


@router.delete(
    "/invitations/{invitation_id}/repository",
    status_code=204,
    summary="Unlink the repository of an invitation",
    responses=problems(404),
)
def unlink_repository(
    invitation_id: uuid.UUID, service: ServiceDep, session: SessionDep, caller: Inviter
) -> None:
    """Submissions that were made of it stay."""
    unlink(session, by_id(session, invitation_id, lock=True), caller.actor, service.now())


def _connection(service: ServiceDep, row: ForgeConnection) -> Connection:
    return Connection(
        id=row.id,
        kind=ForgeKind(row.kind),
        description=row.description,
        web_url=row.web_url,
        api_url=row.api_url,
        payload_url=f"{service.settings.base_url}/hooks/in/{row.id}",
        app_id=row.app_id,
        has_private_key=row.private_key is not None,
        has_token=row.token is not None,
        triggers=[Trigger(one) for one in row.triggers],
        created_by=row.created_by,
        created_at=row.created_at,
        old_secret_ends_at=row.old_secret_ends_at,
    )


def _repository(row: ForgeRepository) -> Repository:
    return Repository(
        connection=row.connection_id,
        repository=row.name,
        url=f"{row.connection.web_url}/{row.name}",
        branch=row.branch,
        created_by=row.created_by,
        created_at=row.created_at,
    )
