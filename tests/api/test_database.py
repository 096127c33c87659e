"""The schema."""

from __future__ import annotations

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from api.database.base import new_id
from api.database.embedded import DatabaseUnavailable
from api.database.migrate import config, drift, migrate, revisions
from api.service import Service


def test_migrations_make_what_the_tables_say(service: Service) -> None:
    with service.engine.connect() as connection:
        assert drift(connection) == []


def test_migrating_again_changes_nothing(service: Service) -> None:
    migrate(service.engine)

    with service.engine.connect() as connection:
        assert drift(connection) == []


def test_a_database_of_an_older_version_in_development_is_told_and_not_touched(service: Service) -> None:
    with service.engine.begin() as connection:
        connection.execute(text("ALTER TABLE submissions DROP COLUMN interrupted"))

    with pytest.raises(
        DatabaseUnavailable, match=r"it has no submissions\.interrupted\. Give an empty folder"
    ):
        migrate(service.engine)


def test_files_of_migrations_are_named_by_their_revision(service: Service) -> None:
    with service.engine.connect() as connection:
        scripts = ScriptDirectory.from_config(config(connection))
        assert [script.revision for script in scripts.walk_revisions()][::-1] == revisions()


def test_ids_sort_by_time_and_are_of_version_7() -> None:
    first, second = new_id(), new_id()

    assert first.version == second.version == 7
    assert first.int >> 80 <= second.int >> 80
