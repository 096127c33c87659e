"""Facts about the history of a submitted git repository: commits, authors, times, messages."""

from __future__ import annotations

import heapq
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from grader.intake.collector import Collector
from grader.intake.limits import IntakeLimits
from grader.intake.names import printable
from grader.intake.objects import Objects, UnreadableRepository

_NAME: Final = re.compile(r"[0-9a-f]{40}")
_SIGNATURE: Final = re.compile(rb"(?:.*?) ?<([^<>\n]*)> (-?[0-9]{1,12}) [+-][0-9]{4}")
_LONGEST_REFERENCE: Final = 5


@dataclass(frozen=True)
class Commit:
    """One commit. Its author is a number, so that a reviewer who reads blind stays blind."""

    id: str
    author: int
    seconds: int
    """Author's time, seconds since 1970, as the author's machine claims."""
    message: str
    is_merge: bool


@dataclass(frozen=True)
class History:
    """The commits that lead to the submitted state, newest first. All of it is a claim of the candidate."""

    commits: tuple[Commit, ...]
    is_cut: bool
    """There are more commits than are listed."""
    authors: int
    first_seconds: int | None
    last_seconds: int | None


def read_history(repository: Mapping[str, bytes], limits: IntakeLimits) -> History:
    """The history of HEAD; empty when nothing is committed.

    Raises:
        UnreadableRepository: it is damaged, over a limit, or in a form that is not read.
    """
    head = _head(repository)
    commits: list[Commit] = []
    authors: dict[bytes, int] = {}
    objects = Objects(repository, limits)
    ends = _text(repository.get("shallow", b"")).split()
    walk = _commits(objects, head, frozenset(ends)) if head else iter(())
    for name, content in walk:
        if len(commits) == limits.history_commits:
            return _summary(commits, authors, is_cut=True)
        commits.append(_commit(name, content, authors, limits))
    return _summary(commits, authors, is_cut=bool(ends))


def read_head_tree(repository: Mapping[str, bytes], collector: Collector) -> None:
    """Hand the files of the commit at HEAD to `collector` (for a bare repository).

    Raises:
        UnreadableRepository: as above.
        TooLarge: the files are over a limit.
    """
    head = _head(repository)
    if head is None:
        return
    objects = Objects(repository, collector.limits)
    tree = re.match(rb"tree ([0-9a-f]{40})\n", objects.read(head, "commit"))
    if tree is None:
        raise UnreadableRepository("its last commit names no files")
    _take_tree(objects, tree[1].decode(), "", collector)


def _take_tree(objects: Objects, name: str, prefix: str, collector: Collector) -> None:
    if prefix.count("/") > collector.limits.depth:
        collector.refuse(prefix, f"it lies more than {collector.limits.depth} folders deep")
        return
    for mode, part, child in _tree_entries(objects.read(name, "tree")):
        collector.count()
        path_name = prefix + part
        if stat.S_ISDIR(mode):
            _take_tree(objects, child, path_name + "/", collector)
        elif not stat.S_ISREG(mode):
            collector.refuse(path_name, "it is a link" if stat.S_ISLNK(mode) else "it is not a regular file")
        elif path := collector.admit(path_name):
            content = objects.read(child, "blob")
            if len(content) > collector.allowance(path):
                collector.refuse_size(path_name, path)
            else:
                collector.add(path, content)


def _tree_entries(tree: bytes) -> Iterator[tuple[int, str, str]]:
    at = 0
    while at < len(tree):
        entry = re.compile(rb"([0-7]{5,6}) ([^\0/]+)\0(.{20})", re.DOTALL).match(tree, at)
        if entry is None:
            raise UnreadableRepository("the list of its files is damaged")
        yield int(entry[1], 8), entry[2].decode("utf-8", "surrogateescape"), entry[3].hex()
        at = entry.end()


def _head(repository: Mapping[str, bytes]) -> str | None:
    """The name of the commit at HEAD, or None when nothing is committed."""
    value = _text(repository.get("HEAD", b""))
    for _ in range(_LONGEST_REFERENCE):
        if _NAME.fullmatch(value):
            return value
        reference = value.removeprefix("ref: ").strip()
        if reference == value or not reference.startswith("refs/"):
            raise UnreadableRepository("its HEAD names no commit")
        if reference not in repository:
            return _packed_reference(repository, reference)
        value = _text(repository[reference])
    raise UnreadableRepository("its HEAD leads in circles")


def _packed_reference(repository: Mapping[str, bytes], reference: str) -> str | None:
    for line in _text(repository.get("packed-refs", b"")).splitlines():
        name, _, found = line.partition(" ")
        if found == reference and _NAME.fullmatch(name):
            return name
    return None


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").strip()


def _commits(objects: Objects, head: str, ends: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Commits by time, newest first, each once; the parents of `ends` were not cloned."""
    content = objects.read(head, "commit")
    waiting = [(-_seconds(content), head, content)]
    seen = {head}
    while waiting:
        _, name, content = heapq.heappop(waiting)
        yield name, content
        for parent in _parents(content):
            if parent not in seen and name not in ends:
                seen.add(parent)
                content_of_parent = objects.read(parent, "commit")
                heapq.heappush(waiting, (-_seconds(content_of_parent), parent, content_of_parent))


def _header(content: bytes) -> bytes:
    return content.partition(b"\n\n")[0]


def _parents(content: bytes) -> list[str]:
    return [name.decode() for name in re.findall(rb"^parent ([0-9a-f]{40})$", _header(content), re.MULTILINE)]


def _signature(content: bytes) -> tuple[bytes, int]:
    line = next((line for line in _header(content).split(b"\n") if line.startswith(b"author ")), b"")
    found = _SIGNATURE.fullmatch(line.removeprefix(b"author "))
    return (found[1].lower(), int(found[2])) if found else (b"", 0)


def _seconds(content: bytes) -> int:
    return _signature(content)[1]


def _commit(name: str, content: bytes, authors: dict[bytes, int], limits: IntakeLimits) -> Commit:
    mail, seconds = _signature(content)
    message = content.partition(b"\n\n")[2].decode("utf-8", "replace").strip()
    if len(message) > limits.message_characters:
        message = message[: limits.message_characters] + "… (cut)"
    shown = "\n".join(printable(line) for line in message.split("\n"))
    return Commit(
        name, authors.setdefault(mail, len(authors) + 1), seconds, shown, len(_parents(content)) > 1
    )


def _summary(commits: list[Commit], authors: dict[bytes, int], *, is_cut: bool) -> History:
    times = [commit.seconds for commit in commits]
    return History(tuple(commits), is_cut, len(authors), min(times, default=None), max(times, default=None))
