"""A folder of repositories, and the server that serves them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.fetching import Credential, FetchLimits, Repository, fetched
from grader.intake import Intake, take_bytes
from tests.api.fetching.building import Bare, bare
from tests.api.fetching.servers import GitServer, git_over_http
from tests.api.hooks.receiving import to_loopback

PATIENCE = FetchLimits(seconds=20)


@dataclass
class Forge:
    """Repositories and their server."""

    root: Path
    server: GitServer

    def new(self, name: str = "work", *options: str) -> Bare:
        """A new repository, empty."""
        return bare(self.root / name, *options)

    def fetched(
        self,
        name: str = "work",
        limits: FetchLimits = PATIENCE,
        *,
        commit: str | None = None,
        ref: str | None = None,
        credential: Credential | None = None,
    ) -> bytes:
        """What we fetch of it."""
        wanted = Repository(self.server.url(name), commit, ref, credential)
        return fetched(wanted, limits, to_loopback(), {self.server.host})

    def taken(self, name: str = "work", limits: FetchLimits = PATIENCE, **state: str) -> Intake:
        """What the intake makes of what we fetch of it."""
        return take_bytes(self.fetched(name, limits, **state), "repository.tar")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def git_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, GitServer]]:
    root = tmp_path_factory.mktemp("repositories")
    with git_over_http(root) as server:
        yield root, server


@pytest.fixture
def forge(git_server: tuple[Path, GitServer], request: pytest.FixtureRequest) -> Iterator[Forge]:
    """A server of whose repositories only this test knows."""
    root, server = git_server
    yield Forge(root, server)
    for made in root.iterdir():
        made.rename(root.parent / f"{root.name}-{request.node.name[:80].replace('/', '_')}-{made.name}")
    server.asked.clear()
    server.authorizations.clear()
    server.watch = lambda: None
