"""Honest repositories over HTTP: what a candidate would have uploaded is what the intake gets."""

from __future__ import annotations

import io
import logging
import subprocess
import tarfile
import traceback
from pathlib import Path

import pytest

from api.fetching import FetchFailed, FetchLimits, Login, Repository
from grader.intake import take
from tests.api.fetching.building import FILE, FOLDER, Bare
from tests.api.fetching.conftest import Forge

SECRET = "ghs_q8Zr41NotInAnyLogOrMessage"


def three_commits(work: Bare) -> list[str]:
    """Each with another file, the first with a large one that then changes a little (so that packs have deltas)."""
    commits: list[str] = []
    lines = "".join(f"line_{n} = {n * 7919}\n" for n in range(2000))
    for number in range(3):
        names = {f"m{n}": b"x = %d\n" % n for n in range(number + 1)}
        tree = work.files(**names, grown=(lines + "x = 1\n" * number).encode())
        commits.append(work.commit(tree, *commits[-1:], message=f"Step {number} of the work"))
    return commits


def test_the_files_and_the_history_are_those_of_a_clone(forge: Forge, tmp_path: Path) -> None:
    three_commits(forge.new())
    subprocess.run(["git", "clone", "-q", forge.server.url("work"), str(tmp_path / "clone")], check=True)
    intake, cloned = forge.taken(), take(tmp_path / "clone")
    assert intake.files == cloned.files
    assert intake.history == cloned.history is not None
    assert [commit.added for commit in intake.history.commits] == [2, 2, 2001]


def test_git_itself_finds_no_fault_in_the_archive(forge: Forge, tmp_path: Path) -> None:
    """The pack has the index that git would have made, so who downloads the archive has a repository."""
    three_commits(forge.new())
    with tarfile.open(fileobj=io.BytesIO(forge.fetched())) as archive:
        archive.extractall(tmp_path, filter="data")
    run = ["git", "-C", str(tmp_path)]
    subprocess.run([*run, "fsck", "--strict", "--full"], check=True)
    subprocess.run([*run, "reset", "-q"], check=True)
    assert subprocess.run([*run, "status", "--short"], check=True, capture_output=True).stdout == b""


def test_a_commit_a_branch_and_a_tag_can_be_asked_for(forge: Forge) -> None:
    work = forge.new()
    first, second, last = three_commits(work)
    work.git("branch", "feature/größe", second)
    work.git("tag", "-a", "v1", "-m", "Done", first)
    work.git("branch", "v1", last)
    assert len(forge.taken(commit=first).files) == 2
    assert len(forge.taken(ref="feature/größe").files) == 3
    assert len(forge.taken(ref="refs/tags/v1").files) == 2
    assert len(forge.taken(ref="v1").files) == 4, "a branch goes before a tag of the same name"
    assert len(forge.taken(ref="HEAD").files) == 4


def test_a_commit_costs_one_question_and_a_branch_two(forge: Forge) -> None:
    commit = three_commits(forge.new())[0]
    forge.fetched(commit=commit)
    assert forge.server.asked == ["GET /work/info/refs", "POST /work/git-upload-pack"]


def test_no_more_than_the_wanted_depth_of_the_history_comes(forge: Forge) -> None:
    three_commits(forge.new())
    history = forge.taken(limits=FetchLimits(depth=2)).history
    assert history is not None
    assert (len(history.commits), history.is_cut) == (2, True)


def test_a_repository_of_one_folder_has_its_history(forge: Forge) -> None:
    """The folder is taken for wrapping, as in every archive; the history lies outside it."""
    work = forge.new()
    work.commit(work.tree((FOLDER, b"solution", work.files(app=b"x = 1\n"))))
    intake = forge.taken()
    assert set(intake.files) == {"app.py"}
    assert intake.history is not None
    assert len(intake.history.commits) == 1


def test_programs_stay_programs_and_equal_packs_make_equal_archives(forge: Forge) -> None:
    work = forge.new()
    blob = work.blob(b"#!/bin/sh\n")
    work.commit(work.tree(("100755", b"run", blob), (FILE, b"seen", blob)))
    once = forge.fetched()
    assert once == forge.fetched()
    with tarfile.open(fileobj=io.BytesIO(once)) as archive:
        assert (archive.getmember("run").mode, archive.getmember("seen").mode) == (0o755, 0o644)


def test_who_has_the_secret_gets_in_and_it_is_seen_nowhere(
    forge: Forge, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the arguments or the environment of any process, nor in logs, messages or texts of objects."""
    three_commits(forge.new())
    forge.server.let_in("x-access-token", SECRET)
    seen: list[bytes] = []

    def look() -> None:
        for process in Path("/proc").glob("[0-9]*"):
            for what in ("cmdline", "environ"):
                try:
                    seen.append((process / what).read_bytes())
                except OSError:
                    continue

    forge.server.watch = look
    caplog.set_level(logging.DEBUG)
    credential = Login("x-access-token", SECRET)
    forge.fetched(credential=credential)
    with pytest.raises(FetchFailed) as failed:
        forge.fetched(credential=Login("somebody", SECRET))
    assert failed.value.kind == "refused"
    texts = [repr(credential), repr(Repository("https://h/p", credential=credential)), caplog.text]
    texts += traceback.format_exception(failed.value)
    assert SECRET not in "".join(texts)
    assert seen
    assert not any(SECRET.encode() in one for one in seen)


def test_without_the_secret_nobody_gets_in(forge: Forge) -> None:
    three_commits(forge.new())
    forge.server.let_in("x-access-token", SECRET)
    with pytest.raises(FetchFailed, match="does not let us read") as failed:
        forge.fetched()
    assert (failed.value.kind, failed.value.ours) == ("refused", False)
