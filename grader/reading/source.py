"""From bytes on disk to text that is safe to give to a parser, with a reason for every file that is not."""

from __future__ import annotations

import io
import os
import stat
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field

from .limits import (
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    MAX_FILE_LINES,
    MAX_FILES,
    MAX_LINE_CHARACTERS,
    MAX_TOTAL_BYTES,
)

# A cookie may name any codec, and `unicode_escape` or `utf-7` make a comment look like code and the reverse.
PLAIN_ENCODINGS = frozenset({"utf-8", "utf-8-sig", "ascii", "iso-8859-1", "iso-8859-15", "cp1252"})


@dataclass(frozen=True)
class Source:
    """One Python file that passed the checks. `lines` are as the parser counts them, without line ends."""

    path: str
    text: str
    lines: tuple[str, ...]
    utf8: bool


@dataclass(frozen=True)
class Unreadable:
    """A file (or the rest of the submission) that was not read, and why."""

    name: str
    reason: str


@dataclass
class Folder:
    """What a submission consists of, for the reading program."""

    sources: list[Source] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


class Refused(Exception):
    """This text is not given to a parser. The message is the reason."""


def scan(root: str) -> Folder:
    """Collect the Python files below `root` in the order of their paths, and the names of all other files."""
    folder = Folder()
    total = 0
    for path in _regular_files(root, folder):
        if not path.endswith(".py"):
            folder.others.append(path)
            continue
        if len(folder.sources) >= MAX_FILES or total >= MAX_TOTAL_BYTES:
            reason = f"over the limit of {MAX_FILES} source files or {MAX_TOTAL_BYTES:,} bytes of source"
            folder.unreadable.append(Unreadable(path, reason))
            continue
        try:
            content = read_bounded(os.path.join(root, path), MAX_FILE_BYTES)
            total += len(content)
            folder.sources.append(prepare(path, content))
        except Refused as refused:
            folder.unreadable.append(Unreadable(path, str(refused)))
    return folder


def _regular_files(root: str, folder: Folder) -> Iterator[str]:
    """Relative paths of regular files, sorted; links, pipes and devices are named as unreadable."""
    seen = 0
    paths: list[str] = []
    for parent, folders, names in os.walk(root):
        folders.sort()
        for name in names:
            full = os.path.join(parent, name)
            path = os.path.relpath(full, root)
            if stat.S_ISREG(os.lstat(full).st_mode):
                paths.append(path)
            else:
                folder.unreadable.append(Unreadable(path, "not a regular file"))
        seen += len(names) + len(folders)
        if seen > MAX_ENTRIES:
            folder.unreadable.append(Unreadable(".", f"more than {MAX_ENTRIES:,} files and folders"))
            break
    yield from sorted(paths)


def read_bounded(path: str, limit: int) -> bytes:
    """The content of the regular file at `path`.

    Raises:
        Refused: it is larger than `limit` bytes, or the system does not let us read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"cannot be opened: {error.strerror}") from error
    with open(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Refused(f"over the limit of {limit:,} bytes for one source file")
    return content


def prepare(path: str, content: bytes) -> Source:
    """Decode `content` and check what is cheap to check before it is parsed.

    Raises:
        Refused: NUL bytes, an encoding that hides code, too many lines, or too long ones.
    """
    if b"\0" in content:
        raise Refused("contains NUL bytes")
    text, utf8 = _decode(content)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # str.splitlines also cuts at form feeds and Unicode separators, which the parser does not count.
    lines = tuple(text.split("\n"))
    if len(lines) > MAX_FILE_LINES:
        raise Refused(f"over the limit of {MAX_FILE_LINES:,} lines for one source file")
    longest = max(map(len, lines))
    if longest > MAX_LINE_CHARACTERS:
        raise Refused(f"a line of {longest:,} characters, over the limit of {MAX_LINE_CHARACTERS:,}")
    return Source(path, text, lines, utf8)


def _decode(content: bytes) -> tuple[str, bool]:
    """Text of a Python file, and whether it is valid UTF-8 on disk."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError as error:
        raise Refused(f"encoding: {error.msg}") from error
    if encoding not in PLAIN_ENCODINGS:
        raise Refused(f"declares the encoding {encoding}; use UTF-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused(f"is not valid {encoding} at byte {error.start:,}") from error
    if encoding.startswith("utf-8") or content.isascii():
        return text, True
    return text, False
