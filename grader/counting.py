"""Which of the candidate's own tests count, and which are believed when they notice a change of the code.

What ran beside the candidate's code is a claim. So a test counts when the reading found its source with at least one
assertion, it passed, and its file is not as it was given out.
"""

from __future__ import annotations

from collections.abc import Iterable

from grader.evidence import Finding, OwnTest, OwnTests, SubmittedFile, TestOutcome

LOOKS_AT_CODE = "looks-at-code"
"""Rule of the reading: a test that asks for the source or the instructions of what it tests."""


def counting(files: Iterable[SubmittedFile], own: OwnTests) -> list[OwnTest]:
    """Keep the tests that count. An id that is reported twice is one test."""
    given = {file.path for file in files if file.from_starter == "same"}
    passed = {test.id: test for test in own.tests if test.outcome is TestOutcome.PASSED}
    return [
        test
        for test in passed.values()
        if (test.assertions or 0) > 0 and test.id.partition("::")[0] not in given
    ]


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
