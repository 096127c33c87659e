"""mutmut and cosmic-ray, run on a folder, and what they found, in terms that can be compared."""

from __future__ import annotations

import ast
import copy
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.mutation.ours import is_test, write

SECONDS = 1800.0
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? ")
_MUTMUT = re.compile(r"^x(?:ǁ(?P<owner>\w+)ǁ|_)(?P<name>\w+?)__mutmut_(?P<number>\d+)$")


def key(source: str) -> str:
    """A file as its syntax tree is written: equal when two changes are."""
    return ast.unparse(ast.parse(source))


def with_diff(source: str, line: int, diff: str) -> str:
    """`source` with the lines of a difference of ours put in."""
    rows = diff.split("\n")
    before = [row for row in rows if row.startswith("-")]
    after = [row[2:] for row in rows if row.startswith("+")]
    lines = source.split("\n")
    return "\n".join([*lines[: line - 1], *after, *lines[line - 1 + len(before) :]])


def mutmut(folder: Path, python: Path, files: Mapping[str, bytes], code: str) -> Mapping[str, bool]:
    """All changes of mutmut."""
    write(folder, {path: content for path, content in files.items() if path.endswith(".py")})
    tests = [path for path in files if is_test(path)]
    listed = "\n    ".join(tests)
    (folder / "setup.cfg").write_text(
        f"[mutmut]\nsource_paths={code}\nalso_copy=\n    {listed}\npytest_add_cli_args_test_selection=\n    {listed}\n"
    )
    _run([python.with_name("mutmut"), "run"], folder)
    results = _run([python.with_name("mutmut"), "results", "--all", "true"], folder)
    outcomes = {}
    for row in results.splitlines():
        name, _, outcome = row.strip().rpartition(": ")
        outcomes[name.rpartition(".")[2]] = outcome in {"killed", "timeout"}
    changed = _mutmut_trees(files[code].decode(), (folder / "mutants" / code).read_text())
    return {text: outcomes[name] for name, text in changed.items() if name in outcomes}


def _mutmut_trees(original: str, mutated: str) -> dict[str, str]:
    """Name of a change → the whole file with it. mutmut keeps all versions of a function in one file."""
    found = {}
    for node in ast.walk(ast.parse(mutated)):
        named = _MUTMUT.match(node.name) if isinstance(node, ast.FunctionDef) else None
        if named is None:
            continue
        tree = ast.parse(original)
        for target in ast.walk(tree):
            if isinstance(target, ast.FunctionDef) and target.name == named["name"]:
                target.body = copy.deepcopy(node.body)  # type: ignore[attr-defined]
                target.args = copy.deepcopy(node.args)  # type: ignore[attr-defined]
                break
        found[node.name] = ast.unparse(tree)  # type: ignore[attr-defined]
    return found


def cosmic_ray(folder: Path, python: Path, files: Mapping[str, bytes], code: str) -> Mapping[str, bool]:
    """All changes of cosmic-ray, one at a time, as it does by default."""
    write(folder, {path: content for path, content in files.items() if path.endswith(".py")})
    (folder / "cr.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "{code}"\ntimeout = 20.0\nexcluded-modules = []\n'
        f'test-command = "{python} -m pytest -x -q -p no:cacheprovider"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    tool = python.with_name("cosmic-ray")
    _run([tool, "init", "cr.toml", "session.sqlite"], folder)
    _run([tool, "exec", "cr.toml", "session.sqlite"], folder)
    original = files[code].decode()
    found = {}
    for row in _run([tool, "dump", "session.sqlite"], folder).splitlines():
        _, result = json.loads(row)
        if result and result.get("diff"):
            found[_with_hunks(original, result["diff"])] = "killed" in str(result["test_outcome"]).lower()
    return found


def _with_hunks(original: str, diff: Any) -> str:
    """The file with a unified difference of one hunk put in."""
    rows = str(diff).split("\n")
    at = next(number for number, row in enumerate(rows) if _HUNK.match(row))
    match = _HUNK.match(rows[at])
    assert match is not None
    begin, count = int(match[1]), int(match[2] or 1)
    new = [row[1:] for row in rows[at + 1 :] if row.startswith(("+", " "))]
    lines = original.split("\n")
    return key("\n".join([*lines[: begin - 1], *new, *lines[begin - 1 + count :]]))


def _run(command: list[Any], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=SECONDS)
    return done.stdout
