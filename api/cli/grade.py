"""`grader grade`: one submission or many, against a take-home or a folder of tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.failures import Exit, WrongUsage, error_console, told
from api.cli.output import Output, OutputFormat, file_names
from api.cli.percent import percentage
from api.cli.steps import DONE, steps
from api.grading import Grading, Job, open_grading
from grader.evidence import Outcome
from grader.formats.comparison import Row, table
from grader.report import Report
from grader.takehome import find, shelf
from sandbox.contract import Files, Limits


def grade_all(
    grading: Grading, job: Job, paths: list[Path], jobs: int, progress: Callable[[str], None]
) -> list[tuple[Report, Files]]:
    """Grade every path, `jobs` at a time; results in the order of `paths`."""

    def one(path: Path) -> tuple[Report, Files]:
        found = grading.grade_path(job, path, lambda line: progress(f"{path.name}: {line}"))
        progress(f"{DONE}{path.name}")
        return found

    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="grading") as threads:
        return list(threads.map(one, paths))


def exit_status(reports: Sequence[Report], fail_under: float | None = None) -> Exit:
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
        typer.Argument(
            metavar="PATH", help="Submissions: folder, .zip, .tar(.gz|.bz2|.xz), .py file or git repository."
        ),
    ],
    *,
    takehome: Annotated[
        str | None,
        typer.Option(
            "--takehome", "-t", help="The take-home: a name from `grader takehome list`, or its folder."
        ),
    ] = None,
    tests: Annotated[
        Path | None,
        typer.Option(
            "--tests",
            help="Instead of a take-home: a folder with a pytest or unittest suite, run as it is. Modules that it "
            "imports and does not hold come from the submission.",
        ),
    ] = None,
    environment: Annotated[
        str, typer.Option("--environment", help="With --tests: packages to run in (base, web or data).")
    ] = "base",
    level: Annotated[str | None, typer.Option("--level", help="Seniority variant of the rubric.")] = None,
    format_: Annotated[
        OutputFormat, typer.Option("--format", "-f", help="Format of the report.")
    ] = OutputFormat.TEXT,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", help="File to write to; for several submissions a folder. Default: print."
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=64, help="Submissions graded at a time.")
    ] = 1,
    runtime: Annotated[
        str | None,
        typer.Option("--runtime", help="Container runtime, for example runsc. Refused when it is missing."),
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--fail-under",
            metavar="PERCENT",
            parser=percentage,
            help="Exit with 1 when a score is below this percentage.",
        ),
    ] = None,
    for_candidate: Annotated[
        bool,
        typer.Option(
            "--for-candidate", help="Write the view that a candidate may see: nothing of the hidden suite."
        ),
    ] = False,
) -> None:
    """Grade submissions, and explain every point.

    Everything runs in Docker sandboxes; the candidate's code never shares one with the hidden tests. Several
    submissions give a table, and with --out their reports too.

    Exit status: 0 graded, 1 below --fail-under, 2 wrong usage, 3 a submission is ungradable, 4 our side failed.
    """
    with told():
        output = Output(format_, out, for_candidate, many=len(paths) > 1)
        output.check()
        _check_paths(paths)
        with steps(len(paths)) as progress:
            if tests is not None and takehome is None:
                if not tests.is_dir():
                    raise WrongUsage(f"There is no folder {tests}. --tests takes the folder of a test suite.")
                with open_grading((environment,), runtime=runtime, progress=progress) as grading:
                    job = grading.tests_job(tests, environment, Limits(), level=level)
                    graded = grade_all(grading, job, paths, jobs, progress)
            elif takehome is not None and tests is None:
                chosen = find(takehome, shelf())
                with open_grading((chosen.spec.environment,), runtime=runtime, progress=progress) as grading:
                    job = grading.job(chosen, level=level, progress=progress)
                    graded = grade_all(grading, job, paths, jobs, progress)
            else:
                raise WrongUsage(
                    "Give either --takehome NAME (`grader takehome list` shows them) or --tests DIR."
                )
        _publish(output, paths, graded)
    raise typer.Exit(exit_status([report for report, _ in graded], fail_under))


def _check_paths(paths: list[Path]) -> None:
    """A slip of the keyboard is no ungradable submission."""
    for path in paths:
        if not path.exists():
            raise WrongUsage(f"There is nothing at {path}. Name the submission's folder or archive.")


def _publish(output: Output, paths: list[Path], graded: list[tuple[Report, Files]]) -> None:
    rows = []
    for name, (report, files) in zip(file_names(paths), graded, strict=True):
        shown = report.model_copy(update={"band": None}) if output.for_candidate else report
        rows.append(Row(name, shown, output.write(report, files, name)))
    if output.many:
        Console().print(table(rows))
    elif rows[0].written_to:
        error_console().print(f"report: {rows[0].written_to}", markup=False, soft_wrap=True)
