"""The secrets of a connection, opened for as long as they are used."""

from __future__ import annotations

from datetime import datetime

from api.forges.interface import Access
from api.forges.tables import ForgeConnection
from api.hooks.secrets import Safe, SecretUnreadable


def valid_secrets(safe: Safe, connection: ForgeConnection, now: datetime) -> list[str]:
    """What deliveries may be signed with now, the newest first; none where the newest cannot be read."""
    try:
        found = [safe.open(connection.secret)]
        if connection.old_secret and connection.old_secret_ends_at and connection.old_secret_ends_at > now:
            found.append(safe.open(connection.old_secret))
    except SecretUnreadable:
        return []
    return found


def access_of(safe: Safe, connection: ForgeConnection) -> Access:
    """How the forge is reached.

    Raises:
        SecretUnreadable: what is stored was sealed with another key.
    """
    return Access(
        web_url=connection.web_url,
        api_url=connection.api_url,
        token=safe.open(connection.token) if connection.token else "",
        app_id=connection.app_id,
        private_key=safe.open(connection.private_key) if connection.private_key else "",
    )
