"""Finds the names of all objects in a git pack and writes its index, which `Objects` needs to read it.

Packs come without an index over the network. This is `git index-pack`, bounded, without git.
"""

from __future__ import annotations

import bisect
import hashlib
import struct
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

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

_HEADER_BYTES: Final = 12

_Base: TypeAlias = int | bytes
"""What a delta builds on: the place of an entry, or the name of an object."""


@dataclass(frozen=True)
class _Entry:
    start: int
    content_at: int
    length: int
    kind: str
    """Empty for a delta."""
    base: _Base = b""


def index_of(pack: bytes, unpacker: Unpacker, most: int, tick: Callable[[], None]) -> bytes:
    """The index (version 2) of a pack of at most `most` objects; `tick` is called for each of them.

    Source of both formats: gitformat-pack(5).

    Raises:
        UnreadableRepository: it is damaged, builds on objects that are not in it, or names one twice.
        OverLimit: there is too much in it.
    """
    checksum = pack[-NAME_BYTES:]
    if pack[:8] != b"PACK\0\0\0\2" or len(pack) < _HEADER_BYTES + NAME_BYTES:
        raise UnreadableRepository("its pack is not of version 2")
    (count,) = struct.unpack_from(">L", pack, 8)
    if count > most:
        raise OverLimit(f"it has more than {most:,} objects")
    if hashlib.sha1(pack[:-NAME_BYTES], usedforsecurity=False).digest() != checksum:
        raise UnreadableRepository("its pack is damaged")
    walk = _Walk(pack, unpacker, tick)
    walk.read(count)
    names = walk.resolved()
    if len(names) != count:
        raise UnreadableRepository("its pack names an object twice, or builds on objects that are not in it")
    return _written(names, walk.checksums, checksum)


class _Walk:
    """One pass over the entries, and one over the deltas, from what they build on."""

    def __init__(self, pack: bytes, unpacker: Unpacker, tick: Callable[[], None]) -> None:
        self._pack = pack
        self._unpacker = unpacker
        self._tick = tick
        self._whole: list[tuple[bytes, _Entry]] = []
        self._deltas: defaultdict[_Base, list[_Entry]] = defaultdict(list)
        self.checksums: dict[int, int] = {}
        """Start of an entry → CRC-32 of its packed form."""

    def read(self, count: int) -> None:
        """Read all entries; nothing may follow them but the checksum."""
        at = _HEADER_BYTES
        for _ in range(count):
            self._tick()
            entry = self._entry(at)
            content, end = self._unpacker.entry(self._pack, entry.content_at, entry.length)
            self.checksums[at] = zlib.crc32(memoryview(self._pack)[at:end])
            if entry.kind:
                self._whole.append((_name(entry.kind, content), entry))
            else:
                self._deltas[entry.base].append(entry)
            at = end
        if at != len(self._pack) - NAME_BYTES:
            raise UnreadableRepository("its pack holds another number of objects than it says")

    def resolved(self) -> dict[bytes, int]:
        """The name of each object that can be built, and where its entry starts."""
        found: dict[bytes, int] = {}
        for name, entry in self._whole:
            found[name] = entry.start
            if not self._built_on(name, entry):
                continue
            content, _ = self._unpacker.entry(self._pack, entry.content_at, entry.length)
            waiting = [(content, delta, 1) for delta in self._built_on(name, entry)]
            while waiting:
                base, delta, links = waiting.pop()
                if links > LONGEST_CHAIN:
                    raise UnreadableRepository("an object builds on too many others")
                self._tick()
                change, _ = self._unpacker.entry(self._pack, delta.content_at, delta.length)
                content = self._unpacker.applied(base, change)
                name_here = _name(entry.kind, content)
                found[name_here] = delta.start
                waiting += [(content, further, links + 1) for further in self._built_on(name_here, delta)]
        return found

    def _built_on(self, name: bytes, entry: _Entry) -> list[_Entry]:
        return self._deltas.get(entry.start, []) + self._deltas.get(name, [])

    def _entry(self, at: int) -> _Entry:
        kind, length, content_at = entry_header(self._pack, at)
        if kind == OFFSET_DELTA:
            distance, content_at = offset_distance(self._pack, content_at)
            return _Entry(at, content_at, length, "", at - distance)
        if kind == NAMED_DELTA:
            end = content_at + NAME_BYTES
            return _Entry(at, end, length, "", self._pack[content_at:end])
        if kind not in KINDS:
            raise UnreadableRepository("its pack is damaged")
        return _Entry(at, content_at, length, KINDS[kind])


def _name(kind: str, content: bytes) -> bytes:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).digest()


def _written(names: dict[bytes, int], checksums: dict[int, int], of_pack: bytes) -> bytes:
    ordered = sorted(names)
    fans = [bisect.bisect_left(ordered, bytes([first + 1])) for first in range(255)]
    starts = [names[name] for name in ordered]
    parts = (
        b"\xfftOc\0\0\0\2",
        struct.pack(">256L", *fans, len(ordered)),
        b"".join(ordered),
        struct.pack(f">{len(ordered)}L", *(checksums[start] for start in starts)),
        struct.pack(f">{len(ordered)}L", *starts),
        of_pack,
    )
    index = b"".join(parts)
    return index + hashlib.sha1(index, usedforsecurity=False).digest()
