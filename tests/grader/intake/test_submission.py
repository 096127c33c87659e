"""What `take` makes of an upload as a whole, and properties that hold for every upload."""

from __future__ import annotations

import io
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.intake import IntakeError, IntakeLimits, digest_of, kind_of, submission_facts, take_bytes
from tests.grader.intake.archives import TarMember, ZipMember, tar_bytes, zip_bytes

NAMES = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="aA./\\-:~@ \0\u202eé\u0301ﬁ", max_size=12),
    st.sampled_from(
        ["../x", "a/../../x", "/x", "C:\\x", "a//b", "./a", "a/.", "CON", "a/b", "a", ".git/config", "x.pyc"]
    ),
)


def zipped(files: dict[str, bytes]) -> bytes:
    return zip_bytes(*(ZipMember(name.encode(), content) for name, content in files.items()))


@given(st.lists(st.tuples(NAMES, st.binary(max_size=20)), max_size=8), st.booleans())
def test_no_name_escapes_the_rules(members: list[tuple[str, bytes]], as_tar: bool) -> None:
    """Whatever the names: relative, printable, unique on any file system, no file is a folder, all accounted for."""
    raw = [(name.encode("utf-8", "surrogatepass"), content) for name, content in members]
    if as_tar:
        data = tar_bytes(*(TarMember(name[:100], content) for name, content in raw))
    else:
        data = zip_bytes(*(ZipMember(name, content, method=0) for name, content in raw))
    try:
        intake = take_bytes(data, "u.zip")
    except IntakeError:
        return
    for path in intake.files:
        assert not path.startswith(("/", "-", "@"))
        assert not {"..", ".", "", ".git"} & set(path.split("/"))
        assert path.isprintable() or all(
            unicodedata.category(c) in {"Zs", "Cn", "Co"} or c.isprintable() for c in path
        )
        assert not any(other.startswith(path + "/") for other in intake.files)
    folded = [unicodedata.normalize("NFKC", path).casefold() for path in intake.files]
    assert len(set(folded)) == len(folded)
    assert all("\x1b" not in entry.name and "\u202e" not in entry.name for entry in intake.refused)


@settings(max_examples=300)
@given(st.data())
def test_no_damage_gets_past_the_typed_errors(data: st.DataObject) -> None:
    """Flip bytes of a good archive: it is taken, or an IntakeError says why; nothing else is ever raised."""
    good = data.draw(st.sampled_from(ARCHIVES))
    broken = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)))
    try:
        intake = take_bytes(
            bytes(broken[:cut] if cut % 3 == 0 else broken), "u.zip", IntakeLimits(stream_bytes=10**6)
        )
    except IntakeError:
        return
    assert intake.files


def _archives() -> list[bytes]:
    made = []
    for mode in ["w", "w:gz", "w:bz2", "w:xz"]:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
            for name in ["a.py", "long/" * 30 + "b.py"]:
                info = tarfile.TarInfo(name)
                info.size = 5
                archive.addfile(info, io.BytesIO(b"x = 1"))
        made.append(buffer.getvalue())
    for method in [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive_of_files:
            archive_of_files.writestr("a.py", "x = 1\n" * 20)
            archive_of_files.writestr("b/c.py", "")
        made.append(buffer.getvalue())
    return made


ARCHIVES = _archives()


@pytest.mark.parametrize(
    ("paths", "modules", "taken"),
    [
        (["top/a.py", "top/tests/t.py"], (), {"a.py", "tests/t.py"}),
        (["top/a.py", "__MACOSX/top/._a.py"], (), {"a.py"}),
        (["top/a.py", "b.py"], (), {"top/a.py", "b.py"}),
        (["a.py"], (), {"a.py"}),
        (["flatten/__init__.py", "flatten/core.py"], (), {"flatten/__init__.py", "flatten/core.py"}),
        (["flatten/core.py"], ("flatten",), {"flatten/core.py"}),
        (["me/__init__.py", "me/flatten.py"], ("flatten",), {"__init__.py", "flatten.py"}),
    ],
)
def test_the_only_folder_of_an_archive_is_wrapping_unless_it_is_the_solution(
    paths: list[str], modules: tuple[str, ...], taken: set[str]
) -> None:
    """Else `import flatten` would fail for everyone who zipped one level too high or too low."""
    assert set(take_bytes(zipped(dict.fromkeys(paths, b"x")), "u.zip", modules=modules).files) == taken


def test_the_digest_depends_on_names_and_contents_alone() -> None:
    """Not on the kind of archive, its order, its times or its wrapping."""
    files = {"a.py": b"x", "b/c.py": b"y"}
    packed = zipped(dict(reversed(files.items())))
    wrapped = tar_bytes(*(TarMember(b"top/" + name.encode(), content) for name, content in files.items()))
    assert take_bytes(packed, "u").digest == take_bytes(wrapped, "u").digest == digest_of(files)
    assert digest_of({"a.py": b"y", "b/c.py": b"x"}) != digest_of(files)


def test_names_from_macos_are_the_names_that_python_looks_for() -> None:
    """`import é` looks for the composed form; macOS packs the decomposed one."""
    assert list(take_bytes(zipped({"e\u0301.py": b"x"}), "u.zip").files) == ["\u00e9.py"]


def test_the_facts_say_what_came_with_the_starter() -> None:
    """Nobody pays for code they were given."""
    intake = take_bytes(zipped({"a.py": b"1", "b.py": b"2", "c.py": b"3"}), "u.zip")
    facts = submission_facts(intake, {"a.py": b"1", "b.py": b"0"})
    assert [file.from_starter for file in facts.files] == ["same", "changed", "new"]
    assert facts.digest == intake.digest


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/flatten.py", "source"),
        ("tests/__init__.py", "test"),
        ("test_flatten.py", "test"),
        ("flatten_test.py", "test"),
        ("conftest.py", "test"),
        ("latest.py", "source"),
        ("README.md", "doc"),
        ("NOTES", "doc"),
        ("pyproject.toml", "config"),
        ("requirements-dev.txt", "config"),
        (".gitignore", "config"),
        ("data/in.csv", "data"),
    ],
)
def test_a_file_promises_its_kind_by_its_name(path: str, kind: str) -> None:
    """The kind decides which measures look at it."""
    assert kind_of(path) == kind


def test_a_file_over_the_archive_limit_is_not_read(tmp_path: Path) -> None:
    """The size is checked before anything is looked at."""
    with pytest.raises(IntakeError, match="larger than 10 bytes"):
        take_bytes(bytes(11), "u.zip", IntakeLimits(archive_bytes=10))
