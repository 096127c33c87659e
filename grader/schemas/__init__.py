"""The published JSON Schemas: of the rubric format for editors, of evidence and reports for whoever reads them.

The files beside this module are what `texts` gives; a test holds them to it. `python -m grader.schemas` renews them.
"""

from __future__ import annotations

import json

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from grader.evidence import Evidence
from grader.report import CandidateReport, Report
from grader.rubric.library import WrittenRubric

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def texts() -> dict[str, str]:
    """Give file name → text of every schema."""
    return {
        "rubric.json": _text(WrittenRubric, "validation"),
        "evidence.json": _text(Evidence, "serialization"),
        "report.json": _text(Report, "serialization"),
        "candidate_report.json": _text(CandidateReport, "serialization"),
    }


def _text(model: type[BaseModel], mode: JsonSchemaMode) -> str:
    schema = {"$schema": DIALECT, **model.model_json_schema(by_alias=True, mode=mode)}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
