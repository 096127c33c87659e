"""`grader rescore`: stored evidence, another rubric, no sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.failures import error_console, read_text, told
from api.cli.output import Output, OutputFormat
from api.cli.stored import evidence_in
from grader.library import built_in
from grader.rubric import parse
from grader.scoring import parse_judgements, score


def rescore(
    evidence: Annotated[
        Path,
        typer.Argument(
            metavar="EVIDENCE", help="A report written with --format json, or the evidence document in it."
        ),
    ],
    rubric: Annotated[Path, typer.Option("--rubric", "-r", help="The rubric.yaml to score with.")],
    judgements: Annotated[
        Path | None,
        typer.Option("--judgements", help="YAML file with what people decided: docs/rubrics.md."),
    ] = None,
    level: Annotated[str | None, typer.Option("--level", help="Seniority variant of the rubric.")] = None,
    format_: Annotated[
        OutputFormat, typer.Option("--format", "-f", help="Format of the report.")
    ] = OutputFormat.TEXT,
    out: Annotated[str | None, typer.Option("--out", "-o", help="File to write to. Default: print.")] = None,
) -> None:
    """Score stored evidence with another rubric.

    Nothing is run; the same input gives the same bytes.
    """
    with told():
        stored = evidence_in(evidence)
        decided = parse_judgements(read_text(judgements), str(judgements)) if judgements else ()
        report = score(
            parse(read_text(rubric), str(rubric), built_in()), stored, level=level, judgements=decided
        )
        written = Output(format_, out).write(report, {}, "report")
    if written:
        error_console().print(f"report: {written}", markup=False, soft_wrap=True)
