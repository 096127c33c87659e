"""Facts about the history of a submitted git repository: commits, authors, times, messages."""

from __future__ import annotations

import heapq
import itertools
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from grader.evidence import Commit, History
from grader.intake.changes import Changes
from grader.intake.collector import Collector
from grader.intake.limits import IntakeLimits
from grader.intake.names import printable
from grader.intake.objects import Objects, tree_of, walk
from grader.intake.unpacking import UnreadableRepository

_NAME: Final = re.compile(r"[0-9a-f]{40}")
_SIGNATURE: Final = re.compile(rb"(?:.*?) ?<([^<>\n]*)> (-?[0-9]{1,12}) [+-][0-9]{4}")
_LONGEST_REFERENCE: Final = 5


def read_history(
    repository: Mapping[str, bytes], limits: IntakeLimits, starter: Mapping[str, bytes] | None = None
) -> History:
    """The history of HEAD; empty when nothing is committed.

    `starter`: what the candidate was given. It counts as there before the first commit.

    Raises:
        UnreadableRepository: it is damaged, over a limit, or in a form that is not read.
    """
    head = _head(repository)
    authors: dict[bytes, int] = {}
    ends = frozenset(_text(repository.get("shallow", b"")).split())
    if head is None:
        return History()
    walk = _commits(Objects(repository, limits), head, ends)
    # One more than is listed: whether there is more, and what the last one builds on.
    found = dict(itertools.islice(walk, limits.history_commits + 1))
    changes = Changes(repository, limits, starter or {})
    listed = list(found.items())[: limits.history_commits]
    commits = [
        _commit(name, content, authors, limits).model_copy(
            update={} if name in ends else _sizes(changes, content, found)
        )
        for name, content in listed
    ]
    is_cut = bool(ends) or len(found) > len(listed)
    return History(commits=tuple(commits), is_cut=is_cut, authors=len(authors))


def _sizes(changes: Changes, content: bytes, found: Mapping[str, bytes]) -> dict[str, int]:
    """The fields of a commit that say what it changed; none where that cannot be told."""
    parents = _parents(content)
    if len(parents) > 1 or not set(parents) <= found.keys():
        return {}
    trees = [tree_of(found[parent]) for parent in parents]
    size = changes.between(trees[0] if trees else None, tree_of(content))
    return {} if size is None else {"files": size.files, "added": size.added, "removed": size.removed}


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
    tree, depth = tree_of(objects.read(head, "commit")), collector.limits.depth
    for mode, name, child in walk(objects, tree, depth):
        collector.count()
        if stat.S_ISDIR(mode):
            if name.count("/") >= depth:
                collector.refuse(name + "/", f"it lies more than {depth} folders deep")
        elif not stat.S_ISREG(mode):
            collector.refuse(name, "it is a link" if stat.S_ISLNK(mode) else "it is not a regular file")
        elif path := collector.admit(name):
            content = objects.read(child, "blob")
            if len(content) > collector.allowance(path):
                collector.refuse_size(name, path)
            else:
                collector.add(path, content)


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
        id=name,
        author=authors.setdefault(mail, len(authors) + 1),
        seconds=seconds,
        message=shown,
        is_merge=len(_parents(content)) > 1,
    )
