"""Fixtures for hidden tests that drive the candidate's program: `run`, `faults`, `client`, `base_url`, `server`."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from . import wire
from .command_result import CommandResult
from .driver import Driver
from .faults import Faults
from .line import WORTH_IT
from .local_tunnels import Tunnel
from .peer import Gone

_GRACE = 10.0
_PIECE = 4 * 2**20


class Services:
    """The plugin with the fixtures."""

    def __init__(self, driver: Driver, service: dict[str, Any] | None, limits: dict[str, Any]) -> None:
        self._driver = driver
        self._service = service
        self._limits = limits
        self._tunnel: Tunnel | None = None
        self._is_ready = False
        self._never_ready = ""

    @pytest.fixture(name="run")
    def run_fixture(self) -> Any:
        """Run a command in a fresh copy of the submission, in the candidate's container."""
        return self._run

    @pytest.fixture(name="faults")
    def faults_fixture(self) -> Faults:
        """Trouble, ready made: bad input, files that cannot be read, a full disk, an upstream that fails."""
        return Faults(lambda: self._run)

    def _run(
        self,
        argv: list[str],
        *,
        files: Mapping[str, str | bytes] | None = None,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> CommandResult:
        line = self._driver.line
        limit = float(seconds if seconds is not None else self._limits["test_seconds"])
        for path, content in (files or {}).items():
            self._stage(f"files/{path}", content)
        if stdin is not None:
            self._stage("stdin", stdin)
        request = {
            "do": "run",
            "argv": [str(part) for part in argv],
            "stdin": stdin is not None,
            "env": dict(env or {}),
            "seconds": limit,
            "output_bytes": self._limits["output_bytes"],
            "measure": self._driver.used is not None,
        }
        try:
            answer = line.service(request, limit + _GRACE, patient=True)
        except Gone as gone:
            self._driver.lost = gone
            line.clock.spend(limit)
            raise
        if "error" in answer:
            self._driver.lost = Gone("died", str(answer["error"])[:500])
            raise self._driver.lost
        wall, waited = float(answer["wall"]), float(answer["waited"])
        line.clock.spend(wall)
        line.clock.forgive(line.clock.allowed(waited))
        if self._driver.used is not None:
            self._driver.used.append(answer["used"])
        return CommandResult(
            exit_code=int(answer["exit_code"]),
            stdout=_text(answer["stdout"]),
            stderr=_text(answer["stderr"]),
            files={str(path): base64.b64decode(content) for path, content in answer["files"].items()},
            wall_seconds=wall - waited,
            cpu_seconds=float(answer["cpu"]),
            peak_memory_bytes=int(answer["peak"]),
            timed_out=bool(answer["timed_out"]),
            out_of_memory=bool(answer["out_of_memory"]),
        )

    def _stage(self, path: str, content: str | bytes) -> None:
        """Send a file in pieces that fit into messages."""
        data = content.encode() if isinstance(content, str) else bytes(content)
        for at in range(0, max(1, len(data)), _PIECE):
            piece = base64.b64encode(data[at : at + _PIECE]).decode()
            self._driver.line.write(
                wire.SERVICE, json.dumps({"do": "stage", "path": path, "data": piece}).encode()
            )

    @pytest.fixture(name="base_url", scope="session")
    def base_url_fixture(self) -> str:
        """The address of the candidate's server, started when it is first needed."""
        return self._base_url()

    @pytest.fixture(name="_connections", scope="session")
    def connections_fixture(self) -> Iterator[Any]:
        """Connections to the candidate's server, which clients of several tests use one after the other."""
        self._base_url()
        assert self._tunnel is not None
        from . import local_client  # httpx is not in every image

        with local_client.transport(self._tunnel) as transport:
            yield transport

    @pytest.fixture(name="client")
    def client_fixture(self, _connections: Any) -> Iterator[Any]:
        """An `httpx.Client` of the test's own (cookies, headers) for the candidate's server."""
        import httpx

        class Kept(httpx.BaseTransport):  # type: ignore[misc]
            """Stays open when the client is closed."""

            def handle_request(self, request: Any) -> Any:
                return _connections.handle_request(request)

        # No time-out of its own: the watch bounds what a test waits, and knows what a crowded machine is to blame for.
        endless = httpx.Timeout(None)
        with httpx.Client(
            base_url=self._base_url(), timeout=endless, trust_env=False, transport=Kept()
        ) as client:
            yield client

    @pytest.fixture(name="server")
    def server_fixture(self) -> Any:
        """The server itself: `server.restart()`, `server.log()`."""
        self._base_url()
        return self

    def restart(self) -> None:
        """Start the candidate's server anew."""
        self._start()
        self._wait_ready()

    def log(self) -> str:
        """The end of what the server printed."""
        return str(self._driver.line.service({"do": "server"}, _GRACE)["log"])

    def _base_url(self) -> str:
        if self._service is None:
            pytest.fail(
                "this take-home declares no `service:` in takehome.yaml, so there is no server to drive"
            )
        self.begin()
        assert self._tunnel is not None
        self._wait_ready()
        return f"http://127.0.0.1:{self._tunnel.port}"

    def begin(self) -> None:
        """Have the server start; called before the tests are collected, so that both happen at once."""
        if self._service is not None and self._tunnel is None:
            self._tunnel = Tunnel(self._driver)
            self._start()

    def _start(self) -> None:
        assert self._service is not None
        request = {"do": "start", "argv": list(self._service["start"]), "port": self._service["port"]}
        self._driver.line.service(request, _GRACE)
        self._is_ready = False
        self._never_ready = ""

    def _wait_ready(self) -> None:
        if self._is_ready:
            return
        if self._never_ready:  # each test would wait as long as the first one did
            pytest.fail(self._never_ready)
        with self._driver.watch.apart():
            self._never_ready = self._until_ready()
        if self._never_ready:
            pytest.fail(self._never_ready)
        self._is_ready = True

    def _until_ready(self) -> str:
        """Wait; why it is in vain, or nothing."""
        assert self._service is not None
        assert self._tunnel is not None
        seconds = float(self._limits["start_seconds"])
        end = time.monotonic() + seconds
        while not _answers(self._tunnel.port, str(self._service["ready_path"])):
            state = self._driver.line.service({"do": "server"}, _GRACE)
            if not state["running"]:
                return f"the server ended while it started: {state.get('detail')}\n{state['log']}"
            if time.monotonic() > end:
                given = self._driver.line.waited()
                if given <= WORTH_IT:
                    return f"the server was not ready within {seconds:g} s\n{state['log']}"
                end += given
            time.sleep(0.005)
        return ""


def _answers(port: int, path: str) -> bool:
    """Whether any HTTP answer comes on `path`."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        sock.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
        try:
            return sock.recv(16).startswith(b"HTTP/")
        except OSError:
            return False


def _text(data: str) -> str:
    return base64.b64decode(data).decode("utf-8", "backslashreplace")
