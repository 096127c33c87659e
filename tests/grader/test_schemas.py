"""The published JSON Schemas are current, and say the same as the models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from grader.report import CandidateReport, Report, candidate_view
from grader.rubric import Rubric
from grader.schemas import texts
from grader.scoring import score


@pytest.mark.parametrize("name", sorted(texts()))
def test_published_schemas_are_current(project: Path, name: str) -> None:
    """An editor must not accept what we refuse. Renew them with `python -m grader.schemas`."""
    text = texts()[name]
    assert (project / "grader" / "schemas" / name).read_text(encoding="utf-8") == text
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_our_rubrics_fit_the_schema(project: Path) -> None:
    """The schema is for the YAML as authors write it."""
    example = re.search(r"```yaml\n(.*?)```", (project / "docs" / "rubrics.md").read_text("utf-8"), re.DOTALL)
    assert example is not None
    default = (project / "grader" / "default_rubric.yaml").read_text("utf-8")
    for text in (default, example[1]):
        jsonschema.validate(YAML(typ="safe", pure=True).load(text), json.loads(texts()["rubric.json"]))


def test_reports_fit_the_schema_and_come_back_equal(make: Any, default_rubric: Rubric) -> None:
    """Whoever stores a report can read it again."""
    report = score(default_rubric, make.evidence())
    public = candidate_view(report)
    jsonschema.validate(json.loads(report.model_dump_json()), json.loads(texts()["report.json"]))
    jsonschema.validate(json.loads(public.model_dump_json()), json.loads(texts()["candidate_report.json"]))
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert CandidateReport.model_validate_json(public.model_dump_json()) == public
