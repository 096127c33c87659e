"""Indexes of packs: the same as git's, and bounded where git's are not."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from grader.intake.indexing import index_of
from grader.intake.unpacking import OverLimit, Unpacker, UnreadableRepository
from tests.grader.intake.test_objects import BLOB, NAMED_DELTA, OFFSET_DELTA, entry, varint
from tests.grader.intake.test_repository import git, repository

__all__ = ["repository"]

MANY = 1000


def no_tick() -> None:
    """Do not watch the time."""


def pack_of(*entries: bytes) -> bytes:
    body = b"PACK" + struct.pack(">LL", 2, len(entries)) + b"".join(entries)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def index(pack: bytes, object_bytes: int = 10**6, total_bytes: int = 10**7, most: int = MANY) -> bytes:
    return index_of(pack, Unpacker(object_bytes, total_bytes), most, no_tick)


@pytest.mark.parametrize("form", ["--delta-base-offset", "--no-delta-base-offset"])
def test_the_index_is_the_one_that_git_makes(repository: Path, form: str) -> None:
    """With bases named by their places, and by their names."""
    option = [] if form.startswith("--no") else [form]
    git(repository, "pack-objects", "-q", "--all", *option, "made", stdin=b"")
    made = next(repository.glob("made-*.pack"))
    git(repository, "verify-pack", made.name)
    assert index(made.read_bytes()) == made.with_suffix(".idx").read_bytes()


def test_a_pack_without_objects_has_an_index(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "empty.pack").write_bytes(pack_of())
    git(tmp_path, "index-pack", "empty.pack")
    assert index(pack_of()) == (tmp_path / "empty.idx").read_bytes()


def chain(links: int) -> bytes:
    """Objects each of which is the one before with a letter more."""
    entries = [entry(BLOB, b"x")]
    for length in range(1, links + 1):
        copied = b"\x90" + bytes([length])
        delta = varint(length) + varint(length + 1) + copied + b"\1x"
        entries.append(entry(OFFSET_DELTA, delta, bytes([len(entries[-1])])))
    return pack_of(*entries)


def test_a_chain_is_as_long_as_those_that_are_read() -> None:
    assert len(index(chain(60))) > 1000
    with pytest.raises(UnreadableRepository, match="too many others"):
        index(chain(61))


@pytest.mark.parametrize(
    ("pack", "why"),
    [
        (b"", "version 2"),
        (pack_of(entry(BLOB, b"x"))[:-1] + b"\0", "damaged"),
        (pack_of(entry(BLOB, b"x"), entry(BLOB, b"x")), "twice"),
        (pack_of(entry(BLOB, b"x")[:-3]), "cut off|damaged"),
        (pack_of(entry(BLOB, b"x") + b"more"), "another number"),
        (pack_of(entry(NAMED_DELTA, b"\1\1\1x", b"\x22" * 20)), "not in it"),
        (pack_of(entry(OFFSET_DELTA, b"\1\1\1x", b"\x7f")), "not in it"),
        (pack_of(entry(5, b"x")), "damaged"),
    ],
)
def test_what_is_no_whole_pack_is_refused(pack: bytes, why: str) -> None:
    with pytest.raises(UnreadableRepository, match=why):
        index(pack)


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"most": 1}, "more than 1 objects"),
        ({"object_bytes": 999}, "too large"),
        ({"total_bytes": 1500}, "too large"),
    ],
)
def test_what_is_over_a_limit_is_said_to_be(limits: dict[str, int], why: str) -> None:
    with pytest.raises(OverLimit, match=why):
        index(pack_of(entry(BLOB, bytes(1000)), entry(BLOB, b"x" * 1000)), **limits)


def test_who_watches_the_time_is_asked_for_each_object() -> None:
    asked: list[int] = []
    index_of(chain(5), Unpacker(10**6, 10**6), MANY, lambda: asked.append(1))
    assert len(asked) == 6 + 5
