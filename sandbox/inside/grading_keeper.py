"""The keeper of a grading seat: holds one hidden suite and forks a fresh process for each grading."""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from . import driver as driving
from . import wire
from .keeper import Stream, write_files
from .process import out_of_memory_kills, run_and_exit


class GradingKeeper:
    """Trusted code only. One grading at a time; the host takes more seats when it wants more."""

    def __init__(self, stream: Stream, root: str) -> None:
        self._stream = stream
        self._suite = f"{root}/suite"
        self._root = root
        self._number = 0
        self._session: Any = None

    def prepare(self) -> None:
        """Get ready what every grading needs."""
        from . import sessions

        self._session = sessions.Prepared()

    def serve(self) -> None:
        """Until the host closes the stream."""
        while True:
            found = self._stream.read()
            if found is None:
                return
            kind, payload = found
            if kind != wire.CONTROL:
                continue  # the tail of the grading before
            message = json.loads(payload)
            if message["do"] == "upload":
                files = self._stream.upload(int(message["bytes"]))
                shutil.rmtree(self._suite, ignore_errors=True)
                write_files(self._suite, files)
                self._stream.say({"event": "uploaded"})
            elif message["do"] == "grade":
                self._grade(message)

    def _grade(self, job: dict[str, Any]) -> None:
        self._number += 1
        tree = f"{self._root}/tmp{self._number}"
        os.makedirs(tree)
        kills = out_of_memory_kills()
        pid = os.fork()
        if pid == 0:
            run_and_exit(lambda: _grade_here(self._stream, self._session, self._suite, tree, job))
        _, status, usage = os.wait4(pid, 0)
        shutil.rmtree(tree, ignore_errors=True)
        end = {
            "event": "end",
            "status": os.waitstatus_to_exitcode(status),
            "cpu": round(usage.ru_utime + usage.ru_stime, 4),
            "out_of_memory": out_of_memory_kills() > kills,
        }
        self._stream.say(end)


def _grade_here(stream: Stream, session: Any, suite: str, tree: str, job: dict[str, Any]) -> None:
    """In the forked process: run the suite and tell the host about each test."""
    from . import explanations, imports, local_services, shared_packages, suite_plugin, workloads

    faulthandler.enable(2)  # the host quotes the end of it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.setrecursionlimit(3000)
    gc.set_threshold(50_000, 20, 20)
    os.environ["TMPDIR"] = tree
    os.chdir(suite)
    limits = job["limits"]
    driver = driving.open_driver(stream.read_fd, stream.write_fd, suite=suite, tree=tree, limits=limits)
    names = set(job["modules"]) or imports.candidate_names(suite, job["candidate_files"])
    shared = shared_packages.SharedPackages(suite, job["candidate_files"])
    driver.install(names, tree, shared)

    def emit(record: dict[str, Any]) -> None:
        driver.line.write(wire.CONTROL, json.dumps(record).encode())

    for name, module in list(sys.modules.items()):
        if name.startswith(f"{__package__}."):  # how a call crosses the bridge tells no reviewer anything
            vars(module)["__tracebackhide__"] = True
    plugin = suite_plugin.SuitePlugin(driver, emit, limits, int(job["rerun_failures"]))
    workload = [workloads.WorkloadPlugin(driver, plugin, job["workload"])] if job["workload"] else []
    services = local_services.Services(driver, job["service"], limits)
    services.begin()
    finish = Finish(emit, plugin.problems, driver)
    plugins = [plugin, *workload, services, explanations.Explanations(), finish]
    arguments = ["--basetemp", f"{tree}/t", "--rootdir", suite]
    if shared.by_relative_imports:
        arguments += ["-o", "consider_namespace_packages=true"]
    sys.exit(session.run([*arguments, suite], plugins))


class Finish:
    """Tells the host that the session is over, and leaves at once: the rest would be cleaning a process that ends.

    It first reads up to the host's word that nothing of the candidate's follows. Otherwise half of a message could
    stay in the pipe, and the seat's keeper would take its other half for a frame of the host's.
    """

    def __init__(
        self, emit: Callable[[dict[str, Any]], None], problems: list[str], driver: driving.Driver
    ) -> None:
        self._emit = emit
        self._problems = problems
        self._driver = driver

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Something went wrong outside of any test: through what the candidate's code sent, or through a fault of ours.

        A fault of ours is told apart, because it says nothing about the candidate: the host tries again.
        """
        if self._driver.is_theirs(excinfo.value):
            self._problems.append(
                f"stopped: the candidate's code broke into the tests: {excinfo.value!r:.500}"
            )
            return
        self._emit({"event": "failed", "detail": str(excrepr)[-4000:]})
        os._exit(1)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """After the last fixture is torn down."""
        problem = "\n".join(self._problems) or None
        if problem is None and int(exitstatus) not in (0, 1):
            problem = f"pytest ended with exit status {int(exitstatus)}"
        self._emit({"event": "done", "problem": problem})
        os._exit(0 if self._driver.line.wait_over() else 1)
