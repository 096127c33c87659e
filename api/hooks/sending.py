"""Sending what is due. A request is made between two transactions: one that takes a delivery, one that records it.

Killed in between, the delivery is due again when its lease has run out, and goes out a second time under the same id.
Each endpoint has few requests under way at a time, and those that fail share a part of the lanes: a slow one keeps
nobody else waiting.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from api.hooks.fanning_out import fan_out
from api.hooks.mail import mail_later
from api.hooks.outside import Outside, OutsideError
from api.hooks.recording import Outcome, record_attempt
from api.hooks.schedule import asked_wait
from api.hooks.secrets import Safe, valid_secrets
from api.hooks.signing import signed_headers
from api.hooks.tables import Delivery, DeliveryState, HookEndpoint
from api.service import Service

log = structlog.get_logger()

SECONDS: Final = 15.0
"""For a whole attempt."""
KEPT_BYTES: Final = 4096
"""Of each answer."""
LANES: Final = 16
"""Requests at a time."""
FAILING_LANES: Final = 8
"""At a time to endpoints whose last attempt failed."""
PER_ENDPOINT: Final = 4
"""At a time to an endpoint that answers fast; one to any other."""
FAST_MILLISECONDS: Final = 1000
LEASE: Final = timedelta(minutes=1)
"""Longer than any attempt takes: after it, whoever was sending is taken for dead."""
SLICE_SECONDS: Final = 20.0
"""After so long a job takes nothing new and lets other jobs have their turn."""


@dataclass(frozen=True)
class Letter:
    """A delivery that was taken, with all that sending it needs."""

    delivery_id: uuid.UUID
    endpoint_id: uuid.UUID
    failing: bool
    url: str
    kind: str
    body: str
    secrets: Sequence[str]
    """Empty where they cannot be read."""


@dataclass
class Sender:
    """Sends for a while: one per job."""

    service: Service
    outside: Outside
    safe: Safe
    slice_seconds: float = SLICE_SECONDS
    _under_way: dict[Future[Outcome], Letter] = field(default_factory=dict)
    _fast: set[uuid.UUID] = field(default_factory=set)

    def run(self) -> bool:
        """Fan out and send until nothing is due or the slice is over. Returns whether something is still due."""
        ends = time.monotonic() + self.slice_seconds
        with ThreadPoolExecutor(LANES, thread_name_prefix="hooks") as lanes:
            while True:
                if time.monotonic() < ends:
                    self._fan_out()
                    for letter in self._take():
                        self._under_way[lanes.submit(self._send, letter)] = letter
                if not self._under_way:
                    break
                done, _ = wait(self._under_way, timeout=0.2, return_when=FIRST_COMPLETED)
                self._record(done)
        with self.service.sessions() as session:
            return session.scalar(select(due(self.service.now()).exists())) or False

    def _fan_out(self) -> None:
        more = True
        while more:
            with self.service.sessions.begin() as session:
                more = fan_out(session, self.service.settings.base_url, self.service.now()) > 0

    def _take(self) -> list[Letter]:
        """Take as many deliveries as may be under way beside those that are."""
        if len(self._under_way) >= LANES:
            return []
        busy = Counter(letter.endpoint_id for letter in self._under_way.values())
        failing = sum(letter.failing for letter in self._under_way.values())
        taken: list[Letter] = []
        now = self.service.now()
        with self.service.sessions.begin() as session:
            for endpoint in _endpoints_with_work(session, now):
                room = (PER_ENDPOINT if endpoint.id in self._fast else 1) - busy[endpoint.id]
                room = min(room, LANES - len(self._under_way) - len(taken))
                if endpoint.failing_since is not None:
                    room = min(room, FAILING_LANES - failing)
                if room <= 0:
                    continue
                letters = list(self._letters(session, endpoint, room, now))
                taken += letters
                failing += sum(letter.failing for letter in letters)
        return taken

    def _letters(
        self, session: Session, endpoint: HookEndpoint, most: int, now: datetime
    ) -> Iterator[Letter]:
        deliveries = session.scalars(
            select(Delivery)
            .where(Delivery.endpoint_id == endpoint.id, _is_due(now))
            .order_by(Delivery.next_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        ).all()
        for delivery in deliveries:
            delivery.next_at = now + LEASE
            yield Letter(
                delivery_id=delivery.id,
                endpoint_id=endpoint.id,
                failing=endpoint.failing_since is not None,
                url=endpoint.url,
                kind=delivery.kind,
                body=delivery.body,
                secrets=valid_secrets(self.safe, endpoint, now),
            )

    def _send(self, letter: Letter) -> Outcome:
        """One request. Never raises: one delivery that breaks us must not keep the others from being sent."""
        at = self.service.now()
        try:
            return self._attempt(letter, at)
        except Exception as error:
            log.exception("sending a webhook broke", delivery=str(letter.delivery_id))
            return Outcome(at, 0, problem=f"A mistake of ours, see the log: {type(error).__name__}.")

    def _attempt(self, letter: Letter, at: datetime) -> Outcome:
        started = time.monotonic()

        def passed() -> int:
            return round((time.monotonic() - started) * 1000)

        if not letter.secrets:
            return Outcome(at, 0, problem="Its secret cannot be read (another GRADER_SECRET_KEY): rotate it.")
        headers = signed_headers(letter.delivery_id, letter.body, letter.secrets, at)
        try:
            answer = self.outside.request(
                "POST",
                letter.url,
                headers={"content-type": "application/json", **headers},
                body=letter.body.encode(),
                seconds=SECONDS,
                most_bytes=KEPT_BYTES,
            )
        except OutsideError as error:
            return Outcome(at, passed(), problem=str(error))
        return Outcome(
            at,
            passed(),
            status=answer.status,
            answer=answer.body,
            cut=answer.cut,
            address=answer.address,
            asked_wait=asked_wait(answer.headers.get("retry-after", ""), self.service.now()),
            problem=_problem(answer.status),
        )

    def _record(self, done: set[Future[Outcome]]) -> None:
        if not done:
            return
        with self.service.sessions.begin() as session:
            now = self.service.now()
            for future in sorted(done, key=lambda one: self._under_way[one].endpoint_id):
                letter = self._under_way.pop(future)
                outcome = future.result()
                if outcome.succeeded and outcome.milliseconds <= FAST_MILLISECONDS:
                    self._fast.add(letter.endpoint_id)
                else:
                    self._fast.discard(letter.endpoint_id)
                chance = random.random()  # noqa: S311 -- jitter
                disabled = record_attempt(session, letter.delivery_id, outcome, now, chance)
                if disabled is not None and self.service.settings.smtp.host:
                    mail_later(session, self.service.queue, disabled)
                log.info(
                    "webhook",
                    delivery=str(letter.delivery_id),
                    event_kind=letter.kind,
                    status=outcome.status,
                    milliseconds=outcome.milliseconds,
                    problem=outcome.problem,
                )


def make_sender(service: Service) -> Sender:
    """A sender with what the settings say."""
    return Sender(service, Outside(service.settings.outside), service.safe)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.WAITING.value, Delivery.next_at <= now)


def due(now: datetime) -> Select[uuid.UUID]:
    """What could be sent now."""
    return (
        select(Delivery.id)
        .join(HookEndpoint, HookEndpoint.id == Delivery.endpoint_id)
        .where(_is_due(now), HookEndpoint.disabled_at.is_(None))
    )


def _endpoints_with_work(session: Session, now: datetime) -> Sequence[HookEndpoint]:
    """Endpoints that something is due for; whoever has waited longest comes first."""
    first = (
        select(func.min(Delivery.next_at))
        .where(Delivery.endpoint_id == HookEndpoint.id, _is_due(now))
        .scalar_subquery()
    )
    return session.scalars(
        select(HookEndpoint).where(HookEndpoint.disabled_at.is_(None), first.is_not(None)).order_by(first)
    ).all()


def _problem(status: int) -> str:
    if 200 <= status <= 299:
        return ""
    if 300 <= status <= 399:
        return f"It answered {status}, a redirect; redirects are not followed. Enter the address that it leads to."
    return f"It answered {status}."
