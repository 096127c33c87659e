"""Hidden suites that run commands or talk to a server, with the plugin for authors and no sandbox.

Only references and starters: `grader takehome check` grades the broken solutions over the bridge, rubric and all.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grader.library import built_in
from grader.rubric import not_announced, parse
from grader.takehome import find, shelf
from sandbox.contract import Files

TAKEHOMES = (
    "error-digest",
    "ingest-pipeline",
    "inventory-api",
    "concurrent-fetch",
    "model-serving",
    "notifier",
)
PROJECT = Path(__file__).parents[2]


def outcomes(name: str, solution: Files, folder: Path) -> list[str]:
    """Run the hidden suite of take-home `name` against `solution`; gives the outcome of each test."""
    takehome = find(name, shelf())
    if takehome.spec.environment == "web":
        for package in ("fastapi", "httpx", "uvicorn", "websockets"):
            pytest.importorskip(package, reason=f"{name} runs in the web environment, which has {package}")
    for path, data in solution.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    command = [sys.executable, "-B", "-m", "pytest", "-rA", "--tb=no", "-c", "/dev/null", "--strict-markers"]
    command += ["-p", "no:cacheprovider", "-p", "sandbox.local", "--submission", str(folder)]
    if takehome.spec.service:
        command += ["--start", " ".join(takehome.spec.service.start), "--ready", takehome.spec.service.ready]
    done = subprocess.run(
        [*command, str(takehome.folder / "hidden_tests")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    summary = [line.partition(" ")[0] for line in done.stdout.splitlines()]
    told = [word for word in summary if word in {"PASSED", "FAILED", "ERROR"}]
    assert told, done.stdout + done.stderr
    return told


@pytest.mark.parametrize("name", TAKEHOMES)
def test_reference_passes_everything(name: str, tmp_path: Path) -> None:
    """A suite that its own reference fails cannot be fair."""
    assert set(outcomes(name, find(name, shelf()).reference, tmp_path)) == {"PASSED"}


@pytest.mark.parametrize("name", TAKEHOMES)
def test_starter_fails_every_hidden_test(name: str, tmp_path: Path) -> None:
    """Nobody earns points by handing in what they were given."""
    assert "PASSED" not in outcomes(name, find(name, shelf()).starter, tmp_path)


@pytest.mark.parametrize("name", TAKEHOMES)
def test_every_criterion_is_announced_and_at_stake(name: str) -> None:
    """Only what the brief said is scored; a criterion that no broken solution loses was never tried."""
    takehome = find(name, shelf())
    rubric = parse(takehome.rubric_yaml, name, built_in())
    assert not_announced(rubric, takehome.brief) == ()
    at_stake = {criterion for broken in takehome.spec.broken.values() for criterion in broken.loses}
    assert at_stake == {criterion.id for criterion in rubric.criteria}
