"""The Docker engine: find it, ask whether it answers, and refuse a runtime that it does not have."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import docker
import requests
from docker.errors import DockerException

from sandbox.errors import EngineUnavailable, RuntimeUnavailable

if TYPE_CHECKING:
    from types import TracebackType

CALL_SECONDS: Final = 120
"""One call of the engine's API. Generous: a busy machine is slow to create containers, and nobody is blamed."""
KNOCK_SECONDS: Final = 10.0
CONNECTIONS: Final = 64
"""Connections kept open; more threads than this work too, they reconnect."""
DEFAULT_SOCKET: Final = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Engine:
    """A Docker engine that has answered. Serves any number of threads; use as a context manager to close it."""

    client: docker.DockerClient
    version: str
    runtimes: tuple[str, ...]
    default_runtime: str
    security: tuple[str, ...]
    cgroup_version: str

    def runtime(self, name: str | None) -> str:
        """The runtime to use when `name` is asked for; None asks for the engine's default.

        Raises:
            RuntimeUnavailable: the engine does not have it. There is no fall-back to another one.
        """
        if name is None:
            return self.default_runtime
        if name not in self.runtimes:
            known = ", ".join(self.runtimes)
            raise RuntimeUnavailable(
                f"the Docker engine has no runtime {name!r}, only {known}. Install it and name it under "
                '"runtimes" in the engine\'s daemon.json, restart the engine, then look at `docker info`; '
                "or do not ask for it."
            )
        return name

    def knock(self) -> None:
        """Ask for a sign of life.

        Raises:
            EngineUnavailable: there is none.
        """
        try:
            self.client.ping()
        except (DockerException, requests.RequestException) as error:
            raise EngineUnavailable(_advice(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()


def address() -> str:
    """Where we look for the engine: DOCKER_HOST, or Docker's own default."""
    return os.environ.get("DOCKER_HOST") or DEFAULT_SOCKET


def connect(call_seconds: int = CALL_SECONDS) -> Engine:
    """Connect to the engine that DOCKER_HOST names (default: the local socket) and ask what it is.

    Raises:
        EngineUnavailable: nothing answers there, or not as an engine that runs Linux containers.
    """
    try:
        _knock(address())
        client = docker.from_env(timeout=call_seconds, max_pool_size=CONNECTIONS)
    except (OSError, DockerException, requests.RequestException, ValueError) as error:
        raise EngineUnavailable(_advice(error)) from error
    try:
        info: dict[str, Any] = client.info()
    except (DockerException, requests.RequestException) as error:
        client.close()
        raise EngineUnavailable(_advice(error)) from error
    if info.get("OSType") != "linux":
        client.close()
        raise EngineUnavailable(
            f"the engine at {address()} runs {info.get('OSType')} containers; we need Linux."
        )
    return Engine(
        client=client,
        version=str(info["ServerVersion"]),
        runtimes=tuple(sorted(info.get("Runtimes") or {})),
        default_runtime=str(info.get("DefaultRuntime", "runc")),
        security=tuple(info.get("SecurityOptions") or ()),
        cgroup_version=str(info.get("CgroupVersion", "1")),
    )


def _knock(url: str) -> None:
    """Try the engine's socket before the SDK does, which would leave its own open when nobody answers."""
    scheme, _, path = url.partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(KNOCK_SECONDS)
            probe.connect(path if path.startswith("/") else f"/{path}")


def _advice(error: Exception) -> str:
    return (
        f"no Docker engine answers at {address()} ({_innermost(error)}). Start it (`systemctl start docker`, "
        "or `make setup` as root on Debian), or set DOCKER_HOST to one that runs. Submissions are never run "
        "outside a sandbox."
    )


def _innermost(error: BaseException) -> str:
    """The plain cause beneath the SDK's wrappers: `Permission denied` rather than six class names."""
    while error.__context__ is not None:
        error = error.__context__
    return getattr(error, "strerror", None) or str(error)


if __name__ == "__main__":  # for sandbox/setup.sh: does one answer?
    try:
        connect().client.close()
    except EngineUnavailable as error:
        sys.exit(f"error: {error}")
