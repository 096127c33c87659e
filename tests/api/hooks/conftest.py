"""Endpoints, receivers and a sender for tests of webhooks."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.audit.log import announce
from api.hooks.managing import Wish, add_endpoint
from api.hooks.secrets import Safe
from api.hooks.sending import Sender
from api.hooks.tables import Attempt, Delivery, HookEndpoint
from api.service import Service, secret_key, utc_now
from tests.api.conftest import TESTER
from tests.api.hooks.receiving import Receiver, receiving, to_loopback


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes webhooks."""
    with receiving() as made:
        yield made


@dataclass
class Hooks:
    """Webhooks of a service whose clock runs, and can be moved forward."""

    service: Service
    ahead: timedelta = timedelta()

    def endpoint(self, url: str, *kinds: str, description: str = "") -> tuple[HookEndpoint, str]:
        """A new endpoint and its secret."""
        with self.service.sessions.begin() as session:
            wish = Wish(url, description, kinds)
            return add_endpoint(session, to_loopback(), self.safe, wish, TESTER, self.service.now())

    def happen(self, kind: str = "candidate.erased", **payload: object) -> uuid.UUID:
        """An event; returns what it is about."""
        subject = uuid.uuid4()
        with self.service.sessions.begin() as session:
            announce(session, kind, subject, self.service.now(), **payload)
        return subject

    @property
    def safe(self) -> Safe:
        return Safe(secret_key(self.service.settings))

    def sender(self, **options: float) -> Sender:
        return Sender(self.service, to_loopback(), self.safe, **options)

    def send(self) -> bool:
        """Do what a job does."""
        return self.sender().run()

    def deliveries(self) -> list[Delivery]:
        with self.service.sessions() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.happened_at, Delivery.id)))

    def attempts(self) -> list[Attempt]:
        with self.service.sessions() as session:
            return list(session.scalars(select(Attempt).order_by(Attempt.at, Attempt.id)))

    def reload(self, endpoint: HookEndpoint) -> HookEndpoint:
        with self.service.sessions() as session:
            return session.get_one(HookEndpoint, endpoint.id)


@pytest.fixture
def hooks(service: Service) -> Hooks:
    """Webhooks; their clock is the real one, as signatures of other times are not valid."""
    made = Hooks(service)
    made.service = replace(service, now=lambda: utc_now() + made.ahead)
    return made
