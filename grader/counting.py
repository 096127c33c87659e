"""Which of the candidate's own tests count, and which are believed when they notice a change of the code.

What ran beside the candidate's code is a claim. So a test counts when the reading found its source with at least one
assertion, it passed, and its file is not as it was given out.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from grader.evidence import Finding, OwnTest, OwnTests, SubmittedFile, TestOutcome

LOOKS_AT_CODE = "looks-at-code"
"""Rule of the reading: a test that asks for the source or the instructions of what it tests."""
MISSED: MappingProxyType[str, str] = MappingProxyType(
    {
        "survived": "no test notices",
        "not_reached": "no test that counts runs it",
        "not_run": "not tried: no time left",
    }
)
"""What became of a change that no test noticed. A test that does not count may well run it, but is not asked."""


def counting(files: Iterable[SubmittedFile], own: OwnTests) -> list[OwnTest]:
    """Keep the tests that count. An id that is reported twice is one test."""
    passed = passing(own)
    out = given(files, passed)
    return [test for name, test in passed.items() if (test.assertions or 0) > 0 and name not in out]


def passing(own: OwnTests) -> dict[str, OwnTest]:
    """The tests that pass, by their ids."""
    return {test.id: test for test in own.tests if test.outcome is TestOutcome.PASSED}


def given(files: Iterable[SubmittedFile], tests: Iterable[str]) -> set[str]:
    """Keep the ids of tests that are in files as they were given out."""
    same = {file.path for file in files if file.from_starter == "same"}
    return {name for name in tests if name.partition("::")[0] in same}


def believed(files: Iterable[SubmittedFile], findings: Iterable[Finding], own: OwnTests) -> tuple[str, ...]:
    """Ids of the tests that count and do not look at the code that they test, in their own order.

    None is believed where a `conftest.py` looks: its fixtures look for all of them.
    """
    curious = {
        finding.place.path
        for finding in findings
        if finding.rule == LOOKS_AT_CODE and not finding.from_starter
    }
    if any(path.rpartition("/")[2] == "conftest.py" for path in curious):
        return ()
    return tuple(test.id for test in counting(files, own) if test.id.partition("::")[0] not in curious)
