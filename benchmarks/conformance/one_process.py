"""Plain pytest: code and suite in one folder and one process, the way the authors of the suites ran them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.conformance.exercise import Exercise, Files, is_test

SECONDS = 60.0


@dataclass(frozen=True)
class Outcomes:
    """Outcome and message by test id; `problem` says why a suite has none."""

    tests: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    problem: str | None = None

    @property
    def passed(self) -> frozenset[str]:
        return frozenset(name for name, outcome in self.tests.items() if outcome == "passed")


def run_in_one_process(exercise: Exercise, python: str) -> Outcomes:
    """Run the suite with the interpreter `python`, which has pytest, in a fresh folder that holds both sides."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        root = Path(folder) / "exercise"
        write_files(root, exercise.candidate)
        write_files(root, exercise.suite)
        return _pytest(root, python, suite_arguments(exercise.suite))


def suite_arguments(suite: Files) -> tuple[str, ...]:
    """The files that pytest is told to take: those it would find, or else the only ones there are."""
    found = tuple(name for name in suite if is_test(name))
    return found or tuple(name for name in suite if name.endswith(".py"))


def write_files(root: Path, files: Files) -> None:
    """Lay `files` out below `root`, which is made when it is not there."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _pytest(root: Path, python: str, arguments: Sequence[str]) -> Outcomes:
    record = root.parent / "record"
    record.touch()
    # The plugin lies alone in its folder, so that no other module of ours is within the suite's reach.
    plugin = root.parent / "plugin"
    write_files(plugin, {"recorder.py": (Path(__file__).parent / "recorder.py").read_bytes()})
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root.parent),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": f"{plugin}{os.pathsep}{root}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "CONFORMANCE_RECORD": str(record),
    }
    command = [
        python,
        "-m",
        "pytest",
        "-p",
        "recorder",
        "-p",
        "no:cacheprovider",
        "-q",
        "--rootdir",
        ".",
        *arguments,
    ]
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        problem = (
            None if done.returncode in {0, 1} else f"pytest left with {done.returncode}: {done.stdout[-600:]}"
        )
    except subprocess.TimeoutExpired:
        problem = f"not finished after {SECONDS:g} s"
    return _read_record(record, problem)


def _read_record(record: Path, problem: str | None) -> Outcomes:
    tests: dict[str, str] = {}
    messages: dict[str, str] = {}
    for line in record.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if tests.get(entry["id"], "passed") == "passed":
            tests[entry["id"]] = entry["outcome"]
            messages[entry["id"]] = entry["message"]
    return Outcomes(tests, messages, problem)
