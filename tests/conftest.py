"""What tests share: one real grading service per session, with a Docker engine behind it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, sync_playwright

from api.grading import Grading, Job, open_grading
from grader.report import Report
from grader.takehome import find, shelf


class GraderService:
    """Grades files against the built-in take-homes."""

    def __init__(self, grading: Grading) -> None:
        self.grading = grading
        self._jobs: dict[str, Job] = {}

    def job(self, name: str) -> Job:
        """The job of a built-in take-home, with less patience: endless loops are graded by the dozen here."""
        if name not in self._jobs:
            job = self.grading.job(find(name, shelf()))
            limits = replace(job.plan.limits, test_seconds=4.0, suite_seconds=12.0, own_tests_seconds=8.0)
            self._jobs[name] = replace(job, plan=replace(job.plan, limits=limits))
        return self._jobs[name]

    def grade_files(self, name: str, files: Mapping[str, bytes]) -> Report:
        """Grade `files` against the take-home `name`."""
        return self.grading.grade_files(self.job(name), files)


@pytest.fixture(scope="session")
def grader_service() -> Iterator[GraderService]:
    """The service, with all environments."""
    with open_grading(("base", "web")) as grading:
        yield GraderService(grading)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module's tests of pages."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
