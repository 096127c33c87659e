"""Reads a zip archive from memory, strictly: the index and the members must tell the same story.

Not the standard library's `zipfile`: what that accepts differs between Python versions, it looks for an archive
behind other data, cuts names at NUL, and before 3.12 takes overlapping members. A lie in the structure makes
the archive unusable; a member of a kind that we do not take is refused and the others are graded.
"""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from grader.intake.collector import Collector
from grader.intake.errors import ArchiveBroken, TooLarge
from grader.intake.limits import IntakeLimits
from grader.intake.names import visible

_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_END64_LOCATOR: Final = struct.Struct("<4sLQL")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_IN_ZIP64: Final = 0xFFFFFFFF
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW: Final = 0x8
_STORED: Final = 0
_DEFLATED: Final = 8
_FOLDER_ATTRIBUTE: Final = 0x10
_LONGEST_COMMENT: Final = 0xFFFF


@dataclass(frozen=True)
class _Member:
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int

    @property
    def name(self) -> str:
        """UTF-8 where it is UTF-8 (macOS does not set the flag for it), else the code page of the format."""
        try:
            return self.raw_name.decode()
        except UnicodeDecodeError:
            return self.raw_name.decode("cp437")


def read_zip(data: bytes, collector: Collector) -> None:
    """Hand the members of the archive to `collector`.

    Raises:
        ArchiveBroken, TooLarge: the archive as a whole is unusable.
    """
    members, index_start = _index(data, collector.limits)
    starts = _content_starts(data, members, index_start)
    for member, start in zip(members, starts, strict=True):
        collector.count()
        _take(data, member, start, collector)


def _take(data: bytes, member: _Member, start: int, collector: Collector) -> None:
    kind = stat.S_IFMT(member.attributes >> 16)
    if (
        member.name.endswith("/")
        or kind == stat.S_IFDIR
        or (not kind and member.attributes & _FOLDER_ATTRIBUTE)
    ):
        collector.admit_folder(member.name)
        return
    if reason := _unwelcome(member, kind, collector.limits):
        collector.refuse(member.name, reason)
        return
    path = collector.admit(member.name)
    if path is None:
        return
    if member.size > collector.allowance(path):
        collector.refuse_size(member.name, path)
        return
    collector.add(path, _content(data, member, start))


def _unwelcome(member: _Member, kind: int, limits: IntakeLimits) -> str | None:
    if kind == stat.S_IFLNK:
        return "it is a link"
    if kind not in {0, stat.S_IFREG}:
        return "it is not a regular file"
    if member.flags & _ENCRYPTED:
        return "it is encrypted"
    if member.method not in {_STORED, _DEFLATED}:
        return f"it is packed with method {member.method}; only stored and deflated members are read"
    if member.size > limits.ratio_from and member.size > limits.ratio * max(member.packed, 1):
        return f"it expands to more than {limits.ratio:.0f} times its packed size"
    return None


def _content(data: bytes, member: _Member, start: int) -> bytes:
    packed = memoryview(data)[start : start + member.packed]
    if member.method == _STORED:
        content = bytes(packed)
        honest = True
    else:
        decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = decoder.decompress(packed, member.size + 1)
        except zlib.error as broken:
            raise _damaged(member, "cannot be unpacked") from broken
        honest = decoder.eof and not decoder.unused_data
    if not honest or len(content) != member.size:
        raise _damaged(member, "has another size than the archive's index says")
    if zlib.crc32(content) != member.crc:
        raise _damaged(member, "has another checksum than the archive's index says")
    return content


def _damaged(member: _Member, what: str) -> ArchiveBroken:
    return ArchiveBroken(
        f"In the zip archive, {visible(member.name)!r} {what}. Pack it again and upload that."
    )


def _index(data: bytes, limits: IntakeLimits) -> tuple[list[_Member], int]:
    """The members in the order of the index, and where the index starts."""
    count, length, start, end = _index_place(data)
    if count > limits.entries:
        raise TooLarge(
            f"The zip archive has {count:,} members; {limits.entries:,} are allowed. Leave out virtual "
            "environments, installed packages and generated files, and upload it again."
        )
    if start + length < end:
        raise ArchiveBroken(
            "There is other data before the zip archive or inside it. Pack the files again and upload that."
        )
    if start + length != end:
        raise ArchiveBroken("The zip archive is cut off or damaged. Pack the files again and upload that.")
    members = []
    at = start
    for _ in range(count):
        member, at = _central_entry(data, at, end)
        members.append(member)
    if at != end:
        raise ArchiveBroken("The index of the zip archive holds more than it says. Pack the files again.")
    return members, start


def _index_place(data: bytes) -> tuple[int, int, int, int]:
    """Number of members, length, start and end of the index."""
    found = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - _LONGEST_COMMENT))
    if found < 0 or found + _END.size > len(data):
        raise ArchiveBroken("The zip archive is cut off: its index is missing. Upload it again.")
    _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(data, found)
    if found + _END.size + comment != len(data):
        raise ArchiveBroken(
            "There is other data behind the zip archive. Pack the files again and upload that."
        )
    end = found
    locator_at = found - _END64_LOCATOR.size
    if locator_at >= 0 and data[locator_at : locator_at + 4] == b"PK\6\7":
        _, _, end, _ = _END64_LOCATOR.unpack_from(data, locator_at)
        if end + _END64.size != locator_at or data[end : end + 4] != b"PK\6\6":
            raise ArchiveBroken("The index of the zip archive is damaged. Pack the files again.")
        _, _, _, _, disk, first_disk, here, count, length, start = _END64.unpack_from(data, end)
    if disk or first_disk or here != count:
        raise ArchiveBroken("The zip archive is split into several files. Pack it as one.")
    return count, length, start, end


def _central_entry(data: bytes, at: int, end: int) -> tuple[_Member, int]:
    if at + _CENTRAL.size > end or data[at : at + 4] != b"PK\1\2":
        raise ArchiveBroken("The index of the zip archive is damaged. Pack the files again.")
    fields = _CENTRAL.unpack_from(data, at)
    _, _, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length = fields[:13]
    _, _, attributes, offset = fields[13:]
    name_at = at + _CENTRAL.size
    extra_at = name_at + name_length
    after = extra_at + extra_length + comment_length
    if after > end:
        raise ArchiveBroken("The index of the zip archive is damaged. Pack the files again.")
    size, packed, offset = _widened(data[extra_at : extra_at + extra_length], size, packed, offset)
    name = data[name_at:extra_at]
    return _Member(name, flags, method, crc, packed, size, offset, attributes), after


def _widened(extra: bytes, *values: int) -> tuple[int, int, int]:
    """The 64-bit values of size, packed size and offset, for those of them that say so."""
    if _IN_ZIP64 not in values:
        return values[0], values[1], values[2]
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            block = extra[at + 4 : at + 4 + length]
            wide = iter(struct.unpack(f"<{len(block) // 8}Q", block[: len(block) // 8 * 8]))
            size, packed, offset = (next(wide, value) if value == _IN_ZIP64 else value for value in values)
            return size, packed, offset
        at += 4 + length
    return values[0], values[1], values[2]


def _content_starts(data: bytes, members: list[_Member], index_start: int) -> list[int]:
    """Where each member's packed content starts, once all of them are known to lie apart and inside the archive."""
    starts = [_local_entry(data, member, index_start) for member in members]
    places = sorted((m.offset, start + m.packed) for m, start in zip(members, starts, strict=True))
    if places and places[0][0] != 0:
        raise ArchiveBroken(
            "There is other data before the zip archive. Pack the files again and upload that."
        )
    for (_, end), (following, _) in pairwise(places):
        if following < end:
            raise ArchiveBroken("Members of the zip archive overlap. Pack the files again and upload that.")
    return starts


def _local_entry(data: bytes, member: _Member, index_start: int) -> int:
    if member.offset + _LOCAL.size > index_start or data[member.offset : member.offset + 4] != b"PK\3\4":
        raise _damaged(member, "is not where the archive's index says")
    fields = _LOCAL.unpack_from(data, member.offset)
    _, _, flags, method, _, _, _, packed, size, name_length, extra_length = fields
    name_at = member.offset + _LOCAL.size
    start: int = name_at + name_length + extra_length
    if data[name_at : name_at + name_length] != member.raw_name:
        raise _damaged(member, "has another name inside the archive")
    if method != member.method or (flags ^ member.flags) & _ENCRYPTED:
        raise _damaged(member, "is packed in another way than the archive's index says")
    says_sizes = not flags & _SIZES_FOLLOW and _IN_ZIP64 not in {packed, size}
    if says_sizes and (packed, size) != (member.packed, member.size):
        raise _damaged(member, "has another size than the archive's index says")
    if start + member.packed > index_start:
        raise _damaged(member, "is cut off")
    return start
