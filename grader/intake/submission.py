"""Takes over one submission: finds out what it is, lets the reader for it collect, and sums up."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final

from grader.evidence import History, RefusedEntry, Submission, SubmittedFile
from grader.intake.collector import Collector
from grader.intake.decompression import BZIP2, GZIP, XZ, decompressed
from grader.intake.errors import NothingToGrade, SubmissionMissing, TooLarge, UnsupportedFormat
from grader.intake.folders import read_folder, read_upload
from grader.intake.history import read_head_tree, read_history
from grader.intake.limits import IntakeLimits, size
from grader.intake.names import kind_of
from grader.intake.tarfiles import looks_like_tar, read_tar
from grader.intake.unpacking import UnreadableRepository
from grader.intake.zipfiles import read_zip

_FOREIGN: Final = {
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a compiled program",
}


@dataclass(frozen=True)
class Intake:
    """A submission that was taken over."""

    files: dict[str, bytes]
    """Relative POSIX path → content, sorted by path; these names are safe."""
    refused: tuple[RefusedEntry, ...]
    digest: str
    history: History | None = field(default=None, repr=False)
    """None when the submission is no repository, or its history cannot be read (then `refused` says why)."""


def take(
    path: Path,
    limits: IntakeLimits | None = None,
    *,
    modules: Collection[str] = (),
    starter: Mapping[str, bytes] | None = None,
) -> Intake:
    """Take over the submission at `path`: folder, zip, tar (.gz, .bz2, .xz), Python file or git repository.

    `modules`: top-level modules that the hidden tests import. An archive's only folder is stripped unless it is
    one of these (or, where none are given, holds an `__init__.py`): then it is the solution, not its wrapping.
    `starter`: what the candidate was given, which is nobody's commit.

    Raises:
        IntakeError: it cannot be used.
    """
    bounds = limits or IntakeLimits()
    given = starter or {}
    if not path.exists():
        raise SubmissionMissing(f"There is nothing at {path}. Name the submission's folder or archive.")
    if not path.is_dir():
        return take_bytes(read_upload(path, bounds), path.name, bounds, modules=modules, starter=given)
    collector = Collector(bounds)
    if _is_bare_repository(path):
        return _bare(path, collector, given)
    read_folder(path, collector)
    return _finished(collector, collector.files, ".git/", given)


def take_bytes(
    data: bytes,
    name: str,
    limits: IntakeLimits | None = None,
    *,
    modules: Collection[str] = (),
    starter: Mapping[str, bytes] | None = None,
) -> Intake:
    """Take over an uploaded file that is already in memory; `name` tells only whether it is a Python file.

    Raises:
        IntakeError: it cannot be used.
    """
    bounds = limits or IntakeLimits()
    if len(data) > bounds.archive_bytes:
        raise TooLarge(
            f"The upload is larger than {size(bounds.archive_bytes)}. Leave out data and installed packages."
        )
    collector = Collector(bounds)
    if name.endswith(".py"):
        _single_file(data, name, collector)
        return _finished(collector, collector.files, "", {})
    _read_archive(data, name, collector)
    top = _wrapping(collector.files, modules)
    files = {path[len(top) :]: content for path, content in collector.files.items()}
    at_top = any(path.startswith(".git/") for path in collector.repository)
    return _finished(collector, files, ".git/" if at_top else f"{top}.git/", starter or {})


def digest_of(files: Mapping[str, bytes]) -> str:
    """sha256 over the sorted pairs of path and sha256 of the content."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(f"{path}\0{hashlib.sha256(files[path]).hexdigest()}\n".encode())
    return total.hexdigest()


def submission_facts(intake: Intake, starter: Mapping[str, bytes] | None = None) -> Submission:
    """The intake as evidence, each file compared with the `starter` that the candidate was given."""
    given = starter or {}
    files = tuple(
        SubmittedFile(
            path=path,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            kind=kind_of(path),
            from_starter="new" if path not in given else "same" if given[path] == content else "changed",
        )
        for path, content in sorted(intake.files.items())
    )
    return Submission(digest=intake.digest, files=files, refused=intake.refused)


def _read_archive(data: bytes, name: str, collector: Collector) -> None:
    for signature, what in _FOREIGN.items():
        if data.startswith(signature):
            raise UnsupportedFormat(f"The upload is {what}. Send a zip archive, a tar archive or a folder.")
    if data.startswith((GZIP, BZIP2, XZ)) or looks_like_tar(data[:512]):
        read_tar(decompressed(data, collector.limits), collector)
    elif data.startswith(b"PK") or name.lower().endswith(".zip"):
        read_zip(data, collector)
    else:
        raise UnsupportedFormat(
            "The upload is neither a zip archive, a tar archive (.tar, .tar.gz, .tar.bz2, .tar.xz) nor a Python file. "
            "Pack the folder as a zip archive and upload that."
        )


def _single_file(data: bytes, name: str, collector: Collector) -> None:
    path = collector.admit(name)
    if path and len(data) > collector.allowance(path):
        collector.refuse_size(name, path)
    elif path:
        collector.add(path, data)


def _wrapping(files: Mapping[str, bytes], modules: Collection[str]) -> str:
    """`folder/` when everything lies in one folder that is only wrapping, else an empty string."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in files}
    if len(tops) != 1 or tops == {""}:
        return ""
    top = tops.pop()
    is_solution = top in modules if modules else f"{top}/__init__.py" in files
    return "" if is_solution else f"{top}/"


def _finished(
    collector: Collector, files: dict[str, bytes], repository: str, starter: Mapping[str, bytes]
) -> Intake:
    history = _history(collector, repository, starter) if repository else None
    refused = collector.refused()
    if not files:
        reasons = "; ".join(f"{entry.name}: {entry.reason}" for entry in refused[:3])
        raise NothingToGrade(
            "The upload holds no file that can be graded"
            + (f" ({reasons})" if reasons else "")
            + ". Upload your Python files, in a folder or an archive."
        )
    ordered = dict(sorted(files.items()))
    return Intake(ordered, refused, digest_of(ordered), history)


def _history(collector: Collector, prefix: str, starter: Mapping[str, bytes]) -> History | None:
    own = {
        path.removeprefix(prefix): data
        for path, data in collector.repository.items()
        if path.startswith(prefix)
    }
    if not own:
        return None
    try:
        if collector.repository_cut:
            raise UnreadableRepository(f"it is larger than {size(collector.limits.history_bytes)}")
        return read_history(own, collector.limits, starter)
    except UnreadableRepository as unreadable:
        collector.refuse("(history)", f"the git history was not read: {unreadable}")
        return None


def _is_bare_repository(path: Path) -> bool:
    parts = (path / "objects", path / "refs")
    return (path / "HEAD").is_file() and all(part.is_dir() and not part.is_symlink() for part in parts)


def _bare(path: Path, collector: Collector, starter: Mapping[str, bytes]) -> Intake:
    most = collector.limits.history_bytes
    own = Collector(IntakeLimits(file_bytes=most, total_bytes=most, files=collector.limits.history_objects))
    read_folder(path, own)
    try:
        read_head_tree(own.files, collector)
        history = read_history(own.files, collector.limits, starter)
    except UnreadableRepository as unreadable:
        raise NothingToGrade(
            f"The git repository {PurePath(path).name} cannot be read: {unreadable}. Send its files as an archive."
        ) from unreadable
    done = _finished(collector, collector.files, "", starter)
    return Intake(done.files, done.refused, done.digest, history)
