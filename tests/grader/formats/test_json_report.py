"""The JSON report is the model, the same bytes each time, and safe to print."""

import json

import pytest

from grader.evidence import Reading
from grader.formats import json_report
from grader.report import CandidateReport, Report, candidate_view
from tests.grader.formats.samples import samples

SAMPLES = samples()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_model_comes_back(name: str) -> None:
    """Programs that read the report must get what was scored."""
    report, files = SAMPLES[name]()
    written = json_report.render(report, files)
    assert Report.model_validate_json(written) == report
    view = candidate_view(report)
    assert CandidateReport.model_validate_json(json_report.render(view, files)) == view
    assert written == json_report.render(SAMPLES[name]()[0], {})


def test_the_published_fields_are_where_the_docs_say() -> None:
    """Other people's programs depend on these names."""
    document = json.loads(json_report.render(*SAMPLES["middling"]()))
    assert document["schema_version"] == "1"
    assert document["outcome"] == "graded"
    assert document["score"]["points"] == 19.25
    assert document["score"]["max"] == 40
    assert {"id", "points", "max", "items"} <= document["criteria"][0].keys()
    assert document["evidence"]["hidden_tests"]["tests"][8]["outcome"] == "error"


def test_only_printable_ascii_is_written() -> None:
    """`cat report.json` must not obey a candidate."""
    written = json_report.render(*SAMPLES["hostile"]())
    assert set(written) <= set(range(0x20, 0x7F)) | {0x0A}


def test_a_figure_that_is_no_number_is_refused() -> None:
    """NaN is not JSON; most readers would fail on it later and elsewhere."""
    report, files = SAMPLES["good"]()
    reading = Reading(figures={"share": float("nan")})
    broken = report.model_copy(update={"evidence": report.evidence.model_copy(update={"reading": reading})})
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_report.render(broken, files)
