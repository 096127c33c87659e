"""Reads objects of a git repository from bytes in memory. Git itself is never run on a stranger's repository.

A repository's own configuration can make git run programs (hooks, filters, pagers, file system monitors), so
nothing here looks at it. Loose objects and packs (version 2, with or without an index) are read; both are
bounded in size, number and depth.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from grader.intake.limits import IntakeLimits

_KINDS: Final = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFFSET_DELTA: Final = 6
_NAMED_DELTA: Final = 7
_LONGEST_CHAIN: Final = 60
_MOST_STEPS: Final = 1_000_000
"""Instructions of all deltas of one repository."""
_NAME_BYTES: Final = 20
_TREE_ENTRY: Final = re.compile(rb"([0-7]{5,6}) ([^\0/]+)\0(.{20})", re.DOTALL)


class UnreadableRepository(Exception):
    """The repository is damaged, over a limit, or in a form that is not read. The message says which."""


class Objects:
    """The objects of one repository, found by their names (40 hexadecimal digits)."""

    def __init__(self, files: Mapping[str, bytes], limits: IntakeLimits) -> None:
        """`files`: the content of the repository's own folder (`HEAD`, `objects/…`, `refs/…`)."""
        self._files = files
        self._limits = limits
        self._reads = 0
        self._work = 0
        self._steps = 0
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
            raise UnreadableRepository(
                f"it has more than {self._limits.history_objects:,} objects to look at"
            )
        loose = self._files.get(f"objects/{name[:2]}/{name[2:]}")
        found, content = self._loose(loose) if loose is not None else self._from_pack(name)
        stated = hashlib.sha1(f"{found} {len(content)}\0".encode() + content, usedforsecurity=False)
        if found != kind or stated.hexdigest() != name:
            raise UnreadableRepository(f"the object {name[:12]} is damaged")
        return content

    def _inflate(self, packed: memoryview, most: int) -> bytes:
        decoder = zlib.decompressobj()
        try:
            content = decoder.decompress(packed, most + 1)
        except zlib.error as error:
            raise UnreadableRepository("an object is damaged") from error
        self._spend(len(content))
        if len(content) > most:
            raise UnreadableRepository("its objects are too large")
        if not decoder.eof:
            raise UnreadableRepository("an object is cut off")
        return content

    def _loose(self, packed: bytes) -> tuple[str, bytes]:
        header, _, content = self._inflate(memoryview(packed), self._limits.file_bytes).partition(b"\0")
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
        offsets_at = names_at + count * (_NAME_BYTES + 4)
        if len(self._packed) + count > self._limits.history_objects * 10 or offsets_at + count * 4 > len(
            index
        ):
            raise UnreadableRepository("the index of its pack is damaged, or names too many objects")
        offsets = struct.unpack_from(f">{count}L", index, offsets_at)
        for number, offset in enumerate(offsets):
            at = names_at + number * _NAME_BYTES
            self._packed[index[at : at + _NAME_BYTES].hex()] = (pack, offset)

    def _from_pack(self, name: str) -> tuple[str, bytes]:
        place = self._packed.get(name)
        if place is None:
            raise UnreadableRepository(f"the object {name[:12]} is missing")
        pack, offset = place
        deltas: list[bytes] = []
        while True:
            kind, length, at = _entry_header(pack, offset)
            if kind == _OFFSET_DELTA:
                distance, at = _offset_distance(pack, at)
                base: tuple[bytes, int] | None = (pack, offset - distance)
            elif kind == _NAMED_DELTA:
                base = self._packed.get(pack[at : at + _NAME_BYTES].hex())
                at += _NAME_BYTES
            else:
                break
            deltas.append(self._entry(pack, at, length))
            if base is None or base[1] < 0 or len(deltas) > _LONGEST_CHAIN:
                raise UnreadableRepository("an object builds on too many others, or on none")
            pack, offset = base
        if kind not in _KINDS:
            raise UnreadableRepository("its pack is damaged")
        content = self._entry(pack, at, length)
        for delta in reversed(deltas):
            content = self._applied(content, delta)
        return _KINDS[kind], content

    def _entry(self, pack: bytes, at: int, length: int) -> bytes:
        if length > self._limits.file_bytes:
            raise UnreadableRepository("its objects are too large")
        # Never more input than the content can need: the decoder copies what it leaves over.
        content = self._inflate(memoryview(pack)[at : at + length + length // 100 + 1024], length)
        if len(content) != length:
            raise UnreadableRepository("its pack is damaged")
        return content

    def _applied(self, base: bytes, delta: bytes) -> bytes:
        base_length, at = _varint(delta, 0)
        length, at = _varint(delta, at)
        if base_length != len(base) or length > self._limits.file_bytes:
            raise UnreadableRepository("an object is too large, or does not fit what it builds on")
        content = bytearray()
        while at < len(delta) and len(content) <= length:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise UnreadableRepository("its objects are packed in too many small steps")
            part, at = _delta_part(base, delta, at)
            content += part
        if len(content) != length:
            raise UnreadableRepository("its pack is damaged")
        self._spend(length)
        return bytes(content)

    def _spend(self, count: int) -> None:
        self._work += count
        if self._work > self._limits.stream_bytes:
            raise UnreadableRepository("its objects are too large")


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


def _entry_header(pack: bytes, at: int) -> tuple[int, int, int]:
    """Kind, unpacked length, and where the entry goes on."""
    first = _byte(pack, at)
    kind, length, shift = first >> 4 & 7, first & 15, 4
    while _byte(pack, at) & 0x80:
        at += 1
        length |= (_byte(pack, at) & 0x7F) << shift
        shift += 7
        if shift > 60:
            raise UnreadableRepository("its pack is damaged")
    return kind, length, at + 1


def _offset_distance(pack: bytes, at: int) -> tuple[int, int]:
    byte = _byte(pack, at)
    distance = byte & 0x7F
    while byte & 0x80 and distance < 2**40:
        at += 1
        byte = _byte(pack, at)
        distance = (distance + 1) << 7 | byte & 0x7F
    if distance == 0:
        raise UnreadableRepository("an object builds on itself")
    return distance, at + 1


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 63:
        byte = _byte(data, at)
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
    raise UnreadableRepository("its pack is damaged")


def _delta_part(base: bytes, delta: bytes, at: int) -> tuple[bytes, int]:
    """One instruction of a delta: a copy from the base, or bytes of its own."""
    order = delta[at]
    at += 1
    if not order & 0x80:
        if order == 0 or at + order > len(delta):
            raise UnreadableRepository("its pack is damaged")
        return delta[at : at + order], at + order
    values = []
    for bits in (range(4), range(4, 7)):
        value = 0
        for place, bit in enumerate(bits):
            if order & 1 << bit:
                value |= _byte(delta, at) << 8 * place
                at += 1
        values.append(value)
    start, length = values[0], values[1] or 0x10000
    if start + length > len(base):
        raise UnreadableRepository("its pack is damaged")
    return base[start : start + length], at


def _byte(data: bytes, at: int) -> int:
    if not 0 <= at < len(data):
        raise UnreadableRepository("its pack is cut off")
    return data[at]
