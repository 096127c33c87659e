"""Hostile repositories on a real git server: each idea is refused by name, or harmless and said."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from api.fetching import FetchFailed, FetchLimits
from tests.api.fetching.building import DEVICE, FILE, FOLDER, LINK, SUBMODULE, Bare
from tests.api.fetching.conftest import Forge

ELSEWHERE = "1234567890123456789012345678901234567890"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"1" * 64 + b"\nsize 1000000000\n"
ATTRIBUTES = b"* filter=lfs diff=lfs merge=lfs export-ignore ident\n"
SUBMODULES = b'[submodule "x"]\n\tpath = libs/x\n\turl = "ext::sh -c touch% /tmp/owned"\n'

SMALL = FetchLimits(bytes=4 * 2**20, seconds=20)

Entry = tuple[str, bytes, str]


def of(work: Bare, *entries: Entry) -> None:
    """One commit with a harmless file and something else."""
    work.commit(work.tree((FILE, b"app.py", work.blob(b"x = 1\n")), *entries))


def blob(work: Bare, name: bytes, content: bytes = b"y = 2\n", mode: str = FILE) -> Entry:
    return mode, name, work.blob(content)


def folder(work: Bare, name: bytes, *entries: Entry) -> Entry:
    return FOLDER, name, work.tree(*entries)


def deep(work: Bare, levels: int) -> Entry:
    inner = blob(work, b"bottom.py")
    for _ in range(levels):
        inner = folder(work, b"d", inner)
    return inner


TAKEN: dict[str, tuple[Callable[[Bare], list[Entry]], str, str]] = {
    "a link out of the repository": (
        lambda work: [blob(work, b"etc", b"/etc/passwd", LINK)],
        "etc",
        "symbolic link",
    ),
    "a link into its own .git": (
        lambda work: [blob(work, b"hooks", b".git/hooks", LINK)],
        "hooks",
        "symbolic link",
    ),
    "a submodule whose address is a program": (
        lambda work: [
            blob(work, b".gitmodules", SUBMODULES),
            folder(work, b"libs", (SUBMODULE, b"x", ELSEWHERE)),
        ],
        "libs/x/",
        "submodule",
    ),
    "a name like an option": (lambda work: [blob(work, b"-rf.py")], "-rf.py", "command-line option"),
    "a name with a line in it": (
        lambda work: [blob(work, b"a\nb.py")],
        "a<U+000A>b.py",
        "unprintable character",
    ),
    "a name that colours a terminal": (
        lambda work: [blob(work, b"\x1b[31mred.py")],
        "<U+001B>[31mred.py",
        "unprintable character",
    ),
    "a name that is no text": (
        lambda work: [blob(work, b"\xff\xfe.py")],
        "<U+DCFF><U+DCFE>.py",
        "unprintable character",
    ),
    "a name with a backslash": (lambda work: [blob(work, b"..\\up.py")], "..\\up.py", "backslash"),
    "names that differ in case": (
        lambda work: [blob(work, b"App.py")],
        "App.py",
        "differs only in letter case",
    ),
    "a folder without a bottom": (lambda work: [deep(work, 25)], "d/" * 21, "20 folders deep"),
    "a file that is too large": (
        lambda work: [blob(work, b"data.csv", b"0" * (5 * 2**20 + 1))],
        "data.csv",
        "larger than 5 MB",
    ),
}


@pytest.mark.parametrize("idea", TAKEN)
def test_what_is_odd_about_a_file_is_a_fact_and_the_others_are_taken(forge: Forge, idea: str) -> None:
    entries, name, reason = TAKEN[idea]
    work = forge.new()
    of(work, *entries(work))
    intake = forge.taken()
    assert intake.files["app.py"] == b"x = 1\n"
    assert name not in intake.files
    assert {entry.name: entry.reason for entry in intake.refused}[name].find(reason) >= 0, intake.refused
    assert intake.history is not None
    assert len(intake.history.commits) == 1


def test_filters_and_large_file_storage_are_text(forge: Forge) -> None:
    """No attribute is obeyed: not `export-ignore`, which hides files from archives, and no filter."""
    work = forge.new()
    of(work, blob(work, b".gitattributes", ATTRIBUTES), blob(work, b"model.py", POINTER))
    intake = forge.taken()
    assert intake.files["model.py"] == POINTER
    assert {"app.py", ".gitattributes"} <= set(intake.files)


def bomb(work: Bare) -> list[Entry]:
    """A thousand million files, in a repository of ten objects."""
    level = folder(work, b"0", *(blob(work, b"%d.py" % n) for n in range(10)))
    for _ in range(8):
        level = folder(work, b"0", *((FOLDER, b"%d" % n, level[2]) for n in range(10)))
    return [level]


def hollow(work: Bare) -> list[Entry]:
    """The same without a single file."""
    level = folder(work, b"0")
    for _ in range(12):
        level = folder(work, b"0", *((FOLDER, b"%d" % n, level[2]) for n in range(10)))
    return [level]


def hooks(work: Bare, name: bytes) -> Entry:
    return folder(
        work, name, folder(work, b"hooks", blob(work, b"post-checkout", b"#!/bin/sh\ntouch /tmp/owned\n"))
    )


FAILS: dict[str, tuple[Callable[[Bare], list[Entry]], str, str]] = {
    "a .git of its own": (lambda work: [hooks(work, b".git")], "broken", "name . or .. or .git"),
    "a .GIT, the same elsewhere": (lambda work: [hooks(work, b".GIT")], "broken", "name . or .. or .git"),
    "a git~1, the same on Windows": (lambda work: [hooks(work, b"git~1")], "broken", "name . or .. or .git"),
    "a .git deep inside": (
        lambda work: [folder(work, b"src", hooks(work, b".git"))],
        "broken",
        "name . or .. or .git",
    ),
    "a way up": (
        lambda work: [folder(work, b"..", blob(work, b"up.py"))],
        "broken",
        "name . or .. or .git",
    ),
    "two files of one name": (lambda work: [blob(work, b"app.py")], "broken", "same name"),
    "a link and a folder of one name": (
        lambda work: [blob(work, b"a", b"/etc", LINK), folder(work, b"a", blob(work, b"passwd"))],
        "broken",
        "same name",
    ),
    "a device": (lambda work: [blob(work, b"null", b"", DEVICE)], "broken", "of a kind"),
    "a tree bomb": (bomb, "too_large", "20,000 files and folders"),
    "a tree bomb of empty folders": (hollow, "too_large", "20,000 files and folders"),
    "very many files": (
        lambda work: [
            folder(work, b"d", *((FILE, b"%05d.py" % n, work_blob) for n in range(20_001)))
            for work_blob in [work.blob(b"")]
        ],
        "too_large",
        "20,000 files and folders",
    ),
    "a file of zeros, packed small": (
        lambda work: [blob(work, b"zeros.py", bytes(6 * 2**20))],
        "too_large",
        "objects are too large",
    ),
    "files that are too large together": (
        lambda work: [blob(work, b"%d.py" % n, b"0" * 2**20) for n in range(5)],
        "too_large",
        "larger than 4 MB",
    ),
}


@pytest.mark.parametrize("idea", FAILS)
def test_what_is_no_tree_to_git_or_too_large_is_refused(forge: Forge, idea: str) -> None:
    entries, kind, words = FAILS[idea]
    work = forge.new()
    of(work, *entries(work))
    with pytest.raises(FetchFailed) as failed:
        forge.fetched(limits=SMALL)
    assert (failed.value.kind, failed.value.ours) == (kind, False)
    assert words in failed.value.message


def test_where_the_history_is_too_large_the_files_come_without_it(forge: Forge) -> None:
    """A large file that was removed again is in every clone."""
    work = forge.new()
    first = work.commit(work.files(app=b"x = 1\n", zeros=bytes(6 * 2**20)))
    work.commit(work.files(app=b"x = 2\n"), first)
    intake = forge.taken(limits=SMALL)
    assert intake.files == {"app.py": b"x = 2\n"}
    assert intake.history is None
    assert [entry.reason for entry in intake.refused if entry.name == "(history)"] != []


def test_a_repository_with_very_many_branches_gives_the_one(forge: Forge) -> None:
    work = forge.new()
    of(work)
    commit = work.git("rev-parse", "main").decode().strip()
    lines = [f"{commit} refs/heads/b{number:06}\n" for number in range(100_000)]
    (work.path / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines))
    assert set(forge.taken(ref="b077777").files) == {"app.py"}


@pytest.mark.parametrize(
    "ref",
    [
        *[
            "-rf",
            "--upload-pack=touch /tmp/owned",
            "a\nb",
            "a b",
            "a\0b",
            "a..b",
            "a@{1}",
            "a~1",
            "a:b",
            "",
            "/a",
        ],
        *["a.lock", "../../etc", "a" * 251, ".", "refs/", "a\\b", "*"],
    ],
)
def test_a_name_that_no_branch_can_have_is_not_asked_for(forge: Forge, ref: str) -> None:
    of(forge.new())
    with pytest.raises(FetchFailed, match="can have this name") as failed:
        forge.fetched(ref=ref)
    assert failed.value.kind == "not_found"
    assert forge.server.asked == []


@pytest.mark.parametrize("commit", ["main", "HEAD", "1234567", "--all", "g" * 40, "A" * 40, "1" * 41, ""])
def test_a_commit_is_named_in_full(forge: Forge, commit: str) -> None:
    with pytest.raises(FetchFailed, match="40 digits") as failed:
        forge.fetched(commit=commit)
    assert failed.value.kind == "not_found"
    assert forge.server.asked == []


def test_a_commit_that_is_not_there_is_not_found(forge: Forge) -> None:
    of(forge.new())
    with pytest.raises(FetchFailed, match="no such commit") as failed:
        forge.fetched(commit=ELSEWHERE)
    assert failed.value.kind == "not_found"


def test_what_is_no_commit_is_not_found(forge: Forge) -> None:
    work = forge.new()
    of(work)
    with pytest.raises(FetchFailed, match="no commit") as failed:
        forge.fetched(commit=work.blob(b"x = 1\n"))
    assert failed.value.kind == "not_found"


def test_a_commit_of_no_branch_comes_when_the_server_gives_it(forge: Forge) -> None:
    work = forge.new()
    of(work)
    lost = work.commit(work.files(lost=b"z = 3\n"), branch="")
    assert set(forge.taken(commit=lost).files) == {"lost.py"}


@pytest.mark.parametrize(
    ("state", "words"), [({}, "no commit on its default"), ({"ref": "main"}, "no branch or tag")]
)
def test_an_empty_repository_has_nothing(forge: Forge, state: dict[str, str], words: str) -> None:
    forge.new()
    with pytest.raises(FetchFailed, match=words) as failed:
        forge.fetched(**state)  # type: ignore[arg-type]
    assert failed.value.kind == "not_found"


def test_a_repository_that_is_not_there_is_not_found(forge: Forge) -> None:
    with pytest.raises(FetchFailed, match="no repository at this address") as failed:
        forge.fetched("elsewhere")
    assert failed.value.kind == "not_found"


def test_names_of_another_kind_are_not_read(forge: Forge) -> None:
    forge.new("work", "--object-format=sha256")
    with pytest.raises(FetchFailed, match="SHA-256") as failed:
        forge.fetched()
    assert failed.value.kind == "broken"


def test_what_takes_too_long_to_read_is_given_up(forge: Forge) -> None:
    work = forge.new()
    of(work)
    forge.server.watch = lambda: time.sleep(0.4)
    with pytest.raises(FetchFailed) as failed:
        forge.taken(limits=FetchLimits(seconds=0.6))
    assert (failed.value.kind, failed.value.ours) == ("too_slow", True)
