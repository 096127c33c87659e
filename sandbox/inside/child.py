"""A forked process that runs the candidate's code, as its keeper sees it."""

from __future__ import annotations

import os
import signal
import socket

from . import wire
from .process import out_of_memory_kills

CHUNK = 1 << 18


class Child:
    """A forked process that runs the candidate's code, with our end of its socket."""

    def __init__(self, pid: int, sock: socket.socket) -> None:
        self.pid = pid
        self.sock = sock
        self.pidfd = os.pidfd_open(pid)
        self.splitter = wire.Splitter()
        self.answer = bytearray()
        self.oom_before = out_of_memory_kills()

    def ending(self, status: int) -> tuple[str, str]:
        """(reason, detail) of an end with that status of `os.wait4`."""
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number == signal.SIGKILL and out_of_memory_kills() > self.oom_before:
                return "out_of_memory", "the kernel ended the process: its memory limit was reached"
            return "died", f"the process was ended by {signal.Signals(number).name}"
        return "died", f"the process ended by itself with exit status {os.WEXITSTATUS(status)}"

    def last_frames(self) -> list[tuple[int, bytes]]:
        """What it had sent when it ended, up to the first byte that is no frame."""
        frames: list[tuple[int, bytes]] = []
        self.sock.setblocking(False)
        while True:
            try:
                data = self.sock.recv(CHUNK)
                if not data:
                    return frames
                frames += self.splitter.feed(data)
            except (OSError, wire.FrameError):
                return frames


def cpu_of(pid: int) -> float:
    """CPU seconds of a running process and no other; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
