"""Formats are found by name."""

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
