"""`grader serve` as an operator meets it: started, stopped, killed, started again. Without a Docker engine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from api.settings import Settings, Smtp, as_environment, read_settings
from tests.chaos.running import Running, until

NO_ENGINE = "unix:///nowhere/docker.sock"


@pytest.fixture
def running() -> Iterator[Running]:
    """The service, started where there is no engine."""
    with tempfile.TemporaryDirectory(prefix="serve-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        made = Running(Path(name) / "data", Path(name) / "log", DOCKER_HOST=NO_ENGINE)
        made.start()
        yield made
        made.stop()


def refused(*arguments: str) -> str:
    """What `grader serve` says when it cannot."""
    words = [sys.executable, "-m", "api.cli", "serve", *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 2, done.stderr
    return done.stderr


def alive(number: int) -> bool:
    return Path(f"/proc/{number}/cmdline").exists() and Path(f"/proc/{number}/cmdline").read_bytes() != b""


@pytest.mark.timeout(600)
def test_it_says_where_it_is_and_survives_being_killed(running: Running) -> None:
    said = running.log.with_suffix(".out").read_text("utf-8")
    entry = next(line.strip() for line in said.splitlines() if "/enter/" in line)
    assert httpx2.get(entry).status_code == 200
    until(
        lambda: "no worker grades" in running.log.read_text("utf-8"),
        120,
        "the worker says that it has no engine",
    )
    assert "runs on" in refused("--data", str(running.data), "--port", "0")

    children = [running.pid_of("api"), running.pid_of("worker")]
    running.kill_supervisor()
    until(lambda: not any(alive(child) for child in children if child), 30, "the children end")

    port = int(running.address.rpartition(":")[2])
    running.start(port)
    assert httpx2.get(f"{running.address}/readyz").json()["status"] == "ok"
    assert running.kill("postgres")
    until(lambda: ready(running), 60, "the database is started again")

    children = [running.pid_of("api"), running.pid_of("worker"), running.pid_of("postgres")]
    assert running.stop() == 0
    assert not any(alive(child) for child in children if child)


def ready(running: Running) -> bool:
    return httpx2.get(f"{running.address}/readyz", timeout=30).status_code == 200


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, tempfile.TemporaryDirectory() as data:
        port = taken.getsockname()[1]
        assert "Choose another --port" in refused("--data", data, "--port", str(port))


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert "Name another one with --data" in refused("--data", str(file / "data"))


def test_links_need_an_address_that_others_can_open() -> None:
    assert "GRADER_BASE_URL" in refused("--host", "0.0.0.0")


def test_children_have_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that came from options, groups and secrets."""
    settings = Settings(
        data=Path("/somewhere"),
        secret_key="Kx9_" + "0123456789abcdefghijklmnopqrstuvwxyz",
        smtp=Smtp(host="mail", sender="a@b.example"),
        telemetry=True,
    )

    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)

    assert read_settings() == settings


def test_halves_need_a_database_that_they_share() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GRADER_DATABASE_URL"}
    words = [sys.executable, "-m", "api.cli", "worker"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=100, check=False)

    assert done.returncode == 2
    assert "GRADER_DATABASE_URL is not set" in done.stderr
