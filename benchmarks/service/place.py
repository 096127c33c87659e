"""A service of its own for a measurement: embedded PostgreSQL, a published take-home, a server process."""

from __future__ import annotations

import multiprocessing
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import uvicorn
from sqlalchemy import select, text

from api.accounts.people import add_user, set_password
from api.accounts.tables import Role
from api.audit.log import SYSTEM
from api.database.base import new_id
from api.database.engine import plain_url
from api.http.app import create_app
from api.logs import set_up_logs
from api.service import Service, open_service
from api.settings import Settings
from api.submissions.evidence import stored
from api.submissions.reporting import put_in_force
from api.submissions.tables import Grading, Submission
from api.takehomes.packing import files_of
from api.takehomes.publishing import publish
from api.takehomes.tables import RubricVersion, Takehome
from grader.evidence import Evidence
from grader.takehome import shelf

PASSWORD = "for measurements only"  # noqa: S105 -- of a database that lives for a minute
EVIDENCE = Path(__file__).parents[2] / "tests" / "api" / "evidence" / "flatten-middling.json"


MORE = (
    """
CREATE TEMP TABLE more ON COMMIT DROP AS
SELECT n, at, uuidv7(at - now()) AS candidate, uuidv7(at - now()) AS invitation, uuidv7(at - now()) AS submission
FROM (SELECT n, now() - (10000000 - n) * interval '1 second' AS at FROM generate_series(:there + 1, :count) n) numbers
""",
    """
INSERT INTO candidates (id, name, email, reference, created_at)
SELECT candidate, 'Person' || n || ' Candidate', 'p' || n || '@example.com', 'R-' || n, at FROM more
""",
    """
INSERT INTO invitations (id, takehome_id, candidate_id, token_hash, window_minutes, extra_minutes, extra_reason,
  time_zone, max_attempts, feedback, created_by, created_at, opened_at)
SELECT invitation, :takehome, candidate, sha256(n::text::bytea), 2880, 0, '', 'UTC', 1, 'scores', 'benchmark', at, at
FROM more
""",
    """
INSERT INTO submissions (id, takehome_id, suite_id, candidate_id, invitation_id, attempt, source, label, file_name,
  blob, size, received_at, state, state_at, progress, tries, interrupted, share, points, max_points, pending, band,
  decision)
SELECT submission, :takehome, :suite, candidate, invitation, 1, 'page', '', 'work.zip', repeat('0', 64), 1000, at,
  CASE n % 100 WHEN 7 THEN 'failed' ELSE 'graded' END, at, '{}', 1, 0, (n % 100) / 100.0, n % 100, 100,
  CASE n % 100 WHEN 8 THEN 2 ELSE 0 END, 'Band ' || n % 4, CASE n % 2 WHEN 0 THEN 'hold' END
FROM more
""",
    """
INSERT INTO audit_log (at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details, request_id)
SELECT at, 'system', '', 'benchmark', 'submission.graded', 'submission', submission::text, '{}', '' FROM more
""",
)


@contextmanager
def open_place() -> Iterator[Service]:
    """A service in a folder that goes away."""
    set_up_logs("json", "error")
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)  # as root the server is another user's
        with open_service(Settings(data=Path(name))) as service:
            with service.sessions.begin() as session:
                files = files_of(shelf() / "flatten")
                waive = "a measurement"
                now = service.now()
                publish(session, service.blobs, files, SYSTEM, now, queue=service.queue, waive=waive)
            yield service


def fill(service: Service, count: int) -> uuid.UUID:
    """Add submissions by SQL until there are `count`; gives the id of one whose evidence is real.

    Each is of a candidate of its own, has an invitation and an entry in the audit log; one in a hundred waits for a
    person, as many have failed, half are decided.
    """
    evidence = stored(Evidence.model_validate_json(EVIDENCE.read_bytes()))
    with service.sessions.begin() as session:
        takehome = session.scalars(select(Takehome)).one()
        there = session.execute(text("SELECT count(*) FROM submissions")).scalar_one()
        values = {
            "takehome": takehome.id,
            "suite": takehome.suite_id,
            "there": there,
            "count": count,
        }
        for statement in MORE:
            session.execute(
                text(statement), {key: value for key, value in values.items() if f":{key}" in statement}
            )
        submission = session.scalars(select(Submission).order_by(Submission.id).limit(1)).one()
        if submission.report_id is None:
            grading = Grading(
                id=new_id(),
                submission_id=submission.id,
                suite_id=submission.suite_id,
                environment="base:measured",
                outcome="graded",
                evidence=evidence,
                started_at=service.now(),
                finished_at=service.now(),
                worker="benchmark",
            )
            session.add(grading)
            session.flush()
            rubric = session.get_one(RubricVersion, takehome.rubric_id)
            put_in_force(session, submission, grading, rubric, service.now())
        identity = submission.id
    with service.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return identity


@contextmanager
def reviewer(service: Service) -> Iterator[httpx2.Client]:
    """A signed-in reviewer's browser, and the server in a process of its own."""
    with service.sessions.begin() as session:
        _, token = add_user(session, f"{new_id()}@example.com", "Reviewer", Role.ADMIN, service.now())
        session.flush()
        user = set_password(session, token, PASSWORD, service.now())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=_serve, args=(plain_url(service.engine), service.settings.data, port))
    server.start()
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _await(client)
            answer = client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
            if answer.status_code != 303:
                raise SystemExit(f"the sign-in failed: {answer.status_code}")
            yield client
    finally:
        server.terminate()
        server.join()


def _serve(url: str, data: Path, port: int) -> None:
    set_up_logs("json", "error")
    settings = Settings(data=data, database_url=url, base_url=f"http://127.0.0.1:{port}", port=port)  # type: ignore[arg-type]
    with open_service(settings) as service:
        uvicorn.run(create_app(service), host="127.0.0.1", port=port, log_config=None, access_log=False)


def _await(client: httpx2.Client) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            client.get("/healthz")
        except httpx2.TransportError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
