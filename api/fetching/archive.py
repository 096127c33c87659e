"""Makes of a pack what a candidate would have uploaded: the files of the commit, and a `.git` folder with its history.

Names are not judged here: the intake does that, in the same way for everything that is handed in. Only what is no
tree at all to git itself is refused.
"""

from __future__ import annotations

import io
import stat
import tarfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from api.fetching.conversation import Pack, too_large
from api.fetching.errors import FetchFailed
from api.fetching.repository import FetchLimits
from grader.intake.indexing import index_of
from grader.intake.limits import IntakeLimits
from grader.intake.objects import Objects, tree_of, walk
from grader.intake.tarfiles import SUBMODULE
from grader.intake.unpacking import OverLimit, Unpacker, UnreadableRepository

_CONFIG: Final = b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
_BRANCH: Final = "refs/heads/fetched"
"""Git takes a folder for a repository only when it has references."""
_SUBMODULE: Final = 0o160000
_BLOCK: Final = 512
_MEMBER_BYTES: Final = 3 * _BLOCK
"""Of a member beside its content: its header, and one for a long name."""
_LINK_TARGET: Final = "links-are-not-taken-over"


def archived(
    commit: str, pack: Pack, limits: FetchLimits, tick: Callable[[], None], *, with_history: bool
) -> bytes:
    """A tar archive of `commit`; `tick` is called for each object and may raise.

    Without history, the `.git` folder names the commit but does not hold it: the intake says that it has no history.

    Raises:
        FetchFailed: not_found, too_large or broken.
    """
    # An object may be as large as the whole: what is too large for a file is then a fact of the intake.
    bounds = replace(
        IntakeLimits(), file_bytes=limits.bytes, history_objects=2 * IntakeLimits().history_objects
    )
    try:
        unpacker = Unpacker(bounds.file_bytes, bounds.stream_bytes)
        index = index_of(pack.data, unpacker, IntakeLimits().history_objects, tick)
        stem = f"objects/pack/pack-{pack.data[-20:].hex()}"
        packed = {f"{stem}.pack": pack.data, f"{stem}.idx": index}
        writer = _Writer(limits)
        writer.file(".git/HEAD", f"{commit}\n".encode())
        for name, content in _history(commit, pack.ends, packed) if with_history else ():
            writer.file(f".git/{name}", content)
        _write_tree(Objects(packed, bounds), commit, writer, tick)
    except OverLimit as error:
        raise FetchFailed("too_large", f"The repository is too large: {error}.") from error
    except UnreadableRepository as error:
        raise FetchFailed("broken", f"What the git server sent is damaged: {error}.") from error
    return writer.done()


def _history(commit: str, ends: Collection[str], packed: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The rest of the `.git` folder. Its configuration is ours; nothing of the server's can be set in it."""
    yield "config", _CONFIG
    yield _BRANCH, f"{commit}\n".encode()
    if ends:
        yield "shallow", "".join(f"{end}\n" for end in sorted(ends)).encode()
    yield from packed.items()


def _write_tree(objects: Objects, commit: str, writer: _Writer, tick: Callable[[], None]) -> None:
    depth = IntakeLimits().depth
    seen: set[str] = set()
    for mode, path, child in walk(objects, tree_of(objects.read(commit, "commit")), depth):
        tick()
        _check_name(path, seen)
        if stat.S_ISDIR(mode):
            writer.folder(path, is_kept=path.count("/") >= depth)
        elif mode == _SUBMODULE:
            writer.submodule(path)
        elif stat.S_ISLNK(mode):
            writer.link(path)
        elif stat.S_ISREG(mode):
            writer.file(path, objects.read(child, "blob"), executable=bool(mode & stat.S_IXUSR))
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
    """Writes the archive, and stops when it would be too large. Equal contents make equal bytes."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._entries = 0
        self._bytes = 2 * _BLOCK
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 closed in `done`

    def file(self, name: str, content: bytes, *, executable: bool = False) -> None:
        """Add a file."""
        member = tarfile.TarInfo(name)
        member.size = len(content)
        member.mode = 0o755 if executable else 0o644
        self._add(member, content)

    def folder(self, name: str, *, is_kept: bool) -> None:
        """Count a folder; it is written only when nothing in it will be (`is_kept`)."""
        member = tarfile.TarInfo(name)
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        self._add(member, b"", is_written=is_kept)

    def submodule(self, name: str) -> None:
        """Add an empty folder that says what it is the place of."""
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.pax_headers = tarfile.DIRTYPE, 0o755, {SUBMODULE: "yes"}
        self._add(member, b"")

    def link(self, name: str) -> None:
        """Add a link that leads nowhere: it is only there to be told."""
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, _LINK_TARGET
        self._add(member, b"")

    def done(self) -> bytes:
        """The archive."""
        self._tar.close()
        return self._buffer.getvalue()

    def _add(self, member: tarfile.TarInfo, content: bytes, *, is_written: bool = True) -> None:
        self._entries += 1
        if self._entries > self._limits.files:
            raise OverLimit(f"it has more than {self._limits.files:,} files and folders")
        if not is_written:
            return
        self._bytes += _MEMBER_BYTES + len(content) + -len(content) % _BLOCK
        if self._bytes > self._limits.bytes:
            raise too_large(self._limits.bytes)
        self._tar.addfile(member, io.BytesIO(content))
