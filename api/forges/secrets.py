"""What a forge is reached with, opened for as long as it is used."""

from __future__ import annotations

from api.forges.interface import Access
from api.forges.tables import ForgeConnection
from api.hooks.secrets import Safe


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
