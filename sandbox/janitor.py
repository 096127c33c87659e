"""Removes containers that a crash left behind: ours by label, and of a process that no longer lives on this machine."""

from __future__ import annotations

from pathlib import Path

import requests
from docker.errors import DockerException

from sandbox.container import OWNER_LABEL, owner
from sandbox.engine import Engine
from sandbox.errors import EngineUnavailable
from sandbox.hardening import ROLE_LABEL


def reap(engine: Engine) -> int:
    """Remove what belongs to nobody; returns how many containers.

    Containers of another machine's processes (the engine may be shared) are left alone while they run; once they
    have ended, which they do when their process goes, anybody may remove them.

    Raises:
        EngineUnavailable: the engine does not answer.
    """
    removed = 0
    try:
        found = engine.client.api.containers(all=True, filters={"label": ROLE_LABEL})
        for container in found:
            if _abandoned(container["Labels"].get(OWNER_LABEL, ""), container["State"]):
                engine.client.api.remove_container(container["Id"], force=True, v=True)
                removed += 1
    except DockerException as error:
        if "No such container" in str(error) or "already in progress" in str(error):
            return removed
        raise EngineUnavailable(
            f"the Docker engine failed while old containers were removed: {error}"
        ) from error
    except requests.RequestException as error:
        raise EngineUnavailable(
            f"the Docker engine failed while old containers were removed: {error}"
        ) from error
    return removed


def _abandoned(label: str, state: str) -> bool:
    boot, _, rest = label.partition(":")
    pid, _, started = rest.partition(":")
    if boot != owner().partition(":")[0] or not pid.isdigit():
        return state in ("exited", "dead")
    return not _alive(int(pid), started)


def _alive(pid: int, started: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19] == started
    except (FileNotFoundError, ProcessLookupError):
        return False
