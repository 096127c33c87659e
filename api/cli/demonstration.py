"""What `grader demo` does: the whole way of a submission through the service, from the invitation to the report."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from sqlalchemy import select

from api.audit.log import SYSTEM
from api.cli.failures import OurFailure
from api.cli.serving import settings_of
from api.cli.steps import DONE
from api.invitations.inviting import Terms, invite
from api.service import Service, open_service
from api.settings import data_folder
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
def started(data: Path | None, jobs: int) -> Iterator[tuple[Service, str, Path]]:
    """The service on the folder of the demonstration, its address, and that folder."""
    settings = settings_of(
        data=data or default_data(),
        host="127.0.0.1",
        port=0,
        grades_at_once=jobs,
        warm=jobs,
        log_level="warning",
    )
    with serving(settings) as supervisor, open_service(supervisor.told) as service:
        yield service, supervisor.address, settings.data


def run(
    service: Service,
    address: str,
    takehomes: Sequence[Takehome],
    jobs: int,
    progress: Callable[[str], None],
) -> list[Graded]:
    """Publish, invite, upload to the service at `address`, and wait for the reports.

    Raises:
        OurFailure: a sample could not be graded for a reason of ours.
    """
    samples = [sample for takehome in takehomes for sample in _invited(service, takehome)]
    with (
        httpx2.Client(base_url=address, timeout=60, trust_env=False) as client,
        ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="demo") as threads,
    ):
        list(threads.map(lambda sample: _send(client, sample), samples))
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


def _send(client: httpx2.Client, sample: Sample) -> None:
    """Start the take-home and upload a sample, as a candidate's browser does that runs no script.

    Raises:
        OurFailure: the service did not take it.
    """
    page = f"/i/{sample.token}"
    client.post(f"{page}/start")
    archive = (f"{sample.name}.tar.gz", pack(dict(sample.files)), "application/gzip")
    answer = client.post(
        f"{page}/submissions",
        files={"file": archive},
        data={"key": uuid.uuid4().hex},
        headers={"Accept": "application/json"},
    )
    if answer.status_code != 303 or "/submissions/" not in answer.headers["location"]:
        raise OurFailure(
            f"{sample.takehome}, {sample.name}: the upload was answered {answer.status_code}: "
            f"{answer.text or answer.headers.get('location')}"
        )


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
