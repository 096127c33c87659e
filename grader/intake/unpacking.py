"""Unpacks the entries of a git pack: headers, compressed contents and deltas, within one budget."""

from __future__ import annotations

import zlib
from typing import Final

KINDS: Final = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
OFFSET_DELTA: Final = 6
NAMED_DELTA: Final = 7
LONGEST_CHAIN: Final = 60
NAME_BYTES: Final = 20
_MOST_STEPS: Final = 1_000_000
"""Instructions of all deltas of one repository."""


class UnreadableRepository(Exception):
    """The repository is damaged, over a limit, or in a form that is not read. The message says which."""


class OverLimit(UnreadableRepository):
    """There is too much of it."""


class Unpacker:
    """Unpacks what belongs to one repository, and stops when all of it together is too much."""

    def __init__(self, object_bytes: int, total_bytes: int) -> None:
        """`object_bytes`: of one object or delta; `total_bytes`: of everything that is unpacked."""
        self._most = object_bytes
        self._left = total_bytes
        self._steps = 0

    def inflated(self, packed: memoryview, most: int | None = None) -> tuple[bytes, int]:
        """The content at the start of `packed`, of at most `most` bytes, and how many bytes of `packed` it took.

        Raises:
            UnreadableRepository: it is damaged, cut off or over a limit.
        """
        bound = self._most if most is None else most
        decoder = zlib.decompressobj()
        try:
            content = decoder.decompress(packed, bound + 1)
        except zlib.error as error:
            raise UnreadableRepository("an object is damaged") from error
        self._spend(len(content))
        if len(content) > bound:
            raise OverLimit("its objects are too large")
        if not decoder.eof:
            raise UnreadableRepository("an object is cut off")
        return content, len(packed) - len(decoder.unused_data)

    def entry(self, pack: bytes, at: int, length: int) -> tuple[bytes, int]:
        """The content of `length` bytes whose compressed form begins at `at`, and where that form ends.

        Raises:
            UnreadableRepository: as above.
        """
        if length > self._most:
            raise OverLimit("its objects are too large")
        # Never more input than the content can need: the decoder copies what it leaves over.
        packed = memoryview(pack)[at : at + length + length // 100 + 1024]
        content, used = self.inflated(packed, length)
        if len(content) != length:
            raise UnreadableRepository("its pack is damaged")
        return content, at + used

    def applied(self, base: bytes, delta: bytes) -> bytes:
        """What `delta` makes of `base`.

        Raises:
            UnreadableRepository: as above.
        """
        base_length, at = _varint(delta, 0)
        length, at = _varint(delta, at)
        if base_length != len(base):
            raise UnreadableRepository("an object does not fit what it builds on")
        if length > self._most:
            raise OverLimit("its objects are too large")
        content = bytearray()
        while at < len(delta) and len(content) <= length:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise OverLimit("its objects are packed in too many small steps")
            part, at = _delta_part(base, delta, at)
            content += part
        if len(content) != length:
            raise UnreadableRepository("its pack is damaged")
        self._spend(length)
        return bytes(content)

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise OverLimit("its objects are too large")


def entry_header(pack: bytes, at: int) -> tuple[int, int, int]:
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


def offset_distance(pack: bytes, at: int) -> tuple[int, int]:
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
