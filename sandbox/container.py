"""One running container of ours: made from the table of options, attached to, spoken to in frames, removed."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import requests
from docker.errors import APIError, DockerException, NotFound

from sandbox.contract import Files, Limits
from sandbox.engine import Engine
from sandbox.errors import BoxLost, ProtocolBroken, Stuck
from sandbox.hardening import Role, container_config
from sandbox.images.builder import Image
from sandbox.inside import wire

OWNER_LABEL: Final = "takehome-grader.owner"
"""Which process of which boot made the container, so that the janitor knows whose it was."""
START_SECONDS: Final = 60.0
SEND_SECONDS: Final = 10.0
"""For one frame. A keeper always reads; one that does not is kept from it by what it has to say itself."""
_living: Final[set[str]] = set()
"""Ids of this process's containers that are in use or wait for it. The janitor may have all its others."""
_MUX: Final = struct.Struct(">BxxxI")
_CHUNK: Final = 256 * 1024
_LAST_WORDS: Final = 8_000
_STDERR: Final = 2


def owner() -> str:
    """This process, told apart from a later one with the same number: where its number counts, number, start time.

    Workers in containers of one host share its boot, but not their numbers: the namespace of the numbers counts too.
    """
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    numbers = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    started = Path("/proc/self/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    return f"{boot}/{numbers}:{os.getpid()}:{started}"


def living() -> frozenset[str]:
    """Ids of the containers that this process uses."""
    return frozenset(_living)


class Container:
    """A container and the stream of frames to its keeper. Several threads may send, one receives."""

    def __init__(
        self, engine: Engine, image: Image, role: Role, limits: Limits | None, runtime: str | None
    ) -> None:
        """Create and start the container; `wait_ready` tells when its keeper serves.

        Raises:
            BoxLost: the engine could not do it.
        """
        self._engine = engine
        self.role = role
        self.image = image
        self._api = engine.client.api
        self._splitter = wire.Splitter()
        self._raw = bytearray()
        self._last_words = bytearray()
        self._send_lock = threading.Lock()
        self._pending: list[tuple[int, bytes]] = []
        self.received_bytes = 0
        self.removed = False
        command = ("python3", "-I", "-m", "_inside.keeper", role.value)
        config = container_config(
            role, image.id, command, limits, runtime=runtime, labels={OWNER_LABEL: owner()}
        )
        with self._blame("start"):
            self.id: str = self._api.create_container_from_config(config)["Id"]
            _living.add(self.id)
            try:
                parameters = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                self._http = self._api.attach_socket(self.id, params=parameters)
                self._socket: socket.socket = getattr(self._http, "_sock", self._http)
                self._socket.settimeout(SEND_SECONDS)
                self._api.start(self.id)
            except BaseException:
                self.forsake()
                raise

    @contextlib.contextmanager
    def _blame(self, action: str) -> Iterator[None]:
        try:
            yield
        except (DockerException, requests.RequestException, OSError) as error:
            raise BoxLost(
                f"the Docker engine could not {action} a {self.role.value} container: {error}. "
                "`grader doctor` tells what is wrong with the engine."
            ) from error

    # -- frames -----------------------------------------------------------------------------------

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def send(self, kind: int, payload: bytes) -> None:
        """Send one frame.

        Raises:
            BoxLost: the container is gone.
            Stuck: it does not read.
        """
        try:
            with self._send_lock:
                self._socket.sendall(wire.HEADER.pack(len(payload), kind) + payload)
        except TimeoutError as error:
            raise Stuck(self._obituary(f"took nothing for {SEND_SECONDS:g} s")) from error
        except OSError as error:
            raise BoxLost(self._obituary(f"cannot be written to ({error})")) from error

    def say(self, message: Mapping[str, Any]) -> None:
        """Send a CONTROL message."""
        self.send(wire.CONTROL, json.dumps(message).encode())

    def upload(self, files: Files) -> None:
        """Announce and send a set of files; the keeper answers `uploaded`."""
        payloads = wire.pack_files(dict(files))
        self.say({"do": "upload", "bytes": sum(map(len, payloads))})
        for payload in payloads:
            self.send(wire.UPLOAD, payload)

    def receive(self, seconds: float) -> list[tuple[int, bytes]]:
        """The frames that arrive next; empty when none does within `seconds`.

        Raises:
            BoxLost: the container ended.
            ProtocolBroken: it does not speak in frames.
        """
        if self._pending:
            frames, self._pending = self._pending, []
            return frames
        end = time.monotonic() + seconds
        while True:
            try:
                ready, _, _ = select.select([self._socket], [], [], max(0.0, end - time.monotonic()))
                if not ready:
                    return []
                data = self._socket.recv(_CHUNK)
            except (OSError, ValueError) as error:  # ValueError: closed by another thread
                raise BoxLost(self._obituary(f"cannot be read from ({error})")) from error
            if not data:
                raise BoxLost(self._obituary("ended"))
            self.received_bytes += len(data)
            frames = self._frames(data)
            if frames:
                return frames

    def _frames(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take the engine's multiplexing away: 8 bytes of header, then a piece of standard output or error."""
        raw = self._raw
        raw += data
        frames: list[tuple[int, bytes]] = []
        start = 0
        while len(raw) - start >= _MUX.size:
            stream, length = _MUX.unpack_from(raw, start)
            end = start + _MUX.size + length
            if len(raw) < end:
                break
            piece = bytes(raw[start + _MUX.size : end])
            start = end
            if stream == _STDERR:
                self._last_words = (self._last_words + piece)[-_LAST_WORDS:]
                continue
            try:
                frames += self._splitter.feed(piece)
            except wire.FrameError as error:
                raise ProtocolBroken(f"a {self.role.value} container sent no frame: {error}") from error
        del raw[:start]
        return frames

    def expect(self, event: str, seconds: float) -> dict[str, Any]:
        """Wait for a CONTROL message with that event; others are dropped.

        Raises:
            BoxLost: it does not come.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            frames = self.receive(left)
            for at, (kind, payload) in enumerate(frames):
                if kind == wire.CONTROL:
                    message: dict[str, Any] = json.loads(payload)
                    if message.get("event") == event:
                        self._pending = frames[at + 1 :]
                        return message
        raise BoxLost(self._obituary(f"did not say {event!r} within {seconds:g} s"))

    def wait_ready(self) -> dict[str, Any]:
        """Wait until the keeper serves; returns its first message.

        Raises:
            BoxLost: it does not come up.
        """
        return self.expect("ready", START_SECONDS)

    # -- the end ----------------------------------------------------------------------------------

    def _obituary(self, what: str) -> str:
        words = self.last_words()
        return f"a {self.role.value} container {what}" + (f"; its last words: {words}" if words else "")

    def last_words(self) -> str:
        """The end of what the keeper wrote to its error stream."""
        return bytes(self._last_words[-1500:]).decode("utf-8", "backslashreplace")

    def out_of_memory(self) -> bool:
        """Whether the engine says that the container hit its memory limit. False where it does not answer."""
        with contextlib.suppress(DockerException, requests.RequestException):
            state = self._api.inspect_container(self.id)["State"]
            return bool(state.get("OOMKilled"))
        return False

    def alive(self) -> bool:
        """Whether the engine still holds our line to it open. Only while nobody receives from it."""
        try:
            ready, _, _ = select.select([self._socket], [], [], 0)
            if not ready:  # asked first: with a time-out set, Python's recv waits, whatever its flags say
                return True
            # beneath TLS, where there is any: an SSLSocket does not let us peek
            return socket.socket.recv(self._socket, 1, socket.MSG_PEEK) != b""
        except (OSError, ValueError):  # ValueError: closed by another thread
            return False

    def forsake(self) -> None:
        """Remove it, or leave it to the janitor where the engine does not let us."""
        with contextlib.suppress(BoxLost):
            self.remove()

    def remove(self) -> None:
        """End it and all that runs in it, from outside. May be called again.

        Raises:
            BoxLost: the engine could not do it. The janitor tries again.
        """
        self.removed = True
        _living.discard(self.id)
        for stream in (getattr(self, "_http", None), getattr(self, "_socket", None)):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._api.remove_container(self.id, force=True, v=True)
        except NotFound:
            return
        except APIError as error:
            if error.response is not None and error.response.status_code == requests.codes.conflict:
                return  # another thread or the janitor is removing it
            raise BoxLost(f"container {self.id[:12]} could not be removed: {error}") from error
        except (DockerException, requests.RequestException) as error:
            raise BoxLost(f"container {self.id[:12]} could not be removed: {error}") from error
