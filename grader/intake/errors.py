"""Why a whole upload cannot be used. Each message is a sentence for the candidate: what, where, what to do next.

IntakeError
├── SubmissionMissing    nothing is at the given path
├── UnsupportedFormat    neither a folder nor an archive nor a Python file
├── ArchiveBroken        truncated, damaged, or its parts contradict each other
├── TooLarge             over one of the `IntakeLimits`
└── NothingToGrade       no file is left to be graded
"""

from __future__ import annotations


class IntakeError(Exception):
    """The upload cannot be graded. An `ungradable` outcome, never a zero and never our failure."""


class SubmissionMissing(IntakeError):
    """Nothing is at the given path."""


class UnsupportedFormat(IntakeError):
    """The upload is of a kind that we do not read."""


class ArchiveBroken(IntakeError):
    """The archive is truncated or damaged, or says two different things about the same member."""


class TooLarge(IntakeError):
    """The upload is over a limit."""


class NothingToGrade(IntakeError):
    """Nothing gradable is in the upload."""
