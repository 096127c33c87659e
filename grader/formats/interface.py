"""What a format is: one pure function from a report and the submitted files to bytes."""

from __future__ import annotations

from typing import Protocol

from grader.report import CandidateReport, Report
from sandbox.contract import Files

AnyReport = Report | CandidateReport
"""A reviewer's report, or the view of it that a candidate may see. A format shows nothing but what it is given."""


class Format(Protocol):
    """Writes a report. Same arguments, same bytes: no clock, no environment, no network."""

    def __call__(self, report: AnyReport, files: Files) -> bytes:
        """Render `report`.

        Args:
            report: what to show. Its texts may hold bytes of the candidate's, which are hostile.
            files: the submission's files, for formats that show source or fingerprint lines. Empty when they
                are not at hand (a stored report); the result then names places without showing them.
        """
        ...
