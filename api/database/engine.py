"""The engine, its sessions, and the psycopg connection below one of them."""

from __future__ import annotations

from typing import TypeAlias

import psycopg
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

Sessions: TypeAlias = sessionmaker[Session]


def make_engine(url: str, connections: int) -> Engine:
    """An engine on psycopg 3. Connections are tried before use, so that a restarted server is survived."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(
        parsed,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=20,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=20s", "connect_timeout": 10},
    )


def make_sessions(engine: Engine) -> Sessions:
    """Sessions that keep what they loaded after a commit: answers are made from it."""
    return sessionmaker(engine, expire_on_commit=False)


def psycopg_of(session: Session) -> psycopg.Connection[object]:
    """The connection that the session's transaction runs on, for what must be part of that transaction."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection


def plain_url(engine: Engine) -> str:
    """The URL as psycopg itself takes it, password included."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
