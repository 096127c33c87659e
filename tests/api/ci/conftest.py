"""Connections that sign with the public library of Standard Webhooks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook

from api.ci.connections import make_connection
from api.hooks.secrets import Safe
from api.service import Service, secret_key
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER


@dataclass(frozen=True)
class Pipeline:
    """Signs what it sends."""

    id: uuid.UUID
    secret: str

    def headers(self, body: str, now: datetime, message_id: str = "msg_1") -> dict[str, str]:
        """Signed by the public library."""
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, now, body),
        }


def connect(service: Service, takehome: Takehome | None = None) -> Pipeline:
    """A new connection."""
    with service.sessions.begin() as session:
        safe = Safe(secret_key(service.settings))
        home = session.get_one(Takehome, takehome.id) if takehome else None
        row, secret = make_connection(session, safe, "nightly", home, TESTER, service.now())
        return Pipeline(row.id, secret)
