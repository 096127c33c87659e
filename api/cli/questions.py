"""`grader questions`: what to ask a candidate in the interview, from a stored report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.failures import WrongUsage, read_text, told
from api.cli.stored import evidence_in, report_in
from grader.formats.questions import text_of
from grader.library import built_in
from grader.rubric import parse
from grader.scoring import score


def questions(
    stored: Annotated[
        Path,
        typer.Argument(
            metavar="REPORT",
            help="A report written with --format json; with --rubric also the evidence document in it.",
        ),
    ],
    rubric: Annotated[
        Path | None, typer.Option("--rubric", "-r", help="Score with this rubric.yaml first.")
    ] = None,
    level: Annotated[
        str | None, typer.Option("--level", help="Seniority variant of the rubric. Needs --rubric.")
    ] = None,
) -> None:
    """Print the questions for the interview that follows.

    Drawn from the submission's own evidence: each with the place it is about, what a strong answer contains and what a
    weak one would be. They are for reviewers. Nothing is run; the same input gives the same text.
    """
    with told():
        if rubric is None and level is not None:
            raise WrongUsage("--level belongs to a rubric: add --rubric FILE.")
        if rubric is None:
            report = report_in(stored)
        else:
            parsed = parse(read_text(rubric), str(rubric), built_in())
            report = score(parsed, evidence_in(stored), level=level)
        typer.echo(text_of(report), nl=False)
