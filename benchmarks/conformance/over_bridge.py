"""The same suites, unmodified, with the code in another container: through the sandbox as the grader uses it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from api.images import images
from benchmarks.conformance.exercise import Exercise, Files
from benchmarks.conformance.one_process import SECONDS, Outcomes
from sandbox.contract import DriveResult, Limits, Sandbox, Suite
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import connect
from sandbox.errors import SandboxError
from sandbox.images.environments import environment

_TRIES = 3
"""A lost container says nothing about the bridge, and would cost the measurement of hours."""

LIMITS = Limits(test_seconds=SECONDS, suite_seconds=2 * SECONDS)
"""Generous, because this measures whether suites run, and on a busy machine at that."""


@contextmanager
def open_sandbox(name: str) -> Iterator[Sandbox]:
    """A sandbox on the machine's Docker engine whose image of the environment `name` is built.

    Raises:
        SandboxError: no engine, no such environment, or the image cannot be built.
    """
    with connect() as engine:
        found = images(engine)
        found.ensure(environment(name), lambda line: print(f"  {line}", flush=True))
        with DockerSandbox(engine, found, warm=1) as sandbox:
            yield sandbox


def run_over_bridge(exercise: Exercise, sandbox: Sandbox, environment: str) -> Outcomes:
    """Put the candidate's files into a fresh box of `environment` and drive it with the suite.

    Raises:
        SandboxError: nothing is known about the suite.
    """
    suite = Suite(digest=digest(exercise.suite), files=exercise.suite, rerun_failures=0)
    for left in reversed(range(_TRIES)):
        try:
            with sandbox.box(environment, exercise.candidate, LIMITS) as box:
                return outcomes(box.drive(suite))
        except SandboxError:
            if not left:
                raise
    raise AssertionError


def digest(files: Files) -> str:
    """Names the content of `files`."""
    seal = hashlib.sha256()
    for name, content in sorted(files.items()):
        seal.update(f"{len(name)}:{name}:{len(content)}:".encode())
        seal.update(content)
    return seal.hexdigest()


def outcomes(result: DriveResult) -> Outcomes:
    """The sandbox's answer in the form that the one-process run has."""
    return Outcomes(
        {record.id: record.outcome for record in result.tests},
        {record.id: record.message for record in result.tests},
        result.problem,
    )
