"""What the commits of a repository change: how many files, how many lines of Python.

Lines are compared as a heap, not as a sequence: a line counts as added where the new version of a file has more of
it than the old. That needs no search for the shortest difference, which hostile files could draw out for ever, and
a line that only moved inside its file costs nothing.
"""

from __future__ import annotations

import hashlib
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from grader.intake.limits import IntakeLimits
from grader.intake.names import kind_of, left_out
from grader.intake.objects import Objects, tree_entries
from grader.intake.unpacking import UnreadableRepository


@dataclass(frozen=True)
class Size:
    """What one commit changed."""

    files: int
    added: int
    removed: int


@dataclass(frozen=True)
class _File:
    """One entry that differs between two states, by the names of its objects; None where it does not exist."""

    path: str
    old: str | None
    new: str | None


class Changes:
    """Compares states of one repository, within bounds of their own: what is over them has no size."""

    def __init__(
        self, repository: Mapping[str, bytes], limits: IntakeLimits, starter: Mapping[str, bytes]
    ) -> None:
        """`starter` is what the candidate was given: its files count as there before they are first committed."""
        self._objects = Objects(repository, replace(limits, stream_bytes=limits.history_compared_bytes))
        self._depth = limits.depth
        self._starter = {path: (_blob_name(content), content) for path, content in starter.items()}
        self._used_up = False

    def between(self, old: str | None, new: str) -> Size | None:
        """What changed from the folder `old` (None: nothing yet) to the folder `new`; None when over a limit.

        Files that no submission is graded by (caches, virtual environments …) do not count.
        """
        if self._used_up:
            return None
        try:
            return self._size([file for file in self._files(old, new, "") if self._counts(file)])
        except UnreadableRepository:
            self._used_up = True
            return None

    def _counts(self, file: _File) -> bool:
        given, _ = self._starter.get(file.path, (None, b""))
        return not left_out(file.path) and not (file.old is None and file.new == given)

    def _size(self, files: list[_File]) -> Size:
        added = removed = 0
        for file in _not_moved(files):
            if kind_of(file.path) in {"source", "test"}:
                before, after = self._lines(file, file.old), self._lines(file, file.new)
                added += (after - before).total()
                removed += (before - after).total()
        return Size(len(files), added, removed)

    def _lines(self, file: _File, blob: str | None) -> Counter[bytes]:
        if blob is not None:
            content = self._objects.read(blob, "blob")
        else:
            content = self._starter[file.path][1] if file.path in self._starter and file.new else b""
        return Counter(line.strip() for line in content.split(b"\n") if line.strip())

    def _files(self, old: str | None, new: str | None, prefix: str) -> Iterator[_File]:
        """What differs between two folders. A file that becomes a folder is one that is gone and some that are new."""
        if old == new:
            return
        if prefix.count("/") > self._depth:
            raise UnreadableRepository("its folders lie too deep")
        before, after = self._entries(old), self._entries(new)
        for name in sorted(before.keys() | after.keys()):
            was, now = before.get(name, (0, None)), after.get(name, (0, None))
            if was == now:
                continue
            folders = [child if stat.S_ISDIR(mode) else None for mode, child in (was, now)]
            files = [None if stat.S_ISDIR(mode) else child for mode, child in (was, now)]
            if any(folders):
                yield from self._files(folders[0], folders[1], f"{prefix}{name}/")
            if any(files):
                yield _File(prefix + name, files[0], files[1])

    def _entries(self, tree: str | None) -> dict[str, tuple[int, str]]:
        if tree is None:
            return {}
        return {name: (mode, child) for mode, name, child in tree_entries(self._objects.read(tree, "tree"))}


def _not_moved(files: list[_File]) -> Iterator[_File]:
    """Leave out each file that disappears here and appears there with the same content: both sides of it."""
    gone = Counter(file.old for file in files if file.new is None)
    come = Counter(file.new for file in files if file.old is None)
    left = {"gone": gone & come, "come": gone & come}
    for file in files:
        side = "gone" if file.new is None else "come" if file.old is None else ""
        blob = file.old or file.new
        if side and left[side][blob] > 0:
            left[side][blob] -= 1
        else:
            yield file


def _blob_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
