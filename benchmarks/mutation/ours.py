"""The probe of the sandbox without a sandbox: for measuring and for tests, with trusted code only."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import run

from grader.evidence import Mutation, OrderedRun
from grader.probing import Planned, mutation_of, orders_of, planned_of
from grader.reading import read
from sandbox.contract import AskedTests, ProbeResult

REPOSITORY = Path(__file__).parents[2]
LIMIT_SECONDS = 600.0


def is_test(path: str) -> bool:
    """Whether the tests of a solution are in there."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def plan(files: Mapping[str, bytes], count: int, seed: str = "seed") -> Planned:
    """What the reading program names for these files."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        return planned_of(read(folder, {"mutants": count, "seed": seed}), files)


def probe(
    files: Mapping[str, bytes],
    planned: Planned,
    seconds: float = LIMIT_SECONDS,
    asked: AskedTests | None = None,
) -> ProbeResult:
    """What the box would say, from a process of its own; None asks whatever test passes."""
    request = {
        "select": [path for path in sorted(files) if is_test(path)],
        "changes": [change.__dict__ for change in planned.to_be_tried()],
        "heeded": asked and asked.heeded,
        "given": asked.given if asked else (),
        "seed": "seed",
        "seconds": seconds,
        "processes": 2,
    }
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, "submission"), files)
        found = Path(folder, "answer.json")
        _in_a_process(f"{folder}/submission", str(found), said=json.dumps(request))
        answer = json.loads(found.read_text())
    return ProbeResult(
        tests=tuple(answer["tests"]),
        mutants=tuple(answer["mutants"]),
        orders=tuple(answer["orders"]),
        problem=answer["problem"],
    )


def get_ready() -> None:
    """Start Python and load pytest, and no more: what the box has behind it when a submission comes."""
    _in_a_process()


def _in_a_process(*arguments: str, said: str = "") -> None:
    run(
        [sys.executable, "-m", "benchmarks.mutation.in_a_process", *arguments],
        input=said,
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=LIMIT_SECONDS,
    )


def tried(files: Mapping[str, bytes], count: int) -> tuple[Mutation, tuple[OrderedRun, ...]]:
    """What the tests among the files notice, and whether their order matters."""
    planned = plan(files, count)
    result = probe(files, planned)
    return mutation_of(planned, result), orders_of(result)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Lay the files out."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
