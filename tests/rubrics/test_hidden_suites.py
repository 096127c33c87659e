"""Hidden suites against solutions whose failures are declared, with plain pytest and no sandbox.

Only code of this repository runs here, so one process per solution is isolation enough. The same take-homes are
checked over the bridge, rubric and all, by `grader takehome check`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.library import built_in
from grader.rubric import not_announced, parse
from grader.takehome import find, shelf
from sandbox.contract import Files

TAKEHOMES = ("flatten", "retry", "bughunt-ledger", "ledger-refactor", "orm-report")
LONGER = {"ledger-refactor", "orm-report"}
"""Of these only the reference is tried by default."""
BROKEN = [
    pytest.param(name, broken, marks=[pytest.mark.exhaustive] if name in LONGER else [])
    for name in TAKEHOMES
    for broken in find(name, shelf()).spec.broken
]

RECORDER = b"""
import json

criteria, failed = {}, set()


def pytest_collection_modifyitems(items):
    for item in items:
        criteria[item.nodeid] = [marker.args[0] for marker in item.iter_markers("criterion")]


def pytest_runtest_logreport(report):
    if report.outcome != "passed":
        failed.add(report.nodeid)


def pytest_sessionfinish():
    with open("outcome.json", "w") as file:
        json.dump([criteria, sorted(failed)], file)
"""


@dataclass(frozen=True)
class Run:
    """What became of the hidden suite and of a solution's own tests, in one process."""

    criteria: dict[str, list[str]]
    """Hidden test → its criteria."""
    failed: set[str]
    """Hidden tests that did not pass."""
    own: set[str]
    own_failed: set[str]

    def lost(self) -> set[str]:
        return {criterion for test in self.failed for criterion in self.criteria[test]}


def write(folder: Path, files: Files) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def run(folder: Path, suite: Files, solution: Files) -> Run:
    write(folder / "solution", solution)
    write(folder / "suite", suite)
    write(folder, {"recorder.py": RECORDER, "empty.ini": b"[pytest]\n"})
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "recorder", "-p", "no:cacheprovider"]
    command += ["-c", "empty.ini", "--import-mode=importlib", "suite", "solution"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{folder / 'solution'}:{folder}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONHASHSEED": "0",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (folder / "outcome.json").exists(), done.stdout + done.stderr
    criteria, failed = json.loads((folder / "outcome.json").read_text())
    hidden = {test: of_test for test, of_test in criteria.items() if test.startswith("suite/")}
    assert hidden, done.stdout + done.stderr
    own = criteria.keys() - hidden.keys()
    return Run(hidden, hidden.keys() & set(failed), own, own & set(failed))


@pytest.mark.parametrize("name", TAKEHOMES)
def test_reference_passes_everything(name: str, tmp_path: Path) -> None:
    """A suite that its own reference fails cannot be fair. Every test must count for exactly one criterion."""
    takehome = find(name, shelf())
    result = run(tmp_path, takehome.hidden_tests, takehome.reference)
    assert result.failed | result.own_failed == set()
    assert result.own
    known = {criterion.id for criterion in parse(takehome.rubric_yaml, name, built_in()).criteria}
    assert len(result.criteria) >= 20
    assert all(len(of_test) == 1 and of_test[0] in known for of_test in result.criteria.values())


@pytest.mark.parametrize("name", ["flatten", "retry"])
def test_starter_fails_every_hidden_test(name: str, tmp_path: Path) -> None:
    """Nobody earns points by handing in what they were given."""
    takehome = find(name, shelf())
    result = run(tmp_path, takehome.hidden_tests, takehome.starter)
    assert result.failed == result.criteria.keys()


def test_starter_of_a_bug_hunt_fails_exactly_the_tests_of_the_fix(tmp_path: Path) -> None:
    """All else works in the code that is given out, and must go on working."""
    takehome = find("bughunt-ledger", shelf())
    result = run(tmp_path, takehome.hidden_tests, takehome.starter)
    assert result.failed == {test for test, of_test in result.criteria.items() if of_test == ["fix"]}
    assert result.own_failed == set()


def test_starter_of_a_refactoring_passes_every_hidden_test(tmp_path: Path) -> None:
    """What it does must stay, and the suite must not know how any solution is cut."""
    takehome = find("ledger-refactor", shelf())
    result = run(tmp_path, takehome.hidden_tests, takehome.starter)
    assert result.failed | result.own_failed == set()


@pytest.mark.parametrize(("name", "broken"), BROKEN)
def test_broken_solution_fails_where_it_says(name: str, broken: str, tmp_path: Path) -> None:
    """One mistake is charged once: of the criteria that hidden tests decide, it loses those it declares.

    Its own tests pass: else it would lose points for them without saying so.
    """
    takehome = find(name, shelf())
    result = run(tmp_path, takehome.hidden_tests, takehome.broken[broken])
    decided = {criterion for of_test in result.criteria.values() for criterion in of_test}
    assert result.lost() == decided & set(takehome.spec.broken[broken].loses)
    assert result.own_failed == set()


@pytest.mark.parametrize("name", TAKEHOMES)
def test_every_criterion_is_announced_and_at_stake(name: str) -> None:
    """Only what the brief said is scored; a criterion that no broken solution loses was never tried."""
    takehome = find(name, shelf())
    rubric = parse(takehome.rubric_yaml, name, built_in())
    assert not_announced(rubric, takehome.brief) == ()
    at_stake = {criterion for broken in takehome.spec.broken.values() for criterion in broken.loses}
    assert at_stake == {criterion.id for criterion in rubric.criteria}
