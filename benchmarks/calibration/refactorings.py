"""Is a file better after a commit that says that it refactors?"""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.calibration.quality import of_text

WORDS = "refactor|clean up|cleanup|simplify|rename|extract method|extract function|improve readability"
MOST_FILES = 4
"""Commits that touch more are moves and reformattings."""
MOST_PAIRS = 12
"""Of one repository, so that none outweighs the others."""


def show(repositories: list[Path], console: Console) -> None:
    """Print, for each measure, in how many pairs the file after the commit is better, worse, or alike."""
    outcomes: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    pairs = 0
    for repository in repositories:
        for before, after in _pairs(repository):
            old, new = of_text(before), of_text(after)
            pairs += 1
            for name, value in old.items():
                outcomes[name][0 if new[name] > value else 1 if new[name] < value else 2] += 1
    table = Table("measure", "better", "worse", "alike", "better of those that differ", box=None)
    for name, (better, worse, alike) in outcomes.items():
        share = f"{better / (better + worse):.2f}" if better + worse else "-"
        table.add_row(name, str(better), str(worse), str(alike), share)
    console.print(f"{pairs} pairs of {len(repositories)} repositories")
    console.print(table)


def _pairs(repository: Path) -> Iterator[tuple[str, str]]:
    """(before, after) of the changed source files of refactoring commits, newest first."""
    asked = ("log", "--no-merges", "-i", "-E", f"--grep=^({WORDS})", "--format=%H", "-n", "400")
    found = 0
    for commit in _git(repository, *asked).split():
        changed = _git(
            repository, "diff-tree", "--no-commit-id", "-r", "--diff-filter=M", "--name-only", commit
        )
        paths = [path for path in changed.splitlines() if path.endswith(".py") and "test" not in path]
        if not 0 < len(paths) <= MOST_FILES:
            continue
        for path in paths:
            before, after = (_git(repository, "show", f"{at}:{path}") for at in (f"{commit}^", commit))
            if before and after and found < MOST_PAIRS:
                found += 1
                yield before, after
        if found >= MOST_PAIRS:
            return


def _git(repository: Path, *arguments: str) -> str:
    """What git says; empty where a snapshot lacks an object."""
    done = subprocess.run(
        ["git", f"--git-dir={repository}", *arguments], capture_output=True, check=False, timeout=60
    )
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
