"""Repositories over ssh: OpenSSH's server where it is installed, and always the one of the ssh library."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from api.fetching import Credential, FetchFailed, FetchLimits, Repository, SshKey, fetched
from api.hooks.outside import Outside
from api.settings import Outside as Settings
from grader.intake import take_bytes
from tests.api.fetching.building import Bare, bare
from tests.api.fetching.servers import SSHD, SshServer, git_over_library, git_over_sshd, never_end
from tests.api.hooks.receiving import to_loopback

SERVERS = [
    "library",
    pytest.param("sshd", marks=pytest.mark.skipif(SSHD is None, reason="OpenSSH's server is not installed")),
]
PATIENCE = FetchLimits(seconds=20)


@pytest.fixture(scope="module", params=SERVERS)
def ssh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    serve = git_over_sshd if request.param == "sshd" else git_over_library
    with serve(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture
def work(tmp_path: Path) -> Bare:
    work = bare(tmp_path / "work.git")
    work.commit(work.files(app=b"x = 1\n"))
    return work


def key_of(ssh: SshServer) -> SshKey:
    return SshKey(ssh.private_key, ssh.known_hosts)


def failure(ssh: SshServer, url: str, credential: Credential | None) -> FetchFailed:
    """How it fails."""
    with pytest.raises(FetchFailed) as failed:
        fetched(Repository(url, credential=credential), PATIENCE, to_loopback(), {ssh.host})
    return failed.value


def test_a_repository_is_fetched_with_a_key_and_a_pinned_host(
    ssh: SshServer, work: Bare, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wanted = Repository(ssh.url(work.path), ref="main", credential=key_of(ssh))
    intake = take_bytes(fetched(wanted, PATIENCE, to_loopback(), {ssh.host}), "repository.tar")
    assert intake.files == {"app.py": b"x = 1\n"}
    assert intake.history is not None
    secret = ssh.private_key.splitlines()[2]
    assert secret not in caplog.text + repr(wanted)


def test_a_host_with_another_key_is_told_nothing(ssh: SshServer, work: Bare) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    known = replace(key_of(ssh), known_hosts=f"[127.0.0.1]:{ssh.port} {other}")
    assert failure(ssh, ssh.url(work.path), known).kind == "not_allowed"
    assert failure(ssh, ssh.url(work.path), replace(known, known_hosts="")).kind == "not_allowed"


def test_a_key_that_is_not_known_is_refused(ssh: SshServer, work: Bare) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    wrong = failure(ssh, ssh.url(work.path), SshKey(other, ssh.known_hosts))
    assert (wrong.kind, wrong.ours) == ("refused", False)
    unreadable = failure(ssh, ssh.url(work.path), SshKey("no key at all", ssh.known_hosts))
    assert (unreadable.kind, "cannot be read" in unreadable.message) == ("refused", True)


def test_a_repository_or_a_commit_that_is_not_there_is_not_found(ssh: SshServer, work: Bare) -> None:
    assert failure(ssh, ssh.url(work.path) + "-elsewhere", key_of(ssh)).kind == "not_found"
    wanted = Repository(ssh.url(work.path), commit="1" * 40, credential=key_of(ssh))
    with pytest.raises(FetchFailed, match="no such commit"):
        fetched(wanted, PATIENCE, to_loopback(), {ssh.host})


def test_more_than_the_limit_is_not_read(ssh: SshServer, tmp_path: Path) -> None:
    large = bare(tmp_path / "large.git")
    large.commit(large.files(noise=os.urandom(2**21)))
    wanted = Repository(ssh.url(large.path), credential=key_of(ssh))
    with pytest.raises(FetchFailed, match="larger than") as failed:
        fetched(wanted, FetchLimits(bytes=2**20, seconds=20), to_loopback(), {ssh.host})
    assert failed.value.kind == "too_large"


def test_nothing_is_fetched_without_a_key_or_with_a_password(ssh: SshServer, work: Bare) -> None:
    assert failure(ssh, ssh.url(work.path), None).kind == "not_allowed"


def test_private_addresses_are_not_connected_to(ssh: SshServer, work: Bare) -> None:

    wanted = Repository(ssh.url(work.path), credential=key_of(ssh))
    with pytest.raises(FetchFailed, match="this machine") as failed:
        fetched(wanted, PATIENCE, Outside(Settings()), {ssh.host})
    assert failed.value.kind == "not_allowed"


def test_a_server_that_says_nothing_costs_the_time_that_there_is(work: Bare) -> None:

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
        wanted = Repository(f"ssh://git@127.0.0.1:{port}/x", credential=SshKey(key, ""))
        began = time.monotonic()
        with pytest.raises(FetchFailed) as failed:
            fetched(wanted, FetchLimits(seconds=0.5), to_loopback(), {f"127.0.0.1:{port}"})
    assert time.monotonic() - began < 5
    assert (failed.value.kind, failed.value.ours) == ("too_slow", True)


def test_a_server_that_never_ends_is_hung_up_on(tmp_path: Path) -> None:
    with git_over_library(tmp_path, never_end) as endless:
        wanted = Repository(endless.url(tmp_path), commit="1" * 40, credential=key_of(endless))
        with pytest.raises(FetchFailed) as failed:
            fetched(wanted, FetchLimits(bytes=2**20, seconds=20), to_loopback(), {endless.host})
    assert (failed.value.kind, failed.value.ours) == ("too_large", False)
