"""Back-up and restore of the whole service: one tar file with the database, and every blob that it names.

The database is dumped as it is at one moment, while the service runs. Blobs are added afterwards: they never change and
are stored before the rows that name them, so that those of the dump are all there.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Engine, text

from api.blobs import BlobMissing, Blobs
from api.database.embedded import programs
from api.database.engine import plain_url
from api.database.migrate import revisions

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
BLOBS: Final = "blobs/"
NAMING: Final = (
    "SELECT blob FROM submissions WHERE state <> 'deleted' UNION SELECT blob FROM suite_versions ORDER BY 1"
)
"""Uploads that are not finished are left out: their candidates send them again."""


class BackupFailed(Exception):
    """The back-up cannot be made or restored. The message says why, and what to do."""


@dataclass(frozen=True)
class Contents:
    """What a back-up holds."""

    made_at: str
    blobs: int
    missing: tuple[str, ...] = ()
    """Blobs that rows name and the store does not have. There should be none."""


def backup(engine: Engine, blobs: Blobs, target: Path) -> Contents:
    """Write a back-up to `target`, which appears when it is whole.

    Raises:
        BackupFailed: PostgreSQL's program fails, or the file cannot be written.
        BlobsUnavailable: the store does not answer.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="backup-", dir=target.parent) as name:
            dump = Path(name) / DUMP
            _run("pg_dump", "--format=custom", f"--file={dump}", plain_url(engine))
            with tarfile.open(part, "w") as archive:
                archive.add(dump, DUMP)
                contents = _add_blobs(archive, engine, blobs)
        part.chmod(0o600)  # it holds everything, personal data included
        part.replace(target)
    except OSError as error:
        raise BackupFailed(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return contents


def _add_blobs(archive: tarfile.TarFile, engine: Engine, blobs: Blobs) -> Contents:
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            raise BackupFailed(
                "There is nothing to back up: no service has run on this database. Name the service's folder with "
                "--data, or its database with GRADER_DATABASE_URL."
            )
        names = connection.execute(text(NAMING)).scalars().all()
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    missing = []
    for name in names:
        try:
            _add(archive, BLOBS + name, blobs.get(name))
        except BlobMissing:
            missing.append(name)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = {"format": FORMAT, "made_at": made_at, "schema": version, "blobs": len(names) - len(missing)}
    _add(archive, MANIFEST, json.dumps(manifest).encode())
    return Contents(made_at, len(names) - len(missing), tuple(missing))


def restore(engine: Engine, blobs: Blobs, source: Path) -> Contents:
    """Put a back-up into an empty database and the blob store.

    Raises:
        BackupFailed: the database is not empty, the file is no back-up or was made by a newer version.
        BlobsUnavailable: the store does not take the bytes.
    """
    _refuse_data(engine)
    try:
        with tarfile.open(source, "r:") as archive:
            manifest = json.loads(_member(archive, MANIFEST).read())
            _refuse_newer(manifest)
            stored = 0
            for name, data in _blobs_of(archive):
                blobs.put(name, data)
                stored += 1
            _load(engine, _member(archive, DUMP))
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise BackupFailed(f"{source} is no back-up of this service: {error}") from error
    except OSError as error:
        raise BackupFailed(f"{source} cannot be read: {error.strerror}.") from error
    return Contents(str(manifest["made_at"]), stored)


def _refuse_data(engine: Engine) -> None:
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        ).scalar_one()
    if found:
        raise BackupFailed(
            f"The database has {found} tables already. A back-up is only restored into an empty one: name a new "
            "folder with --data, or create a new database."
        )


def _refuse_newer(manifest: dict[str, object]) -> None:
    if manifest["format"] != FORMAT or manifest["schema"] not in revisions():
        raise BackupFailed("The back-up was made by a newer version of the service. Install that one first.")


def _load(engine: Engine, dump: IO[bytes]) -> None:
    with tempfile.NamedTemporaryFile(prefix="restore-") as file:
        while piece := dump.read(2**20):
            file.write(piece)
        file.flush()
        options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        _run("pg_restore", *options, f"--dbname={plain_url(engine)}", file.name)


def _blobs_of(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in archive:
        if member.isreg() and member.name.startswith(BLOBS):
            content = archive.extractfile(member)
            assert content is not None
            yield member.name.removeprefix(BLOBS), content.read(member.size)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    assert found is not None
    return found


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, from the package that also holds the embedded server."""
    done = subprocess.run(
        [str(programs() / program), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()[-2000:]}")
