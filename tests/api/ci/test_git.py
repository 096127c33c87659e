"""A pipeline names a commit on a real git server, and its grade is that of the code there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.fetching import fetcher
from api.service import Service
from api.settings import Ci, Outside
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from grader.intake.submission import take_bytes
from grader.takehome import find, shelf
from tests.api.ci.conftest import working
from tests.api.ci.test_submit import grader, submitted
from tests.api.fetching.servers import GitServer, git_over_http


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with git_over_http(folder) as made:
        yield made


@pytest.fixture
def service(service: Service, server: GitServer) -> Service:
    """An installation that fetches from the server of the test."""
    changes = {
        "ci": Ci(repositories=f"http://{server.host}/"),
        "outside": Outside(allow_http=True, allowed_networks="127.0.0.0/8"),
    }
    return replace(service, settings=service.settings.model_copy(update=changes))


def pushed(folder: Path, work: Path) -> str:
    """The sample in a repository; returns its commit."""
    for path, content in find("flatten", shelf()).samples["middling"].items():
        work.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        work.joinpath(path).write_bytes(content)
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "First"]):
        subprocess.run([*git, *words], cwd=work, check=True)
    subprocess.run([*git, "clone", "-q", "--bare", work, folder / "ada.git"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], cwd=work, check=True, capture_output=True, text=True)
    return head.stdout.strip()


def test_a_commit_on_a_git_server_is_graded_by_its_name(
    service: Service, live: str, server: GitServer, flatten: Takehome, token: str, tmp_path: Path
) -> None:
    commit = pushed(tmp_path / "served", tmp_path / "work")
    named = ["--repository", server.url("ada.git"), "--ref", "main", "-t", "flatten", "--commit"]
    with working(service, fetch=fetcher(service.settings)):
        done = grader(token, live, *named, commit)
        missing = grader(token, live, *named, "0" * 40)

    assert done.exit_code == 0, done.output
    assert missing.exit_code == 2, missing.output
    (row,) = submitted(service)
    taken = take_bytes(service.blobs.get(row.blob), row.file_name)
    assert isinstance(row, Submission)
    assert taken.history is not None
    assert [found.message for found in taken.history.commits] == ["First"]
