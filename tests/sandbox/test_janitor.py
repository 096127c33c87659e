"""Whose containers the janitor takes, and whose it leaves."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.images import images
from sandbox.container import OWNER_LABEL, Container, _living, owner
from sandbox.contract import Limits
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import Engine, connect
from sandbox.hardening import Role, shape
from sandbox.janitor import _abandoned, reap


def container(label: str, state: str = "running", age: float = 0) -> dict[str, object]:
    return {
        "Id": "none of ours",
        "Labels": {OWNER_LABEL: label},
        "State": state,
        "Created": time.time() - age,
    }


def test_a_process_that_ended_is_no_owner() -> None:
    child = subprocess.Popen(["true"])
    where = owner().partition(":")[0]
    label = f"{where}:{child.pid}:1"
    child.wait()

    assert _abandoned(container(label), 0)


def test_a_process_that_ended_and_was_not_waited_for_is_no_owner() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    started = Path(f"/proc/{child.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]

    assert _abandoned(container(f"{owner().partition(':')[0]}:{child.pid}:{started}"), 0)
    child.wait()


def test_a_worker_in_another_container_of_this_host_keeps_its_own() -> None:
    """Same boot, but its process numbers are not ours: they say nothing here."""
    boot = owner().partition("/")[0]

    assert not _abandoned(container(f"{boot}/1:7:99"), 0)
    assert _abandoned(container(f"{boot}/1:7:99", state="exited"), 0)


def test_what_this_process_does_not_know_goes_after_a_while() -> None:
    assert not _abandoned(container(owner(), age=5), 60)
    assert _abandoned(container(owner(), age=61), 60)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with connect() as found:
        yield found


@pytest.fixture
def warm(engine: Engine) -> Iterator[DockerSandbox]:
    """A sandbox with one box that waits ready."""
    with DockerSandbox(engine, images(engine), warm=1) as made:
        made.warm_up("base", Limits())
        yield made


@pytest.mark.docker
def test_a_dead_box_that_waits_is_not_handed_out(warm: DockerSandbox) -> None:
    """As after a restart of the engine: the lines to all containers are cut at once."""
    (waiting,) = warm.pool._ready["base", shape(Limits())]
    waiting._socket.shutdown(socket.SHUT_RDWR)

    with warm.box("base", {"a.py": b""}, Limits()) as box:
        assert box._container.id != waiting.id


@pytest.mark.docker
def test_a_container_whose_making_was_not_answered_goes(engine: Engine, warm: DockerSandbox) -> None:
    unknown = Container(engine, warm._image("base"), Role.CANDIDATE, Limits(), None)
    _living.discard(unknown.id)

    reap(engine, own_after=0)

    assert not engine.client.api.containers(all=True, filters={"id": unknown.id})
    assert engine.client.api.containers(
        all=True, filters={"id": warm.pool._ready["base", shape(Limits())][0].id}
    )
    unknown.remove()
