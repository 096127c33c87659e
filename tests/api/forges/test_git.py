"""From a delivery to a submission over a real git server, with the token of the connection."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.fetching import fetcher
from api.forges.tables import CommitState
from grader.intake import take_bytes
from tests.api.fetching.servers import GitServer, git_over_http
from tests.api.forges.conftest import World
from tests.api.forges.stand_in import INSTALLATION_TOKEN


@pytest.fixture
def server(github_app: World, tmp_path: Path) -> Iterator[GitServer]:
    """The repositories of the forge, over HTTP."""
    with git_over_http(tmp_path / "served") as made:
        github_app.change(web_url=made.url("").rstrip("/"))
        yield made


def serve(world: World, folder: Path) -> None:
    """Put what was committed on the server."""
    target = folder / "served" / f"{world.repository.name}.git"
    target.parent.mkdir(parents=True, exist_ok=True)
    source = world.git.root / world.repository.name
    subprocess.run(["git", "clone", "-q", "--bare", source, target], check=True)


def test_a_push_is_fetched_with_the_token_of_the_installation(
    github_app: World, server: GitServer, tmp_path: Path
) -> None:
    world = github_app
    world.link()
    world.commit()
    commit = world.push()
    serve(world, tmp_path)
    server.let_in("x-access-token", f"{INSTALLATION_TOKEN}{world.forge.tokens_given + 1}")
    world.git = fetcher(world.service.settings)  # type: ignore[assignment]

    world.fetch()

    submission = world.submission(commit)
    assert submission is not None
    taken = take_bytes(world.service.blobs.get(submission.blob), submission.file_name)
    assert set(taken.files) == {"flatten.py"}
    assert taken.history is not None
    assert len(taken.history.commits) == 2


def test_a_commit_that_is_not_there_is_said_to_the_candidate_and_a_refused_token_is_not(
    github_app: World, server: GitServer, tmp_path: Path
) -> None:
    world = github_app
    world.link()
    world.commit()
    serve(world, tmp_path)
    world.git = fetcher(world.service.settings)  # type: ignore[assignment]
    missing = world.push("a" * 40)
    world.fetch()
    server.let_in("somebody", "else")
    refused = world.push("b" * 40)
    world.fetch()

    assert world.row(missing).state == CommitState.REFUSED
    assert world.row(refused).state == CommitState.FAILED
