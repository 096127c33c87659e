"""The composition root of grading: engine, images and sandbox are built here and put together with a take-home."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from api.images import CACHE, images
from grader.evidence import Evidence
from grader.intake.errors import IntakeError
from grader.intake.submission import Intake, digest_of, take
from grader.library import built_in
from grader.pipeline import Progress, drive_only, grade, learn_known
from grader.plan import KnownTest, Plan, plan_for, plan_for_tests
from grader.report import Report
from grader.rubric import Rubric, at_level, parse
from grader.scoring import score
from grader.takehome import Takehome, TakehomeError
from grader.yaml_source import SourceError
from sandbox.contract import DriveResult, Limits
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import connect
from sandbox.images.builder import Images
from sandbox.images.environments import environment

Silent: Progress = lambda _: None  # noqa: E731 -- a default argument


@dataclass(frozen=True)
class Job:
    """What submissions are graded against: a plan and the rubric that scores its evidence.

    Raises:
        UnknownLevel: the rubric has no such level. Now, not after the grading.
    """

    plan: Plan
    rubric: Rubric
    level: str | None = None

    def __post_init__(self) -> None:
        at_level(self.rubric, self.level)

    def score(self, evidence: Evidence) -> Report:
        """The report of `evidence`."""
        return score(self.rubric, evidence, level=self.level)


class Grading:
    """Grades submissions in Docker. Serves any number of threads."""

    def __init__(self, sandbox: DockerSandbox, known_folder: Path, found: Images) -> None:
        self.sandbox = sandbox
        self._known_folder = known_folder
        self._images = found

    def environment(self, name: str) -> str:
        """What an environment is made of, as `name:recipe`: the same on every machine with the same programs and locks.

        Raises:
            SandboxError: there is no such environment, or its image is not built.
        """
        return self._images.image_of(environment(name)).reference.rpartition("/")[2]

    def job(self, takehome: Takehome, *, level: str | None = None, progress: Progress = Silent) -> Job:
        """The job that a take-home describes.

        Raises:
            TakehomeError: its rubric is wrong.
            SandboxError: its reference could not be run to learn which tests the suite has.
        """
        job = Job(plan_for(takehome), rubric_of(takehome), level)  # first whatever can be wrong without a run
        return replace(job, plan=replace(job.plan, known=self._known(takehome, progress)))

    def plan(self, takehome: Takehome) -> Plan:
        """The plan of `job`, for whoever collects evidence and scores nothing: the rubric is not looked at.

        Raises:
            SandboxError: its reference could not be run to learn which tests the suite has.
        """
        return plan_for(takehome, self._known(takehome, Silent))

    def tests_job(
        self, folder: Path, environment_name: str, limits: Limits, *, level: str | None = None
    ) -> Job:
        """The job of running a bare folder of tests, scored by the default rubric.

        Raises:
            TakehomeError: the folder is not there or cannot be used.
            UnknownLevel: the default rubric has no such level.
        """
        try:
            files = take(folder).files
        except IntakeError as error:
            raise TakehomeError(f"The tests in {folder} cannot be used. {error}") from error
        text = resources.files("grader").joinpath("default_rubric.yaml").read_text("utf-8")
        name = folder.resolve().name or "tests"
        return Job(
            plan_for_tests(name, files, environment_name, limits), parse(text, "default_rubric.yaml"), level
        )

    def grade_path(
        self, job: Job, path: Path, progress: Progress = Silent
    ) -> tuple[Report, dict[str, bytes]]:
        """Grade the submission at `path`; the report and the submission's files."""
        held: dict[str, bytes] = {}

        def taken() -> Intake:
            intake = take(path, modules=job.plan.suite.modules, starter=job.plan.starter)
            held.update(intake.files)
            return intake

        return self._graded(job, taken, progress), held

    def grade_files(self, job: Job, files: Mapping[str, bytes], progress: Progress = Silent) -> Report:
        """Grade files that are in memory already, with names that were checked."""
        ordered = {path: files[path] for path in sorted(files)}
        return self._graded(job, lambda: Intake(ordered, (), digest_of(ordered)), progress)

    def drive_files(self, job: Job, files: Mapping[str, bytes]) -> DriveResult:
        """Run the hidden suite alone, each test once.

        Raises:
            SandboxError: our side could not do it.
        """
        return drive_only(self.sandbox, job.plan, files)

    def _graded(self, job: Job, taken: Callable[[], Intake], progress: Progress) -> Report:
        return job.score(grade(self.sandbox, job.plan, taken, progress))

    def _known(self, takehome: Takehome, progress: Progress) -> tuple[KnownTest, ...]:
        """The tests of the suite, learnt from the reference once per version and image."""
        image = self.sandbox.environment(takehome.spec.environment).image.rpartition(":")[2][:16]
        path = self._known_folder / f"{takehome.digest[:32]}-{image}.json"
        if path.exists():
            rows = json.loads(path.read_text("utf-8"))
            return tuple(KnownTest(row["id"], tuple(row["criteria"]), row["workload"]) for row in rows)
        progress("learning the hidden suite's tests from the reference")
        known = learn_known(self.sandbox, plan_for(takehome), takehome.reference)
        rows = [{"id": test.id, "criteria": list(test.criteria), "workload": test.workload} for test in known]
        _write_whole(path, json.dumps(rows))
        return known


def rubric_of(takehome: Takehome) -> Rubric:
    """The rubric of a take-home.

    Raises:
        TakehomeError: it is wrong; the message lists each problem with its line.
    """
    try:
        return parse(takehome.rubric_yaml, str(takehome.rubric_path), built_in())
    except SourceError as error:
        raise TakehomeError(str(error)) from error


@contextmanager
def open_grading(
    environments: tuple[str, ...],
    *,
    runtime: str | None = None,
    warm: int = 0,
    progress: Progress = Silent,
) -> Iterator[Grading]:
    """Connect, build what is missing of the images, and grade until the end of the block.

    Raises:
        SandboxError: no engine, no such runtime, no such environment, or an image cannot be built.
    """
    wanted = [environment(name) for name in dict.fromkeys(("base", *environments))]
    with connect() as engine:
        engine.runtime(runtime)
        found = images(engine)
        for one in wanted:
            found.ensure(one, progress)
        with DockerSandbox(engine, found, runtime=runtime, warm=warm) as sandbox:
            yield Grading(sandbox, CACHE / "known-tests", found)


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that another process sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
