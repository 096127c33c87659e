"""Formats are found by name."""

from pathlib import Path

import pytest

from grader.formats.registry import FORMATS, SUFFIXES
from tests.grader.formats.samples import samples


def test_every_format_has_a_file_name() -> None:
    """`--out DIR` needs a suffix for each."""
    assert FORMATS.keys() == SUFFIXES.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_files_that_are_missing_change_no_outcome(name: str) -> None:
    """Every format must work on a stored report, without the submission at hand."""
    for make in samples().values():
        report, _ = make()
        assert FORMATS[name](report, {})


def test_the_docs_show_what_is_printed() -> None:
    """An example that drifts from the program teaches the wrong thing."""
    report, files = samples()["good"]()
    docs = (Path(__file__).parents[3] / "docs/reports.md").read_text("utf-8")
    assert FORMATS["text"](report, files).decode() in docs
    assert all(f"| `{name}` |" in docs for name in FORMATS)
