"""What is said to a git server: which commit a name stands for, and then the pack of it (gitprotocol-v2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol

from api.fetching.errors import FetchFailed
from api.fetching.packets import DELIMITER, FLUSH, Mark, nonsense, packet, packets
from grader.intake.limits import size

AGENT: Final = "agent=takehome-grader"
SERVICE: Final = "git-upload-pack"
_SPEECH_BYTES: Final = 2**20
"""Of an answer that is not a pack."""
_SIDE_BYTES: Final = 65536
"""Room for the lines around a pack, beside 1/64 of it: at least 1000 bytes of pack are in a line."""
_DATA, _PROGRESS = 1, 2


class Wire(Protocol):
    """A connection to one repository, over which questions are asked."""

    def greeting(self) -> bytes:
        """What the server says first: its version and what it can do. At most a few kB."""

    def answer(self, question: bytes, most: int) -> bytes:
        """Everything that is answered to one question, of at most `most` bytes.

        Raises:
            FetchFailed: there was no whole answer; too_large where it is longer.
        """


@dataclass(frozen=True)
class Pack:
    """Objects as they came, unchecked."""

    data: bytes
    ends: tuple[str, ...]
    """Commits whose parents were left out."""


def check_greeting(greeting: bytes) -> None:
    """See whether a server speaks the version that we do, and names objects as we do.

    Raises:
        FetchFailed: broken.
    """
    lines = [line.rstrip(b"\n") for line in packets(greeting) if isinstance(line, bytes)]
    if lines[:1] == [b"# service=git-upload-pack"]:
        lines = lines[1:]
    able = dict(line.partition(b"=")[::2] for line in lines[1:])
    if lines[:1] != [b"version 2"] or b"ls-refs" not in able:
        raise nonsense()
    if able.get(b"object-format", b"sha1") != b"sha1":
        raise FetchFailed("broken", "The repository names its objects by SHA-256, which is not read.")
    if b"shallow" not in able.get(b"fetch", b"").split():
        raise FetchFailed("broken", "The server cannot leave out the older part of a history.")


def commit_at(wire: Wire, ref: str | None) -> str:
    """The commit that a branch, a tag or (None) the default branch is at.

    Raises:
        FetchFailed: not_found, or as the wire does.
    """
    if ref is None or ref == "HEAD":
        names = ["HEAD"]
    else:
        names = [ref] if ref.startswith("refs/") else [f"refs/heads/{ref}", f"refs/tags/{ref}"]
    asked = [packet("command=ls-refs"), packet(AGENT), DELIMITER, packet("peel")]
    question = b"".join([*asked, *(packet(f"ref-prefix {name}") for name in names), FLUSH])
    found: dict[str, str] = {}
    for line in packets(wire.answer(question, _SPEECH_BYTES)):
        if line is Mark.FLUSH:
            break
        name, commit = _reference(line)
        found[name] = commit
    for name in names:
        if name in found:
            return found[name]
    raise FetchFailed(
        "not_found",
        "The repository has no commit on its default branch."
        if names == ["HEAD"]
        else "The repository has no branch or tag of this name.",
    )


def pack_of(wire: Wire, commit: str, depth: int, most: int) -> Pack:
    """A commit with everything in it, and at most `depth` commits deep what was before.

    Raises:
        FetchFailed: not_found, too_large, or as the wire does.
    """
    asked = [packet("command=fetch"), packet(AGENT), DELIMITER, packet("ofs-delta"), packet("no-progress")]
    asked += [packet(f"want {commit}"), packet(f"deepen {depth}"), packet("done"), FLUSH]
    lines = packets(wire.answer(b"".join(asked), most + most // 64 + _SIDE_BYTES))
    ends: tuple[str, ...] = ()
    for line in lines:
        if line == b"shallow-info\n":
            ends = tuple(_shallow(lines))
        elif line == b"packfile\n":
            return Pack(_joined(lines, most), ends)
        elif isinstance(line, bytes) and line.startswith(b"ERR "):
            raise _error(line)
        else:
            raise nonsense()
    raise nonsense()


def _reference(line: bytes | Mark) -> tuple[str, str]:
    """The name of a branch or tag and its commit; of a tag that is an object, the one that it is put on."""
    if isinstance(line, Mark):
        raise nonsense()
    if line.startswith(b"ERR "):
        raise _error(line)
    found = re.fullmatch(rb"([0-9a-f]{40}) (\S+)((?: \S+)*)\n?", line)
    if found is None:
        raise nonsense()
    peeled = re.search(rb" peeled:([0-9a-f]{40})(?: |$)", found[3])
    return found[2].decode("utf-8", "replace"), (peeled or found)[1].decode()


def _shallow(lines: Iterator[bytes | Mark]) -> Iterator[str]:
    for line in lines:
        if line is Mark.DELIMITER:
            return
        found = re.fullmatch(rb"shallow ([0-9a-f]{40})\n?", line) if isinstance(line, bytes) else None
        if found is None:
            raise nonsense()
        yield found[1].decode()
    raise nonsense()


def _joined(lines: Iterator[bytes | Mark], most: int) -> bytes:
    """The pack out of its lines; the first byte of each says what it is (side-band-64k)."""
    parts = bytearray()
    for line in chain(lines, [None]):
        if line is Mark.FLUSH:
            return bytes(parts)
        if not isinstance(line, bytes) or not line or line[0] not in {_DATA, _PROGRESS}:
            raise nonsense()
        if line[0] == _DATA:
            parts += memoryview(line)[1:]
        if len(parts) > most:
            raise too_large(most)
    raise nonsense()


def _error(line: bytes) -> FetchFailed:
    if b"not our ref" in line or b"not our" in line:
        return FetchFailed("not_found", "The repository has no such commit.")
    return FetchFailed("broken", "The git server reports an error of its own. Try again later.", ours=True)


def too_large(most: int) -> FetchFailed:
    """What is raised for what is over `FetchLimits.bytes`."""
    return FetchFailed(
        "too_large",
        f"The repository is larger than {size(most)}. Leave out data, installed packages and generated files.",
    )
