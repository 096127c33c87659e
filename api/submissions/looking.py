"""A look at an upload before it counts: can it be read, is what the take-home expects in it, what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore

from grader.evidence import RefusedEntry
from grader.intake.errors import IntakeError
from grader.intake.submission import Intake, take_bytes
from grader.takehome import Takehome

_reading = BoundedSemaphore(2)
"""One archive may expand to a few hundred megabytes in memory: a flood of uploads must not take all of it."""


@dataclass(frozen=True)
class Look:
    """What is in an upload."""

    problem: str = ""
    """Why it cannot be read at all; empty where it can."""
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Files that the take-home needs at the top level and that are not there."""
    refused: tuple[RefusedEntry, ...] = ()
    commits: int = 0
    """Of the git history that came with it; 0 without one."""

    @property
    def complete(self) -> bool:
        """Whether it can be read and nothing that is expected is missing."""
        return not self.problem and not self.missing


def read_upload(data: bytes, file_name: str, takehome: Takehome) -> Intake:
    """The files of an upload, exactly as the grading will take them. Waits while others are being read.

    Raises:
        IntakeError: it cannot be read.
    """
    with _reading:
        return take_bytes(data, file_name, modules=takehome.spec.modules, starter=takehome.starter)


def look_at(data: bytes, file_name: str, takehome: Takehome) -> Look:
    """Look into an upload. Nothing is raised for what the candidate sent."""
    try:
        intake = read_upload(data, file_name, takehome)
    except IntakeError as error:
        return Look(problem=str(error))
    return Look(
        files=tuple(intake.files),
        missing=tuple(path for path in takehome.spec.files.required if path not in intake.files),
        refused=intake.refused,
        commits=len(intake.history.commits) if intake.history else 0,
    )
