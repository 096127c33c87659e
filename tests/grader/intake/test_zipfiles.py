"""Zip archives: ordinary ones are taken, lies make them unusable, unwelcome members are refused by name."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from grader.intake import ArchiveBroken, Intake, IntakeLimits, NothingToGrade, TooLarge, take_bytes
from tests.grader.intake.archives import ZipMember, zip_bytes

GOOD = ZipMember(b"good.py")


def taken(*members: ZipMember) -> Intake:
    return take_bytes(zip_bytes(GOOD, *members), "upload.zip")


def reason(intake: Intake, name: str) -> str:
    return next(entry.reason for entry in intake.refused if entry.name == name)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_of_the_standard_library_is_taken_whole(method: int) -> None:
    """The usual case, written by other code than ours, with a folder entry and an empty file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.mkdir("tests") if hasattr(archive, "mkdir") else archive.writestr("tests/", "")
        archive.writestr("a.py", "x = 1\n" * 1000)
        archive.writestr("tests/empty.py", "")
        archive.comment = b"made by me"
    assert take_bytes(buffer.getvalue(), "u.zip").files == {"a.py": b"x = 1\n" * 1000, "tests/empty.py": b""}


def test_64_bit_sizes_of_a_streaming_writer_are_understood() -> None:
    """`zip -` and Python's force_zip64 write them for small members, too."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a.py", "w", force_zip64=True) as member:
        member.write(b"x = 1\n")
    assert take_bytes(buffer.getvalue(), "u.zip").files == {"a.py": b"x = 1\n"}


def test_an_index_of_64_bits_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some writers always write one; Python's does when it believes the archive to be large."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", "x = 1\n" * 100)
        archive.writestr("b.py", "y = 2\n")
    data = buffer.getvalue()
    assert b"PK\6\6" in data
    assert take_bytes(data, "u.zip").files == {"a.py": b"x = 1\n" * 100, "b.py": b"y = 2\n"}
    with pytest.raises(ArchiveBroken, match="index"):
        take_bytes(data.replace(b"PK\6\6", b"PK\6\5"), "u.zip")


def test_a_name_of_the_old_code_page_is_decoded() -> None:
    """Bytes that are no UTF-8 are of the format's own code page."""
    assert list(taken(ZipMember(b"caf\x82.py")).files) == ["caf\u00e9.py", "good.py"]


@pytest.mark.parametrize(
    ("name", "shown", "why"),
    [
        (b"../../etc/cron.d/evil", "../../etc/cron.d/evil", "climbs out"),
        (b"a/../../b.py", "a/../../b.py", "climbs out"),
        (b"/etc/passwd", "/etc/passwd", "absolute"),
        (b"C:/evil.py", "C:/evil.py", "absolute"),
        (b"..\\evil.py", "..\\evil.py", "backslash"),
        (b"good.py\0.txt", "good.py<U+0000>.txt", "U+0000"),
        (b"\x1b[2Jx.py", "<U+001B>[2Jx.py", "U+001B"),
        ("gp\u202eyp.txt".encode(), "gp<U+202E>yp.txt", "U+202E"),
        (b"-rf.py", "-rf.py", "option"),
        (b"GOOD.py", "GOOD.py", "differs only"),
        ("\uff47ood.py".encode(), "\uff47ood.py", "differs only"),
        (b"good.py/inner.py", "good.py/inner.py", "name of a file"),
        (b"test_a.py::test_b", "test_a.py::test_b", "separates"),
        (b"a" * 300 + b".py", "a" * 120 + "… (303 characters)", "longer"),
        (b"d/" * 30 + b"x.py", "d/" * 30 + "x.py", "deep"),
    ],
)
def test_an_unsafe_name_is_refused_and_shown_harmlessly(name: bytes, shown: str, why: str) -> None:
    """The others are graded; the reader sees what was in the name."""
    intake = taken(ZipMember(name))
    assert list(intake.files) == ["good.py"]
    assert why in reason(intake, shown)


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (ZipMember(b"x.py", b"/etc/passwd", mode=0o120777), "link"),
        (ZipMember(b"x.py", mode=0o010644), "regular"),
        (ZipMember(b"x.py", mode=0o020644), "regular"),
        (ZipMember(b"x.py", flags=1), "encrypted"),
        (ZipMember(b"x.py", method=12), "method 12"),
        (ZipMember(b"x.py", bytes(2 * 2**20)), "expands"),
        (ZipMember(b"x.py", b"x", size=10**9, method=0), "expands"),
        (ZipMember(b"x.py", bytes(range(256)) * 2**15), "larger than 5 MB"),
    ],
)
def test_an_unwelcome_member_is_refused(member: ZipMember, why: str) -> None:
    """Links, devices, secrets and bombs cost nothing but themselves."""
    intake = taken(member)
    assert list(intake.files) == ["good.py"]
    assert why in reason(intake, "x.py")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zip_bytes(ZipMember(b"a.py", size=3)), "another size"),
        (zip_bytes(ZipMember(b"a.py", size=30)), "another size"),
        (zip_bytes(ZipMember(b"a.py", local_size=3)), "another size"),
        (zip_bytes(ZipMember(b"a.py", crc=1)), "checksum"),
        (zip_bytes(ZipMember(b"a.py", local_name=b"b.py")), "another name"),
        (zip_bytes(GOOD, ZipMember(b"good.py", offset=0)), "overlap"),
        (zip_bytes(GOOD, prefix=b"#!/usr/bin/python\n"), "before the zip"),
        (zip_bytes(GOOD, suffix=b"more"), "behind the zip"),
        (zip_bytes(GOOD, comment=b"PK\5\6" + bytes(18)), "other data"),
        (zip_bytes(GOOD)[:-30], "cut off"),
        (zip_bytes(GOOD)[:20], "cut off"),
        (zip_bytes(GOOD).replace(b"PK\1\2", b"PK\1\7"), "damaged"),
    ],
)
def test_a_lying_or_damaged_archive_is_unusable(data: bytes, why: str) -> None:
    """Two readers would see two different submissions; no honest program writes such archives."""
    with pytest.raises(ArchiveBroken, match=why):
        take_bytes(data, "upload.zip")


def test_a_prefix_is_refused_even_when_the_offsets_were_adjusted() -> None:
    """`zip -A` does that: the file is a program and an archive at once."""
    one = zip_bytes(GOOD)
    at = one.index(b"PK\1\2")
    prefix = b"#!/usr/bin/python\n"
    index = bytearray(one[at:])
    struct.pack_into("<L", index, 42, len(prefix))
    struct.pack_into("<L", index, len(index) - 6, len(prefix) + at)
    with pytest.raises(ArchiveBroken, match="before the zip"):
        take_bytes(prefix + one[:at] + bytes(index), "upload.zip")


def test_overlapping_members_do_not_multiply_work() -> None:
    """A kernel that thousands of members share turns 10 MB into petabytes (the overlap bomb)."""
    kernel = ZipMember(b"a.py", b"x" * 4_000_000)
    copies = [ZipMember(b"a.py", b"", offset=0, local_name=b"a.py") for _ in range(1000)]
    with pytest.raises(ArchiveBroken):
        take_bytes(zip_bytes(kernel, *copies), "upload.zip")


def test_all_files_together_are_bounded() -> None:
    """Many honest members of allowed size must not fill the memory."""
    members = [ZipMember(b"%d.py" % n, bytes(range(256)) * 100) for n in range(20)]
    with pytest.raises(TooLarge, match="in all"):
        take_bytes(zip_bytes(*members), "upload.zip", IntakeLimits(total_bytes=400_000))


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (IntakeLimits(files=5), "files"),
        (IntakeLimits(folders=5), "folders"),
        (IntakeLimits(entries=5), "members"),
    ],
)
def test_numbers_are_bounded(limits: IntakeLimits, why: str) -> None:
    """Each file and folder is an inode of the candidate box."""
    with pytest.raises(TooLarge, match=why):
        take_bytes(zip_bytes(*(ZipMember(b"d%d/x.py" % n) for n in range(9))), "upload.zip", limits)


def test_an_empty_archive_is_nothing_to_grade() -> None:
    """Kindly, and not a zero."""
    with pytest.raises(NothingToGrade, match="Upload your Python files"):
        take_bytes(zip_bytes(), "upload.zip")


def test_a_nested_archive_stays_data() -> None:
    """A quine or a bomb inside is one small file to us."""
    inner = zip_bytes(GOOD)
    assert take_bytes(zip_bytes(GOOD, ZipMember(b"r.zip", inner)), "r.zip").files["r.zip"] == inner
