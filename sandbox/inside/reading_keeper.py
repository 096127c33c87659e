"""The keeper of a reading seat: forks a process that parses a submission and never runs it."""

from __future__ import annotations

import json
import os
import select
import shutil
import time
from typing import Any

from . import wire
from .keeper import Stream, write_files
from .process import kill_group, run_and_exit

_MEMORY = 512 * 2**20


class ReadingKeeper:
    """Trusted programs only; the bytes they read are hostile."""

    def __init__(self, stream: Stream, root: str) -> None:
        self._stream = stream
        self._root = root
        self._number = 0
        self._folder = ""
        self._program: Any = None

    def prepare(self) -> None:
        """Load the reading program."""
        import _reading

        self._program = _reading
        _reading.warm()

    def serve(self) -> None:
        """Until the host closes the stream."""
        while True:
            found = self._stream.read()
            if found is None:
                return
            message = json.loads(found[1]) if found[0] == wire.CONTROL else {"do": ""}
            if message["do"] == "upload":
                files = self._stream.upload(int(message["bytes"]))
                self._number += 1
                self._folder = f"{self._root}/reading{self._number}"
                write_files(self._folder, files)
                self._stream.say({"event": "uploaded"})
            elif message["do"] == "read":
                self._read(message)

    def _read(self, message: dict[str, Any]) -> None:
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ours)
            os.setsid()
            run_and_exit(lambda: self._read_here(theirs, message["options"]))
        os.close(theirs)
        data = _collect(ours, pid, float(message["seconds"]))
        kill_group(pid)
        _, status, usage = os.wait4(pid, 0)
        shutil.rmtree(self._folder, ignore_errors=True)
        answer: dict[str, Any] = {"event": "facts", "cpu": round(usage.ru_utime + usage.ru_stime, 4)}
        if data is None:
            answer["error"] = "reading took longer or said more than allowed"
        elif not data:
            answer["error"] = f"the reading program ended with status {os.waitstatus_to_exitcode(status)}"
        if "error" in answer:
            self._stream.say(answer)
        else:
            head = json.dumps(answer).encode()[:-1]
            self._stream.write(wire.CONTROL, head + b', "facts": ' + data + b"}")  # type: ignore[operator]

    def _read_here(self, descriptor: int, options: dict[str, Any]) -> None:
        os.chdir(self._folder)
        facts = self._program.read(self._folder, options)
        with open(descriptor, "wb") as file:
            file.write(json.dumps(facts).encode())


def _collect(descriptor: int, _pid: int, seconds: float) -> bytes | None:
    """All that is written to the pipe within the time, None when it is too late or too much."""
    data = bytearray()
    end = time.monotonic() + seconds
    with open(descriptor, "rb", buffering=0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return None
            part = pipe.read(1 << 18)
            if not part:
                return bytes(data)
            data += part
            if len(data) > wire.MAX_PAYLOAD - 1000:
                return None
