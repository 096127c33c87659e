"""From the outbox to deliveries: every event that was committed, once for each endpoint that wants it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from pydantic import ValidationError
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from api.audit.tables import Event
from api.database.base import new_id
from api.hooks.payloads import KINDS, TEST, Source, SubjectGone, body_of
from api.hooks.tables import Delivery, DeliveryState, HookEndpoint

log = structlog.get_logger()

ERASED: Final = "candidate.erased"
BATCH: Final = 200
"""Events of one transaction."""


def fan_out(session: Session, base_url: str, now: datetime) -> int:
    """Make the deliveries of the oldest events that have none yet; returns how many events these were.

    Killed before the commit, nothing has happened. Two at a time take different events.
    """
    events = session.scalars(
        select(Event)
        .where(Event.sent_at.is_(None))
        .order_by(Event.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    if not events:
        return 0
    endpoints = session.scalars(select(HookEndpoint).where(HookEndpoint.disabled_at.is_(None))).all()
    rows: list[dict[str, Any]] = []
    for event in events:
        event.sent_at = now
        wanting = [one for one in endpoints if event.at >= one.created_at and wants(one.kinds, event.kind)]
        rows += _rows(session, event, wanting, base_url, now)
    insert_rows(session, rows)
    for (
        event
    ) in events:  # after the insert: what is told of a candidate may be in the same batch as their erasure
        if event.kind == ERASED and event.subject_id is not None:
            forget(session, event.subject_id)
    return len(events)


def wants(kinds: Sequence[str], kind: str) -> bool:
    """Whether an endpoint that chose `kinds` is told of `kind`."""
    return kind != TEST and (not kinds or kind in kinds)


def forget(session: Session, candidate_id: uuid.UUID) -> None:
    """Delete what was told, or is still to be told, of a candidate whose data was erased."""
    session.execute(
        delete(Delivery).where(
            Delivery.kind != ERASED, Delivery.body.contains(f'"candidate":"{candidate_id}"', autoescape=True)
        )
    )


def rows_for(
    session: Session, endpoint: HookEndpoint, events: Iterable[Event], base_url: str, now: datetime
) -> list[dict[str, Any]]:
    """Rows of deliveries of `events` for one endpoint, for `insert_rows`."""
    return [row for event in events for row in _rows(session, event, [endpoint], base_url, now)]


def insert_rows(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add deliveries. What an endpoint has a delivery of already gets no second one."""
    if rows:
        statement = insert(Delivery).on_conflict_do_nothing(
            constraint="hook_deliveries_endpoint_id_event_id_key"
        )
        session.execute(statement, rows)


def _rows(
    session: Session, event: Event, endpoints: Sequence[HookEndpoint], base_url: str, now: datetime
) -> list[dict[str, Any]]:
    if not endpoints:
        return []
    if event.kind not in KINDS:
        log.error("an event has no shape: webhooks are not told", event_kind=event.kind)
        return []
    try:
        body = body_of(Source(session, event, base_url))
    except SubjectGone:
        log.info("what an event is about is gone: webhooks are not told", event_kind=event.kind)
        return []
    except (ValidationError, NoResultFound):  # one event that we made wrongly must not hold back all others
        log.exception("an event does not fit its shape: webhooks are not told", event_kind=event.kind)
        return []
    return [
        {
            "id": new_id(),
            "endpoint_id": endpoint.id,
            "event_id": event.id,
            "kind": event.kind,
            "body": body,
            "happened_at": event.at,
            "created_at": now,
            "state": DeliveryState.WAITING.value,
            "tries": 0,
            "next_at": now,
            "problem": "",
        }
        for endpoint in endpoints
    ]
