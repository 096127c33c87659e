"""Folders on disk: nothing is followed, nothing blocks, nothing outside is read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from grader.intake import IntakeLimits, NothingToGrade, SubmissionMissing, TooLarge, take


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission with one good file, next to a secret."""
    (tmp_path / "secret.txt").write_text("secret")
    root = tmp_path / "submission"
    root.mkdir()
    (root / "good.py").write_text("x = 1\n")
    return root


def reasons(folder: Path) -> dict[str, str]:
    return {entry.name: entry.reason for entry in take(folder).refused}


def test_links_are_not_followed(folder: Path) -> None:
    """To a file, to a folder, to nowhere, to themselves."""
    for name, target in {
        "file.py": "../secret.txt",
        "folder": "..",
        "nowhere": "/nope",
        "loop": "loop",
    }.items():
        (folder / name).symlink_to(target)
    intake = take(folder)
    assert intake.files == {"good.py": b"x = 1\n"}
    assert reasons(folder) == dict.fromkeys(["file.py", "folder", "nowhere", "loop"], "it is a link")


def test_special_files_do_not_block(folder: Path) -> None:
    """Opening a named pipe waits for a writer; a socket cannot be opened at all."""
    os.mkfifo(folder / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(folder)
        server.bind("socket.py")
        os.chdir(here)
        assert reasons(folder) == dict.fromkeys(["pipe.py", "socket.py"], "it is not a regular file")


def test_junk_is_dropped_with_one_fact_each(folder: Path) -> None:
    """Whatever is in them; the list stays readable."""
    for name in [
        "__pycache__/good.cpython-313.pyc",
        "a/.venv/lib/x.py",
        "node_modules/y/z.js",
        "native.so",
        ".DS_Store",
    ]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    (folder / "pkg.dist-info").mkdir()
    (folder / "pkg.dist-info" / "entry_points.txt").write_text("[pytest11]\nevil = evil\n")
    assert list(take(folder).files) == ["good.py"]
    assert sorted(reasons(folder)) == [
        ".DS_Store", "__pycache__/", "a/.venv/", "native.so", "node_modules/", "pkg.dist-info/",
    ]  # fmt: skip


def test_odd_names_of_a_file_system_are_refused(folder: Path) -> None:
    """Linux allows every byte but two."""
    for name in [b"\xff.py", b"new\nline.py", b"--option.py", "bidi\u202e.py".encode(), b"back\\slash.py"]:
        (folder / os.fsdecode(name)).write_text("x")
    assert list(take(folder).files) == ["good.py"]
    assert sorted(reasons(folder)) == [
        "--option.py",
        "<U+DCFF>.py",
        "back\\slash.py",
        "bidi<U+202E>.py",
        "new<U+000A>line.py",
    ]


def test_a_large_file_is_refused_and_many_files_are_too_many(folder: Path) -> None:
    """One file too large costs that file; too much of everything is an answer to the candidate."""
    (folder / "large.bin").write_bytes(bytes(6 * 2**20))
    assert reasons(folder) == {"large.bin": "it is larger than 5 MB"}
    with pytest.raises(TooLarge, match="in all"):
        take(folder, IntakeLimits(total_bytes=3))
    with pytest.raises(TooLarge, match="entries"):
        take(folder, IntakeLimits(entries=1))


def test_a_deep_folder_ends(folder: Path) -> None:
    """Neither the recursion nor the number of open files grows with what was handed in."""
    deep = folder
    for _ in range(60):
        deep /= "d"
        deep.mkdir()
        (deep / "x.py").write_text("x")
    assert all("deep" in reason for reason in reasons(folder).values())
    assert max(path.count("/") for path in take(folder).files) == IntakeLimits().depth - 1


def test_a_single_file_is_a_submission(folder: Path) -> None:
    """A take-home of one module is often handed in as that."""
    assert take(folder / "good.py").files == {"good.py": b"x = 1\n"}


def test_nothing_and_nowhere_are_said(folder: Path) -> None:
    """An empty folder is the candidate's affair, a wrong path is ours."""
    (folder / "good.py").unlink()
    with pytest.raises(NothingToGrade):
        take(folder)
    with pytest.raises(SubmissionMissing, match="nope"):
        take(folder / "nope")
    with pytest.raises(SubmissionMissing, match="neither"):
        take(Path("/dev/null"))


def test_refusals_are_counted_when_they_are_many(folder: Path) -> None:
    """A report with 10,000 lines of refused links is an attack of its own."""
    for number in range(300):
        (folder / f"link{number}").symlink_to("/etc/passwd")
    refused = take(folder).refused
    assert len(refused) == IntakeLimits().refusals + 1
    assert refused[-1].reason == "and 100 more entries"
