"""A relay in front of the Docker engine's socket that can be cut: to us, an engine that dies and comes back."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path


def engine_socket() -> str:
    """The socket of the real engine."""
    url = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    assert url.startswith("unix://"), "the relay speaks to engines on this machine"
    return url.removeprefix("unix://")


class Relay:
    """Passes on bytes in both directions, until it is cut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.path}"

    def mend(self) -> None:
        """The engine answers."""
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """The engine is gone: every connection ends in the middle of whatever it carried."""
        assert self._listener is not None
        self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(engine_socket())
            with self._lock:
                self._open |= {near, far}
            done = threading.Barrier(2, action=lambda near=near, far=far: self._close(near, far))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target, done), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, done: threading.Barrier) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
        done.wait()

    def _close(self, near: socket.socket, far: socket.socket) -> None:
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()
