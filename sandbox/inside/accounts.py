"""What the kernel counts for this container: processor time and memory of all its processes together.

A process can edit the record of its own peak memory (`/proc/self/clear_refs`) and leave work to a grandchild that
nobody waits for. Nothing in the container can edit these accounts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

_ROOT: Final = "/sys/fs/cgroup"
_CPU: Final = (
    ("cpu.stat", "usage_usec", 1e6),
    ("cpuacct/cpuacct.usage", "", 1e9),
    ("cpu,cpuacct/cpuacct.usage", "", 1e9),
)
"""File, name of the line in it, units in a second: of control groups version 2, then of version 1."""
_MEMORY: Final = ("memory.current", "memory/memory.usage_in_bytes")
_PEAK: Final = ("memory.peak", "memory/memory.max_usage_in_bytes")


def cpu_seconds() -> float | None:
    """Processor time of the container since it began; None where the kernel does not tell."""
    for path, name, units in _CPU:
        for line in _lines(path):
            key, _, amount = line.rpartition(" ")
            if key == name:
                return int(amount) / units
    return None


def _bytes(paths: tuple[str, str]) -> int:
    return next((int(line) for path in paths for line in _lines(path)), 0)


def _lines(path: str) -> list[str]:
    try:
        with open(f"{_ROOT}/{path}") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _in_files(folder: str) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def resident(pid: int) -> tuple[int, int]:
    """Memory of a process in bytes: now, and the most so far by its own record. (0, 0) when it is gone."""
    found = {}
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                name, _, amount = line.partition(":")
                if name in ("VmRSS", "VmHWM"):
                    found[name] = int(amount.split()[0]) * 1024
    except OSError:
        return 0, 0
    return found.get("VmRSS", 0), found.get("VmHWM", 0)


class Seen:
    """The most memory that one process was seen to hold, in bytes: what it says of itself it may have edited."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.most = 0

    def look(self) -> None:
        """To be called every now and then; a peak between two calls is not seen."""
        self.most = max(self.most, resident(self._pid)[0])


class Meter:
    """What the container uses from now on."""

    def __init__(self, cpu: Callable[[], float], folder: str) -> None:
        """`cpu` tells the processor time where the kernel has no account of the container.

        `folder` is in the one place that can be written to. It is in memory, but what is in its files would be on a
        disk elsewhere, so it is not counted. Memory that is shared without a file there is.
        """
        self._spare_cpu = cpu
        self._folder = folder
        self._files = self._most_files = _in_files(folder)
        self._memory = _bytes(_MEMORY)
        self._most = self._memory - self._files
        self._peak = _bytes(_PEAK)
        self._cpu = self._seconds()

    def _seconds(self) -> float:
        found = cpu_seconds()
        return self._spare_cpu() if found is None else found

    def look(self) -> None:
        """Note how much memory there is in use; to be called every now and then.

        The kernel's own peak says nothing below what the container held earlier.
        """
        files = _in_files(self._folder)
        self._most_files = max(self._most_files, files)
        self._most = max(self._most, _bytes(_MEMORY) - files)

    def read(self) -> tuple[float, int]:
        """Processor time in seconds, and by how many bytes the container's memory grew at most."""
        cpu = self._seconds() - self._cpu
        self.look()
        peak = _bytes(_PEAK)
        raised = peak - self._most_files if peak > self._peak else 0
        return cpu, max(self._most, raised) - (self._memory - self._files)


def reading(meter: Meter | None, pids: list[int]) -> dict[str, float]:
    """What `meter` (None: one that is just put up) and the records of the processes `pids` say."""
    cpu, growth = (0.0, 0) if meter is None else meter.read()
    records = [resident(pid) for pid in pids]
    return {
        "at": time.monotonic(),
        "cpu": cpu,
        "growth": growth,
        "resident": sum(now for now, _ in records),
        "peak": sum(most for _, most in records),
    }
