"""A take-home as one archive: the same folder always gives the same bytes."""

from __future__ import annotations

import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from grader.takehome import (
    LEFT_BEHIND,
    MAX_BYTES,
    MAX_FILES,
    RUBRIC_FILE,
    SAMPLES,
    SPEC_FILE,
    TakehomeError,
    digest_of,
    load,
    read_files,
)


class BadPackage(TakehomeError):
    """An archive that holds no take-home. The message says what is wrong."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz of `files` without times or owners."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.size = len(files[path])
            archive.addfile(member, io.BytesIO(files[path]))
    return gzip.compress(raw.getvalue(), mtime=0)


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of an archive that `pack` made or an author uploaded: tar (plain or compressed) or zip.

    One wrapping folder is stripped; what tools leave behind (caches, `.git`) is left out.

    Raises:
        BadPackage: it is no archive, is too large, or holds something else than plain files.
    """
    members = _zip(data) if zipfile.is_zipfile(io.BytesIO(data)) else _tar(data)
    try:
        files = {path: content for path, content in members if not _left_behind(path)}
    except tarfile.ReadError as error:
        raise BadPackage(
            "This is no archive of a take-home that can be read: it must be a tar (plain, .gz, .bz2 or .xz) or a zip, "
            "and whole."
        ) from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise BadPackage(f"This is no archive of a take-home that can be read: {error}") from error
    except (ValueError, NotImplementedError, RuntimeError) as error:
        raise BadPackage(f"This archive cannot be read: {error}") from error
    tops = {path.partition("/")[0] for path in files}
    if SPEC_FILE not in files and len(tops) == 1:
        top = tops.pop() + "/"
        files = {path.removeprefix(top): content for path, content in files.items()}
    return files


def _tar(data: bytes) -> Iterator[tuple[str, bytes]]:
    total = count = 0
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for member in archive:
            if member.isdir():
                continue
            total, count = _within(total + member.size, count + 1)
            if not member.isreg():
                raise BadPackage(f"{member.name!r} is a link or a device; a take-home holds plain files.")
            content = archive.extractfile(member)
            assert content is not None
            yield _plain(member.name), content.read(member.size)


def _zip(data: bytes) -> Iterator[tuple[str, bytes]]:
    total = count = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            total, count = _within(total + entry.file_size, count + 1)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in {0, stat.S_IFREG}:
                raise BadPackage(f"{entry.filename!r} is a link or a device; a take-home holds plain files.")
            with archive.open(entry) as content:
                yield _plain(entry.filename), content.read(entry.file_size)


def _within(total: int, count: int) -> tuple[int, int]:
    """Give the two back if they are allowed; sizes are those that the archive declares, and no more is read."""
    if total > MAX_BYTES or count > MAX_FILES:
        raise BadPackage(f"The archive holds more than {MAX_FILES} files or {MAX_BYTES} bytes.")
    return total, count


def _left_behind(path: str) -> bool:
    return (
        path.endswith(".pyc") or not LEFT_BEHIND.isdisjoint(path.split("/")) or path.startswith("__MACOSX/")
    )


def _plain(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
        raise BadPackage(f"{name!r} is not a plain relative path.")
    return path.as_posix()


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write `files` below `folder`, which is made."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def suite_digest(files: Mapping[str, bytes]) -> str:
    """sha256 over everything that decides evidence: a changed rubric or sample asks for no new grading."""
    return digest_of({p: d for p, d in files.items() if p != RUBRIC_FILE and not p.startswith(f"{SAMPLES}/")})


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of the take-home in `folder`, which is checked first.

    Raises:
        TakehomeError: it is not usable.
    """
    load(folder)
    return dict(read_files(folder))
