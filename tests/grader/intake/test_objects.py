"""Packs made by hand: deltas that build on themselves, swell or never end are refused in time."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.intake import IntakeError, IntakeLimits
from grader.intake.collector import Collector
from grader.intake.history import read_head_tree, read_history
from grader.intake.objects import Objects
from grader.intake.unpacking import UnreadableRepository
from tests.grader.intake.test_repository import git

BLOB, OFFSET_DELTA, NAMED_DELTA = 3, 6, 7
NAME = "11" * 20
OTHER = "22" * 20


def varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def entry(kind: int, content: bytes, base: bytes = b"", length: int | None = None) -> bytes:
    """One object of a pack, its kind and length in front."""
    size = len(content) if length is None else length
    first = kind << 4 | size & 15
    rest = varint(size >> 4) if size >> 4 else b""
    return bytes([first | (0x80 if rest else 0)]) + rest + base + zlib.compress(content)


def repository(**entries: bytes) -> dict[str, bytes]:
    """A repository with one pack; keyword `n11` is the object named 11 11 11 …"""
    pack, offsets = b"PACK\0\0\0\2\0\0\0\1", []
    for content in entries.values():
        offsets.append(len(pack))
        pack += content
    index = b"\xfftOc\0\0\0\2" + struct.pack(">256L", *[len(entries)] * 256)
    index += b"".join(bytes.fromhex(name[1:] * 20) for name in entries) + bytes(4 * len(entries))
    index += struct.pack(f">{len(entries)}L", *offsets)
    path = f"objects/pack/pack-{'0' * 40}"
    return {f"{path}.pack": pack, f"{path}.idx": index}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (repository(n11=entry(NAMED_DELTA, b"\1\1\1x", bytes.fromhex(NAME))), "too many"),
        (repository(n11=entry(NAMED_DELTA, b"\1\1\1x", bytes.fromhex("33" * 20))), "none"),
        (repository(n11=entry(OFFSET_DELTA, b"\1\1\1x", b"\0")), "itself"),
        (repository(n11=entry(OFFSET_DELTA, b"\1\1\1x", b"\x7f")), "none"),
        (repository(n11=entry(BLOB, b"x", length=10**9)), "too large"),
        (repository(n11=entry(BLOB, bytes(10**6), length=10)), "too large"),
        (repository(n11=entry(BLOB, b"x", length=5)), "damaged"),
        (repository(n11=entry(5, b"x")), "damaged"),
        (repository(n11=b"\xbf" + b"\xff" * 30), "damaged"),
        (repository(n11=b""), "cut off"),
        (repository(n11=entry(BLOB, b"another")), "damaged"),
    ],
)
def test_a_hostile_object_is_unreadable(files: dict[str, bytes], why: str) -> None:
    """Cycles, bases elsewhere, sizes that lie, contents of another name."""
    with pytest.raises(UnreadableRepository, match=why):
        Objects(files, IntakeLimits()).read(NAME, "blob")


@pytest.mark.parametrize(
    ("delta", "why"),
    [
        (varint(100) + varint(10**9) + b"\x80", "too large"),
        (varint(99) + varint(5) + b"\1x", "fit"),
        (varint(100) + varint(5) + b"\0", "damaged"),
        (varint(100) + varint(5) + b"\x91\x63\x63", "damaged"),
        (varint(100) + varint(9) + b"\1x", "damaged"),
        (b"\xff" * 20, "damaged"),
        (varint(100) + varint(4_000_000) + b"\x90\1" * 2_000_000, "steps"),
    ],
)
def test_a_hostile_delta_is_unreadable(delta: bytes, why: str) -> None:
    """Announced sizes, copies from outside the base, instructions without end."""
    files = repository(n11=entry(NAMED_DELTA, delta, bytes.fromhex(OTHER)), n22=entry(BLOB, bytes(100)))
    with pytest.raises(UnreadableRepository, match=why):
        Objects(files, IntakeLimits()).read(NAME, "blob")


def test_deltas_that_swell_are_counted_together() -> None:
    """Each small on its own: 4 MB out of 20 bytes, again and again."""
    delta = varint(100) + varint(100 * 40_000) + b"\x90\x64" * 40_000
    files = repository(n11=entry(NAMED_DELTA, delta, bytes.fromhex(OTHER)), n22=entry(BLOB, bytes(100)))
    objects = Objects(files, IntakeLimits(stream_bytes=6_000_000))
    messages = []
    for _ in range(2):
        with pytest.raises(UnreadableRepository) as caught:
            objects.read(NAME, "blob")
        messages.append(str(caught.value))
    assert "damaged" in messages[0]
    assert "too large" in messages[1]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a small bare repository with a pack."""
    root = tmp_path_factory.mktemp("packed")
    git(root, "init", "-q", "-b", "main")
    for number in range(3):
        (root / "a.py").write_text("".join(f"line {n}\n" for n in range(300 - number)))
        git(root, "add", "-A")
        git(root, "commit", "-qm", f"Step {number}")
    git(root, "gc", "-q")
    folder: Path = root / ".git"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_gets_past_the_typed_errors(packed: dict[str, bytes], data: st.DataObject) -> None:
    """Flip bytes of pack, index and references: it is read, or an error of ours says why."""
    files = dict(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(
            st.sampled_from([path for path in files if files[path] and not path.startswith("hooks")])
        )
        content = bytearray(files[path])
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        files[path] = bytes(content)
    collector = Collector(IntakeLimits())
    try:
        read_head_tree(files, collector)
        history = read_history(files, IntakeLimits())
    except (UnreadableRepository, IntakeError):
        return
    assert len(history.commits) in {0, 3}
