"""Run by alembic: migrate on the connection that we were given, within its transaction."""

from __future__ import annotations

from alembic import context

from api.database.migrate import ours
from api.database.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=ours,
    transaction_per_migration=False,
)
context.run_migrations()
