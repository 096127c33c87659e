"""A Docker engine of the test's own, which can be killed while others use the machine's."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from api.images import images
from sandbox.engine import Engine, connect
from sandbox.images.environments import ENVIRONMENTS, environment

START_SECONDS = 120.0


class OwnEngine:
    """A `dockerd` and its `containerd`, each a process as systemd would start it, with folders of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._containerd = self._run(
            *("containerd", "--root", f"{folder}/images", "--state", f"{folder}/state"),
            *("--address", f"{folder}/containerd.sock"),
        )
        self._dockerd: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self._folder / 'engine.sock'}"

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{command[0]}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def start(self) -> None:
        """Start it; returns when it answers."""
        folder = self._folder
        self._dockerd = self._run(
            *("dockerd", "--host", self.url, "--containerd", f"{folder}/containerd.sock"),
            *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
            *("--pidfile", f"{folder}/dockerd.pid", "--bridge=none", "--iptables=false"),
        )
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            assert time.monotonic() < end, (folder / "dockerd.log").read_text("utf-8")[-2000:]
            time.sleep(0.2)

    def answers(self) -> bool:
        """Whether it takes calls now."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            try:
                line.connect(self.url.removeprefix("unix://"))
                line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in line.recv(64)
            except OSError:
                return False

    def kill(self) -> None:
        """Kill -9. Its containers run on without it until the next start, which ends them."""
        assert self._dockerd is not None
        self._dockerd.kill()
        self._dockerd.wait()

    def stop(self) -> None:
        """End it and all that it started."""
        for process in (self._dockerd, self._containerd):
            if process is not None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)
        # mounted by an engine that was killed, and the one after it takes it for somebody else's
        subprocess.run(["umount", "--lazy", f"{self._folder}/data"], stderr=subprocess.DEVNULL, check=False)

    def load(self, source: Engine) -> None:
        """Give it the sandbox images of another engine."""
        client = docker.DockerClient(self.url, timeout=300)
        for name in ENVIRONMENTS:
            reference = images(source).image_of(environment(name)).reference
            client.images.load(source.client.images.get(reference).save(named=True))
        client.close()


@contextmanager
def own_engine() -> Iterator[OwnEngine]:
    """One that runs and has our images; skips the test where none can be started."""
    if os.geteuid() != 0 or not (shutil.which("dockerd") and shutil.which("containerd")):
        pytest.skip("killing an engine needs one of our own: root, and dockerd installed")
    with connect() as engine:
        beside = Path(engine.client.info()["DockerRootDir"]).parent  # a file system that engines can use
        with tempfile.TemporaryDirectory(
            prefix="chaos-engine-", dir=beside, ignore_cleanup_errors=True
        ) as name:
            own = OwnEngine(Path(name))
            try:
                own.start()
                own.load(engine)
                yield own
            finally:
                own.stop()
