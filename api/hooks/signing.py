"""The headers of Standard Webhooks: an id that stays, the time of the attempt, a signature for each valid secret."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook


def webhook_id(delivery_id: uuid.UUID) -> str:
    """The id of a message: whoever has seen it may drop it."""
    return f"msg_{delivery_id.hex}"


def signed_headers(
    delivery_id: uuid.UUID, body: str, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """Headers of one attempt. `secrets` are those that are valid now, the newest first."""
    name = webhook_id(delivery_id)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(name, now, body) for secret in secrets),
    }
