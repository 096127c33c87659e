"""What a commit is told, where text of the candidate is in it."""

from __future__ import annotations

import pytest

from api.forges.statuses import MOST_ANNOTATIONS, findings_at_lines, shown
from api.submissions.feedback import Released
from api.takehomes.tables import Feedback
from grader.evidence import Outcome
from grader.report import CandidateCriterion, CandidateItem, CandidateReport, EvidenceLink, LinkKind


def report(*links: EvidenceLink) -> CandidateReport:
    """A report whose only item rests on `links`."""
    item = CandidateItem(id="lint", title="Lint", status="judged", points=1, max=2, why="", evidence=links)
    criterion = CandidateCriterion(id="style", title="Style", why="", points=1, max=2, items=(item,))
    return CandidateReport(outcome=Outcome.GRADED, takehome="flatten", criteria=(criterion,))


def finding(line: int | None = 1, text: str = "unused", kind: LinkKind = "finding") -> EvidenceLink:
    return EvidenceLink(kind=kind, ref="F401", path="a.py", line=line, text=text)


def test_lines_are_at_most_fifty_each_once() -> None:
    links = [finding(line) for line in range(1, 200)]

    assert len(list(findings_at_lines(report(*links, *links)))) == MOST_ANNOTATIONS == 50
    assert len(list(findings_at_lines(report(finding(), finding())))) == 1


@pytest.mark.parametrize("kind", ["test", "file", "function", "coverage", "variant", "workload"])
def test_only_findings_are_shown_at_lines(kind: LinkKind) -> None:
    assert list(findings_at_lines(report(finding(kind=kind), finding(line=None)))) == []


def test_what_steers_or_hides_is_made_visible() -> None:
    [line] = findings_at_lines(report(finding(text="a\x1b[31m\u202eb\nc")))

    assert line.message == "a\\x1b[31m\\u202eb ⏎ c"


def test_a_reason_with_names_of_the_candidate_links_and_mentions_nobody() -> None:
    reason = "No file: `](https://evil.example) @everyone ![x](https://evil.example/x.png)`" + "x" * 500
    status = shown(Released(level=Feedback.NONE, outcome=Outcome.UNGRADABLE, reason=reason), "", "")

    assert len(status.title) == 140
    last = status.summary.splitlines()[-1]
    assert last.startswith("`No file: '](https://evil.example) @everyone")
    assert last.count("`") == 2
