"""Reads objects of a git repository from bytes in memory. Git itself is never run on a stranger's repository.

A repository's own configuration can make git run programs (hooks, filters, pagers, file system monitors), so
nothing here looks at it. Loose objects and packs (version 2, with their indexes) are read; both are
bounded in size, number and depth.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
from collections.abc import Iterator, Mapping
from typing import Final

from grader.intake.limits import IntakeLimits
from grader.intake.unpacking import (
    KINDS,
    LONGEST_CHAIN,
    NAME_BYTES,
    NAMED_DELTA,
    OFFSET_DELTA,
    OverLimit,
    Unpacker,
    UnreadableRepository,
    entry_header,
    offset_distance,
)

_TREE_ENTRY: Final = re.compile(rb"([0-7]{5,6}) ([^\0/]+)\0(.{20})", re.DOTALL)


class Objects:
    """The objects of one repository, found by their names (40 hexadecimal digits)."""

    def __init__(self, files: Mapping[str, bytes], limits: IntakeLimits) -> None:
        """`files`: the content of the repository's own folder (`HEAD`, `objects/…`, `refs/…`)."""
        self._files = files
        self._limits = limits
        self._reads = 0
        self._unpacker = Unpacker(limits.file_bytes, limits.stream_bytes)
        self._packed: dict[str, tuple[bytes, int]] = {}
        for path, index in files.items():
            if re.fullmatch(r"objects/pack/pack-[0-9a-f]{40}\.idx", path):
                pack = files.get(path[:-4] + ".pack")
                if pack is not None:
                    self._add_index(index, pack)

    def read(self, name: str, kind: str) -> bytes:
        """The content of the object `name`, which must be a `kind`.

        Raises:
            UnreadableRepository: it is missing, damaged or over a limit.
        """
        self._reads += 1
        if self._reads > self._limits.history_objects:
            raise OverLimit(f"it has more than {self._limits.history_objects:,} objects to look at")
        loose = self._files.get(f"objects/{name[:2]}/{name[2:]}")
        found, content = self._loose(loose) if loose is not None else self._from_pack(name)
        stated = hashlib.sha1(f"{found} {len(content)}\0".encode() + content, usedforsecurity=False)
        if found != kind or stated.hexdigest() != name:
            raise UnreadableRepository(f"the object {name[:12]} is damaged")
        return content

    def _loose(self, packed: bytes) -> tuple[str, bytes]:
        header, _, content = self._unpacker.inflated(memoryview(packed))[0].partition(b"\0")
        kind, _, length = header.decode("ascii", "replace").partition(" ")
        if length != str(len(content)):
            raise UnreadableRepository("an object says another size than it has")
        return kind, content

    def _add_index(self, index: bytes, pack: bytes) -> None:
        """Note where the objects of `pack` are, by its index (version 2)."""
        if index[:8] != b"\xfftOc\0\0\0\2" or len(index) < 8 + 1024:
            raise UnreadableRepository("the index of its pack is not of version 2")
        (count,) = struct.unpack_from(">L", index, 8 + 255 * 4)
        names_at = 8 + 1024
        offsets_at = names_at + count * (NAME_BYTES + 4)
        if len(self._packed) + count > self._limits.history_objects * 10 or offsets_at + count * 4 > len(
            index
        ):
            raise UnreadableRepository("the index of its pack is damaged, or names too many objects")
        offsets = struct.unpack_from(f">{count}L", index, offsets_at)
        for number, offset in enumerate(offsets):
            at = names_at + number * NAME_BYTES
            self._packed[index[at : at + NAME_BYTES].hex()] = (pack, offset)

    def _from_pack(self, name: str) -> tuple[str, bytes]:
        place = self._packed.get(name)
        if place is None:
            raise UnreadableRepository(f"the object {name[:12]} is missing")
        pack, offset = place
        deltas: list[bytes] = []
        while True:
            kind, length, at = entry_header(pack, offset)
            if kind == OFFSET_DELTA:
                distance, at = offset_distance(pack, at)
                base: tuple[bytes, int] | None = (pack, offset - distance)
            elif kind == NAMED_DELTA:
                base = self._packed.get(pack[at : at + NAME_BYTES].hex())
                at += NAME_BYTES
            else:
                break
            deltas.append(self._unpacker.entry(pack, at, length)[0])
            if base is None or base[1] < 0 or len(deltas) > LONGEST_CHAIN:
                raise UnreadableRepository("an object builds on too many others, or on none")
            pack, offset = base
        if kind not in KINDS:
            raise UnreadableRepository("its pack is damaged")
        content = self._unpacker.entry(pack, at, length)[0]
        for delta in reversed(deltas):
            content = self._unpacker.applied(content, delta)
        return KINDS[kind], content


def tree_entries(tree: bytes) -> Iterator[tuple[int, str, str]]:
    """Mode, name and object of each entry of a folder.

    Raises:
        UnreadableRepository: it is damaged.
    """
    at = 0
    while at < len(tree):
        entry = _TREE_ENTRY.match(tree, at)
        if entry is None:
            raise UnreadableRepository("the list of its files is damaged")
        yield int(entry[1], 8), entry[2].decode("utf-8", "surrogateescape"), entry[3].hex()
        at = entry.end()


def walk(objects: Objects, tree: str, depth: int, prefix: str = "") -> Iterator[tuple[int, str, str]]:
    """Mode, path and object of everything below the folder `tree`; folders that lie deeper than `depth` are named,
    but not entered. There is no other bound: who reads counts.

    Raises:
        UnreadableRepository: it is damaged or over a limit.
    """
    for mode, part, child in tree_entries(objects.read(tree, "tree")):
        path = prefix + part
        yield mode, path, child
        if stat.S_ISDIR(mode) and path.count("/") < depth:
            yield from walk(objects, child, depth, path + "/")


def tree_of(commit: bytes) -> str:
    """The folder of a commit, by the content of the commit.

    Raises:
        UnreadableRepository: it names none.
    """
    found = re.match(rb"tree ([0-9a-f]{40})\n", commit)
    if found is None:
        raise UnreadableRepository("one of its commits names no files")
    return found[1].decode()
