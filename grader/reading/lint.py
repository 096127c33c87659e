"""Ruff over the source files, deaf to everything that the submission says about linting.

Ruff is a process of its own, started before the checks in Python and collected after them. Its output goes to
memory with a size limit, so neither a full pipe nor 60,000 findings can hold us up.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .limits import (
    LINT_ALL_SECONDS,
    LINT_BATCH,
    LINT_CPU_SECONDS,
    LINT_MEMORY_BYTES,
    LINT_OUTPUT_BYTES,
    LINT_SECONDS,
)
from .lint_rules import IGNORED, LINE_LENGTH, SELECTED
from .remarks import Remark, place, remark
from .source import Unreadable


class ToolMissing(Exception):
    """The ruff binary is not installed beside this Python nor on PATH: the image is broken."""


@dataclass
class LintRun:
    """One ruff process and the files it reads."""

    paths: Sequence[str]
    process: subprocess.Popen[bytes]
    output: int
    """Descriptor of the memory file that takes its standard output."""


def binary() -> str:
    """Absolute path of ruff; never one from the submission's folder.

    Raises:
        ToolMissing: there is none.
    """
    beside = os.path.join(os.path.dirname(sys.executable), "ruff")
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which("ruff")
    if found is None or not os.path.isabs(found):
        raise ToolMissing("ruff is not installed: rebuild the image, or `uv sync`")
    return found


def command(paths: Sequence[str]) -> list[str]:
    """The command line. Files are named one by one, so no exclusion and no .gitignore can hide one."""
    return [
        binary(),
        "check",
        "--isolated",
        "--no-cache",
        "--no-fix",
        "--ignore-noqa",
        "--no-respect-gitignore",
        "--no-force-exclude",
        "--config",
        "exclude = []",
        "--config",
        f"line-length = {LINE_LENGTH}",
        "--target-version",
        f"py3{sys.version_info.minor}",
        "--select",
        ",".join(SELECTED),
        "--ignore",
        ",".join(IGNORED),
        "--output-format",
        "json-lines",
        "--quiet",
        "--",
        *(f"./{path}" for path in paths),
    ]


def start(root: str, paths: Sequence[str]) -> list[LintRun]:
    """Start ruff over `paths` (relative to `root`): one process per batch of files.

    Raises:
        ToolMissing: there is no ruff.
    """
    return [_launch(root, paths[at : at + LINT_BATCH]) for at in range(0, len(paths), LINT_BATCH)]


def _launch(root: str, paths: Sequence[str]) -> LintRun:
    output = os.memfd_create("ruff", os.MFD_CLOEXEC)
    process = subprocess.Popen(
        command(paths),
        cwd=root,
        # One thread: submissions are small, and ruff's pool would fight with the checks for the processor.
        env={"RAYON_NUM_THREADS": "1", "NO_COLOR": "1", "HOME": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
        close_fds=True,
    )
    limits = {
        resource.RLIMIT_CPU: LINT_CPU_SECONDS,
        resource.RLIMIT_AS: LINT_MEMORY_BYTES,
        resource.RLIMIT_FSIZE: LINT_OUTPUT_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    try:
        for limit, value in limits.items():
            resource.prlimit(process.pid, limit, (value, value))
    except ProcessLookupError:
        return LintRun(paths, process, output)  # it is already done, within all limits
    return LintRun(paths, process, output)


def collect(root: str, runs: Sequence[LintRun]) -> tuple[list[Remark], list[Unreadable]]:
    """Wait for the runs. Files of a run that broke are linted again, one by one, to name the one that breaks it."""
    findings: list[Remark] = []
    unreadable: list[Unreadable] = []
    deadline = time.monotonic() + LINT_ALL_SECONDS
    waiting = list(runs)
    while waiting:
        run = waiting.pop()
        problem = _wait(run, deadline)
        output = _take_output(run)
        if problem is None:
            findings.extend(_findings(root, output))
        elif len(run.paths) == 1 or time.monotonic() >= deadline:
            unreadable.extend(Unreadable(path, f"ruff {problem}") for path in run.paths)
        else:
            waiting.extend(_launch(root, [path]) for path in run.paths)
    return findings, unreadable


def _wait(run: LintRun, deadline: float) -> str | None:
    """Why the run gave no usable answer, or None."""
    try:
        code = run.process.wait(timeout=max(0.05, min(LINT_SECONDS, deadline - time.monotonic())))
    except subprocess.TimeoutExpired:
        run.process.kill()
        run.process.wait()
        return f"took longer than {LINT_SECONDS:.0f} s"
    if code in (0, 1):
        return None
    if code < 0:
        return f"was stopped by signal {-code}: over its limit of memory, time or output, or crashed"
    return f"failed with exit status {code}"


def _take_output(run: LintRun) -> bytes:
    with open(run.output, "rb") as file:
        file.seek(0)
        return file.read(LINT_OUTPUT_BYTES)


def _findings(root: str, output: bytes) -> Iterator[Remark]:
    """Ruff's lines as findings. It answers with absolute names, whatever it was given."""
    folder = os.path.realpath(root)
    for line in filter(None, output.split(b"\n")):
        entry: dict[str, Any] = json.loads(line)
        path = os.path.relpath(entry["filename"], folder)
        start, end = entry["location"], entry["end_location"]
        where = place(path, start["row"], start["column"], end["row"])
        yield remark("ruff", entry["code"] or "invalid-syntax", where, entry["message"], entry.get("url"))
