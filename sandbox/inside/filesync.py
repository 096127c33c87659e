"""Temporary files of a test on both sides: a small tree that is compared at every message and sent where it changed.

Tests write to `tmp_path` and let the candidate read it, or the other way round. Only regular files below the
agreed root cross; what arrives is written below it and nowhere else, never through a link.
"""

from __future__ import annotations

import base64
import stat
from typing import Any

from .plain import make_folders, open_file, os

_MAX_FILES = 2000
_MAX_BYTES = 32 * 2**20

State = dict[str, tuple[int, int, int]]


class TreeTooLarge(Exception):
    """More files or bytes than may cross."""


class Tree:
    """One side's view of the tree below `root`."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._known: State = {}
        self._directories: set[str] = set()

    def changes(self) -> dict[str, Any]:
        """What changed since the last look: path → [mode, content], or None for a file that went.

        Raises:
            TreeTooLarge: over the bounds.
        """
        state: State = {}
        directories: set[str] = set()
        _scan(self.root, "", state, directories)
        if state == self._known and directories == self._directories:
            return {}
        found: dict[str, Any] = {}
        size = 0
        for path, mark in state.items():
            if self._known.get(path) == mark:
                continue
            size += mark[1]
            if size > _MAX_BYTES:
                raise TreeTooLarge(f"more than {_MAX_BYTES:,} bytes in temporary files")
            try:
                with open_file(os.path.join(self.root, path), "rb") as file:
                    content = file.read(_MAX_BYTES)
            except PermissionError:
                content = b""
            found[path] = [mark[2] & 0o777, base64.b64encode(content).decode()]
        found.update({path: None for path in self._known if path not in state})
        found.update({path + "/": [0o755, ""] for path in directories - self._directories})
        found.update({path + "/": None for path in self._directories - directories})
        self._known, self._directories = state, directories
        return found

    def apply(self, changes: dict[str, Any]) -> None:
        """Take over the other side's changes.

        Raises:
            ValueError: a path that leads out of the tree.
        """
        for path, change in changes.items():
            name = path.rstrip("/")
            target = self._inside(name)
            if path.endswith("/"):
                _change_directory(target, present=change is not None)
            elif change is None:
                if os.path.lexists(target):
                    os.unlink(target)
            else:
                _write(target, base64.b64decode(change[1]), int(change[0]) & 0o777)
        self.note()

    def note(self) -> None:
        """What is there now is known to the other side."""
        self._known, self._directories = {}, set()
        _scan(self.root, "", self._known, self._directories)

    def _inside(self, path: str) -> str:
        parts = path.split("/")
        if not path or any(part in ("", ".", "..") for part in parts) or "\0" in path:
            raise ValueError("a path that leads out of the temporary folder")
        at = self.root
        for part in parts[:-1]:
            at = os.path.join(at, part)
            if os.path.islink(at):
                raise ValueError("a path through a link")
        return os.path.join(self.root, path)


def _scan(root: str, below: str, state: State, directories: set[str]) -> None:
    try:
        entries = list(os.scandir(os.path.join(root, below)))
    except (FileNotFoundError, PermissionError):
        return
    for entry in entries:
        path = f"{below}/{entry.name}" if below else entry.name
        try:
            path.encode()
            info = entry.stat(follow_symlinks=False)
        except (FileNotFoundError, UnicodeEncodeError):
            continue
        if stat.S_ISDIR(info.st_mode):
            directories.add(path)
            _scan(root, path, state, directories)
        elif stat.S_ISREG(info.st_mode):
            state[path] = (info.st_mtime_ns, info.st_size, info.st_mode)
            if len(state) > _MAX_FILES:
                raise TreeTooLarge(f"more than {_MAX_FILES:,} temporary files")


def _change_directory(target: str, *, present: bool) -> None:
    if present:
        make_folders(target)
    elif os.path.isdir(target) and not os.listdir(target):
        os.rmdir(target)


def _write(target: str, content: bytes, mode: int) -> None:
    make_folders(os.path.dirname(target))
    if os.path.lexists(target):
        os.unlink(target)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open_file(descriptor, "wb") as file:
        file.write(content)
    os.chmod(target, mode)
