"""What `grader submit` sends of a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from api.cli.failures import WrongUsage
from api.cli.folder import LIMITS, packed
from grader.intake.submission import take, take_bytes


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    ran = subprocess.run(
        ["git", *settings, *words], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return ran.stdout


def files(tmp_path: Path, rules: dict[str, str], names: list[str]) -> Path:
    for name, text in {**dict.fromkeys(names, "x"), **rules}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


RULES = {
    ".gitignore": "*.log\n!keep.log\n/build/\ndocs/*.txt\n**/tmp\n# a comment\n\\#odd\ndata/\n",
    "src/.gitignore": "!debug.log\nsecret.py\n",
}
NAMES = [
    *("a.py", "x.log", "keep.log", "build/out.py", "src/build/kept.py", "docs/a.txt", "docs/deep/a.txt"),
    *("src/tmp", "src/a.py", "src/debug.log", "src/secret.py", "#odd", "data/a.py", "data/.gitignore"),
    *("other/tmp/a.py", "secret.py"),
]


def test_what_git_ignores_is_not_sent(tmp_path: Path) -> None:
    folder = files(tmp_path, RULES, NAMES)
    git(folder, "init", "-q")
    by_git = git(folder, "ls-files", "-co", "--exclude-standard", "-z").split("\0")

    found = packed(folder, history=False)

    assert sorted(found.files) == sorted(filter(None, by_git)), "not what git says"
    assert found.ignored > 0


def test_the_history_goes_along_and_nothing_else_of_the_repository(tmp_path: Path) -> None:
    """The configuration of a checkout in a pipeline holds the token that cloned it."""
    folder = files(tmp_path, {}, ["a.py"])
    git(folder, "init", "-q")
    git(folder, "config", "http.extraheader", "AUTHORIZATION: basic c2VjcmV0")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "First")
    git(folder, "gc", "-q")

    found = packed(folder)
    taken = take_bytes(found.archive(), "work.tar.gz")

    assert found.history
    assert not any(name.startswith((".git/config", ".git/hooks", ".git/logs")) for name in found.files)
    assert b"c2VjcmV0" not in b"".join(found.files.values())
    assert taken.history == take(folder).history
    assert taken.history is not None
    assert ".git/HEAD" not in packed(folder, history=False).files


def test_caches_links_and_environments_are_not_sent(tmp_path: Path) -> None:
    folder = files(tmp_path, {}, ["a.py", ".venv/lib/x.py", "__pycache__/a.pyc", ".pytest_cache/x"])
    outside = tmp_path.parent / "outside"
    outside.mkdir(exist_ok=True)
    outside.joinpath("passwords").write_text("x", "utf-8")
    folder.joinpath("link").symlink_to(outside)
    folder.joinpath("link.py").symlink_to(outside / "passwords")
    os.mkfifo(folder / "pipe")

    found = packed(folder)

    assert list(found.files) == ["a.py"]
    assert found.links == 3


def test_the_same_files_are_the_same_bytes(tmp_path: Path) -> None:
    """So that a run with the same key is the same submission."""
    one, two = (files(tmp_path / name, {}, ["b.py", "a.py"]) for name in ("one", "two"))
    os.utime(two / "a.py", (1, 1))

    assert packed(one).archive() == packed(two).archive()


def test_what_cannot_be_sent_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="no file to grade"):
        packed(tmp_path)
    with tmp_path.joinpath("big.bin").open("wb") as file:
        file.truncate(LIMITS.total_bytes + 1)
    with pytest.raises(WrongUsage, match="more than 20 MB"):
        packed(tmp_path)
