"""Decompresses gzip, bzip2 and xz streams from memory, a little at a time and never more than allowed."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from grader.intake.errors import ArchiveBroken, TooLarge
from grader.intake.limits import IntakeLimits, size

GZIP: Final = b"\x1f\x8b"
BZIP2: Final = b"BZh"
XZ: Final = b"\xfd7zXZ\x00"

_STEP: Final = 64 * 2**10


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib's decoder with the manners of the other two: it keeps what it has not used yet."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, max_length)


def decompressed(data: bytes, limits: IntakeLimits) -> Iterator[bytes]:
    """The content of `data` in pieces; `data` itself when it is not compressed.

    Raises:
        ArchiveBroken: it is cut off, damaged, or something follows it.
        TooLarge: it expands too far, or needs too much memory.
    """
    decoder = _decoder(data, limits)
    if decoder is None:
        yield from (data[at : at + _STEP] for at in range(0, len(data), _STEP))
        return
    total = 0
    given = 0
    waiting = True
    while not decoder.eof:
        # A decoder that filled its piece may hold more of it; only an empty answer asks for new data.
        fresh = data[given : given + _STEP] if waiting else b""
        if waiting and not fresh:
            raise ArchiveBroken("The archive is cut off. Upload it again.")
        given += len(fresh)
        try:
            piece = decoder.decompress(fresh, _STEP)
        except (zlib.error, OSError, EOFError, lzma.LZMAError) as broken:
            raise _explained(broken) from broken
        waiting = len(piece) < _STEP
        total += len(piece)
        _check(total, len(data), limits)
        if piece:
            yield piece
    if (decoder.unused_data + data[given:]).strip(b"\0"):
        raise ArchiveBroken(
            "Something follows the end of the compressed archive. Pack it again, as one stream."
        )


def _decoder(data: bytes, limits: IntakeLimits) -> _Decoder | None:
    if data.startswith(GZIP):
        return _Gzip()
    if data.startswith(BZIP2):
        return bz2.BZ2Decompressor()
    if data.startswith(XZ):
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=limits.decoder_bytes)
    return None


def _explained(broken: Exception) -> ArchiveBroken | TooLarge:
    if "emory usage limit" in str(broken):
        return TooLarge("The xz archive needs too much memory to unpack. Pack it again with xz -6 or gzip.")
    return ArchiveBroken("The compressed archive is damaged. Pack the files again and upload that.")


def _check(total: int, packed: int, limits: IntakeLimits) -> None:
    if total > limits.stream_bytes:
        raise TooLarge(
            f"The archive expands to more than {size(limits.stream_bytes)}. Leave out data, installed packages "
            "and generated files, and upload it again."
        )
    if total > limits.ratio_from and total > limits.ratio * packed:
        raise TooLarge(
            f"The archive expands to more than {limits.ratio:.0f} times its size. Leave out the data in it."
        )
