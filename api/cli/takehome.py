"""`grader takehome`: what there is, a new one, and whether one is fit to be given to people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.cli.failures import Exit, told
from api.cli.steps import steps
from api.grading import Grading, open_grading
from grader import new_takehome, publish
from grader.takehome import Takehome, find, names, shelf

app = typer.Typer(help="List, make and check take-homes.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_() -> None:
    """Name the take-homes that ship with the grader."""
    out = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for title in ("Name", "Title", "For", "Minutes", "Environment"):
        out.add_column(title)
    with told():
        for name in names(shelf()):
            spec = find(name, shelf()).spec
            out.add_row(name, spec.title, spec.seniority, str(spec.minutes), spec.environment)
    Console(highlight=False).print(out)


@app.command()
def check(
    wanted: Annotated[list[str], typer.Argument(metavar="TAKEHOME", help="Names, or folders of your own.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=16, help="Solutions graded at a time.")] = 2,
) -> None:
    """Check that a take-home is fair.

    Do so before anybody is graded with it, and whenever it changes.

    The reference must score 100 %, the starter about nothing, every broken solution must lose points where it should
    and nowhere else, the suite must be stable and reject small changes of the reference, and the brief must announce
    every criterion.

    Exit status: 0 fit to publish, 1 not fit, 2 not a usable take-home, 4 our side failed.
    """
    fit = True
    with told():
        found = [find(each, shelf()) for each in wanted]
        environments = tuple(takehome.spec.environment for takehome in found)
        total = sum(publish.effort(takehome) for takehome in found)
        with steps(total) as progress, open_grading(environments, progress=progress) as grading:
            for takehome in found:
                remarks = _remarks(grading, takehome, jobs, progress)
                fit = _show(takehome.name, remarks) and fit
    raise typer.Exit(Exit.DONE if fit else Exit.BELOW)


def _remarks(
    grading: Grading, takehome: Takehome, jobs: int, progress: Callable[[str], None]
) -> list[publish.Remark]:
    job = grading.job(takehome, progress=progress)
    grade, drive = partial(grading.grade_files, job), partial(grading.drive_files, job)
    return publish.check(takehome, job.rubric, grade, drive, jobs=jobs, progress=progress)


def _show(name: str, remarks: list[publish.Remark]) -> bool:
    """Print what was found; true when the take-home is fit to publish."""
    console = Console(highlight=False)
    fit = all(remark.fine for remark in remarks)
    console.print(f"[bold]{name}[/]: {'[green]fit to publish[/]' if fit else '[red]not fit to publish[/]'}")
    for remark in remarks:
        first, *more = remark.text.splitlines()
        console.print(f"  {'[green]✓[/]' if remark.fine else '[red]✗[/]'} ", end="")
        console.print(first, markup=False, soft_wrap=True)
        for line in more:
            console.print(f"      {line}", markup=False, soft_wrap=True)
    return fit


@app.command()
def new(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder to make; its name becomes the take-home's.")
    ],
) -> None:
    """Make a take-home to change into your own.

    It is small and complete, and passes `grader takehome check` as it is.
    """
    with told():
        new_takehome.write(folder)
    Console(highlight=False).print(
        f"{folder}: made. Edit brief.md first, then the rest; docs/takehomes.md says what each part is for.\n"
        f"Whenever you like: grader takehome check {folder}",
        markup=False,
        soft_wrap=True,
    )
