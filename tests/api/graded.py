"""Submissions with real evidence, recorded once from the samples of the take-homes, for tests that need no Docker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api.audit.log import Actor
from api.invitations.inviting import Terms, by_token, invite
from api.service import Service
from api.submissions.grading import grade_submission
from api.submissions.receiving import Upload, receive
from api.submissions.tables import Submission
from api.takehomes.packing import pack
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion, Takehome
from grader.evidence import Evidence
from grader.takehome import find, shelf

RECORDED = Path(__file__).with_name("evidence")
TESTER = Actor("system", "", "tests")


class Recorded:
    """An examiner that gives recorded evidence."""

    def __init__(self, name: str) -> None:
        self._evidence = Evidence.model_validate_json(RECORDED.joinpath(f"{name}.json").read_bytes())

    def environment(self, name: str) -> str:
        """See `Examiner.environment`."""
        return f"{name}:recorded"

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], object], progress: Callable[[str], None]
    ) -> Evidence:
        """See `Examiner.evidence`."""
        del shelf
        take()
        progress("grading")
        takehome = self._evidence.takehome.model_copy(update={"digest": suite.digest})
        return self._evidence.model_copy(update={"takehome": takehome})


def sample_zip(takehome: str, sample: str) -> bytes:
    """The archive of a sample submission."""
    return pack(dict(find(takehome, shelf()).samples[sample]))


def graded(
    service: Service,
    takehome: Takehome,
    sample: str = "middling",
    name: str = "Ada Lovelace",
    email: str = "ada@example.com",
) -> Submission:
    """Invite a candidate, upload the sample, and grade it with the evidence that was recorded of it."""
    return graded_by_link(service, takehome, sample, name, email)[0]


def graded_by_link(
    service: Service, takehome: Takehome, sample: str, name: str, email: str
) -> tuple[Submission, str]:
    """As `graded`, and the token of the candidate's link."""
    with service.sessions.begin() as session:
        row = session.get_one(Takehome, takehome.id)
        _, token = invite(session, row, name, email, Terms(), TESTER, service.now())
    with service.sessions.begin() as session:
        submission = receive(
            session,
            service.blobs,
            service.queue,
            service.settings.bounds,
            by_token(session, token, lock=True),
            Upload(f"{sample}.tar.gz", sample_zip(takehome.name, sample), "page"),
            service.now(),
        )
    cache = Shelf(service.blobs, service.settings.data / "takehomes")
    examiner = Recorded(f"{takehome.name}-{sample}")
    grade_submission(service, cache, examiner, submission.id, submission.suite_id, "tests")
    with service.sessions() as session:
        return session.get_one(Submission, submission.id), token
