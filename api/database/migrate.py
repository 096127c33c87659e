"""Brings a database to the newest schema. Several processes may start at once: one migrates, the others wait.

Alembic is loaded where there is something to do: it would take an eighth of the time that a process needs to start.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, text

from api.database.embedded import DatabaseUnavailable
from api.database.tables import Base

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).with_name("migrations")
LOCK: Final = 7_281_440_113
"""Number of the advisory lock; arbitrary, ours alone."""


def migrate(engine: Engine) -> None:
    """Apply every migration that is missing, all or nothing.

    Raises:
        DatabaseUnavailable: its tables are not those of its version: a version in development made them.
    """
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if _version(connection) != revisions()[-1]:
            from alembic import command

            command.upgrade(config(connection), "head")
        _check_columns(connection)


def _check_columns(connection: Connection) -> None:
    """Before the first release the one migration changes in place: what an older one made cannot be used."""
    rows = connection.execute(
        text(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        )
    )
    there = {(row.table_name, row.column_name) for row in rows}
    wanted = [(table.name, column.name) for table in Base.metadata.sorted_tables for column in table.columns]
    missing = [f"{table}.{column}" for table, column in wanted if (table, column) not in there]
    if missing:
        raise DatabaseUnavailable(
            f"The database was made by an older version in development: it has no {missing[0]}. Give an empty folder "
            "(--data, GRADER_DATA) or another GRADER_DATABASE_URL; what is in this one was not touched."
        )


def _version(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def revisions() -> list[str]:
    """All that this code knows, the newest last. The files of migrations are named by revision and subject."""
    return sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def drift(connection: Connection) -> list[object]:
    """What the tables of the code and those of the database disagree on."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def config(connection: Connection) -> Config:
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    found.attributes["connection"] = connection
    return found


def ours(_: object, name: str | None, kind: str, reflected: bool, __: object) -> bool:  # noqa: FBT001 -- alembic's
    """Leave the job engine's tables to the job engine, and indexes of expressions out: alembic cannot compare those."""
    del reflected
    if kind == "index" and (name or "").endswith("_words_idx"):
        return False
    return not (name or "").startswith(("procrastinate_", "idx_procrastinate_"))
