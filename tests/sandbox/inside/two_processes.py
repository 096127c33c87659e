"""Runs a hidden suite against a submission with the real keepers as two plain processes: the bridge without Docker.

Nothing is isolated here, so only code of these tests is run this way. What the containers add is tested elsewhere.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.inside import wire

LIMITS = {
    "test_seconds": 30.0,
    "suite_seconds": 200.0,
    "own_tests_seconds": 20.0,
    "start_seconds": 10.0,
    "open_files": 256,
    "output_bytes": 2**20,
    "value_depth": 2000,
}
_SECONDS = 250.0
_CHUNK = 2**18


class Seat:
    """One keeper, and how to talk to it."""

    def __init__(self, role: str, root: Path) -> None:
        root.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.inside.keeper", role, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONWARNINGS": "default"},
        )
        self.splitter = wire.Splitter()

    def send(self, kind: int, payload: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(wire.frame(kind, payload))
        self.process.stdin.flush()

    def tell(self, message: Mapping[str, Any]) -> None:
        self.send(wire.CONTROL, json.dumps(message).encode())

    def upload(self, files: dict[str, bytes]) -> None:
        payloads = wire.pack_files(files)
        self.tell({"do": "upload", "bytes": sum(map(len, payloads))})
        for payload in payloads:
            self.send(wire.UPLOAD, payload)


class Run:
    """One grading: what the grading keeper said of it."""

    def __init__(
        self, submission: dict[str, bytes], suite: dict[str, bytes], root: Path, limits: Mapping[str, float]
    ) -> None:
        self._limits = {**LIMITS, **limits}
        self._files = submission
        self._suite = suite
        self.tests: dict[str, dict[str, Any]] = {}
        self.problem: str | None = None
        self.failed: str | None = None
        self._ready: set[int] = set()
        self._grading = Seat("grading", root / "grading")
        self._candidate = Seat("candidate", root / "candidate")

    def finish(self) -> Run:
        """Relay frames until the grading has ended."""
        selector = selectors.DefaultSelector()
        for seat in (self._grading, self._candidate):
            assert seat.process.stdout is not None
            selector.register(seat.process.stdout, selectors.EVENT_READ, seat)
        end = time.monotonic() + _SECONDS
        try:
            while time.monotonic() < end:
                for key, _ in selector.select(1.0):
                    data = os.read(key.fd, _CHUNK)
                    if not data or any(
                        self._frame(key.data, *found) for found in key.data.splitter.feed(data)
                    ):
                        return self
            raise TimeoutError("the grading did not end")
        finally:
            for seat in (self._grading, self._candidate):
                seat.process.kill()
                seat.process.communicate()

    def _frame(self, seat: Seat, kind: int, payload: bytes) -> bool:
        other = self._candidate if seat is self._grading else self._grading
        if kind in wire.RELAYED:
            other.send(kind, payload)
            return False
        message = json.loads(payload)
        if message["event"] == "ready":
            self._fill(seat)
        elif message["event"] == "uploaded":
            self._ready.add(id(seat))
            if len(self._ready) == 2:
                self._grade()
        elif message["event"] == "test":
            self.tests[message["id"]] = message
        elif message["event"] == "done":
            self.problem = message["problem"]
            self._grading.tell({"do": "over"})
        elif message["event"] == "failed":
            self.failed = message["detail"]
        return bool(message["event"] == "end")

    def _fill(self, seat: Seat) -> None:
        if seat is self._candidate:
            seat.tell({"do": "limits", **self._limits})
            seat.upload(self._files)
        else:
            seat.upload(self._suite)

    def _grade(self) -> None:
        job = {
            "modules": [],
            "candidate_files": list(self._files),
            "service": None,
            "rerun_failures": 0,
            "workload": "",
            "nonce": "",
        }
        self._grading.tell({"do": "grade", "limits": self._limits, **job})


def run(submission: dict[str, bytes], suite: dict[str, bytes], root: Path, **limits: float) -> Run:
    """Grade `submission` with `suite`; `root` is an empty folder."""
    return Run(submission, suite, root, limits).finish()


def files(folder: Path) -> dict[str, bytes]:
    """The files below `folder`."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
