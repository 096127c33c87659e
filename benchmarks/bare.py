"""The rulers: the same work without us. A cold `pytest`, the same checks as processes, a cold container for each.

All of it runs on the image of the environment, so Python and packages are the same as in our boxes; the long-lived
container of `Ruler` has no limits and its start is not measured.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from docker.utils.socket import frames_iter

from sandbox.engine import Engine

_LOOP: Final = """
import json, os, resource, subprocess, sys, time
for line in sys.stdin:
    job = json.loads(line)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    codes = [subprocess.run(argv, cwd=job["cwd"], env={**os.environ, **job["env"]}, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode for argv in job["argvs"]]
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "codes": codes}), flush=True)
"""
_ENVIRONMENT: Final = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": "/bench",
}
_CLIENT: Final = b'''"""The fixtures of the sandbox, in one process: what an author would use."""
import pytest

def pytest_configure(config):
    config.addinivalue_line("markers", "criterion(name): see rubric.yaml")

@pytest.fixture(scope="session")
def _application():
    from app import create_app
    return create_app()

@pytest.fixture
def client(_application):
    from starlette.testclient import TestClient
    return TestClient(_application)
'''

HIDDEN: Final = ["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "hidden_tests"]


def checks(own: tuple[str, ...], sources: tuple[str, ...]) -> list[list[str]]:
    """What we do for a grade, as processes one after the other."""
    coverage = ["python3", "-m", "coverage"]
    radon = ["python3", "-m", "radon"]
    return [
        HIDDEN,
        [*coverage, "run", "--branch", "-m", "pytest", "-q", "-p", "no:cacheprovider", *own],
        [*coverage, "json", "-q"],
        ["ruff", "check", "--isolated", "--no-cache", "--output-format", "json", *sources],
        [*radon, "cc", "-j", *sources],
        [*radon, "mi", "-j", *sources],
        [*radon, "raw", "-j", *sources],
    ]


def archive(files: Mapping[str, bytes]) -> bytes:
    """A tar of `files` below bench/."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        folders = {"bench"}
        for path in files:
            parts = path.split("/")[:-1]
            folders |= {"/".join(["bench", *parts[: at + 1]]) for at in range(len(parts))}
        for folder in sorted(folders):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o777
            tar.addfile(info)
        for path, content in files.items():
            info = tarfile.TarInfo(f"bench/{path}")
            info.size, info.mode = len(content), 0o644
            tar.addfile(info, io.BytesIO(content))
    return held.getvalue()


def bench_files(reference: Mapping[str, bytes], hidden: Mapping[str, bytes]) -> dict[str, bytes]:
    """The reference with the hidden suite and its fixtures beside it, as an author would have them."""
    return {
        **reference,
        **{f"hidden_tests/{path}": content for path, content in hidden.items()},
        "hidden_tests/conftest.py": hidden.get("conftest.py", _CLIENT),
    }


class Ruler:
    """A long-lived container that starts cold processes on request and times them from inside."""

    def __init__(self, engine: Engine, image: str, files: Mapping[str, bytes]) -> None:
        self._api = engine.client.api
        command = ["python3", "-I", "-u", "-c", _LOOP]
        host = self._api.create_host_config(network_mode="none")
        self._id: str = self._api.create_container(image, command, stdin_open=True, host_config=host)["Id"]
        self._api.put_archive(self._id, "/", archive(files))
        self._socket: Any = self._api.attach_socket(self._id, params={"stdin": 1, "stdout": 1, "stream": 1})
        self._api.start(self._id)
        self._frames = frames_iter(self._socket, tty=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.remove_container(self._id, force=True)

    def run(self, *argvs: list[str]) -> dict[str, Any]:
        """Run the commands one after the other; wall and CPU seconds of all, exit statuses."""
        job = {"argvs": argvs, "cwd": "/bench", "env": _ENVIRONMENT}
        wire = getattr(self._socket, "_sock", self._socket)
        wire.settimeout(None)
        wire.sendall(json.dumps(job).encode() + b"\n")
        held = b""
        while not held.endswith(b"\n"):
            _, piece = next(self._frames)
            held += piece
        answer: dict[str, Any] = json.loads(held)
        return answer


def cold_container(engine: Engine, image: str, files: Mapping[str, bytes], argvs: list[list[str]]) -> float:
    """One container for one submission: create, copy in, start, run the checks, remove. Wall seconds."""
    api = engine.client.api
    start = time.perf_counter()
    script = "import subprocess\n" + "\n".join(
        f"subprocess.run({argv!r}, cwd='/bench', stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
        for argv in argvs
    )
    host = api.create_host_config(network_mode="none", mem_limit="256m")
    made: str = api.create_container(
        image, ["python3", "-I", "-c", script], host_config=host, environment=_ENVIRONMENT
    )["Id"]
    try:
        api.put_archive(made, "/", archive(files))
        api.start(made)
        api.wait(made)
    finally:
        api.remove_container(made, force=True)
    return time.perf_counter() - start
