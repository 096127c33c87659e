"""What a commit is told: as much of its report as the invitation releases, in the words of its page at the forge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from api.forges.interface import Annotation, Phase, Status
from api.forges.tables import CommitState, ForgeCommit
from api.invitations.tables import Invitation
from api.submissions.feedback import Released, of_report
from api.submissions.reporting import report_in_force
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Feedback
from grader.evidence import Outcome
from grader.formats.visible import one_line
from grader.report import CandidateReport

LONGEST_TITLE: Final = 140
MOST_ANNOTATIONS: Final = 50
FINDINGS: Final = frozenset({"finding"})
"""Kinds of evidence that are shown at a line. Tests are none of them: hidden ones stay hidden."""
OUR_FAULT: Final = "That is our fault, not yours. An administrator has to look."

_WITHOUT_REPORT: Final = {
    State.QUEUED: (Phase.PENDING, "Received. It waits for its turn."),
    State.WAITING: (Phase.PENDING, "Received. It waits for another try: that is our fault, not yours."),
    State.GRADING: (Phase.RUNNING, "It is being graded."),
    State.FAILED: (Phase.ERROR, f"We could not grade this. {OUR_FAULT}"),
    State.CANCELLED: (Phase.CANCELLED, "It was cancelled and is not graded."),
    State.DELETED: (Phase.CANCELLED, "The data of this submission was deleted."),
}


def status_of(
    session: Session,
    commit: ForgeCommit,
    submission: Submission | None,
    invitation: Invitation,
    base_url: str,
) -> Status:
    """The status of a commit now. Comments of reviewers, judgements and hidden text are never in it."""
    if submission is None:
        phase, title = _without_submission(commit)
        return Status(phase, _cut(title), title, reference=str(commit.id))
    state = State(submission.state)
    url = f"{base_url}/submissions/{submission.id}"
    words = _WITHOUT_REPORT.get(state)
    if words is not None:
        phase, title = words
        return Status(phase, _cut(title), title, url=url, reference=str(commit.id))
    level = Feedback(invitation.feedback)
    return shown(of_report(report_in_force(session, submission), level), url, str(commit.id))


def shown(released: Released, url: str, reference: str) -> Status:
    """The status that ends it, of what is released."""
    if released.outcome is not None and released.outcome is not Outcome.GRADED:
        title = f"It cannot be graded: {one_line(released.reason)}"
        summary = f"It cannot be graded.\n\n{_literal(released.reason)}"
        return Status(Phase.FAILURE, _cut(title), summary, url=url, reference=reference)
    return Status(
        Phase.SUCCESS,
        _cut(_graded(released)),
        _summary(released),
        tuple(findings_at_lines(released.report)) if released.report else (),
        url,
        reference,
    )


def _without_submission(commit: ForgeCommit) -> tuple[Phase, str]:
    match CommitState(commit.state):
        case CommitState.REFUSED:
            return Phase.FAILURE, f"Not taken: {one_line(commit.problem)}"
        case CommitState.FAILED:
            return Phase.ERROR, f"We could not fetch this commit. {OUR_FAULT}"
        case _:
            return Phase.PENDING, "Received. It is being fetched."


def _graded(released: Released) -> str:
    if not released.share_in_words:
        return "Graded. The reviewers have the report."
    waits = ", more when a person has looked" if released.waits_for_a_person else ""
    return f"Graded: {released.share_in_words} of the points{waits}."


def _summary(released: Released) -> str:
    lines = [_graded(released)]
    if released.criteria:
        lines += ["", "| Criterion | Points | of |", "|---|---:|---:|"]
        lines += [f"| {_cell(one.title)} | {one.points:g} | {one.max:g} |" for one in released.criteria]
    if released.report is not None and released.report.hidden_tests is not None:
        tests = released.report.hidden_tests
        lines += ["", f"{tests.passed} of {tests.total} of our tests pass."]
    return "\n".join(lines)


def findings_at_lines(report: CandidateReport) -> Iterable[Annotation]:
    """Findings at lines, each once, of what candidates may see."""
    links = (
        link
        for criterion in report.criteria
        for item in criterion.items
        for link in item.evidence
        if link.kind in FINDINGS and link.path and link.line
    )
    seen: set[tuple[str, int, str, str]] = set()
    for link in links:
        key = (link.path or "", link.line or 1, link.ref, link.text)
        if key not in seen and len(seen) < MOST_ANNOTATIONS:
            seen.add(key)
            message = one_line(link.text, 1000) or one_line(link.ref)
            yield Annotation(path=key[0], line=key[1], title=one_line(link.ref, 100), message=message)


def _cut(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


def _cell(text: str) -> str:
    return one_line(text, 100).replace("\\", "\\\\").replace("|", "\\|")


def _literal(text: str) -> str:
    """Text that may hold the candidate's, as code: nothing in it is a link, a picture or a mention."""
    return "`" + one_line(text, 1000).replace("`", "'") + "`"
