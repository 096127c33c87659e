"""/webhooks: endpoints, their secrets, and the log of deliveries. For tokens with the scope admin."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.accounts.keys import Scope
from api.hooks.managing import (
    Wish,
    add_endpoint,
    change_endpoint,
    enable,
    remove,
    rotate,
    send_again,
    send_again_since,
    send_test,
)
from api.hooks.outside import Outside
from api.hooks.reading import (
    Filters,
    all_endpoints,
    attempts_of,
    delivery_by_id,
    endpoint_by_id,
    page_of_deliveries,
)
from api.hooks.recording import disable
from api.hooks.signing import webhook_id
from api.hooks.tables import Attempt, Delivery, DeliveryState, HookEndpoint
from api.http.access import Caller, ServiceDep, SessionDep, needs_scope
from api.http.v1.answers import problems

router = APIRouter(prefix="/webhooks", tags=["Webhooks"])

Administrator = Annotated[Caller, Depends(needs_scope(Scope.ADMIN))]
USUAL: Final = 50
MOST: Final = 200


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewEndpoint(_In):
    """What an endpoint shall be."""

    url: str = Field(max_length=2000)
    description: str = Field(default="", max_length=200)
    kinds: list[str] = Field(default_factory=list, max_length=50, description="Empty: every kind of event.")


class ChangedEndpoint(_In):
    """What shall change; what is left out stays."""

    url: str | None = Field(default=None, max_length=2000)
    description: str | None = Field(default=None, max_length=200)
    kinds: list[str] | None = Field(default=None, max_length=50)
    disabled: bool | None = None


class Rotation(_In):
    """How long the old secret signs as well."""

    old_signs_hours: Literal[0, 24, 168] = 24


class Since(_In):
    """What shall be sent again."""

    since: AwareDatetime
    delivered: bool = Field(default=False, description="Also what was delivered.")


class Endpoint(BaseModel):
    """An endpoint. Its secret is shown only when it is made."""

    id: uuid.UUID
    url: str
    description: str
    kinds: list[str]
    created_by: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str
    failing_since: datetime | None
    succeeded_at: datetime | None
    old_secret_ends_at: datetime | None


class EndpointWithSecret(Endpoint):
    """An endpoint, and its new secret."""

    secret: str


class DeliveryRow(BaseModel):
    """One event for one endpoint."""

    id: uuid.UUID
    webhook_id: str
    kind: str
    state: DeliveryState
    happened_at: datetime
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    status: int | None
    problem: str


class AttemptRow(BaseModel):
    """One request."""

    at: datetime
    milliseconds: int
    address: str
    status: int | None
    problem: str
    answer: str = Field(description="The first 4 KiB; bytes that are no UTF-8 are replaced.")
    cut: bool


class WholeDelivery(DeliveryRow):
    """A delivery with its body and every attempt."""

    body: str
    attempts: list[AttemptRow]


class Deliveries(BaseModel):
    """Deliveries, the newest first."""

    items: list[DeliveryRow]
    next: uuid.UUID | None = Field(description="Pass it as `before` for the page after.")


class SentAgain(BaseModel):
    """How many deliveries were put back into the queue."""

    count: int


@router.get("", summary="List endpoints")
def list_endpoints(session: SessionDep, caller: Administrator) -> list[Endpoint]:
    """Every endpoint, the oldest first."""
    del caller
    return [_endpoint(endpoint) for endpoint, _ in all_endpoints(session)]


@router.post("", status_code=201, summary="Add an endpoint", responses=problems(400, 413))
def add(
    wanted: NewEndpoint, service: ServiceDep, session: SessionDep, caller: Administrator
) -> EndpointWithSecret:
    """The secret is in this answer and nowhere else."""
    wish = Wish(wanted.url, wanted.description, wanted.kinds)
    outside, safe = Outside(service.settings.outside), service.safe
    endpoint, secret = add_endpoint(session, outside, safe, wish, caller.actor, service.now())
    return EndpointWithSecret(**_endpoint(endpoint).model_dump(), secret=secret)


@router.get("/{endpoint_id}", summary="Read an endpoint", responses=problems(400, 404, 409, 413))
def read(endpoint_id: uuid.UUID, session: SessionDep, caller: Administrator) -> Endpoint:
    """One endpoint."""
    del caller
    return _endpoint(endpoint_by_id(session, endpoint_id))


@router.patch("/{endpoint_id}", summary="Change an endpoint", responses=problems(400, 404, 409, 413))
def change(
    endpoint_id: uuid.UUID,
    wanted: ChangedEndpoint,
    service: ServiceDep,
    session: SessionDep,
    caller: Administrator,
) -> Endpoint:
    """Address, description, kinds, and whether it is told anything."""
    endpoint, now = endpoint_by_id(session, endpoint_id, lock=True), service.now()
    if wanted.model_fields_set - {"disabled"}:
        wish = Wish(
            endpoint.url if wanted.url is None else wanted.url,
            endpoint.description if wanted.description is None else wanted.description,
            endpoint.kinds if wanted.kinds is None else wanted.kinds,
        )
        change_endpoint(session, Outside(service.settings.outside), endpoint, wish, caller.actor, now)
    if wanted.disabled:
        disable(session, endpoint, f"Disabled by {caller.actor.name}.", caller.actor, now)
    elif wanted.disabled is False:
        enable(session, endpoint, caller.actor, now)
    return _endpoint(endpoint)


@router.delete(
    "/{endpoint_id}", status_code=204, summary="Remove an endpoint", responses=problems(400, 404, 409, 413)
)
def delete(endpoint_id: uuid.UUID, service: ServiceDep, session: SessionDep, caller: Administrator) -> None:
    """With its log of deliveries."""
    remove(session, endpoint_by_id(session, endpoint_id, lock=True), caller.actor, service.now())


@router.post("/{endpoint_id}/rotate", summary="Make a new secret", responses=problems(400, 404, 409, 413))
def new_secret(
    endpoint_id: uuid.UUID,
    rotation: Rotation,
    service: ServiceDep,
    session: SessionDep,
    caller: Administrator,
) -> EndpointWithSecret:
    """The new secret is in this answer and nowhere else."""
    endpoint = endpoint_by_id(session, endpoint_id, lock=True)
    safe = service.safe
    secret = rotate(session, safe, endpoint, rotation.old_signs_hours, caller.actor, service.now())
    return EndpointWithSecret(**_endpoint(endpoint).model_dump(), secret=secret)


@router.post(
    "/{endpoint_id}/test",
    status_code=202,
    summary="Send a test event",
    responses=problems(400, 404, 409, 413),
)
def test(
    endpoint_id: uuid.UUID, service: ServiceDep, session: SessionDep, caller: Administrator
) -> DeliveryRow:
    """A `webhook.test`, to this endpoint alone."""
    endpoint = endpoint_by_id(session, endpoint_id)
    base_url = service.settings.base_url
    return _delivery(send_test(session, endpoint, base_url, caller.actor, service.now()))


@router.post(
    "/{endpoint_id}/resend",
    status_code=202,
    summary="Send again since a time",
    responses=problems(400, 404, 409, 413),
)
def resend_since(
    endpoint_id: uuid.UUID, wanted: Since, service: ServiceDep, session: SessionDep, caller: Administrator
) -> SentAgain:
    """What failed or was never sent since then; at most 5000 deliveries."""
    endpoint = endpoint_by_id(session, endpoint_id, lock=True)
    count = send_again_since(
        session,
        endpoint,
        wanted.since,
        service.settings.base_url,
        caller.actor,
        service.now(),
        delivered=wanted.delivered,
    )
    return SentAgain(count=count)


@router.get("/{endpoint_id}/deliveries", summary="List deliveries", responses=problems(400, 404, 409, 413))
def list_deliveries(
    endpoint_id: uuid.UUID,
    session: SessionDep,
    caller: Administrator,
    state: DeliveryState | None = None,
    kind: Annotated[str | None, Query(max_length=80, pattern=r"^[a-z.]*$")] = None,
    before: uuid.UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
) -> Deliveries:
    """The newest first."""
    del caller
    endpoint = endpoint_by_id(session, endpoint_id)
    page = page_of_deliveries(session, endpoint, Filters(state, kind), before, limit)
    return Deliveries(items=[_delivery(row) for row in page.rows], next=page.following)


@router.get(
    "/{endpoint_id}/deliveries/{delivery_id}",
    summary="Read a delivery",
    responses=problems(400, 404, 409, 413),
)
def read_delivery(
    endpoint_id: uuid.UUID, delivery_id: uuid.UUID, session: SessionDep, caller: Administrator
) -> WholeDelivery:
    """Its body, and every attempt with the answer."""
    del caller
    delivery = delivery_by_id(session, endpoint_id, delivery_id)
    attempts = [_attempt(one) for one in attempts_of(session, delivery)]
    return WholeDelivery(**_delivery(delivery).model_dump(), body=delivery.body, attempts=attempts)


@router.post(
    "/{endpoint_id}/deliveries/{delivery_id}/resend",
    status_code=202,
    summary="Send one again",
    responses=problems(400, 404, 409, 413),
)
def resend(
    endpoint_id: uuid.UUID,
    delivery_id: uuid.UUID,
    service: ServiceDep,
    session: SessionDep,
    caller: Administrator,
) -> DeliveryRow:
    """Under the same id."""
    endpoint = endpoint_by_id(session, endpoint_id)
    delivery = delivery_by_id(session, endpoint_id, delivery_id, lock=True)
    send_again(session, endpoint, delivery, caller.actor, service.now())
    return _delivery(delivery)


def _endpoint(row: HookEndpoint) -> Endpoint:
    return Endpoint.model_validate(row, from_attributes=True)


def _delivery(row: Delivery) -> DeliveryRow:
    names = [name for name in DeliveryRow.model_fields if name != "webhook_id"]
    return DeliveryRow(webhook_id=webhook_id(row.id), **{name: getattr(row, name) for name in names})


def _attempt(row: Attempt) -> AttemptRow:
    names = [name for name in AttemptRow.model_fields if name != "answer"]
    facts = {name: getattr(row, name) for name in names}
    return AttemptRow(answer=row.answer.decode("utf-8", "replace"), **facts)
