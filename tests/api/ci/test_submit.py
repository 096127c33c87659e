"""`grader submit` against a running service: what a pipeline sees, and how it ends."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from junitparser import JUnitXml
from sqlalchemy import select
from typer.testing import CliRunner, Result

from api.accounts.keys import Scope
from api.cli.app import app
from api.cli.folder import packed
from api.invitations.tables import Invitation
from api.service import Service
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from grader.takehome import find, shelf
from tests.api.ci.conftest import make_token, working

Invited = Callable[..., tuple[Invitation, str]]
DOCS = Path(__file__).resolve().parents[3] / "docs" / "ci.md"
COMMIT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"


def grader(token: str, server: str, *arguments: object) -> Result:
    """`grader submit`, as a pipeline runs it."""
    environment = {"COLUMNS": "100", "GRADER_TOKEN": token, "GRADER_SERVER": server}
    result = CliRunner().invoke(app, ["submit", *map(str, arguments)], env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    for path, content in find("flatten", shelf()).samples["middling"].items():
        folder.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(path).write_bytes(content)
    return folder


def submitted(service: Service) -> list[Submission]:
    with service.sessions() as session:
        return list(session.scalars(select(Submission).order_by(Submission.id)))


def test_a_pipeline_sees_the_points_of_each_criterion(
    service: Service, live: str, flatten: Takehome, token: str, work: Path, tmp_path: Path
) -> None:
    reports = {name: tmp_path / "out" / f"report.{name}" for name in ("junit", "sarif", "json")}
    options = [word for name, file in reports.items() for word in (f"--{name}", file)]
    with working(service):
        done = grader(token, live, work, "--takehome", "flatten", "--fail-under", "50%", *options)

    assert done.exit_code == 0, done.output
    (row,) = submitted(service)
    assert row.points is not None
    shown = [line.rstrip() for line in done.stdout.splitlines()]
    assert "\n".join(shown[:-1]) in DOCS.read_text("utf-8"), "docs/ci.md shows another table"
    assert f"{live}/submissions/{row.id}" in done.stdout
    assert "is graded" in done.stderr or "waits for a worker" in done.stderr
    assert json.loads(reports["json"].read_bytes())["audience"] == "candidate"
    assert JUnitXml.fromfile(str(reports["junit"])).tests > 0
    assert json.loads(reports["sarif"].read_bytes())["version"] == "2.1.0"
    assert "test_flatten_hidden" not in "".join(file.read_text("utf-8") for file in reports.values())


def test_below_the_threshold_is_a_failure_of_its_own(
    service: Service, live: str, flatten: Takehome, token: str, work: Path
) -> None:
    with working(service):
        below = grader(token, live, work, "-t", "flatten", "--fail-under", "70")

    assert below.exit_code == 1
    assert "Total" in below.stdout


def test_a_token_that_may_read_reports_gets_all_of_them(
    service: Service, live: str, flatten: Takehome, token: str, work: Path, tmp_path: Path
) -> None:
    full = make_token(service, Scope.SUBMIT, Scope.READ)
    report = tmp_path / "report.json"
    with working(service):
        seen = grader(full, live, work, "-t", "flatten", "--full", "--json", report)
        refused = grader(token, live, work, "-t", "flatten", "--full")

    assert seen.exit_code == 0, seen.output
    assert "test_flatten_hidden" in report.read_text("utf-8")
    assert refused.exit_code == 2
    assert "submissions:read" in refused.stderr


def test_the_work_of_a_candidate_is_sent_for_their_invitation(
    service: Service, live: str, token: str, work: Path, invited: Invited
) -> None:
    invitation, _ = invited(max_attempts=1)
    with working(service):
        first = grader(token, live, work, "--invitation", invitation.id)
        second = grader(token, live, work, "--invitation", invitation.id)

    assert first.exit_code == 0, first.output
    assert [row.invitation_id for row in submitted(service)] == [invitation.id]
    assert second.exit_code == 2
    assert "attempts are used" in second.stderr


def test_a_repository_is_fetched_by_the_service(
    service: Service, live: str, flatten: Takehome, token: str, work: Path
) -> None:
    archive = packed(work).archive()
    named = ["--repository", "https://git.example.com/hiring/ada.git", "--commit", COMMIT, "-t", "flatten"]
    with working(service, fetch=lambda *_: archive):
        taken = grader(token, live, *named)
    with working(service):
        missing = grader(token, live, *named)
        elsewhere = grader(token, live, *named[2:], "--repository", "https://evil.example/x.git")

    assert taken.exit_code == 0, taken.output
    assert missing.exit_code == 2
    assert f"There is no commit {COMMIT}" in missing.stderr
    assert elsewhere.exit_code == 2
    assert "GRADER_CI__REPOSITORIES" in elsewhere.stderr


def test_what_is_ungradable_says_why_and_has_a_status_of_its_own(
    service: Service, live: str, flatten: Takehome, token: str, tmp_path: Path
) -> None:
    archive, junit = tmp_path / "work.zip", tmp_path / "junit.xml"
    archive.write_bytes(b"no archive at all")
    with working(service):
        done = grader(token, live, archive, "-t", "flatten", "--junit", junit)

    assert done.exit_code == 3, done.output
    assert "Points" not in done.stdout
    assert len(done.stdout.splitlines()[0]) > 20
    assert JUnitXml.fromfile(str(junit)).failures == 1


def test_a_failure_of_the_service_is_no_verdict(
    service: Service, live: str, flatten: Takehome, token: str, work: Path, tmp_path: Path
) -> None:
    """Also the report of an earlier build must not be there: it would be shown as that of this one."""
    junit = tmp_path / "junit.xml"
    junit.write_text("<testsuites/>", "utf-8")

    def fail() -> None:
        while not submitted(service):
            pass
        with service.sessions.begin() as session:
            session.scalars(select(Submission)).one().state = "failed"

    failing = threading.Thread(target=fail)
    failing.start()
    done = grader(token, live, work, "-t", "flatten", "--junit", junit)
    failing.join()

    assert done.exit_code == 4
    assert "no verdict on the code" in done.stderr
    assert not junit.exists()


def test_a_grade_that_does_not_come_in_time(live: str, flatten: Takehome, token: str, work: Path) -> None:
    late = grader(token, live, work, "-t", "flatten", "--timeout", 2)

    assert late.exit_code == 4
    assert "no grade in time" in late.stderr
    assert "/submissions/" in late.stderr


def test_no_server_is_our_failure_and_is_told_while_it_lasts(token: str, work: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        away = grader(token, address, work, "-t", "flatten", "--timeout", 2)

    assert away.exit_code == 4
    assert f"No answer from {address}" in away.stderr
    assert "Trying again in 1 s." in away.stderr


REFUSED: list[tuple[list[str], str]] = [
    (["-t", "flatten"], "either the PATH"),
    (["{work}", "-t", "flatten", "--repository", "https://x.example/y"], "either the PATH"),
    (["{work}"], "either --takehome"),
    (["{work}", "-t", "flatten", "--invitation", "x"], "either --takehome"),
    (["{work}", "--invitation", "x"], "no id of an invitation"),
    (["{work}-not", "-t", "flatten"], "There is nothing at"),
    (["{work}", "-t", "flatten", "--commit", "x"], "belong to --repository"),
    (["--repository", "https://x.example/y", "-t", "flatten"], "needs --commit"),
    (["{work}", "-t", "nothing"], "no take-home"),
    (["{work}", "-t", "flatten", "--level", "x"], "level"),
    (["{work}", "-t", "flatten", "--key", "a b"], "--key"),
    (["{work}", "-t", "flatten", "--fail-under", "lots"], "no percentage"),
    (["{work}", "-t", "flatten", "--fail-under", "101%"], "no percentage"),
    (["{work}", "-t", "flatten", "--server", "http://grader.example.com"], "in the clear"),
    (["{work}", "-t", "flatten", "--server", "grader.example.com"], "no address of a server"),
    (["{work}", "-t", "flatten", "--server", ""], "Say where the service is"),
]


def test_slips_of_the_keyboard_are_told_in_words(
    live: str, flatten: Takehome, token: str, work: Path
) -> None:
    for arguments, words in REFUSED:
        done = grader(token, live, *(word.format(work=work) for word in arguments))
        assert done.exit_code == 2, (arguments, done.output)
        assert words in " ".join(done.stderr.replace("│", " ").split()), arguments


def test_a_token_that_is_missing_or_wrong(live: str, work: Path) -> None:
    for token, words in (("", "not set"), ("tgr_wrong", "unknown, revoked"), ("a\nb", "no token")):
        done = grader(token, live, work, "-t", "flatten")
        assert done.exit_code == 2
        assert words in done.stderr


def test_the_token_is_no_argument() -> None:
    """Arguments can be read by every process of the machine, and end up in the logs of pipelines."""
    assert "--token" not in CliRunner().invoke(app, ["submit", "--help"]).output


@contextmanager
def losing_answers(target: str, count: int) -> Iterator[str]:
    """A way to a service that loses the first `count` answers, after the service has done what was asked."""
    left = [count]

    class Way(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = httpx2.request(self.command, target + self.path, headers=headers, content=body)
            if left[0]:
                left[0] -= 1
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status_code)
            for name in ("content-type", "etag"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _pass  # noqa: N815 -- the names that the library calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Way) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_that_was_lost_does_not_make_two_submissions(
    service: Service, live: str, flatten: Takehome, token: str, work: Path
) -> None:
    with losing_answers(live, 2) as way, working(service):
        done = grader(token, way, work, "-t", "flatten")

    assert done.exit_code == 0, done.output
    assert len(submitted(service)) == 1
    assert done.stderr.count("Trying again") == 2


def test_the_same_key_is_the_same_submission_in_every_run(
    service: Service, live: str, flatten: Takehome, token: str, work: Path
) -> None:
    """A pipeline that is started again for the same commit."""
    with working(service):
        runs = [grader(token, live, work, "-t", "flatten", "--key", "build-7") for _ in range(2)]

    assert [run.exit_code for run in runs] == [0, 0]
    assert len(submitted(service)) == 1
    assert runs[0].stdout == runs[1].stdout
