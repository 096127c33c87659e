"""Is code better after a commit that says that it refactors?

All files that a commit touches are compared together, so that code which moves from one to another is not taken for
code that is gone. Half of the repositories, by a hash of their names, are for finding out what ranks pairs wrongly; a
rule or a measure is changed for what is seen there, and the other half says whether that was right.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.calibration.quality import Figures, of_texts

WORDS = "refactor|simplify|extract|clean ?up|split|reduce (duplication|complexity)|improve readability|dedup"
NOT_CODE = re.compile(
    r"\b(docs?|tests?|typing|hints?|mypy|lint|ci|setup|changelog|readme|py2|python 2)\b", re.IGNORECASE
)
"""Words in the subject of a commit that is about something else."""
MOST_FILES = 4
"""Commits that touch more are moves and reformattings."""
LEAST_LINES = 8
"""Lines that a commit adds and removes: fewer are no refactoring."""
MOST_PAIRS = 12
"""Of one repository, so that none outweighs the others."""
Texts = dict[str, str]


def show(repositories: list[Path], console: Console, *, listed: bool = False) -> None:
    """Print, for each measure, in how many pairs the code after the commit is better, worse, or alike.

    With `listed`, also what each pair of the first half does to each measure.
    """
    outcomes: dict[bool, dict[str, list[int]]] = {
        half: defaultdict(lambda: [0, 0, 0]) for half in (False, True)
    }
    pairs = {False: 0, True: 0}
    for repository in repositories:
        held = held_out(repository)
        for subject, before, after in _pairs(repository):
            old, new = of_texts(before), of_texts(after)
            pairs[held] += 1
            for name, value in old.items():
                outcomes[held][name][0 if new[name] > value else 1 if new[name] < value else 2] += 1
            if listed and not held:
                console.print(f"{repository.parent.name} {subject}: {_moves(old, new)}", markup=False)
    table = Table(
        "measure", "better", "worse", "alike", "share", "held out: better", "worse", "share", box=None
    )
    for name, (better, worse, alike) in outcomes[False].items():
        left, right, _ = outcomes[True][name]
        row = (better, worse, alike, _share(better, worse), left, right, _share(left, right))
        table.add_row(name, *map(str, row))
    console.print(f"{pairs[False]} pairs, and {pairs[True]} held out, of {len(repositories)} repositories")
    console.print(table)


def held_out(repository: Path) -> bool:
    """Whether nothing may be learnt from it."""
    return hashlib.sha256(str(repository.parent.name).encode()).digest()[0] % 2 == 1


def _share(better: int, worse: int) -> str:
    """Of those pairs that differ, those that are better after."""
    return f"{better / (better + worse):.2f}" if better + worse else "-"


def _moves(old: Figures, new: Figures) -> str:
    return ", ".join(
        f"{name} {value:.3g} → {new[name]:.3g}" for name, value in old.items() if new[name] != value
    )


def _pairs(repository: Path) -> Iterator[tuple[str, Texts, Texts]]:
    """(subject, before, after) of the source files of refactoring commits, newest first."""
    asked = ("log", "--no-merges", "-i", "-E", f"--grep=^({WORDS})", "--format=%H %s", "-n", "400")
    found = 0
    for line in _git(repository, *asked).splitlines():
        commit, _, subject = line.partition(" ")
        if not re.match(WORDS, subject, re.IGNORECASE) or NOT_CODE.search(subject):
            continue  # git looks for the words at the beginning of every line of a message
        changed = _git(repository, "diff-tree", "--no-commit-id", "-r", "--no-renames", "--numstat", commit)
        rows = [row.split("\t") for row in changed.splitlines()]
        source = [row for row in rows if row[2].endswith(".py") and "test" not in row[2] and row[0] != "-"]
        if (
            not 0 < len(source) <= MOST_FILES
            or sum(int(row[0]) + int(row[1]) for row in source) < LEAST_LINES
        ):
            continue
        before, after = (
            {row[2]: _git(repository, "show", f"{at}:{row[2]}") for row in source}
            for at in (f"{commit}^", commit)
        )
        if any(before.values()) and any(after.values()):
            found += 1
            yield f"{commit[:8]} {subject[:70]}", before, after
        if found >= MOST_PAIRS:
            return


def _git(repository: Path, *arguments: str) -> str:
    """What git says; empty where a snapshot lacks an object, or a state lacks a file."""
    done = subprocess.run(
        ["git", f"--git-dir={repository}", *arguments], capture_output=True, check=False, timeout=60
    )
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
