"""Secrets of endpoints: made, sealed for the database, opened to sign. See decisions/secrets-that-can-be-read.md."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Final, Protocol

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX: Final = "whsec_"
BYTES: Final = 32
"""Of a secret; the specification asks for 24 to 64."""
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


class HasSecrets(Protocol):
    """A row with a sealed secret and the one before it."""

    @property
    def secret(self) -> bytes:
        """The newest, sealed."""
        ...

    @property
    def old_secret(self) -> bytes | None:
        """The one before, sealed."""
        ...

    @property
    def old_secret_ends_at(self) -> datetime | None:
        """Until when the one before is valid."""
        ...


def valid_secrets(safe: Safe, row: HasSecrets, now: datetime) -> list[str]:
    """The secrets that are valid now, the newest first; none where the newest cannot be read."""
    try:
        found = [safe.open(row.secret)]
        if row.old_secret and row.old_secret_ends_at and row.old_secret_ends_at > now:
            found.append(safe.open(row.old_secret))
    except SecretUnreadable:
        return []
    return found
