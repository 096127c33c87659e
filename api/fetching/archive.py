"""Makes of a pack what a candidate would have uploaded: the files of the commit, and a `.git` folder with its history.

Names are not judged here: the intake does that, in the same way for everything that is handed in. Only what is no
tree at all to git itself is refused.
"""

from __future__ import annotations

import io
import stat
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from api.fetching.conversation import Pack, too_large
from api.fetching.errors import FetchFailed
from api.fetching.repository import FetchLimits
from grader.intake.indexing import index_of
from grader.intake.limits import IntakeLimits
from grader.intake.objects import Objects as Reader
from grader.intake.objects import tree_of, walk
from grader.intake.tarfiles import SUBMODULE
from grader.intake.unpacking import OverLimit, Unpacker, UnreadableRepository

_CONFIG: Final = b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
_BRANCH: Final = "refs/heads/fetched"
"""Git takes a folder for a repository only when it has references."""
_SUBMODULE: Final = 0o160000
_ROOM: Final = 2 * tarfile.RECORDSIZE
"""For the end of the archive, and the headers of a handful of files before it."""
_UPLOAD: Final = IntakeLimits()
_LINK_TARGET: Final = "links-are-not-taken-over"


@dataclass(frozen=True)
class Objects:
    """A pack with the index that we made of it: its files in a `.git` folder, by their names there."""

    files: Mapping[str, bytes]
    ends: tuple[str, ...]


def indexed(pack: Pack, limits: FetchLimits, tick: Callable[[], None]) -> Objects:
    """Check a pack and index it; `tick` is called for each object and may raise.

    Raises:
        FetchFailed: too_large or broken.
    """
    with _in_words():
        unpacker = Unpacker(limits.bytes, _UPLOAD.stream_bytes)
        index = index_of(pack.data, unpacker, _UPLOAD.history_objects, tick)
    stem = f"objects/pack/pack-{pack.data[-20:].hex()}"
    return Objects({f"{stem}.pack": pack.data, f"{stem}.idx": index}, pack.ends)


def archived(
    commit: str, objects: Objects, limits: FetchLimits, tick: Callable[[], None], *, with_history: bool
) -> bytes:
    """A tar archive of `commit`; `tick` is called for each file and may raise.

    Without history, or with one that finds no room beside the files, the `.git` folder names the commit but does not
    hold it: the intake then says that it cannot read the history.

    Raises:
        FetchFailed: not_found, too_large or broken.
    """
    # An object may be as large as the whole: what is too large for a file is then a fact of the intake.
    bounds = replace(_UPLOAD, file_bytes=limits.bytes, history_objects=2 * _UPLOAD.history_objects)
    reader = Reader(objects.files, bounds)
    writer = _Writer(limits.bytes)
    with _in_words():
        _write_tree(reader, _tree(reader, commit), writer, limits.files, tick)
        writer.file(".git/HEAD", f"{commit}\n".encode())
    if with_history and writer.has_room(sum(map(len, objects.files.values()))):
        for name, content in _history(commit, objects):
            writer.file(f".git/{name}", content)
    return writer.done()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except OverLimit as error:
        raise FetchFailed("too_large", f"The repository is too large: {error}.") from error
    except UnreadableRepository as error:
        raise FetchFailed("broken", f"What the git server sent is damaged: {error}.") from error


def _history(commit: str, objects: Objects) -> Iterator[tuple[str, bytes]]:
    """The rest of the `.git` folder. Its configuration is ours; nothing of the server's can be set in it."""
    yield "config", _CONFIG
    yield _BRANCH, f"{commit}\n".encode()
    if objects.ends:
        yield "shallow", "".join(f"{end}\n" for end in sorted(objects.ends)).encode()
    yield from objects.files.items()


def _tree(reader: Reader, commit: str) -> str:
    try:
        return tree_of(reader.read(commit, "commit"))
    except OverLimit:
        raise
    except UnreadableRepository as error:
        raise FetchFailed(
            "not_found", "There is no commit of this name, or the server did not send it."
        ) from error


def _write_tree(reader: Reader, tree: str, writer: _Writer, most: int, tick: Callable[[], None]) -> None:
    depth = _UPLOAD.depth
    seen: set[str] = set()
    # All of them first: it costs little to see that there are too many.
    entries = list(islice(walk(reader, tree, depth), most + 1))
    if len(entries) > most:
        raise OverLimit(f"it has more than {most:,} files and folders")
    for mode, path, child in entries:
        tick()
        _check_name(path, seen)
        if stat.S_ISDIR(mode):
            if path.count("/") >= depth:
                writer.folder(path)
        elif mode == _SUBMODULE:
            writer.folder(path, {SUBMODULE: "yes"})
        elif stat.S_ISLNK(mode):
            writer.link(path)
        elif stat.S_ISREG(mode):
            writer.file(path, reader.read(child, "blob"), executable=bool(mode & stat.S_IXUSR))
        else:
            raise UnreadableRepository("one of its files is of a kind that git does not have")


def _check_name(path: str, seen: set[str]) -> None:
    """Refuse what `git fsck` calls an error: it would mean two things, or reach into the repository itself."""
    part = path.rpartition("/")[2]
    if part in {".", ".."} or part.rstrip(". ").casefold() in {".git", "git~1"}:
        raise UnreadableRepository("one of its files has the name . or .. or .git")
    if path in seen:
        raise UnreadableRepository("two of its files have the same name")
    seen.add(path)


class _Writer:
    """Writes the archive, and stops when it is too large. Equal contents make equal bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._buffer = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)

    def file(self, name: str, content: bytes, *, executable: bool = False) -> None:
        """Add a file."""
        member = tarfile.TarInfo(name)
        member.size = len(content)
        member.mode = 0o755 if executable else 0o644
        self._add(member, content)

    def folder(self, name: str, marks: Mapping[str, str] | None = None) -> None:
        """Add a folder: of those with files in them none is."""
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.pax_headers = tarfile.DIRTYPE, 0o755, dict(marks or {})
        self._add(member)

    def link(self, name: str) -> None:
        """Add a link that leads nowhere: it is only there to be told."""
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, _LINK_TARGET
        self._add(member)

    def has_room(self, size: int) -> bool:
        """Whether so many bytes in a handful of files can still be added."""
        return self._tar.offset + size + _ROOM <= self._most

    def done(self) -> bytes:
        """The archive."""
        self._tar.close()
        return self._buffer.getvalue()

    def _add(self, member: tarfile.TarInfo, content: bytes = b"") -> None:
        self._tar.addfile(member, io.BytesIO(content))
        if self._tar.offset + _ROOM > self._most:
            raise too_large(self._most)
