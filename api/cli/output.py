"""Where and how reports are written."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console

from api.cli.failures import WrongUsage, write_bytes
from grader.formats import terminal
from grader.formats.registry import FORMATS, SUFFIXES
from grader.report import CandidateReport, Report, candidate_view
from sandbox.contract import Files


class OutputFormat(StrEnum):
    """Formats of a report."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"


@dataclass(frozen=True)
class Output:
    """The choices of one command about its reports."""

    format: OutputFormat
    out: str | None
    """As it was typed: a slash at the end means a folder, also where there is none yet."""
    for_candidate: bool = False
    many: bool = False
    """Several submissions: `out` is a folder, and without it only a table is shown."""

    def check(self) -> None:
        """Find out before anything is graded whether reports can be written.

        Raises:
            WrongUsage: they cannot.
        """
        if self.many and self.out is None and self.format is not OutputFormat.TEXT:
            raise WrongUsage(
                f"Several reports in the format {self.format.value} need a folder to go to: add --out FOLDER."
            )
        if self.many and self.out is not None and Path(self.out).is_file():
            raise WrongUsage(f"{self.out} is a file; the reports of several submissions need a folder.")

    def write(self, report: Report, files: Files, name: str) -> str:
        """Write or print one report; returns the path that was written, "" where there is none.

        Raises:
            WrongUsage: the file cannot be written.
        """
        shown = candidate_view(report) if self.for_candidate else report
        if self.out is None:
            if not self.many:
                self._print(shown, files)
            return ""
        path = Path(self.out)
        if self.many or path.is_dir() or self.out.endswith("/"):
            path /= f"{name}{SUFFIXES[self.format.value]}"
        write_bytes(path, FORMATS[self.format.value](shown, files))
        return str(path)

    def _print(self, report: Report | CandidateReport, files: Files) -> None:
        """To a terminal in colour and as wide as it is; elsewhere the bytes that a file would hold."""
        if self.format is OutputFormat.TEXT and sys.stdout.isatty():
            terminal.show(report, Console(highlight=False))
        else:
            sys.stdout.buffer.write(FORMATS[self.format.value](report, files))
            sys.stdout.buffer.flush()


def file_names(paths: Sequence[Path]) -> list[str]:
    """A name of its own for each submission: names of uploads are the candidates' choice, and may be equal."""
    found: list[str] = []
    for path in paths:
        base = re.sub(r"[^A-Za-z0-9._-]+", "-", path.resolve().name).strip("-.") or "submission"
        name, number = base, 1
        while name in found:
            number += 1
            name = f"{base}-{number}"
        found.append(name)
    return found
