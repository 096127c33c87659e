"""The bridge's specification: suites in the usual style, each test one promise, run over the bridge as they are.

The folder `corpus/` holds a submission and suites that use it. They also pass in one process, and that is tested,
too: a promise that plain pytest does not keep would be none.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.inside.two_processes import Run, files, run

PROMISES = Path(__file__).parent / "corpus"
SUITES = sorted(path.stem for path in (PROMISES / "suite").glob("test_*.py"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All promises in one grading."""
    return run(files(PROMISES / "submission"), files(PROMISES / "suite"), tmp_path_factory.mktemp("promises"))


@pytest.mark.parametrize("suite", SUITES)
def test_suite_passes_over_the_bridge(kept: Run, suite: str) -> None:
    """An author's suite must not need to know that the code lives elsewhere."""
    mine = {name: record for name, record in kept.tests.items() if name.startswith(f"{suite}.py::")}
    broken = {n: r["message"][-1500:] for n, r in mine.items() if r["outcome"] not in {"passed", "xfailed"}}

    assert (broken, kept.problem) == ({}, None)
    assert mine


def test_every_promise_is_kept_in_one_process_and_none_is_missing(kept: Run) -> None:
    """The suites are ordinary pytest: they pass without any bridge, and with it under the same names."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider"],
        cwd=PROMISES / "suite",
        env={**os.environ, "PYTHONPATH": str(PROMISES / "submission"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
             "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    passed = {line.removeprefix("PASSED ") for line in done.stdout.splitlines() if line.startswith("PASSED")}
    assert done.returncode == 0, done.stdout[-2000:]
    assert passed <= set(kept.tests)
