"""Reading endpoints and the log of their deliveries."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.hooks.tables import Attempt, Delivery, DeliveryState, HookEndpoint
from api.problems import NotFound


@dataclass(frozen=True)
class Counts:
    """Deliveries of an endpoint that are in the log."""

    waiting: int = 0
    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Filters:
    """Which deliveries to show; None: all."""

    state: DeliveryState | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Page:
    """Some deliveries, the newest first."""

    rows: Sequence[Delivery]
    following: uuid.UUID | None
    """Pass it as `before` for the page after; None where this is the last."""


def all_endpoints(session: Session) -> list[tuple[HookEndpoint, Counts]]:
    """Every endpoint, the oldest first."""
    counts: dict[uuid.UUID, dict[str, int]] = {}
    for endpoint_id, state, count in session.execute(
        select(Delivery.endpoint_id, Delivery.state, func.count()).group_by(
            Delivery.endpoint_id, Delivery.state
        )
    ):
        counts.setdefault(endpoint_id, {})[state] = count
    return [
        (endpoint, Counts(**counts.get(endpoint.id, {})))
        for endpoint in session.scalars(select(HookEndpoint).order_by(HookEndpoint.id))
    ]


def endpoint_by_id(session: Session, endpoint_id: uuid.UUID, *, lock: bool = False) -> HookEndpoint:
    """An endpoint.

    Raises:
        NotFound: there is none.
    """
    endpoint = session.get(HookEndpoint, endpoint_id, with_for_update=lock or None)
    if endpoint is None:
        raise NotFound("There is no such webhook endpoint.")
    return endpoint


def page_of_deliveries(
    session: Session, endpoint: HookEndpoint, filters: Filters, before: uuid.UUID | None, most: int
) -> Page:
    """Deliveries of an endpoint that were made before the delivery `before`."""
    query = select(Delivery).where(Delivery.endpoint_id == endpoint.id)
    if filters.state is not None:
        query = query.where(Delivery.state == filters.state.value)
    if filters.kind is not None:
        query = query.where(Delivery.kind == filters.kind)
    if before is not None:
        query = query.where(Delivery.id < before)
    rows = session.scalars(query.order_by(Delivery.id.desc()).limit(most + 1)).all()
    return Page(rows[:most], rows[most - 1].id if len(rows) > most else None)


def delivery_by_id(
    session: Session, endpoint_id: uuid.UUID, delivery_id: uuid.UUID, *, lock: bool = False
) -> Delivery:
    """A delivery of an endpoint.

    Raises:
        NotFound: there is none, or the log was cleared of it.
    """
    delivery = session.get(Delivery, delivery_id, with_for_update=lock or None)
    if delivery is None or delivery.endpoint_id != endpoint_id:
        raise NotFound("There is no such delivery, or the log was cleared of it.")
    return delivery


def attempts_of(session: Session, delivery: Delivery) -> Sequence[Attempt]:
    """The attempts of a delivery, the newest first."""
    return session.scalars(
        select(Attempt).where(Attempt.delivery_id == delivery.id).order_by(Attempt.id.desc())
    ).all()
