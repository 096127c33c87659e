"""The lines that git's protocol is made of: four hexadecimal digits of length, then content (gitprotocol-common)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

from api.fetching.errors import FetchFailed

FLUSH: Final = b"0000"
DELIMITER: Final = b"0001"
_LENGTH: Final = re.compile(rb"[0-9a-fA-F]{4}")
_HEADER_BYTES: Final = 4


class Mark(Enum):
    """A line without content."""

    FLUSH = 0
    DELIMITER = 1


def packet(content: str) -> bytes:
    """One line."""
    data = content.encode() + b"\n"
    return f"{len(data) + _HEADER_BYTES:04x}".encode() + data


def packets(data: bytes) -> Iterator[bytes | Mark]:
    """The lines in `data`, one after the other.

    Raises:
        FetchFailed: it is not made of lines, or ends within one.
    """
    at = 0
    while at < len(data):
        head = data[at : at + _HEADER_BYTES]
        if not _LENGTH.fullmatch(head):
            raise nonsense()
        length = int(head, 16)
        if length in {Mark.FLUSH.value, Mark.DELIMITER.value}:
            yield Mark(length)
            at += _HEADER_BYTES
            continue
        if length < _HEADER_BYTES or at + length > len(data):
            raise nonsense()
        yield data[at + _HEADER_BYTES : at + length]
        at += length


def nonsense() -> FetchFailed:
    """What is raised when an answer is not what the protocol has."""
    return FetchFailed(
        "broken",
        "The server does not answer in git's protocol, version 2, or the answer ended in the middle. "
        "Check that the address is that of a git repository.",
    )
