"""`grader rubric`: check a rubric, print the schemas."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.failures import read_text, told
from grader.rubric import parse
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
            rubric = parse(read_text(path), str(path))
            items = sum(len(criterion.items) for criterion in rubric.criteria)
            levels = f", levels: {', '.join(rubric.levels)}" if rubric.levels else ""
            counted = f"{len(rubric.criteria)} criteria, {items} items{levels}"
            console.print(f"{path}: fine ({counted})", markup=False, soft_wrap=True)


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
