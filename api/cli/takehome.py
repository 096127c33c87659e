"""`grader takehome`: what there is, a new one, and whether one is fit to be given to people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.cli.failures import Exit, told
from api.cli.grade import steps
from api.grading import open_grading
from grader import takehome as takehomes

app = typer.Typer(help="List, make and check take-homes.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_() -> None:
    """Name the take-homes that ship with the grader."""
    with told():
        shelf = takehomes.shelf()
        out = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for title in ("Name", "Title", "For", "Minutes", "Environment"):
            out.add_column(title)
        for name in takehomes.names(shelf):
            spec = takehomes.find(name, shelf).spec
            out.add_row(name, spec.title, spec.seniority, str(spec.minutes), spec.environment)
    Console(highlight=False).print(out)


@app.command()
def check(
    wanted: Annotated[list[str], typer.Argument(metavar="TAKEHOME…", help="Names, or folders of your own.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=16, help="Solutions graded at a time.")] = 2,
) -> None:
    """Check that a take-home is fair, before anybody is graded with it.

    The reference must score 100 %, the starter about nothing, every broken solution must lose points where it should
    and nowhere else, the suite must be stable, and the brief must announce every criterion.
    """
    from grader.publish import Remark, check as check_one  # noqa: PLC0415

    console = Console(highlight=False)
    failed = False
    with told():
        found = [takehomes.find(each, takehomes.shelf()) for each in wanted]
        environments = tuple(takehome.spec.environment for takehome in found)
        with steps(0) as progress, open_grading(environments, progress=progress) as grading:
            for takehome in found:
                job = grading.job(takehome, progress=progress)
                remarks: list[Remark] = check_one(
                    takehome, job.rubric, lambda files, job=job: grading.grade_files(job, files), jobs=jobs, progress=progress  # type: ignore[misc]
                )
                bad = [remark for remark in remarks if not remark.fine]
                failed = failed or bool(bad)
                console.print(f"[bold]{takehome.name}[/]: {'[red]not fit[/]' if bad else '[green]fit to publish[/]'}")
                for remark in remarks:
                    mark = "[green]✓[/]" if remark.fine else "[red]✗[/]"
                    console.print(f"  {mark} ", end="")
                    console.print(remark.text, markup=False, soft_wrap=True)
    raise typer.Exit(Exit.BELOW if failed else Exit.DONE)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make; its name becomes the take-home's.")],
) -> None:
    """Make a small, complete take-home to change into your own. It passes `grader takehome check` as it is."""
    from grader.new_takehome import write  # noqa: PLC0415

    with told():
        write(folder)
    Console(highlight=False).print(
        f"{folder}: made. Next: edit brief.md and hidden_tests/, then `grader takehome check {folder}`.",
        markup=False, soft_wrap=True,
    )
