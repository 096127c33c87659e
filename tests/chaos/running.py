"""The real service as `grader serve` starts it, and the means to kill its parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from api.database.embedded import PID_FILE

QUICK = {
    "GRADER_HEARTBEAT_SECONDS": "1",
    "GRADER_STALLED_SECONDS": "6",
    "GRADER_RETRY_SECONDS": "1",
    "GRADER_DRAIN_SECONDS": "40",
    "GRADER_GRADES_AT_ONCE": "2",
    "GRADER_WARM": "1",
}
"""Dead workers are noticed soon, so that a test need not wait for it."""


START_SECONDS = 300.0
"""Generous: nothing is measured here, and the machine may be busy."""


def until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something; it is a failure when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)


class Running:
    """`grader serve` on a data folder."""

    def __init__(self, data: Path, log: Path, **variables: str) -> None:
        self.data, self.log = data, log
        self.address = ""
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, port: int = 0) -> None:
        """Start it; returns when it answers."""
        said = self.log.with_suffix(".out")
        with self.log.open("ab") as log, said.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "serve", "--data", str(self.data), "--port", str(port)],
                env={**os.environ, **QUICK, **self._variables},
                stdout=out,
                stderr=log,
            )
        try:
            until(
                lambda: "Ctrl-C" in said.read_text("utf-8") or self._ended(),
                START_SECONDS,
                "the service starts",
            )
        except AssertionError:
            self.kill_supervisor()
            raise
        assert not self._ended(), self.log.read_text("utf-8")
        self.address = said.read_text("utf-8").split("The service runs at ")[1].split()[0]

    def _ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

    @property
    def supervisor(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres:@/grader?host={self.data / 'postgres'}"

    def pid_of(self, name: str) -> int | None:
        """The number of a part's process: api, worker or postgres."""
        if name == "postgres":
            try:
                return int((self.data / "postgres" / PID_FILE).read_text("utf-8").split("\n", 1)[0])
            except (FileNotFoundError, ValueError):
                return None
        children = Path(f"/proc/{self.supervisor}/task/{self.supervisor}/children").read_text("ascii").split()
        for child in map(int, children):
            try:
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            except FileNotFoundError:
                continue
            if name.encode() in words:
                return child
        return None

    def kill(self, name: str) -> bool:
        """Kill -9 of a part; False when it does not run at the moment."""
        number = self.pid_of(name)
        if number is None:
            return False
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill_supervisor(self) -> None:
        """Kill -9 of the supervisor itself."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self, seconds: float = 90) -> int:
        """Stop it as an operator does; returns its exit status."""
        assert self._process is not None
        if not self._ended():
            self._process.terminate()
        return self._process.wait(seconds)
