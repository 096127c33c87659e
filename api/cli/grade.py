"""`grader grade`: one submission or many, against a take-home or a folder of tests."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.cli.failures import Exit, error_console, told
from api.grading import Grading, Job, open_grading
from grader.evidence import Outcome
from grader.formats.comparison import Row, table
from grader.formats.registry import FORMATS, SUFFIXES
from grader.report import Report, candidate_view
from grader.takehome import find, shelf
from sandbox.contract import Files, Limits


class OutputFormat(StrEnum):
    """Formats of a report."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"


@dataclass(frozen=True)
class Output:
    """Where and how reports are written."""

    format: OutputFormat
    out: Path | None
    for_candidate: bool

    def rendered(self, report: Report, files: Files) -> bytes:
        """The report in the format asked for."""
        return FORMATS[self.format.value](candidate_view(report) if self.for_candidate else report, files)

    def write(self, report: Report, files: Files, name: str, *, many: bool) -> str:
        """Write or print one report; returns the path that was written, "" where it was printed."""
        data = self.rendered(report, files)
        if self.out is None:
            if not many:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            return ""
        path = self.out
        if many or self.out.is_dir():
            path = self.out / f"{_file_name(name)}{SUFFIXES[self.format.value]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return str(path)


def _file_name(name: str) -> str:
    """A submission's name as a file name of ours: names of uploads are the candidate's choice."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "submission"


@contextlib.contextmanager
def steps(total: int) -> Iterator[Callable[[str], None]]:
    """A progress display on the error stream: a bar on a terminal, a line for each step elsewhere."""
    console = error_console()
    if not console.is_terminal:
        yield lambda line: console.print(f"  {line}", markup=False, soft_wrap=True)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=total)

        def step(line: str) -> None:
            done = line.startswith("done: ")
            progress.update(task, description=line, advance=1 if done else 0)

        yield step


def grade_all(
    grading: Grading, job: Job, paths: list[Path], jobs: int, progress: Callable[[str], None]
) -> list[tuple[Report, Files]]:
    """Grade every path, `jobs` at a time; results in the order of `paths`."""

    def one(path: Path) -> tuple[Report, Files]:
        found = grading.grade_path(job, path, lambda line: progress(f"{path.name}: {line}"))
        progress(f"done: {path.name}")
        return found

    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="grading") as threads:
        return list(threads.map(one, paths))


def exit_status(reports: list[Report], fail_under: float | None) -> Exit:
    """The worst of what became of the submissions."""
    outcomes = {report.outcome for report in reports}
    if Outcome.INFRASTRUCTURE_FAILED in outcomes:
        return Exit.INFRASTRUCTURE
    if Outcome.UNGRADABLE in outcomes:
        return Exit.UNGRADABLE
    if fail_under is not None and any(r.score is None or r.score.share * 100 < fail_under for r in reports):
        return Exit.BELOW
    return Exit.DONE


def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Submissions: folder, .zip, .tar(.gz|.bz2|.xz), .py file or git repository."),
    ],
    takehome: Annotated[
        str | None,
        typer.Option("--takehome", "-t", help="The take-home: a name from `grader takehome list`, or its folder."),
    ] = None,
    tests: Annotated[
        Path | None,
        typer.Option("--tests", help="Instead of a take-home: a folder with an existing pytest or unittest suite, run as it is."),
    ] = None,
    environment: Annotated[
        str, typer.Option("--environment", help="With --tests: packages to run in (base, web or data).")
    ] = "base",
    level: Annotated[str | None, typer.Option("--level", help="Seniority variant of the rubric.")] = None,
    format_: Annotated[OutputFormat, typer.Option("--format", "-f", help="Format of the report.")] = OutputFormat.TEXT,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write to (a folder for several submissions). Default: print."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Submissions graded at a time.")] = 1,
    runtime: Annotated[
        str | None, typer.Option("--runtime", help="Container runtime, for example runsc. Refused when it is missing.")
    ] = None,
    fail_under: Annotated[
        float | None, typer.Option("--fail-under", min=0, max=100, help="Exit with 1 when a score is below this percentage.")
    ] = None,
    for_candidate: Annotated[
        bool, typer.Option("--for-candidate", help="Write the view that a candidate may see: nothing of the hidden suite.")
    ] = False,
) -> None:
    """Grade submissions in Docker sandboxes and print or write scored reports.

    The candidate's code never shares a container with the hidden tests. Needs a Docker engine: `grader doctor`.

    Exit status: 0 graded, 1 below --fail-under, 2 wrong usage, 3 a submission is ungradable, 4 our side failed.
    """
    if (takehome is None) == (tests is None):
        error_console().print("[bold red]error:[/] give either --takehome NAME or --tests DIR (`grader takehome list` names what there is)")
        raise typer.Exit(Exit.USAGE)
    with told():
        output = Output(format_, out, for_candidate)
        chosen = find(takehome, shelf()) if takehome is not None else None
        wanted = chosen.spec.environment if chosen is not None else environment
        with (
            steps(len(paths)) as progress,
            open_grading((wanted,), runtime=runtime, progress=progress) as grading,
        ):
            if chosen is not None:
                job = grading.job(chosen, level=level, progress=progress)
            else:
                assert tests is not None
                job = grading.tests_job(tests, wanted, Limits())
            graded = grade_all(grading, job, paths, jobs, progress)
    _publish(output, paths, graded)
    raise typer.Exit(exit_status([report for report, _ in graded], fail_under))


def _publish(output: Output, paths: list[Path], graded: list[tuple[Report, Files]]) -> None:
    many = len(paths) > 1
    rows = []
    for path, (report, files) in zip(paths, graded, strict=True):
        name = path.resolve().name
        rows.append(Row(name, report, output.write(report, files, name, many=many)))
    if many:
        Console().print(table(rows))
    elif rows[0].written_to:
        error_console().print(f"report: {rows[0].written_to}", markup=False)
