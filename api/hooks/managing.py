"""What administrators do with endpoints and deliveries. Each change is in the audit log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.audit.tables import Event
from api.database.base import new_id
from api.hooks.fanning_out import insert_rows, rows_for, wants
from api.hooks.outside import NotAllowed, Outside
from api.hooks.payloads import KINDS, TEST
from api.hooks.secrets import Safe, make_secret, replace_secret
from api.hooks.tables import Delivery, DeliveryState, HookEndpoint
from api.problems import Conflict, Invalid
from api.queue import defer_hooks

MOST_ENDPOINTS: Final = 100
MOST_AT_ONCE: Final = 5000
"""Deliveries that can be sent again with one request."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants an endpoint to be."""

    url: str
    description: str = ""
    kinds: Collection[str] = ()
    """Empty: every kind."""


def add_endpoint(
    session: Session, outside: Outside, safe: Safe, wish: Wish, by: Actor, now: datetime
) -> tuple[HookEndpoint, str]:
    """A new endpoint, and its secret, which is shown once.

    Raises:
        Invalid: a field is wrong.
        Conflict: there are too many.
    """
    _check(outside, wish)
    if len(session.scalars(select(HookEndpoint.id)).all()) >= MOST_ENDPOINTS:
        raise Conflict(f"There are {MOST_ENDPOINTS} endpoints: remove one that nobody needs.")
    secret = make_secret()
    endpoint = HookEndpoint(
        id=new_id(),
        url=wish.url,
        description=wish.description.strip(),
        kinds=_ordered(wish.kinds),
        secret=safe.seal(secret),
        created_by=by.name[:200],
        created_at=now,
    )
    session.add(endpoint)
    session.flush()
    record(session, by, "webhook.added", ("webhook", endpoint.id), now, url=wish.url, kinds=endpoint.kinds)
    return endpoint, secret


def change_endpoint(
    session: Session, outside: Outside, endpoint: HookEndpoint, wish: Wish, by: Actor, now: datetime
) -> None:
    """Give an endpoint another address, description or choice of kinds. What waits goes to the new address.

    Raises:
        Invalid: a field is wrong.
    """
    _check(outside, wish)
    endpoint.url, endpoint.description = wish.url, wish.description.strip()
    endpoint.kinds = _ordered(wish.kinds)
    record(session, by, "webhook.changed", ("webhook", endpoint.id), now, url=wish.url, kinds=endpoint.kinds)


def _check(outside: Outside, wish: Wish) -> None:
    errors = {}
    try:
        outside.check(wish.url)
    except NotAllowed as refused:
        errors["url"] = str(refused)
    if len(wish.description.strip()) > 200 or "\0" in wish.description:
        errors["description"] = "at most 200 characters"
    unknown = [kind for kind in wish.kinds if kind not in KINDS or kind == TEST]
    if unknown:
        errors["kinds"] = "choose from " + ", ".join(kind for kind in KINDS if kind != TEST)
    if errors:
        listed = "; ".join(f"{field}: {text}" for field, text in errors.items())
        raise Invalid(f"The endpoint is not right. {listed}", errors=errors)


def _ordered(kinds: Iterable[str]) -> list[str]:
    wanted = set(kinds)
    return [kind for kind in KINDS if kind in wanted]


def rotate(session: Session, safe: Safe, endpoint: HookEndpoint, hours: int, by: Actor, now: datetime) -> str:
    """Make a new secret, which is shown once; for `hours` more the one before signs as well.

    Raises:
        Invalid: as `replace_secret`.
    """
    secret = make_secret()
    replace_secret(safe, endpoint, secret, hours, now)
    record(session, by, "webhook.rotated", ("webhook", endpoint.id), now, old_signs_hours=hours)
    return secret


def enable(session: Session, endpoint: HookEndpoint, by: Actor, now: datetime) -> None:
    """Tell an endpoint again, from now on. What it has missed can be sent again (`send_again_since`)."""
    if endpoint.disabled_at is not None:
        endpoint.disabled_at, endpoint.disabled_why, endpoint.failing_since = None, "", None
        record(session, by, "webhook.enabled", ("webhook", endpoint.id), now)


def remove(session: Session, endpoint: HookEndpoint, by: Actor, now: datetime) -> None:
    """Remove an endpoint with its log of deliveries."""
    record(session, by, "webhook.removed", ("webhook", endpoint.id), now, url=endpoint.url)
    session.delete(endpoint)


def send_test(session: Session, endpoint: HookEndpoint, base_url: str, by: Actor, now: datetime) -> Delivery:
    """Send a `webhook.test` to one endpoint.

    Raises:
        Conflict: the endpoint is disabled.
    """
    _needs_enabled(endpoint)
    event = Event(
        id=new_id(),
        kind=TEST,
        subject_id=endpoint.id,
        payload={"message": "If you can read this and the signature is right, webhooks work."},
        at=now,
        sent_at=now,
    )
    session.add(event)
    session.flush()
    insert_rows(session, rows_for(session, endpoint, [event], base_url, now))
    record(session, by, "webhook.tested", ("webhook", endpoint.id), now)
    defer_hooks(session)
    return session.scalars(select(Delivery).where(Delivery.event_id == event.id)).one()


def send_again(
    session: Session, endpoint: HookEndpoint, delivery: Delivery, by: Actor, now: datetime
) -> None:
    """Send one delivery again, under the same id. One that waits is sent now.

    Raises:
        Conflict: the endpoint is disabled.
    """
    _needs_enabled(endpoint)
    delivery.state, delivery.tries = DeliveryState.WAITING.value, 0
    delivery.next_at, delivery.ended_at = now, None
    record(session, by, "webhook.sent_again", ("webhook", endpoint.id), now, delivery=str(delivery.id))
    defer_hooks(session)


def send_again_since(
    session: Session,
    endpoint: HookEndpoint,
    since: datetime,
    base_url: str,
    by: Actor,
    now: datetime,
    *,
    delivered: bool = False,
) -> int:
    """Send everything again that failed, or was never sent, since a time; returns how much that is.

    That covers events of a time when the endpoint was disabled, was not there yet, or did not want their kind. With
    `delivered`, also what was delivered.

    Raises:
        Conflict: the endpoint is disabled.
        Invalid: it is too much at once, or the time lies in the future.
    """
    _needs_enabled(endpoint)
    if since > now:
        raise Invalid("The time lies in the future.", errors={"since": "must be in the past"})
    states = [DeliveryState.FAILED.value, *([DeliveryState.DELIVERED.value] if delivered else [])]
    old = [
        Delivery.endpoint_id == endpoint.id,
        Delivery.happened_at >= since,
        Delivery.state.in_(states),
    ]
    ids = session.scalars(select(Delivery.id).where(*old).limit(MOST_AT_ONCE + 1)).all()
    missing = _never_told(session, endpoint, since)
    if len(ids) + len(missing) > MOST_AT_ONCE:
        raise Invalid(
            f"That is more than {MOST_AT_ONCE} deliveries: choose a later time.",
            errors={"since": "too long ago"},
        )
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(state=DeliveryState.WAITING.value, tries=0, next_at=now, ended_at=None)
    )
    rows = rows_for(session, endpoint, missing, base_url, now)
    insert_rows(session, rows)
    count = len(ids) + len(rows)
    record(
        session,
        by,
        "webhook.sent_again_since",
        ("webhook", endpoint.id),
        now,
        since=since.isoformat(),
        count=count,
    )
    if count:
        defer_hooks(session)
    return count


def _never_told(session: Session, endpoint: HookEndpoint, since: datetime) -> list[Event]:
    """Events since a time that the endpoint wants now and has no delivery of, one more than can be sent at most."""
    told = select(Delivery.event_id).where(Delivery.endpoint_id == endpoint.id)
    return [
        event
        for event in session.scalars(
            select(Event)
            .where(Event.at >= since, Event.sent_at.is_not(None), Event.id.not_in(told))
            .where(Event.kind.in_(endpoint.kinds) if endpoint.kinds else Event.kind != TEST)
            .order_by(Event.id)
            .limit(MOST_AT_ONCE + 1)
        )
        if wants(endpoint.kinds, event.kind)
    ]


def _needs_enabled(endpoint: HookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise Conflict("The endpoint is disabled: enable it first.")
