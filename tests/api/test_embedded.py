"""The embedded PostgreSQL, killed when it is most tender."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.database.embedded import DatabaseUnavailable, EmbeddedPostgres

STARTING = """
import sys
from pathlib import Path
from api.database.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, and open to the database's own user."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name) / "postgres"


def test_a_first_start_that_was_killed_half_way_is_no_obstacle(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTING, str(folder)], start_new_session=True) as first:
        end = time.monotonic() + 60
        while not list(folder.parent.glob(".postgres-being-made-*/PG_VERSION")):
            assert time.monotonic() < end
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
    assert not folder.exists()

    server = EmbeddedPostgres(folder)
    try:
        assert "/grader?" in server.start()
    finally:
        server.stop()


def test_a_folder_that_holds_something_else_is_told(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.odt").write_bytes(b"mine")

    with pytest.raises(DatabaseUnavailable, match="must be empty or not there yet"):
        EmbeddedPostgres(folder).start()

    assert [path.name for path in folder.iterdir()] == ["thesis.odt"]
    assert list(folder.parent.glob(".postgres-being-made-*")) == []
