"""What commits change: counted against the parent or the starter, bounded, and only in what is graded."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.evidence import History
from grader.intake import IntakeLimits, take
from tests.grader.intake.test_repository import git

Size = tuple[int | None, int | None, int | None]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    return root


def commit(root: Path, files: dict[str, str | None], *arguments: str) -> None:
    """Commit `files` (None removes one)."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            (root / path).unlink()
        else:
            (root / path).write_text(text)
    git(root, "add", "-A", "-f")
    git(root, "commit", "-qm", "Step", "--allow-empty", *arguments)


def history(root: Path, limits: IntakeLimits | None = None, **starter: bytes) -> History:
    given = {name.replace("_py", ".py"): content for name, content in starter.items()}
    found = take(root, limits, starter=given).history
    assert found is not None
    return found


def sizes(root: Path, limits: IntakeLimits | None = None, **starter: bytes) -> list[Size]:
    """Files, added and removed lines of each commit, oldest first."""
    return [(c.files, c.added, c.removed) for c in reversed(history(root, limits, **starter).commits)]


def test_lines_of_python_are_counted_and_blank_ones_are_not(work: Path) -> None:
    """Data and documents are files that changed, but no lines of code; a line that moves is no new line."""
    commit(work, {"a.py": "x = 1\n\ny = 2\n", "big.csv": "1\n" * 5000})
    commit(work, {"a.py": "y = 2\n    x = 1\nz = 3\n", "tests/test_a.py": "import a\n"})
    commit(work, {"a.py": None})
    assert sizes(work) == [(2, 2, 0), (2, 2, 0), (1, 0, 3)]


def test_the_starter_is_nobodys_commit(work: Path) -> None:
    """Whoever commits it as it came has done nothing yet; who commits it changed has done the change."""
    commit(work, {"a.py": "x = 1\n"})
    commit(work, {"b.py": "x = 1\ny = 2\n"})
    assert sizes(work, a_py=b"x = 1\n", b_py=b"x = 1\n") == [(0, 0, 0), (1, 1, 0)]


def test_a_file_that_is_moved_is_not_written_anew(work: Path) -> None:
    """Else tidying up would be the largest commit of all."""
    commit(work, {"a.py": "x = 1\n", "copy.py": "x = 1\n"})
    commit(work, {"a.py": None, "package/a.py": "x = 1\n", "package/b.py": "x = 1\n"})
    assert sizes(work)[1] == (3, 1, 0)


def test_a_file_may_become_a_folder(work: Path) -> None:
    """The file is gone, what lies in the folder is new."""
    commit(work, {"a": "text"})
    (work / "a").unlink()
    commit(work, {"a/b.py": "x = 1\n"})
    assert sizes(work)[1] == (2, 1, 0)


def test_what_is_not_graded_does_not_count(work: Path) -> None:
    """A virtual environment would dwarf all work."""
    commit(work, {".venv/lib/site.py": "x = 1\n" * 9, "__pycache__/a.pyc": "x"})
    (work / "a.py").write_text("x = 1\n")
    assert sizes(work) == [(0, 0, 0)]


def test_a_merge_has_no_size_of_its_own(work: Path) -> None:
    """What it brings is listed already."""
    commit(work, {"a.py": "x = 1\n"})
    git(work, "checkout", "-qb", "side")
    commit(work, {"b.py": "y = 1\n"})
    git(work, "checkout", "-q", "main")
    commit(work, {"c.py": "z = 1\n"})
    git(work, "merge", "-q", "--no-edit", "side")
    found = history(work).commits
    assert sorted((c.is_merge, c.files) for c in found if c.is_merge) == [(True, None)]
    assert [c.files for c in found if not c.is_merge] == [1, 1, 1]


@pytest.mark.parametrize(
    ("folder", "limits"),
    [("x/", IntakeLimits(history_compared_bytes=600)), ("x/" * 25, IntakeLimits())],
    ids=["too much", "too deep"],
)
def test_over_the_limits_commits_are_listed_without_sizes(
    work: Path, folder: str, limits: IntakeLimits
) -> None:
    """Newest first, so that what cannot be counted is the oldest; nothing else is lost."""
    commit(work, {f"{folder}a.py": "x = 1\n" * 99 + "last = 1\n"})
    for number in range(3):
        commit(work, {"b.py": f"y = {number}\n"})
    found = sizes(work, limits)
    assert len(found) == 4
    assert found[0] == (None, None, None)
    assert found[-1] == (1, 1, 1)


def test_a_folder_that_holds_itself_ten_billion_times_has_no_size(work: Path) -> None:
    """A few small objects can unfold into more files than there is memory for."""
    blob = git(work, "hash-object", "-w", "--stdin", stdin=b"x = 1\n").decode().strip()
    child = f"100644 blob {blob}\ta.py\n"
    for _ in range(10):
        tree = git(work, "mktree", stdin=child.encode()).decode().strip()
        child = "".join(f"040000 tree {tree}\td{number}\n" for number in range(10))
    head = git(work, "commit-tree", "-m", "x", tree).decode().strip()
    (work / ".git" / "refs" / "heads").mkdir(exist_ok=True)
    (work / ".git" / "refs" / "heads" / "main").write_text(head + "\n")
    (work / "a.py").write_text("x = 1\n")
    assert sizes(work) == [(None, None, None)]
