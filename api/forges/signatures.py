"""Signatures of deliveries, checked over the body as it came, in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from api.forges.interface import Headers

TOLERANCE: Final = timedelta(minutes=5)
"""How far the time of a Standard Webhook may be off, as its specification's libraries have it."""


def hex_hmac_fits(signature: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Whether `signature` is the HMAC-SHA256 of `body` with one of `secrets`, in hexadecimal digits."""
    given = signature.encode("utf-8", "replace")
    fits = False
    for secret in secrets:  # all of them, whichever fits: the time tells nothing
        made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
        fits |= hmac.compare_digest(made, given)
    return fits


def is_secret(given: str, secrets: Sequence[str]) -> bool:
    """Whether `given` is one of `secrets`."""
    value, fits = given.encode("utf-8", "replace"), False
    for secret in secrets:
        fits |= hmac.compare_digest(secret.encode(), value)
    return fits


def standard_webhook_fits(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """Whether a signature of the Standard Webhooks specification is made with one of `secrets`, about now."""
    name, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or not (sent.isascii() and sent.isdigit() and len(sent) <= 12):
        return False
    at = datetime.fromtimestamp(int(sent), tz=now.tzinfo)
    if abs(now - at) > TOLERANCE:
        return False
    given = [part.encode("utf-8", "replace") for part in headers.get("webhook-signature", "").split(" ")]
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    fits = False
    for secret in secrets:
        try:
            made = Webhook(secret).sign(name, at, text).encode()
        except (ValueError, EmptyWebhookSecretError):  # it is no base64: nothing can have been signed with it
            continue
        for one in given:
            fits |= hmac.compare_digest(made, one)
    return fits
