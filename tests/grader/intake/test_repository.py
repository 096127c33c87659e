"""Git repositories: history and files are read from their bytes, and nothing in them is ever run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from grader.intake import IntakeLimits, NothingToGrade, take, take_bytes
from tests.grader.intake.archives import ZipMember, zip_bytes


def git(folder: Path, *arguments: str, mail: str = "a@x", stdin: bytes = b"", **environment: str) -> bytes:
    """Run git as the candidate would, and return what it printed."""
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=A", "-c", f"user.email={mail}", *arguments],
        check=True,
        capture_output=True,
        input=stdin,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **environment},
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three commits of two people, the last with a large file that shrank (so that packing makes deltas)."""
    root = tmp_path / "work"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    lines = "".join(f"line_{n} = {n * 7919}\n" for n in range(3000))
    for number, mail in enumerate(["a@x", "b@x", "a@x"]):
        (root / "grown.py").write_text(lines + "x = 1\n" * (2 - number))
        (root / "src").mkdir(exist_ok=True)
        (root / "src" / f"m{number}.py").write_text(f"m = {number}\n")
        git(root, "add", "-A")
        date = f"{1_700_000_000 + number} +0000"
        git(
            root,
            "commit",
            "-qm",
            f"Step {number}\n\nWhy.",
            mail=mail,
            GIT_AUTHOR_DATE=date,
            GIT_COMMITTER_DATE=date,
        )
    return root


@pytest.mark.parametrize("packed", [False, True])
def test_the_history_of_a_working_tree_is_read(repository: Path, packed: bool) -> None:
    """Loose objects and packs with deltas; uncommitted files are graded like the others."""
    if packed:
        git(repository, "gc", "-q", "--aggressive")
    (repository / "uncommitted.py").write_text("y = 2\n")
    intake = take(repository)
    assert set(intake.files) == {"grown.py", "src/m0.py", "src/m1.py", "src/m2.py", "uncommitted.py"}
    assert intake.history is not None
    assert [commit.message for commit in intake.history.commits] == [f"Step {n}\n\nWhy." for n in (2, 1, 0)]
    assert (intake.history.authors, intake.history.is_cut) == (2, False)
    assert [commit.seconds for commit in intake.history.commits] == [
        1_700_000_002,
        1_700_000_001,
        1_700_000_000,
    ]
    assert [(c.files, c.added, c.removed) for c in intake.history.commits] == [
        (2, 1, 1),
        (2, 1, 1),
        (2, 3003, 0),
    ]


@pytest.mark.parametrize("packed", ["", "true", "false"])
def test_a_bare_repository_gives_the_files_of_its_head(repository: Path, tmp_path: Path, packed: str) -> None:
    """The same files, so the same digest, as the folder it came from."""
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", "--no-local" if packed else "--local", str(repository), str(bare))
    if packed:
        git(bare, "-c", f"repack.useDeltaBaseOffset={packed}", "repack", "-qadf")
    intake = take(bare)
    assert intake.digest == take(repository).digest
    assert intake.history == take(repository).history


def test_the_history_of_a_shallow_clone_is_cut(repository: Path, tmp_path: Path) -> None:
    """Its oldest commits name parents that are not there."""
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), "shallow")
    history = take(tmp_path / "shallow").history
    assert history is not None
    assert (len(history.commits), history.is_cut) == (1, True)
    assert history.commits[0].files is None


def test_an_archive_of_a_repository_has_its_history(repository: Path, tmp_path: Path) -> None:
    """What most candidates send: the project folder, zipped, `.git` and all."""
    archive = shutil.make_archive(str(tmp_path / "u"), "zip", tmp_path, "work")
    intake = take(Path(archive))
    assert intake.history == take(repository).history is not None
    assert intake.digest == take(repository).digest


def test_nothing_in_a_hostile_configuration_is_run(repository: Path, tmp_path: Path) -> None:
    """Each of these makes some git command run a program."""
    mark = tmp_path / "ran"
    run = f"touch {mark}; true"
    for key in ["core.fsmonitor", "core.pager", "core.sshCommand", "gpg.program", "filter.x.smudge", "filter.x.clean",
                "diff.external", "uploadpack.packObjectsHook", "core.editor", "alias.log"]:  # fmt: skip
        git(repository, "config", key, run)
    (repository / ".gitattributes").write_text("* filter=x diff=x\n")
    for hook in ["post-checkout", "pre-auto-gc", "reference-transaction", "post-index-change"]:
        (repository / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\n{run}\n")
        (repository / ".git" / "hooks" / hook).chmod(0o755)
    assert take(repository).history is not None
    assert not mark.exists()


def test_git_data_elsewhere_is_not_read(repository: Path, tmp_path: Path) -> None:
    """A `.git` file or link, or alternates, would let a submission read other repositories of the host."""
    thief = tmp_path / "thief"
    thief.mkdir()
    (thief / "a.py").write_text("x = 1\n")
    (thief / ".git").write_text(f"gitdir: {repository}/.git\n")
    assert take(thief).history is None
    (thief / ".git").unlink()
    (thief / ".git").symlink_to(repository / ".git")
    assert take(thief).history is None
    (thief / ".git").unlink()
    (thief / ".git" / "objects" / "info").mkdir(parents=True)
    (thief / ".git" / "objects" / "info" / "alternates").write_text(f"{repository}/.git/objects\n")
    shutil.copy(repository / ".git" / "refs" / "heads" / "main", thief / ".git" / "HEAD")
    intake = take(thief)
    assert intake.history is None
    assert "missing" in next(entry.reason for entry in intake.refused if entry.name == "(history)")


def test_a_damaged_object_is_a_fact(repository: Path) -> None:
    """Contents are held against their names, as git does."""
    first, second = sorted(repository.glob(".git/objects/??/*"))[:2]
    for path in repository.glob(".git/objects/??/*"):
        path.chmod(0o644)
        path.write_bytes(second.read_bytes() if path == first else first.read_bytes())
    intake = take(repository)
    assert intake.history is None
    assert "damaged" in intake.refused[-1].reason


def test_a_history_over_a_limit_is_a_fact(repository: Path) -> None:
    """The files are graded all the same."""
    assert take(repository, IntakeLimits(history_bytes=100)).history is None
    assert take(repository, IntakeLimits(history_objects=1)).history is None
    assert take(repository, IntakeLimits(history_objects=30)).files == take(repository).files
    history = take(repository, IntakeLimits(history_commits=2)).history
    assert history is not None
    assert (len(history.commits), history.is_cut) == (2, True)


@pytest.mark.parametrize(
    "head", [b"", b"ref: refs/heads/../../../../etc/passwd", b"ref: HEAD", b"\xff" * 99, b"0" * 40]
)
def test_an_odd_head_is_a_fact(head: bytes) -> None:
    """References are looked up among the submitted files only."""
    members = [ZipMember(b"p/a.py"), ZipMember(b"p/.git/HEAD", head)]
    intake = take_bytes(zip_bytes(*members), "u.zip")
    assert list(intake.files) == ["a.py"]
    assert not intake.history or not intake.history.commits


def test_links_and_climbing_names_in_a_tree_are_refused(tmp_path: Path) -> None:
    """A tree object may hold any name; git itself would refuse to check some of them out."""
    root = tmp_path / "r"
    root.mkdir()
    git(root, "init", "-q")
    name = bytes.fromhex(git(root, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip())
    entries = [(b"100644", b".."), (b"120000", b"link"), (b"100644", b"ok.py"), (b"160000", b"sub")]
    tree = b"".join(mode + b" " + part + b"\0" + name for mode, part in entries)
    made = git(root, "hash-object", "-t", "tree", "--literally", "-w", "--stdin", stdin=tree)
    commit = git(root, "commit-tree", "-m", "x", made.decode().strip())
    (root / ".git" / "HEAD").write_bytes(commit)
    intake = take(root / ".git")
    assert list(intake.files) == ["ok.py"]
    assert {entry.name for entry in intake.refused} == {"..", "link", "sub"}


def test_a_repository_without_commits_or_sense_is_nothing_to_grade(tmp_path: Path) -> None:
    """Bare, so there are no files beside the commits."""
    git(tmp_path, "init", "-q", "--bare", "empty.git")
    with pytest.raises(NothingToGrade):
        take(tmp_path / "empty.git")
    (tmp_path / "empty.git" / "HEAD").write_text("nonsense")
    with pytest.raises(NothingToGrade, match="HEAD"):
        take(tmp_path / "empty.git")
