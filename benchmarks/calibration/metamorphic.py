"""Code made worse in one respect must lose in the criterion of that respect, and in no other."""

from __future__ import annotations

import ast
import hashlib
import itertools
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.calibration import worse
from grader.reading import read

CHANGES: Mapping[str, tuple[worse.Change, str]] = {
    "bad names": (worse.bad_names, "naming"),
    "silent handlers": (worse.silent_handlers, "handling"),
    "inlined functions": (worse.inlined, "complexity"),
    "no assertions": (worse.no_assertions, "tests"),
    "deleted assertions": (worse.deleted_assertions, "tests"),
}
"""Name → (what is done, the criterion that must fall)."""
CRITERIA = ("handling", "naming", "structure", "tests", "complexity")
BATCH = 25
"""Files in one reading: starting the linter costs more than reading them."""
LARGEST = 60_000
"""Characters of a file that is looked at as a whole."""
Losses = dict[str, float]
"""Criterion → what counts against a file there."""
Complexities = dict[str, int]
"""Function → its cyclomatic complexity."""


@dataclass
class Outcome:
    """What became of one kind of change."""

    tried: int = 0
    fell: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Criterion that should not have moved → how often it fell."""


def losses(sources: Sequence[str], name: str, references: Sequence[Complexities]) -> list[Losses]:
    """What counts against each of `sources`, called `name`.

    Complexity is counted as `complexity.excess` does it: what each function has above that of the reference.
    """
    facts, paths = _read(sources, name)
    found = Counter((finding["place"]["path"], finding["tool"]) for finding in facts["findings"])
    excess: Counter[str] = Counter()
    known = dict(zip(paths, references, strict=True))
    for one in facts["functions"]:
        path = one["place"]["path"]
        excess[path] += max(0, one["cyclomatic"] - known[path].get(one["name"], one["cyclomatic"]))
    return [
        {criterion: float(found[path, criterion]) for criterion in CRITERIA}
        | {"complexity": float(excess[path])}
        for path in paths
    ]


def complexities(sources: Sequence[str], name: str) -> list[Complexities]:
    """The complexity of the functions of each of `sources`."""
    facts, paths = _read(sources, name)
    table: dict[str, Complexities] = defaultdict(dict)
    for one in facts["functions"]:
        table[one["place"]["path"]][one["name"]] = one["cyclomatic"]
    return [table[path] for path in paths]


def _read(sources: Sequence[str], name: str) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    paths = [f"{name}_{number}.py" for number in range(len(sources))]
    with tempfile.TemporaryDirectory() as folder:
        for path, source in zip(paths, sources, strict=True):
            (Path(folder) / path).write_text(source, "utf-8")
        return read(folder, {"seconds": 60}), paths


def compare(sources: Sequence[str], name: str, outcome: Outcome) -> None:
    """Apply the change called `name` to those of `sources`, at most `BATCH`, that are good there; enter what moved."""
    change, criterion = CHANGES[name]
    pairs = [(worse.plain(source), changed) for source in sources if (changed := change(source)) is not None]
    if not pairs:
        return
    before, after = zip(*pairs, strict=True)
    path = "test_solution" if criterion == "tests" else "solution"
    known = complexities(before, path)
    for old, new in zip(losses(before, path, known), losses(after, path, known), strict=True):
        if old[criterion]:
            continue  # what is bad already may only become bad in another way
        outcome.tried += 1
        outcome.fell += new[criterion] > old[criterion]
        outcome.others.update(other for other in CRITERIA if other != criterion and new[other] > old[other])


def show(folder: Path, most: int, console: Console) -> None:
    """Print what became of about `most` functions or files of each kind, of the repositories in `folder`."""
    outcomes = {name: Outcome() for name in CHANGES}
    for name, outcome in outcomes.items():
        sources = _sources(folder, name)
        while outcome.tried < most and (batch := list(itertools.islice(sources, BATCH))):
            compare(batch, name, outcome)
    console.print(table(outcomes))


def table(outcomes: Mapping[str, Outcome]) -> Table:
    """A row for each change."""
    rows = Table("change", "tried", "right criterion falls", "other criteria that fall", box=None)
    for name, outcome in outcomes.items():
        others = ", ".join(f"{other} {count}" for other, count in outcome.others.most_common()) or "none"
        share = f"{outcome.fell / outcome.tried:.1%}" if outcome.tried else "-"
        rows.add_row(f"{name} → {CHANGES[name][1]}", str(outcome.tried), share, others)
    return rows


def _sources(folder: Path, name: str) -> Iterator[str]:
    """Single functions for names and handlers; whole files where functions or tests belong together.

    In an order that is always the same and mixes the repositories.
    """
    paths = folder.rglob("*.py")
    for path in sorted(paths, key=lambda one: hashlib.sha256(str(one.relative_to(folder)).encode()).digest()):
        if path.name.startswith("test_") != (CHANGES[name][1] == "tests"):
            continue
        try:
            source = path.read_text("utf-8")
            tree = ast.parse(source)
        except (SyntaxError, UnicodeDecodeError, ValueError):
            continue  # other versions of Python, other encodings
        if CHANGES[name][1] in {"naming", "handling"}:
            yield from (ast.unparse(node) for node in tree.body if isinstance(node, worse.FUNCTIONS))
        elif len(source) < LARGEST:
            yield source
