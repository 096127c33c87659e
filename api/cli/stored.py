"""Reports and evidence that an earlier command wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.cli.failures import WrongUsage, read_text
from grader.evidence import Evidence
from grader.report import Report

HOW = "`grader grade … --format json --out FILE` writes some; a report made with --for-candidate holds none."


def evidence_in(path: Path) -> Evidence:
    """The evidence in the document at `path`: a report, or the evidence alone.

    Raises:
        WrongUsage: there is none in it.
    """
    try:
        document = _document(path)
        if isinstance(document, dict) and isinstance(document.get("evidence"), dict):
            document = document["evidence"]
        return Evidence.model_validate_json(json.dumps(document))
    except (json.JSONDecodeError, ValidationError) as error:
        raise WrongUsage(f"{path} holds no evidence ({_first(error)}). {HOW}") from error


def report_in(path: Path) -> Report:
    """The reviewer's report at `path`.

    Raises:
        WrongUsage: it is none.
    """
    try:
        return Report.model_validate_json(json.dumps(_document(path)))
    except (json.JSONDecodeError, ValidationError) as error:
        hint = "Evidence alone needs --rubric FILE."
        raise WrongUsage(f"{path} is no reviewer's report ({_first(error)}). {HOW} {hint}") from error


def _document(path: Path) -> Any:
    return json.loads(read_text(path))


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]
