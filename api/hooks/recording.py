"""What an attempt does to its delivery and its endpoint, in the transaction that records it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from api.audit.log import SYSTEM, Actor, announce, record
from api.database.base import new_id
from api.hooks.schedule import GIVE_UP, wait_after
from api.hooks.tables import Attempt, Delivery, DeliveryState, HookEndpoint

GONE = 410


@dataclass(frozen=True)
class Outcome:
    """What became of one request."""

    at: datetime
    milliseconds: int
    status: int | None = None
    answer: bytes = b""
    cut: bool = False
    address: str = ""
    asked_wait: timedelta = timedelta()
    """Its answer asks not to be tried again before."""
    problem: str = ""
    """In words; empty where it succeeded."""

    @property
    def succeeded(self) -> bool:
        """Whether the other side has taken it."""
        return not self.problem


def record_attempt(
    session: Session, delivery_id: uuid.UUID, outcome: Outcome, now: datetime, chance: float
) -> HookEndpoint | None:
    """Log an attempt, and say what is next. `chance` (0 to 1) moves the time of the next try a little.

    Returns the endpoint where this attempt was its last: it is disabled.
    """
    known = session.get(Delivery, delivery_id)
    if known is None:
        return None  # the endpoint was removed while the request was under way
    endpoint = session.get(HookEndpoint, known.endpoint_id, with_for_update=True)
    delivery = session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    if endpoint is None or delivery is None:
        return None
    session.add(
        Attempt(
            id=new_id(),
            delivery_id=delivery.id,
            at=outcome.at,
            milliseconds=outcome.milliseconds,
            address=outcome.address[:60],
            status=outcome.status,
            answer=outcome.answer,
            cut=outcome.cut,
            problem=outcome.problem[:400],
        )
    )
    if outcome.succeeded:
        endpoint.succeeded_at, endpoint.failing_since = now, None
        _end(delivery, DeliveryState.DELIVERED, outcome, now)
        return None
    endpoint.failing_since = endpoint.failing_since or now
    if delivery.state != DeliveryState.WAITING:
        return None  # another worker, or an administrator, was quicker
    delivery.tries += 1
    wait = wait_after(delivery.tries, chance)
    if wait is None:
        _end(delivery, DeliveryState.FAILED, outcome, now)
    else:
        delivery.status, delivery.problem = outcome.status, outcome.problem[:400]
        delivery.next_at = now + max(wait, outcome.asked_wait)
    if endpoint.disabled_at is not None:
        return None
    if outcome.status == GONE:
        why = "It answered 410 Gone: it does not want to be told any more."
    elif now - endpoint.failing_since >= GIVE_UP:
        why = f"Every attempt of the last {GIVE_UP.days} days failed: {outcome.problem}"
    else:
        return None
    disable(session, endpoint, why, SYSTEM, now)
    return endpoint


def _end(delivery: Delivery, state: DeliveryState, outcome: Outcome, now: datetime) -> None:
    delivery.state, delivery.ended_at, delivery.next_at = state.value, now, None
    delivery.status, delivery.problem = outcome.status, outcome.problem[:400]


def disable(session: Session, endpoint: HookEndpoint, why: str, by: Actor, now: datetime) -> None:
    """Tell an endpoint nothing more. What still waits for it has failed, and can be sent again later."""
    if endpoint.disabled_at is not None:
        return
    endpoint.disabled_at, endpoint.disabled_why = now, why[:400]
    session.flush()
    session.execute(
        update(Delivery)
        .where(Delivery.endpoint_id == endpoint.id, Delivery.state == DeliveryState.WAITING.value)
        .values(
            state=DeliveryState.FAILED.value,
            ended_at=now,
            next_at=None,
            problem="The endpoint was disabled before it could be delivered.",
        )
    )
    record(session, by, "webhook.disabled", ("webhook", endpoint.id), now, why=why[:400])
    announce(
        session,
        "webhook.disabled",
        endpoint.id,
        now,
        description=endpoint.description,
        why=endpoint.disabled_why,
    )
