"""What `grader demo` does: the whole way of a submission through the service, from the invitation to the report."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from api.audit.log import SYSTEM
from api.cli.failures import OurFailure
from api.cli.serving import settings_of
from api.cli.steps import DONE
from api.invitations.inviting import Terms, by_token, invite
from api.service import Service, open_service
from api.settings import data_folder
from api.submissions.receiving import Upload, receive
from api.submissions.reporting import report_in_force
from api.submissions.states import UNDER_WAY, State
from api.submissions.tables import Submission
from api.supervisor import serving
from api.takehomes.built_in import WHY_UNCHECKED
from api.takehomes.packing import files_of, pack
from api.takehomes.publishing import publish
from grader.report import Report
from grader.takehome import Takehome, shelf
from sandbox.contract import Files

POLL_SECONDS = 0.3

Send = Callable[[str, str, bytes], None]
"""Sends an upload (token of the invitation, name of the file, its bytes) and returns when it was accepted."""


@dataclass(frozen=True)
class Sample:
    """One submission of the demonstration."""

    takehome: str
    name: str
    files: Files
    invitation: uuid.UUID
    token: str


@dataclass(frozen=True)
class Graded:
    """A sample and what came of it."""

    sample: Sample
    report: Report
    page: str
    """Path of the report's page in the service."""


def default_data() -> Path:
    """Beside the folder of a service that is used in earnest: samples have no place there."""
    return data_folder().with_name("takehome-grader-demo")


@contextmanager
def started(data: Path | None, jobs: int) -> Iterator[tuple[Service, Path]]:
    """The service on the folder of the demonstration, and that folder."""
    settings = settings_of(
        data=data or default_data(),
        host="127.0.0.1",
        port=0,
        grades_at_once=jobs,
        warm=jobs,
        log_level="warning",
    )
    with serving(settings) as supervisor, open_service(supervisor.told) as service:
        yield service, settings.data


def run(
    service: Service, takehomes: Sequence[Takehome], jobs: int, progress: Callable[[str], None]
) -> list[Graded]:
    """Publish, invite, upload, and wait for the reports.

    Raises:
        OurFailure: a sample could not be graded for a reason of ours.
    """
    samples = [sample for takehome in takehomes for sample in _invited(service, takehome)]
    send = direct(service)
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="demo") as threads:
        list(threads.map(lambda one: send(one.token, f"{one.name}.tar.gz", pack(dict(one.files))), samples))
    progress("all samples were uploaded")
    return _awaited(service, samples, progress)


def _invited(service: Service, takehome: Takehome) -> Iterator[Sample]:
    with service.sessions.begin() as session:
        files = files_of(shelf() / takehome.name)
        now = service.now()
        row, suite, rubric = publish(
            session, service.blobs, files, SYSTEM, now, queue=service.queue, waive=WHY_UNCHECKED
        )
        row.suite_id, row.rubric_id = suite.id, rubric.id  # also where the folder is from an older version
        session.flush()
        made = []
        for name, each in sorted(takehome.samples.items()):
            address = f"{name}@{takehome.name}.example.com"
            invitation, token = invite(
                session, row, f"{name}, {takehome.name}", address, Terms(max_attempts=1), SYSTEM, now
            )
            made.append(Sample(takehome.name, name, each, invitation.id, token))
    yield from made


def direct(service: Service) -> Send:
    """Hands uploads to the function that the pages of candidates hand them to."""

    def send(token: str, file_name: str, data: bytes) -> None:
        with service.sessions.begin() as session:
            invitation = by_token(session, token, lock=True)
            upload = Upload(file_name, data, "page")
            receive(
                session,
                service.blobs,
                service.queue,
                service.settings.bounds,
                invitation,
                upload,
                service.now(),
            )

    return send


def _awaited(service: Service, samples: Sequence[Sample], progress: Callable[[str], None]) -> list[Graded]:
    """The reports, in the order of the samples."""
    missing = {sample.invitation: sample for sample in samples}
    found: dict[uuid.UUID, Graded] = {}
    while missing:
        time.sleep(POLL_SECONDS)
        with service.sessions() as session:
            query = select(Submission).where(
                Submission.invitation_id.in_(missing),
                Submission.state.not_in([state.value for state in UNDER_WAY]),
            )
            for submission in session.scalars(query):
                assert submission.invitation_id is not None
                sample = missing.pop(submission.invitation_id)
                progress(f"{DONE}{sample.takehome}, {sample.name}")
                if submission.state not in {State.GRADED, State.UNGRADABLE}:
                    raise OurFailure(
                        f"{sample.takehome}, {sample.name}: {submission.state}. The log says why."
                    )
                report = report_in_force(session, submission)
                found[sample.invitation] = Graded(sample, report, f"/submissions/{submission.id}")
    return [found[sample.invitation] for sample in samples]
