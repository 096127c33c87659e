"""A take-home as one archive: the same folder always gives the same bytes."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from grader.takehome import (
    MAX_BYTES,
    MAX_FILES,
    RUBRIC_FILE,
    SAMPLES,
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
    """The files of an archive that `pack` made or an author uploaded; one wrapping folder is stripped.

    Raises:
        BadPackage: it is no archive, is too large, or holds something else than plain files.
    """
    files: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            for member in archive:
                if member.isdir():
                    continue
                total += member.size
                if total > MAX_BYTES or len(files) >= MAX_FILES:
                    raise BadPackage(f"The archive holds more than {MAX_FILES} files or {MAX_BYTES} bytes.")
                if not member.isreg():
                    raise BadPackage(f"{member.name!r} is a link or a device; a take-home holds plain files.")
                content = archive.extractfile(member)
                assert content is not None
                files[_plain(member.name)] = content.read(member.size)
    except (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        raise BadPackage(f"This is no tar archive of a take-home: {error}") from error
    tops = {path.partition("/")[0] for path in files}
    if "takehome.yaml" not in files and len(tops) == 1:
        top = tops.pop() + "/"
        files = {path.removeprefix(top): content for path, content in files.items()}
    return files


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
