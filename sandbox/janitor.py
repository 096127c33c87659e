"""Removes containers that nobody uses any more: left behind by a crash, or by an engine that did not answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import requests
from docker.errors import APIError, DockerException

from sandbox.container import OWNER_LABEL, living, owner
from sandbox.engine import CALL_SECONDS, Engine
from sandbox.errors import EngineUnavailable
from sandbox.hardening import ROLE_LABEL

OWN_SECONDS: Final = CALL_SECONDS + 30.0
"""A container of this process that it does not know is left alone so long: the engine's answer may be under way."""
NOT_OURS_TO_DO: Final = frozenset({requests.codes.not_found, requests.codes.conflict})
"""Gone, or being removed by somebody else."""


def reap(engine: Engine, *, own_after: float = OWN_SECONDS) -> int:
    """Remove what belongs to nobody; returns how many containers.

    Ours are told by label; the owner in another label says of which process. Those of a process of this machine that
    has ended go, and of this process those that it does not know and that are older than `own_after` seconds: the
    engine made them and its answer was lost, or it could not remove them when it was asked. Containers of another
    machine's processes (the engine may be shared) are left alone while they run; once they have ended, which they do
    when their process goes, anybody may remove them.

    Raises:
        EngineUnavailable: the engine does not answer.
    """
    try:
        found = engine.client.api.containers(all=True, filters={"label": ROLE_LABEL})
        return sum(_removed(engine, one) for one in found if _abandoned(one, own_after))
    except (DockerException, requests.RequestException) as error:
        raise EngineUnavailable(
            f"the Docker engine failed while old containers were removed: {error}"
        ) from error


def _removed(engine: Engine, container: dict[str, Any]) -> bool:
    try:
        engine.client.api.remove_container(container["Id"], force=True, v=True)
    except APIError as error:
        if error.response is None or error.response.status_code not in NOT_OURS_TO_DO:
            raise
        return False
    return True


def _abandoned(container: dict[str, Any], own_after: float) -> bool:
    label = container["Labels"].get(OWNER_LABEL, "")
    if label == owner():
        return container["Id"] not in living() and time.time() - container["Created"] >= own_after
    boot, _, rest = label.partition(":")
    pid, _, started = rest.partition(":")
    if boot != owner().partition(":")[0] or not pid.isdigit():
        return container["State"] in ("exited", "dead")
    return not _alive(int(pid), started)


def _alive(pid: int, started: str) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return fields[19] == started and fields[0] != "Z"
