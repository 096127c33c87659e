"""Opens sessions. Leave this module as it is: production hands in its own way to connect."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool


def open_session(connect: Callable[[], Any]) -> Session:
    """Open a session on the database to which `connect` gives a connection, as `sqlite3.connect` does."""
    return Session(create_engine("sqlite://", creator=connect, poolclass=StaticPool))
