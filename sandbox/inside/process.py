"""What a process in a container does to itself: hide its memory, take its share of blame for memory, end others."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_OOM_FILES = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")


def set_dumpable(dumpable: bool) -> None:  # noqa: FBT001 -- the name of the flag is the name of the function
    """Whether other processes of the same user may read this one's memory and descriptors.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, int(dumpable), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")


def become_candidate(open_files: int) -> None:
    """In a forked child that will run a stranger's code: own session, first to die when memory runs out."""
    os.setsid()
    set_dumpable(True)
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = min(open_files, hard) if hard != resource.RLIM_INFINITY else open_files
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def close_all_but(keep: set[int]) -> None:
    """Close every descriptor that a forked child should not have."""
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number not in keep:
            try:
                os.close(number)
            except OSError:
                continue  # the descriptor of the listing itself


def quiet_streams() -> None:
    """Point the standard streams of a forked child to nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    if null > 2:
        os.close(null)


def kill_group(pid: int) -> None:
    """End a process and its session's processes."""
    for target in (-pid, pid):
        try:
            os.kill(target, signal.SIGKILL)
        except ProcessLookupError:
            continue


def reap(pid: int) -> tuple[int, resource.struct_rusage]:
    """Collect a child that was ended with SIGKILL: its wait status and what it used.

    A process that is traced dies at once but is shown to its parent only when its tracer has looked, or is gone;
    so a tracer among the candidate's processes is ended as well.
    """
    pause = 0.0005
    while True:
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            return status, usage
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
        if pause == 0.05:
            for tracer in tracers(pid):
                kill_one(tracer)


def tracers(pid: int) -> set[int]:
    """The processes that trace a thread of `pid`."""
    found = set()
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/status") as file:
                found |= {int(line.split()[1]) for line in file if line.startswith("TracerPid:")}
    except OSError:
        return found - {0}
    return found - {0}


def out_of_memory_kills() -> int:
    """How many processes of this container the kernel has ended for lack of memory; 0 where it does not tell."""
    for path in _OOM_FILES:
        try:
            with open(path) as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            continue
        for line in lines:
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    return 0


def run_and_exit(work: Callable[[], None]) -> NoReturn:
    """In a forked child: do the work and leave, without running anything of the parent's on the way out."""
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        # Not to sys.stderr: pytest may have put its own in that place.
        os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
    finally:
        os._exit(status)


def family() -> dict[int, tuple[str, int, int]]:
    """All processes of this container: process id → (state, parent, session)."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        found[int(name)] = (fields[0].decode(), int(fields[1]), int(fields[3]))
    return found


def clear_away(ours: set[int], launcher: int = 0) -> None:
    """As process 1: end what the candidate left running outside of the sessions `ours`, and collect the dead.

    Whatever descends from the process `launcher` stays: a command of a hidden test has a session of its own, and
    runs while the candidate's own tests come to their end.
    """
    if os.getpid() != 1:
        return
    members = family()
    for pid, (state, parent, session) in members.items():
        if pid == 1 or pid in ours or session in ours or parent in ours or _below(pid, launcher, members):
            continue
        if state != "Z":
            kill_one(pid)
        if parent == 1:
            try:
                if state == "Z":
                    os.waitpid(pid, os.WNOHANG)
                else:
                    reap(pid)
            except ChildProcessError:
                continue


def _below(pid: int, ancestor: int, members: dict[int, tuple[str, int, int]]) -> bool:
    """Whether `ancestor` is among the parents of `pid`. Who lost their parent are children of process 1."""
    for _ in members:  # the table is no snapshot, so it may hold a circle
        if pid == ancestor:
            return True
        pid = members[pid][1] if pid in members else 1
        if pid <= 1:
            break
    return False


def kill_one(pid: int) -> None:
    """End a process that may have ended already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
