"""Archives made by hand, byte by byte, so that each can lie in exactly one way."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class ZipMember:
    """One member; what is None is told honestly."""

    name: bytes
    content: bytes = b"x = 1\n"
    method: int = 8
    mode: int = 0o100644
    flags: int = 0
    size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    local_size: int | None = None
    offset: int | None = None

    def packed(self) -> bytes:
        if self.method != 8:
            return self.content
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.content) + packer.flush()

    def honest_or(self, value: int | None, honest: int) -> int:
        return honest if value is None else value


def zip_bytes(*members: ZipMember, prefix: bytes = b"", suffix: bytes = b"", comment: bytes = b"") -> bytes:
    """A zip archive of `members`. `prefix` is not counted in the offsets of the index."""
    body, index = b"", b""
    for member in members:
        packed = member.packed()
        size = member.honest_or(member.size, len(member.content))
        crc = member.honest_or(member.crc, zlib.crc32(member.content))
        name = member.name if member.local_name is None else member.local_name
        offset = member.honest_or(member.offset, len(body))
        local = member.honest_or(member.local_size, size)
        numbers = (20, member.flags, member.method, 0, 33, crc, len(packed))
        body += struct.pack("<4s5H3L2H", b"PK\3\4", *numbers, local, len(name), 0) + name + packed
        index += struct.pack(
            "<4s6H3L5H2L",
            b"PK\1\2",
            3 << 8 | 20,
            *numbers,
            size,
            len(member.name),
            0,
            0,
            0,
            0,
            member.mode << 16,
            offset,
        )
        index += member.name
    count = len(members)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(index), len(body), len(comment))
    return prefix + body + index + end + comment + suffix


@dataclass(frozen=True)
class TarMember:
    """One member; `size` may lie."""

    name: bytes
    content: bytes = b"x = 1\n"
    kind: bytes = b"0"
    link: bytes = b""
    size: int | bytes | None = None
    before: tuple[TarMember, ...] = field(default=())


def tar_bytes(*members: TarMember, end: bytes = bytes(1024)) -> bytes:
    """A tar archive of `members`, closed by two empty blocks."""
    return b"".join(_tar_member(member) for member in members) + end


def _tar_member(member: TarMember) -> bytes:
    size = len(member.content) if member.size is None else member.size
    size_field = size if isinstance(size, bytes) else b"%011o\0" % size
    header = struct.pack(
        "100s8s8s8s12s12s8sc100s8s247s",
        member.name, b"0000644\0", b"0000000\0", b"0000000\0", size_field, b"00000000000\0",
        b" " * 8, member.kind, member.link, b"ustar\x0000", b"",
    )  # fmt: skip
    header = header[:148] + b"%06o\0 " % sum(header) + header[156:]
    return (
        b"".join(map(_tar_member, member.before))
        + header
        + member.content
        + bytes(-len(member.content) % 512)
    )


def pax(**records: bytes) -> TarMember:
    """An extended header that holds `records` for the member that follows."""
    content = b"".join(
        _pax_record(key.encode().replace(b"__", b".") + b"=" + value) for key, value in records.items()
    )
    return TarMember(b"pax", content, kind=b"x")


def _pax_record(text: bytes) -> bytes:
    length = len(text) + 2
    while len(b"%d" % length) + len(text) + 2 != length:
        length = len(b"%d" % length) + len(text) + 2
    return b"%d %s\n" % (length, text)


def with_extension(member: TarMember, *extensions: TarMember) -> TarMember:
    """The member with headers that change it put before it."""
    return replace(member, before=extensions)
