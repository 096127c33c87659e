"""Brings a database to the newest schema. Several processes may start at once: one migrates, the others wait."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, text

from api.database.tables import Base

LOCK: Final = 7_281_440_113
"""Number of the advisory lock; arbitrary, ours alone."""


def migrate(engine: Engine) -> None:
    """Apply every migration that is missing, all or nothing."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        command.upgrade(config(connection), "head")


def drift(connection: Connection) -> list[object]:
    """What the tables of the code and those of the database disagree on."""
    context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def config(connection: Connection) -> Config:
    """Alembic's configuration, without a file."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    found.attributes["connection"] = connection
    return found


def ours(_: object, name: str | None, kind: str, reflected: bool, __: object) -> bool:  # noqa: FBT001 -- alembic's
    """Leave the job engine's tables to the job engine, and indexes of expressions out: alembic cannot compare those."""
    del reflected
    if kind == "index" and (name or "").endswith("_words_idx"):
        return False
    return not (name or "").startswith(("procrastinate_", "idx_procrastinate_"))
