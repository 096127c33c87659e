"""Frames on the standard streams of a container: 4 bytes length, 1 byte kind, payload.

The same file is used by the programs inside the containers and by the host. A frame is either for the host
(CONTROL, UPLOAD) or passes through it, unread, to the other container (CALL, SERVICE, TUNNEL).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

HEADER: Final = struct.Struct(">IB")
MAX_PAYLOAD: Final = 16 * 2**20

CONTROL: Final = 1
"""Host ↔ keeper: one JSON object."""
UPLOAD: Final = 2
"""Host → keeper: a set of files, packed by `pack_files`."""
CALL: Final = 3
"""Grading process ↔ candidate process: one message of the object bridge."""
SERVICE: Final = 4
"""Grading process ↔ candidate keeper: one JSON object (run a command, start a server, restart …)."""
TUNNEL: Final = 5
"""Grading process ↔ candidate keeper: 4 bytes connection id, then bytes; nothing but the id means closed."""

RELAYED: Final = frozenset({CALL, SERVICE, TUNNEL})


class FrameError(Exception):
    """A frame is malformed or larger than allowed."""


def frame(kind: int, payload: bytes) -> bytes:
    """The bytes of one frame.

    Raises:
        FrameError: the payload is larger than MAX_PAYLOAD.
    """
    if len(payload) > MAX_PAYLOAD:
        raise FrameError(f"a message of {len(payload):,} bytes is over the limit of {MAX_PAYLOAD:,}")
    return HEADER.pack(len(payload), kind) + payload


class Splitter:
    """Cuts a byte stream into frames. Feed it whatever arrived; it hands out whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """All frames completed by `data`, as (kind, payload).

        Raises:
            FrameError: a header announces more than MAX_PAYLOAD.
        """
        buffer = self._buffer
        buffer += data
        frames: list[tuple[int, bytes]] = []
        start = 0
        while len(buffer) - start >= HEADER.size:
            length, kind = HEADER.unpack_from(buffer, start)
            if length > MAX_PAYLOAD:
                raise FrameError(f"a frame announces {length:,} bytes, over the limit of {MAX_PAYLOAD:,}")
            end = start + HEADER.size + length
            if len(buffer) < end:
                break
            frames.append((kind, bytes(buffer[start + HEADER.size : end])))
            start = end
        del buffer[:start]
        return frames


def read_frame(read: Callable[[int], bytes]) -> tuple[int, bytes] | None:
    """Read one frame with `read(n)`, which returns 1..n bytes, or b"" at the end of the stream (then None).

    Raises:
        FrameError: the stream ends within a frame, or the frame is too large.
    """
    header = _exactly(read, HEADER.size)
    if header is None:
        return None
    length, kind = HEADER.unpack(header)
    if length > MAX_PAYLOAD:
        raise FrameError(f"a frame announces {length:,} bytes, over the limit of {MAX_PAYLOAD:,}")
    payload = _exactly(read, length) if length else b""
    if payload is None:
        raise FrameError("the stream ended within a frame")
    return kind, payload


def _exactly(read: Callable[[int], bytes], count: int) -> bytes | None:
    parts: list[bytes] = []
    missing = count
    while missing:
        part = read(missing)
        if not part:
            if parts:
                raise FrameError("the stream ended within a frame")
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def pack_files(files: dict[str, bytes]) -> list[bytes]:
    """UPLOAD payloads for `files`: records of path length, content length, path, content, cut at frame size."""
    records = bytearray()
    for path, content in files.items():
        name = path.encode()
        records += struct.pack(">II", len(name), len(content)) + name + content
    step = MAX_PAYLOAD
    return [bytes(records[at : at + step]) for at in range(0, len(records), step)]


def unpack_files(payload: bytes) -> dict[str, bytes]:
    """The inverse of `pack_files`, for its payloads joined together."""
    files: dict[str, bytes] = {}
    at = 0
    while at < len(payload):
        name_length, length = struct.unpack_from(">II", payload, at)
        at += 8
        name = payload[at : at + name_length].decode()
        at += name_length
        files[name] = payload[at : at + length]
        at += length
    return files
