"""From what a candidate handed in to checked files in memory.

`take` reads a folder, a zip or tar archive, a single Python file or a git repository. Nothing is unpacked onto
the disk, nothing of it is run, no link is followed. What is not taken over is a fact (`Intake.refused`); an
upload that cannot be used at all raises an `IntakeError` whose message is written for the candidate.
"""

from __future__ import annotations

from grader.intake.errors import (
    ArchiveBroken,
    IntakeError,
    NothingToGrade,
    SubmissionMissing,
    TooLarge,
    UnsupportedFormat,
)
from grader.intake.limits import IntakeLimits
from grader.intake.names import Kind, kind_of
from grader.intake.submission import Intake, digest_of, submission_facts, take, take_bytes

__all__ = [
    "ArchiveBroken",
    "Intake",
    "IntakeError",
    "IntakeLimits",
    "Kind",
    "NothingToGrade",
    "SubmissionMissing",
    "TooLarge",
    "UnsupportedFormat",
    "digest_of",
    "kind_of",
    "submission_facts",
    "take",
    "take_bytes",
]
