"""Secrets of endpoints and connections: made, sealed for the database, opened to sign, replaced without a gap.

See decisions/secrets-that-can-be-read.md.
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import DateTime, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from api.problems import Invalid

PREFIX: Final = "whsec_"
BYTES: Final = 32
"""Of a secret; the specification asks for 24 to 64."""
OVERLAP_HOURS: Final = (0, 24, 168)
"""How long the secret before may stay valid beside a new one."""
PURPOSE: Final = b"takehome-grader: secrets of webhook endpoints, 1"


class SecretUnreadable(Exception):
    """What is stored was sealed with another GRADER_SECRET_KEY. Only a new secret helps."""


def make_secret() -> str:
    """A new secret, in the form that people copy."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode("ascii")


class Safe:
    """Seals and opens secrets with a key of its own, derived from the service's secret key."""

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, secret: str) -> bytes:
        """What is stored."""
        return self._fernet.encrypt(secret.encode("ascii"))

    def open(self, sealed: bytes) -> str:
        """The secret.

        Raises:
            SecretUnreadable: it was sealed with another key.
        """
        try:
            return self._fernet.decrypt(sealed).decode("ascii")
        except InvalidToken as error:
            raise SecretUnreadable(
                "The secret was stored under another GRADER_SECRET_KEY and cannot be read. Rotate it."
            ) from error


class HasSecrets:
    """Columns of a table whose rows have a secret, and for a while the one before it. A mixin."""

    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """The newest, sealed."""
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The one before, sealed."""
    old_secret_ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Until when the one before is valid."""


def replace_secret(safe: Safe, row: HasSecrets, secret: str, hours: int, now: datetime) -> None:
    """Put `secret` in force; for `hours` more the one before is valid as well.

    A third one before that is not valid any more: two are at a time.

    Raises:
        Invalid: `hours` is none of OVERLAP_HOURS.
    """
    if hours not in OVERLAP_HOURS:
        choices = ", ".join(str(one) for one in OVERLAP_HOURS)
        raise Invalid("This is no time for the old secret.", errors={"hours": f"choose from {choices}"})
    row.old_secret = row.secret if hours else None
    row.old_secret_ends_at = now + timedelta(hours=hours) if hours else None
    row.secret = safe.seal(secret)


def old_is_valid(row: HasSecrets, now: datetime) -> bool:
    """Whether the secret before is valid as well."""
    return bool(row.old_secret) and row.old_secret_ends_at is not None and row.old_secret_ends_at > now


def valid_secrets(safe: Safe, row: HasSecrets, now: datetime) -> list[str]:
    """The secrets that are valid now, the newest first; none where the newest cannot be read."""
    try:
        found = [safe.open(row.secret)]
        if row.old_secret and old_is_valid(row, now):
            found.append(safe.open(row.old_secret))
    except SecretUnreadable:
        return []
    return found
