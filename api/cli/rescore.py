"""`grader rescore`: stored evidence, another rubric, no sandbox."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.cli.failures import Exit, error_console, told
from api.cli.grade import OutputFormat
from grader.evidence import Evidence
from grader.formats.registry import FORMATS
from grader.rubric import parse
from grader.scoring import score


def rescore(
    evidence: Annotated[
        Path,
        typer.Argument(metavar="EVIDENCE", help="A report written with --format json, or the evidence document in it."),
    ],
    rubric: Annotated[Path, typer.Option("--rubric", "-r", help="The rubric.yaml to score with.")],
    level: Annotated[str | None, typer.Option("--level", help="Seniority variant of the rubric.")] = None,
    format_: Annotated[OutputFormat, typer.Option("--format", "-f", help="Format of the report.")] = OutputFormat.TEXT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write to. Default: print.")] = None,
) -> None:
    """Score stored evidence again, with a changed rubric. Nothing is run; the same input gives the same bytes."""
    with told():
        stored = _evidence(evidence)
        text = _text(rubric)
        report = score(parse(text, str(rubric)), stored, level=level)
    data = FORMATS[format_.value](report, {})
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(data)
        error_console().print(f"report: {out}", markup=False)


def _evidence(path: Path) -> Evidence:
    try:
        document = json.loads(_text(path))
        if isinstance(document, dict) and isinstance(document.get("evidence"), dict):
            document = document["evidence"]
        return Evidence.model_validate(document)
    except (json.JSONDecodeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        error_console().print(
            f"error: {path} holds no evidence ({first}). Write one with `grader grade … --format json --out FILE`; a "
            "report made with --for-candidate holds none.",
            markup=False,
        )
        raise typer.Exit(Exit.USAGE) from error


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        error_console().print(f"error: {path} cannot be read: {error}", markup=False)
        raise typer.Exit(Exit.USAGE) from error
