"""The candidate process's standard streams: what is printed travels with the next message, what is read is asked for.

Text that Python code prints is told apart from what reaches descriptors 1 and 2 otherwise (`os.write`, programs
that are started), as pytest's `capsys` and `capfd` do.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from .peer import Peer
from .plain import os


class Output:
    """What was printed since the last message, in order, up to a limit per message."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._room = limit
        self._parts: list[list[str]] = []
        self._files: dict[str, int] = {}

    def capture_descriptors(self) -> None:
        """Let descriptors 1 and 2 write into memory of this process."""
        for stream, number in (("1", 1), ("2", 2)):
            file = os.memfd_create(f"stream {number}", os.MFD_CLOEXEC)
            os.set_inheritable(file, False)
            append = os.open(f"/proc/self/fd/{file}", os.O_WRONLY | os.O_APPEND)
            os.dup2(append, number)
            os.close(append)
            self._files[stream] = file

    def printed(self, stream: str, text: str) -> None:
        """Keep `text` of a stream: o(utput), e(rror), or the number of a descriptor."""
        if self._files:
            self._collect()
        self._keep(stream, text)

    def _keep(self, stream: str, text: str) -> None:
        if self._room <= 0:
            return
        if len(text) > self._room:
            text = text[: self._room] + f"\n[cut: more than {self._limit:,} characters were printed]\n"
            self._room = 0
        else:
            self._room -= len(text)
        if self._parts and self._parts[-1][0] == stream:
            self._parts[-1][1] += text
        else:
            self._parts.append([stream, text])

    def _collect(self) -> None:
        for stream, file in self._files.items():
            size = os.fstat(file).st_size
            if size:
                data = os.pread(file, min(size, self._limit + 1), 0)
                os.ftruncate(file, 0)
                self._keep(stream, data.decode("utf-8", "backslashreplace"))

    def outgoing(self, extras: dict[str, Any]) -> None:
        """Ride on a message to the driver."""
        if self._files:
            self._collect()
        if self._parts:
            extras["o"], self._parts = self._parts, []
            self._room = self._limit


def replay(parts: Any) -> None:
    """On the driver's side: print what was printed over there."""
    for stream, text in parts:
        if stream in ("1", "2"):
            (sys.stdout if stream == "1" else sys.stderr).flush()
            data = memoryview(str(text).encode("utf-8", "surrogatepass"))
            while data:
                data = data[os.write(int(stream), data) :]
        else:
            (sys.stdout if stream == "o" else sys.stderr).write(str(text))


class Printer(io.TextIOBase):
    """Stands for sys.stdout or sys.stderr: what is printed travels with the next message."""

    def __init__(self, output: Output, stream: str) -> None:
        self._output = output
        self._stream = stream
        self.buffer = _Bytes(self)

    encoding = "utf-8"
    errors = "backslashreplace"

    def write(self, text: str) -> int:
        """Keep `text` for the driver."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._output.printed(self._stream, str.__str__(text))
        return len(text)

    def writable(self) -> bool:
        """Always."""
        return True


class _Bytes(io.RawIOBase):
    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def write(self, data: Any) -> int:
        self._printer.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)

    def writable(self) -> bool:
        return True


class DriverInput(io.TextIOBase):
    """Stands for sys.stdin: whatever the test put there."""

    encoding = "utf-8"

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1) -> str:
        """As the test's sys.stdin."""
        return str(self._peer.request("stdin", "read", -1 if size is None else size))

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        """As the test's sys.stdin."""
        return str(self._peer.request("stdin", "readline", -1 if size is None else size))

    def __iter__(self) -> Any:
        return iter(self.readline, "")

    @property
    def buffer(self) -> io.BytesIO:
        """The rest of the input as bytes."""
        return io.BytesIO(self.read().encode())
