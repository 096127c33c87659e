"""Reads a folder from disk without following any link, waiting on any pipe or leaving the folder.

Everything is opened relative to the descriptor of its folder with O_NOFOLLOW, so nothing that is exchanged
while we look can lead us elsewhere.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from grader.intake.collector import Collector
from grader.intake.errors import SubmissionMissing, TooLarge
from grader.intake.limits import IntakeLimits, size
from grader.intake.names import left_out

_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_STEP: Final = 2**20


def read_folder(folder: Path, collector: Collector) -> None:
    """Hand the files below `folder` to `collector`, in the order of their names.

    Raises:
        SubmissionMissing: it cannot be opened.
        TooLarge: it is over a limit.
    """
    try:
        descriptor = os.open(folder, _FOLDER_FLAGS & ~os.O_NOFOLLOW)
    except OSError as error:
        raise SubmissionMissing(f"The folder {folder} cannot be read: {error.strerror}.") from error
    try:
        _walk(descriptor, "", collector)
    finally:
        os.close(descriptor)


def read_upload(path: Path, limits: IntakeLimits) -> bytes:
    """The content of one uploaded file.

    Raises:
        SubmissionMissing: it cannot be read, or is not a regular file.
        TooLarge: it is over `limits.archive_bytes`.
    """
    try:
        descriptor = os.open(path, _FILE_FLAGS & ~os.O_NOFOLLOW)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SubmissionMissing(
                    f"{path} is neither a file nor a folder. Name the submission's folder or archive."
                )
            data = _read(descriptor, limits.archive_bytes)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SubmissionMissing(f"{path} cannot be read: {error.strerror}.") from error
    if data is None:
        raise TooLarge(
            f"The upload is larger than {size(limits.archive_bytes)}. Leave out data, installed packages and "
            "generated files, and upload it again."
        )
    return data


def _walk(folder: int, prefix: str, collector: Collector) -> None:
    with os.scandir(folder) as listing:
        entries = []
        for entry in listing:
            if not prefix.startswith(".git/"):
                collector.count()
            elif not collector.count_in_repository():
                return
            entries.append(entry)
    for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name)):
        name = prefix + entry.name
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
        except OSError as error:
            collector.refuse(name, f"it cannot be read: {error.strerror}")
            continue
        if stat.S_ISDIR(mode):
            _enter(folder, entry.name, name, collector)
        elif stat.S_ISREG(mode):
            _take(folder, entry.name, name, collector)
        else:
            collector.refuse(name, "it is a link" if stat.S_ISLNK(mode) else "it is not a regular file")


def _enter(folder: int, part: str, name: str, collector: Collector) -> None:
    left = left_out(name + "/")
    if left and left[0] != ".git/":
        collector.refuse(left[0], f"not graded: {left[1]}")
        return
    if name.count("/") >= collector.limits.depth + 10:
        collector.refuse(name, f"it lies more than {collector.limits.depth} folders deep")
        return
    try:
        descriptor = os.open(part, _FOLDER_FLAGS, dir_fd=folder)
    except OSError as error:
        collector.refuse(name, f"it cannot be read: {error.strerror}")
        return
    try:
        _walk(descriptor, name + "/", collector)
    finally:
        os.close(descriptor)


def _take(folder: int, part: str, name: str, collector: Collector) -> None:
    path = collector.admit(name)
    if path is None:
        return
    try:
        descriptor = os.open(part, _FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        collector.refuse(name, f"it cannot be read: {error.strerror}")
        return
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            collector.refuse(name, "it is not a regular file")
            return
        most = collector.allowance(path)
        content = _read(descriptor, most) if found.st_size <= most else None
    finally:
        os.close(descriptor)
    if content is None:
        collector.refuse_size(name, path)
    else:
        collector.add(path, content)


def _read(descriptor: int, most: int) -> bytes | None:
    """The content, or None when there is more than `most` bytes of it (counted, not as the file system says)."""
    parts: list[bytes] = []
    room = most + 1
    while room > 0 and (part := os.read(descriptor, min(_STEP, room))):
        parts.append(part)
        room -= len(part)
    return b"".join(parts) if room > 0 else None
