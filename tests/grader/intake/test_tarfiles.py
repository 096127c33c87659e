"""Tar archives, plain and compressed: regular files only, and no header can make us hang or swell."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib

import pytest

from grader.intake import ArchiveBroken, Intake, IntakeError, IntakeLimits, TooLarge, take_bytes
from tests.grader.intake.archives import TarMember, pax, tar_bytes, with_extension

GOOD = TarMember(b"good.py")


def taken(*members: TarMember) -> Intake:
    return take_bytes(tar_bytes(GOOD, *members), "upload.tar")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_an_archive_of_the_standard_library_is_taken_whole(mode: str, form: int) -> None:
    """Every dialect and compression, with a folder entry, a long name, a large and an empty file."""
    content = bytes(range(256)) * 1000
    deep = "/".join(["package_with_long_name"] * 7) + "/module.py"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in {"./a.py": content, deep: b"x", "empty.py": b""}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        folder = tarfile.TarInfo("tests")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    assert take_bytes(buffer.getvalue(), "u").files == {"a.py": content, deep: b"x", "empty.py": b""}


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (TarMember(b"x.py", b"", kind=b"2", link=b"/etc/passwd"), "symbolic link"),
        (TarMember(b"x.py", b"", kind=b"1", link=b"good.py"), "hard link"),
        (TarMember(b"x.py", b"", kind=b"1", link=b"good.py", size=100), "hard link"),
        (TarMember(b"x.py", b"", kind=b"3"), "device"),
        (TarMember(b"x.py", b"", kind=b"4"), "device"),
        (TarMember(b"x.py", b"", kind=b"6"), "pipe"),
        (TarMember(b"x.py", kind=b"S"), "sparse"),
        (TarMember(b"x.py", kind=b"V"), "regular"),
        (with_extension(TarMember(b"x.py"), pax(GNU__sparse__realsize=b"9999999999")), "sparse"),
        (TarMember(b"x.py", bytes(range(256)) * 2**15), "larger than 5 MB"),
    ],
)
def test_an_unwelcome_member_is_refused_and_the_rest_is_read_on(member: TarMember, why: str) -> None:
    """After it the reader must stand exactly at the next header."""
    intake = take_bytes(tar_bytes(GOOD, member, TarMember(b"last.py")), "upload.tar")
    assert list(intake.files) == ["good.py", "last.py"]
    assert why in next(entry.reason for entry in intake.refused if entry.name == "x.py")


@pytest.mark.parametrize(
    "member",
    [
        TarMember(b"../evil.py"),
        TarMember(b"/evil.py"),
        TarMember(b"\xff\xfe.py"),
        with_extension(TarMember(b"fine.py"), pax(path=b"../../evil.py")),
        with_extension(TarMember(b"fine.py"), pax(path=b"evil.py\0fine.py")),
        with_extension(TarMember(b"fine.py"), TarMember(b"././@LongLink", b"../evil.py\0", kind=b"L")),
        with_extension(TarMember(b"fine.py"), TarMember(b"././@LongLink", b"e" * 5000, kind=b"L")),
        TarMember(b"good.py", b"another"),
        TarMember(b"Good.py", b"another"),
    ],
)
def test_an_unsafe_name_is_refused_wherever_it_is_written(member: TarMember) -> None:
    """Names come from the header, a pax record or a GNU long name: the last word is what is checked."""
    intake = taken(member)
    assert intake.files == {"good.py": b"x = 1\n"}
    assert len(intake.refused) == 1


@pytest.mark.parametrize(
    "data",
    [
        tar_bytes(GOOD)[:700],
        tar_bytes(GOOD, end=b""),
        tar_bytes(GOOD, TarMember(b"x.py", size=b"-0000000001\0")),
        tar_bytes(GOOD, TarMember(b"x.py", size=b"\xff" * 12)),
        tar_bytes(GOOD, TarMember(b"x.py", size=b"\x80" + b"\x7f" * 11)),
        tar_bytes(GOOD, TarMember(b"x.py", size=10**9)),
        tar_bytes(GOOD, with_extension(TarMember(b"x.py"), pax(size=b"-512"))),
        tar_bytes(GOOD, with_extension(TarMember(b"x.py"), TarMember(b"p", b"0 path=x\n", kind=b"x"))),
        tar_bytes(GOOD, with_extension(TarMember(b"x.py"), TarMember(b"p", b"99 path=x\n", kind=b"x"))),
        tar_bytes(GOOD, TarMember(b"late.py")).replace(b"late.py", b"evil.py"),
        gzip.compress(tar_bytes(GOOD), mtime=0)[:-9],
        gzip.compress(tar_bytes(GOOD), mtime=0) + gzip.compress(tar_bytes(TarMember(b"second.py")), mtime=0),
        gzip.compress(tar_bytes(GOOD), mtime=0) + b"tail",
        gzip.compress(tar_bytes(GOOD), mtime=0)[:-8] + bytes(8),
        bz2.compress(tar_bytes(GOOD))[:40],
        lzma.compress(tar_bytes(GOOD))[:-4],
        lzma.compress(tar_bytes(GOOD), check=lzma.CHECK_CRC64)[:-40] + bytes(40),
    ],
)
def test_a_lying_or_damaged_archive_is_unusable(data: bytes) -> None:
    """Cut off, wrong checksum, negative or absurd sizes, records that point backwards, a second stream."""
    with pytest.raises(ArchiveBroken, match="again"):
        take_bytes(data, "upload.tar.gz")


def test_a_huge_extended_header_is_not_read() -> None:
    """The standard library reads it whole, whatever its size."""
    with pytest.raises(TooLarge, match="header"):
        taken(with_extension(TarMember(b"x.py"), TarMember(b"p", b" " * 10**6, kind=b"x")))


def zeros(count: int) -> bytes:
    return b"".join([tar_bytes(TarMember(b"z.bin", b"", size=count), end=b""), bytes(count), bytes(1024)])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_stops_at_the_ratio(pack: object) -> None:
    """64 MB of zeros in 64 kB (gzip) or 60 bytes (bzip2)."""
    assert callable(pack)
    with pytest.raises(TooLarge, match="expands"):
        take_bytes(pack(zeros(64 * 2**20)), "bomb")


def test_the_expanded_stream_is_bounded() -> None:
    """Also where the ratio is modest and every member is left out."""
    data = gzip.compress(tar_bytes(TarMember(b"node_modules/x.js", bytes(range(256)) * 8000)))
    with pytest.raises(TooLarge, match="expands"):
        take_bytes(data, "x.tgz", IntakeLimits(stream_bytes=2**20, ratio=1e9))


def test_an_xz_archive_cannot_ask_for_any_memory() -> None:
    """A dictionary of 1.5 GB can be announced in a file of 100 bytes."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**20}]
    packed = bytearray(lzma.compress(tar_bytes(GOOD), filters=filters))
    at = packed.index(b"\x21\x01\x10", 12)
    packed[at + 2] = 40  # the largest dictionary, 4 GiB - 1
    header_length = (packed[12] + 1) * 4
    struct.pack_into("<L", packed, 12 + header_length - 4, zlib.crc32(packed[12 : 12 + header_length - 4]))
    with pytest.raises(TooLarge, match="memory"):
        take_bytes(bytes(packed), "x.tar.xz")


def test_data_behind_the_end_is_a_fact() -> None:
    """`tar --ignore-zeros` would see another submission."""
    intake = take_bytes(tar_bytes(GOOD) + tar_bytes(TarMember(b"second.py")), "x.tar")
    assert list(intake.files) == ["good.py"]
    assert "behind the end" in intake.refused[0].name


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 2048, b"hello", b"\x1f\x8b", b"BZh9", b"PK\3\4", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"],
)
def test_what_is_no_archive_is_refused_kindly(data: bytes) -> None:
    """Every way out is a typed error with a sentence."""
    with pytest.raises(IntakeError, match=r"\.$"):
        take_bytes(data, "upload")


def test_a_folder_that_is_the_place_of_another_repository_is_a_fact() -> None:
    """Only archives of fetched repositories have the mark; whoever writes it into his own is believed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        place = tarfile.TarInfo("libs/other")
        place.type, place.pax_headers = tarfile.DIRTYPE, {"GRADER.submodule": "yes"}
        archive.addfile(place)
        archive.addfile(tarfile.TarInfo("app.py"))
    intake = take_bytes(buffer.getvalue(), "work.tar")
    assert set(intake.files) == {"app.py"}
    assert [(entry.name, "submodule" in entry.reason) for entry in intake.refused] == [("libs/other/", True)]
