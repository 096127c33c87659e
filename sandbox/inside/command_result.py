"""What the `run` fixture gives to hidden tests, with a sandbox and without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CommandResult:
    """What came of a command of the candidate's. Times are seconds."""

    exit_code: int
    """Negative: ended by that signal. 127: no such program."""
    stdout: str
    stderr: str
    files: Mapping[str, bytes]
    """Those that it wrote or changed, by relative path."""
    wall_seconds: float
    """Without those in which it wanted a processor that others had."""
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    timed_out: bool = False
    out_of_memory: bool = False
