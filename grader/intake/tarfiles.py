"""Reads a tar archive member by member from a stream of pieces; nothing but regular files comes out.

Not the standard library's `tarfile`: the Pythons around read pax headers of any size, with a quadratic pattern
(CVE-2024-6232), loop on negative sizes (CVE-2025-8194), and their `data` filter can be walked around
(CVE-2025-4517).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from grader.intake.collector import Collector
from grader.intake.errors import ArchiveBroken, TooLarge

_BLOCK: Final = 512
_EXTENSION_BYTES: Final = 64 * 2**10
"""Longest pax header or GNU long name that is read."""
_REGULAR: Final = frozenset({b"0", b"\0", b"7"})
_FOLDER: Final = b"5"
_PAX: Final = b"x"
_PAX_GLOBAL: Final = b"g"
_LONG_NAME: Final = b"L"
_LONG_LINK: Final = b"K"
SUBMODULE: Final = "GRADER.submodule"
"""The pax record that marks a folder as the place of another repository, whose content is not in the archive."""
_REFUSED: Final = {
    b"1": "it is a hard link",
    b"2": "it is a symbolic link",
    b"3": "it is a device",
    b"4": "it is a device",
    b"6": "it is a named pipe",
    b"S": "it is a sparse file",
}


class _Pieces:
    """A stream that is read by exact counts."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end of the stream."""
        parts: list[bytes] = []
        while count:
            if self._at == len(self._held):
                self._held, self._at = next(self._pieces, b""), 0
                if not self._held:
                    break
            part = self._held[self._at : self._at + count]
            self._at += len(part)
            count -= len(part)
            parts.append(part)
        return b"".join(parts)

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes.

        Raises:
            ArchiveBroken: the stream ends before.
        """
        data = self.take(count)
        if len(data) != count:
            raise ArchiveBroken("The tar archive is cut off. Upload it again.")
        return data

    def skip(self, count: int) -> None:
        """Pass over `count` bytes.

        Raises:
            ArchiveBroken: the stream ends before.
        """
        while count:
            count -= len(self.exactly(min(count, _EXTENSION_BYTES)))


@dataclass
class _Extension:
    """What extended headers say about the member that follows them."""

    name: bytes | None = None
    size: int | None = None
    is_sparse: bool = False
    is_submodule: bool = False


def looks_like_tar(head: bytes) -> bool:
    """Whether the first block of a file is a tar header."""
    return len(head) >= _BLOCK and head[0] != 0 and _is_header(head[:_BLOCK])


def read_tar(pieces: Iterable[bytes], collector: Collector) -> None:
    """Hand the members of the archive to `collector`.

    Raises:
        ArchiveBroken, TooLarge: the archive as a whole is unusable.
    """
    stream = _Pieces(pieces)
    extension = _Extension()
    while (header := stream.exactly(_BLOCK)) != bytes(_BLOCK):
        if not _is_header(header):
            raise ArchiveBroken("The tar archive is damaged. Pack the files again and upload that.")
        collector.count()
        length = _number(header[124:136])
        kind = header[156:157]
        if kind in {_PAX, _PAX_GLOBAL, _LONG_NAME, _LONG_LINK}:
            _extend(extension, kind, _extension_content(stream, length))
            continue
        _take(stream, header, kind, extension, collector)
        extension = _Extension()
    _check_end(stream, collector)


def _take(stream: _Pieces, header: bytes, kind: bytes, extension: _Extension, collector: Collector) -> None:
    length = _number(header[124:136]) if extension.size is None else extension.size
    name = _decoded(extension.name if extension.name is not None else _header_name(header))
    if kind == _FOLDER or (kind in _REGULAR and name.endswith("/")):
        collector.admit_folder(name)
        if extension.is_submodule:
            collector.refuse(name, "it is a submodule, and other repositories are not fetched")
        _skip_content(stream, length)
        return
    if kind not in _REGULAR or extension.is_sparse:
        reason = (
            "it is a sparse file" if extension.is_sparse else _REFUSED.get(kind, "it is not a regular file")
        )
        collector.refuse(name, reason)
        # Links and devices have no content, whatever their header claims (POSIX).
        _skip_content(stream, 0 if kind in {b"1", b"2", b"3", b"4", b"6"} else length)
        return
    path = collector.admit(name)
    if path is None:
        _skip_content(stream, length)
    elif length > collector.allowance(path):
        collector.refuse_size(name, path)
        _skip_content(stream, length)
    else:
        collector.add(path, stream.exactly(length))
        stream.skip(-length % _BLOCK)


def _skip_content(stream: _Pieces, length: int) -> None:
    stream.skip(length + -length % _BLOCK)


def _check_end(stream: _Pieces, collector: Collector) -> None:
    while rest := stream.take(_EXTENSION_BYTES):
        if rest.strip(b"\0"):
            collector.refuse("(data behind the end of the archive)", "it is not part of the archive")


def _is_header(block: bytes) -> bool:
    """Whether the checksum is right: the sum of the bytes, with the checksum itself taken as spaces."""
    stated = re.match(rb" *([0-7]{1,8})", block[148:156])
    return stated is not None and int(stated[1], 8) == sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _number(field: bytes) -> int:
    """An octal number, or a binary one when the first bit is set (GNU).

    Raises:
        ArchiveBroken: it is neither, or negative.
    """
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]*", digits):
        raise ArchiveBroken("The tar archive holds a size that is no number. Pack the files again.")
    return int(digits or b"0", 8)


def _header_name(header: bytes) -> bytes:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _decoded(name: bytes) -> str:
    """UTF-8; bytes that are not become surrogates, which no safe name holds."""
    return name.decode("utf-8", "surrogateescape")


def _extension_content(stream: _Pieces, length: int) -> bytes:
    if length > _EXTENSION_BYTES:
        raise TooLarge(
            f"The tar archive holds a header of {length:,} bytes. Pack the files again with plain tar."
        )
    content = stream.exactly(length)
    stream.skip(-length % _BLOCK)
    return content


def _extend(extension: _Extension, kind: bytes, content: bytes) -> None:
    if kind == _LONG_NAME:
        extension.name = content.rstrip(b"\0")
    if kind != _PAX:
        # Global headers carry comments (`git archive` writes one); names and sizes in them are no one's practice.
        return
    for key, value in _pax_records(content):
        if key == b"path":
            extension.name = value
        elif key == b"size":
            if not re.fullmatch(rb"[0-9]{1,19}", value):
                raise ArchiveBroken("The tar archive holds a size that is no number. Pack the files again.")
            extension.size = int(value)
        elif key.startswith(b"GNU.sparse."):
            extension.is_sparse = True
        elif key == SUBMODULE.encode():
            extension.is_submodule = True


def _pax_records(content: bytes) -> Iterable[tuple[bytes, bytes]]:
    r"""Records `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record."""
    at = 0
    while at < len(content) and content[at] != 0:
        stated = re.compile(rb"([0-9]{1,6}) ").match(content, at)
        if stated is None:
            raise ArchiveBroken("A header of the tar archive is damaged. Pack the files again.")
        end = at + int(stated[1])
        key, equals, value = content[stated.end() : end].partition(b"=")
        if not equals or end > len(content) or not value.endswith(b"\n"):
            raise ArchiveBroken("A header of the tar archive is damaged. Pack the files again.")
        yield key, value[:-1]
        at = end
