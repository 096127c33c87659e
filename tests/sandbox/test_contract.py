"""`sandbox.contract`, held by every implementation: the Docker sandbox and the fake that other tests use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from api.images import images
from sandbox.contract import Limits, Sandbox, Suite
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import connect
from sandbox.errors import UnknownEnvironment
from sandbox.images.environments import environment
from tests.grader.fake_sandbox import FakeSandbox, own, passing

FILES = {
    "solution.py": b"def one():\n    return 1\n",
    "test_own.py": b"from solution import one\n\ndef test_0():\n    assert one() == 1\n",
}
SUITE = Suite(
    "contract", {"test_hidden.py": b"import solution\n\ndef test_a():\n    assert solution.one() == 1\n"}
)


@pytest.fixture(scope="module", params=["fake", pytest.param("docker", marks=pytest.mark.docker)])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    if request.param == "fake":
        yield FakeSandbox(
            drive=lambda _: passing("test_hidden.py::test_a"),
            own_tests=lambda _: own("passed"),
            facts={"files": []},
        )
        return
    with connect() as engine:
        found = images(engine)
        found.ensure(environment("base"), print)
        with DockerSandbox(engine, found) as opened:
            yield opened


def test_an_environment_says_what_it_is(sandbox: Sandbox) -> None:
    """The evidence names image, runtime and versions."""
    info = sandbox.environment("base")

    assert (info.name, bool(info.image), bool(info.runtime)) == ("base", True, True)
    assert info.versions["python"].startswith("3.")


def test_an_unknown_environment_is_refused_wherever_it_is_named(sandbox: Sandbox) -> None:
    """It is the caller's mistake, and has an error of its own."""
    with pytest.raises(UnknownEnvironment):
        sandbox.environment("nowhere")
    with pytest.raises(UnknownEnvironment), sandbox.box("nowhere", FILES, Limits()):
        pass


def test_driving_gives_a_record_for_each_test(sandbox: Sandbox) -> None:
    """Ids as pytest gives them, relative to the suite."""
    with sandbox.box("base", FILES, Limits()) as box:
        result = box.drive(SUITE)

    assert [(record.id, record.outcome) for record in result.tests] == [("test_hidden.py::test_a", "passed")]
    assert result.problem is None


def test_a_workload_is_run_alone_and_measured(sandbox: Sandbox) -> None:
    """And a whole suite is not: what runs beside it would be measured too."""
    measured = []
    for name in ("", "test_hidden.py::test_a"):
        with sandbox.box("base", FILES, Limits()) as box:
            measured += [record.usage for record in box.drive(replace(SUITE, workload=name)).tests]

    assert measured[0] is None
    assert measured[1] is not None
    assert measured[1].memory_bytes > 2**20


@pytest.mark.parametrize("coverage", [True, False])
def test_own_tests_give_rows(sandbox: Sandbox, coverage: bool) -> None:
    """And no coverage where none was asked for."""
    with sandbox.box("base", FILES, Limits()) as box:
        result = box.own_tests(("test_own.py",), coverage=coverage)

    assert [(row["id"], row["outcome"]) for row in result.tests] == [("test_own.py::test_0", "passed")]
    assert coverage or result.coverage == ()


def test_reading_gives_facts(sandbox: Sandbox) -> None:
    """Whatever the reading program says, as an object."""
    facts: Any = sandbox.read(FILES, {}).facts

    assert "files" in facts
    assert "error" not in facts


def test_one_sandbox_serves_threads_and_a_box_does_both_at_once(sandbox: Sandbox) -> None:
    """The pipeline runs its stages side by side."""

    def grade(_: int) -> tuple[str, str]:
        with sandbox.box("base", FILES, Limits()) as box, ThreadPoolExecutor(2) as threads:
            driven = threads.submit(box.drive, SUITE)
            tested = threads.submit(box.own_tests, ("test_own.py",), coverage=False)
            return driven.result().tests[0].outcome, tested.result().tests[0]["outcome"]

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(grade, range(2))) == [("passed", "passed")] * 2
