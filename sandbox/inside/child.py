"""Forked processes that run the candidate's code, as their keeper sees them: begun, ended, counted."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable

from . import wire
from .accounts import cpu_seconds
from .process import (
    become_candidate,
    clear_away,
    close_all_but,
    family,
    kill_group,
    out_of_memory_kills,
    quiet_streams,
    reap,
    run_and_exit,
)

CHUNK = 1 << 18
CROWDED = 10.0
"""Where others want the same processors, a second of work may take so many."""


class Child:
    """A forked process that runs the candidate's code, with our end of its socket."""

    def __init__(self, pid: int, sock: socket.socket) -> None:
        self.pid = pid
        self.sock = sock
        self.pidfd = os.pidfd_open(pid)
        self.splitter = wire.Splitter()
        self.answer = bytearray()
        self.oom_before = out_of_memory_kills()
        self.starved = Starved(pid)

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


class Children:
    """The processes that were started and are still wanted; each leads a session. All others in the box may go."""

    def __init__(self, unwatch: Callable[[int], None], launcher: Callable[[], int]) -> None:
        """`unwatch` a descriptor that will be closed; `launcher` is the process that starts commands."""
        self._unwatch = unwatch
        self._launcher = launcher
        self._living: set[int] = set()
        self.cpu = 0.0
        """CPU seconds of those that have ended."""

    def wanted(self) -> set[int]:
        """Their process ids, and the launcher's."""
        return self._living | {self._launcher()}

    def fork(self, open_files: int, work: Callable[[socket.socket], None]) -> Child:
        """Do `work` in a new process, with its end of a socket.

        Raises:
            OSError: the box is full.
        """
        ours, theirs = socket.socketpair()
        for sock in (ours, theirs):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        pid = self._forked()
        if pid == 0:
            close_all_but({theirs.fileno()})
            quiet_streams()
            become_candidate(open_files)
            run_and_exit(lambda: work(theirs))
        theirs.close()
        self._living.add(pid)
        return Child(pid, ours)

    def _forked(self) -> int:
        """Fork; where the box is full of the candidate's processes, clear them away and try again."""
        try:
            return os.fork()
        except OSError:
            clear_away(self.wanted(), self._launcher())
            return os.fork()

    def end(self, child: Child) -> int:
        """End it with all that it started; its status as of `os.wait4`."""
        self._unwatch(child.sock.fileno())
        self._unwatch(child.pidfd)
        kill_group(child.pid)
        status, usage = reap(child.pid)
        self.cpu += usage.ru_utime + usage.ru_stime
        child.sock.close()
        os.close(child.pidfd)
        self._living.discard(child.pid)
        clear_away(self.wanted(), self._launcher())
        return status


class Starved:
    """How long a process wanted a processor that others had. Others are those outside the box.

    What else in the box used the processors is taken off, and so are processors that its own threads had: nobody gains
    by crowding their own box.
    """

    def __init__(self, pid: int) -> None:
        """The process has just begun."""
        self._pid = pid
        self._begin = time.monotonic()
        self._cpu = cpu_seconds()

    def seconds(self) -> float:
        """Until now; the process must not be reaped yet."""
        own, box = cpu_of(self._pid), cpu_seconds()
        rest = 0.0 if box is None or self._cpu is None else max(0.0, box - self._cpu - own)
        return max(0.0, min(waited_by(self._pid), time.monotonic() - self._begin - own) - rest)


def waited_by(pid: int | str) -> float:
    """Seconds for which a process could have run and had no processor; 0 where the kernel does not tell."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def most_waited() -> float:
    """`waited_by` of the process of the box that waited longest; 0 outside of a box."""
    return max(map(waited_by, family()), default=0.0) if os.getpid() == 1 else 0.0


def cpu_of(pid: int) -> float:
    """CPU seconds of a running process and no other; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
