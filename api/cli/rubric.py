"""`grader rubric`: check a rubric, print the schemas."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.failures import WrongUsage, read_text, told
from grader.library import built_in, criteria
from grader.rubric import parse, self_contained
from grader.schemas import texts

app = typer.Typer(
    help="Check rubrics, and print their JSON Schema for your editor.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Schema(StrEnum):
    """Documents with a published schema."""

    RUBRIC = "rubric"
    REPORT = "report"
    EVIDENCE = "evidence"
    CANDIDATE_REPORT = "candidate_report"


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(metavar="RUBRIC", help="rubric.yaml files.")],
) -> None:
    """List what is wrong in rubrics.

    Each problem comes with its file, its line and a hint.

    Exit status: 0 all fine, 2 something is wrong with one of them.
    """
    console = Console(highlight=False)
    with told():
        for path in paths:
            rubric = parse(read_text(path), str(path), built_in())
            items = sum(len(criterion.items) for criterion in rubric.criteria)
            levels = f", levels: {', '.join(rubric.levels)}" if rubric.levels else ""
            counted = f"{len(rubric.criteria)} criteria, {items} items{levels}"
            console.print(f"{path}: fine ({counted})", markup=False, soft_wrap=True)


@app.command()
def library(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One of them, such as tests@1: its whole text.")
    ] = None,
) -> None:
    """List the criteria that a rubric can take by name.

    `use: library/tests@2` in a rubric takes one; docs/criteria.md shows them all.

    Exit status: 0, or 2 when there is no such criterion.
    """
    with told():
        if name is None:
            for one in criteria():
                names = ", ".join(item.id for item in one.items)
                typer.echo(f"{one.id}@{one.version}: {one.title} ({names})")
            return
        wanted = name.removeprefix("library/")
        if wanted not in built_in():
            raise WrongUsage(f"The library has no {wanted!r}. It has: {', '.join(built_in())}.")
        typer.echo(built_in()[wanted], nl=False)


@app.command()
def resolve(
    path: Annotated[Path, typer.Argument(metavar="RUBRIC", help="A rubric.yaml.")],
) -> None:
    """Print a rubric with everything that it uses of the library written out.

    This is what a service stores when a take-home is published.

    Exit status: 0, or 2 when something is wrong with it.
    """
    with told():
        text = read_text(path)
        parse(text, str(path), built_in())
        typer.echo(self_contained(text, str(path), built_in()), nl=False)


@app.command()
def schema(
    of: Annotated[
        Schema, typer.Argument(metavar="DOCUMENT", help="rubric, report, evidence or candidate_report.")
    ] = Schema.RUBRIC,
) -> None:
    """Print a JSON Schema.

    Of rubrics, of reports, of the evidence in them, or of reports for candidates.
    """
    typer.echo(texts()[f"{of.value}.json"], nl=False)
