"""`grader demo`: grade the sample submissions of every take-home that ships with the grader."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.failures import Exit, told, write_bytes
from api.cli.grade import exit_status
from api.cli.steps import DONE, steps
from api.grading import Grading, Job, open_grading
from grader.formats.comparison import Row, table
from grader.formats.registry import FORMATS
from grader.report import Report
from grader.takehome import find, names, shelf
from sandbox.contract import Files


@dataclass(frozen=True)
class Sample:
    """One submission of the demonstration."""

    takehome: str
    name: str
    files: Files
    job: Job


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the reports.")] = Path("reports"),
    only: Annotated[list[str] | None, typer.Option("--takehome", "-t", help="Only these take-homes.")] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=64, help="Submissions graded at a time.")
    ] = 2,
) -> None:
    """Grade sample submissions.

    Of every built-in take-home there are good, middling, poor and cheating ones. Prints their scores and writes
    their reports as pages and as JSON.

    Exit status: 0 done, 2 wrong usage, 4 our side failed.
    """
    with told():
        takehomes = [find(name, shelf()) for name in only or names(shelf())]
        total = sum(len(takehome.samples) for takehome in takehomes)
        environments = tuple(takehome.spec.environment for takehome in takehomes)
        start = time.monotonic()
        with steps(total) as progress, open_grading(environments, progress=progress) as grading:
            samples = []
            for takehome in takehomes:
                job = grading.job(takehome, progress=progress)
                samples += [
                    Sample(takehome.name, name, files, job)
                    for name, files in sorted(takehome.samples.items())
                ]
            begun = time.monotonic()
            with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="demo") as threads:
                graded = list(threads.map(lambda sample: _grade(grading, sample, progress), samples))
            spent = time.monotonic() - begun
        rows: dict[str, list[Row]] = {takehome.name: [] for takehome in takehomes}
        for sample, report in zip(samples, graded, strict=True):
            rows[sample.takehome].append(Row(sample.name, report, _write(out, sample, report)))
    _show(rows, spent, time.monotonic() - start)
    # an ungradable sample is part of the show, not a failure of it
    failed = exit_status(graded) is Exit.INFRASTRUCTURE
    raise typer.Exit(Exit.INFRASTRUCTURE if failed else Exit.DONE)


def _grade(grading: Grading, sample: Sample, progress: Callable[[str], None]) -> Report:
    report = grading.grade_files(sample.job, sample.files)
    progress(f"{DONE}{sample.takehome}, {sample.name}")
    return report


def _write(out: Path, sample: Sample, report: Report) -> str:
    """Both formats; returns the path of the page."""
    page = out / sample.takehome / f"{sample.name}.html"
    write_bytes(page.with_suffix(".json"), FORMATS["json"](report, sample.files))
    write_bytes(page, FORMATS["html"](report, sample.files))
    return str(page)


def _show(rows: dict[str, list[Row]], spent: float, total: float) -> None:
    console = Console(highlight=False)
    for name, each in rows.items():
        console.print(f"\n[bold]{name}[/]")
        console.print(table(sorted(each, key=_share, reverse=True)))
    count = sum(len(each) for each in rows.values())
    console.print(
        f"\n{count} submissions graded in {spent:.1f} s ({total:.1f} s with getting ready). The reports are pages: "
        "open them in a browser.",
        soft_wrap=True,
    )


def _share(row: Row) -> float:
    """What was not graded comes last."""
    return row.report.score.share if row.report.score else -1.0
