"""Connections of hidden tests to the candidate's server, ended in its box: bytes go to a port, bytes come back."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from . import wire
from .child import CHUNK
from .keeper import Stream

_CONNECT_SECONDS = 2.0
_SEND_SECONDS = 5.0
_DEAF_SECONDS = 5.0
"""A listener whose queue is full leaves who connects waiting for minutes; meanwhile nobody else would be served."""


class Tunnels:
    """A TUNNEL frame is the number of a connection and bytes; one without bytes ends the connection."""

    def __init__(
        self, stream: Stream, watch: Callable[[int, Callable[[], None]], None], unwatch: Callable[[int], None]
    ) -> None:
        self._stream = stream
        self._watch = watch
        self._unwatch = unwatch
        self._open: dict[int, socket.socket] = {}
        self._deaf_until = 0.0
        self.port = 0
        """Where the server listens, on the loopback address."""

    def take(self, payload: bytes) -> None:
        """A frame from the hidden tests."""
        number, data = int.from_bytes(payload[:4], "big"), payload[4:]
        sock = self._open.get(number)
        if not data:
            if sock is not None:
                self._close(number)
            return
        if sock is None:
            try:
                sock = self._connected()
            except OSError:
                self._tell(number, b"")
                return
            self._open[number] = sock
            self._watch(sock.fileno(), lambda: self._answered(number))
        try:
            sock.sendall(data)
        except OSError:
            self._close(number)
            self._tell(number, b"")

    def _connected(self) -> socket.socket:
        if time.monotonic() < self._deaf_until:
            raise ConnectionRefusedError
        sock = socket.socket()
        sock.settimeout(_CONNECT_SECONDS)
        try:
            sock.connect(("127.0.0.1", self.port))
        except OSError as error:
            if isinstance(error, TimeoutError):
                self._deaf_until = time.monotonic() + _DEAF_SECONDS
            sock.close()
            raise
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(_SEND_SECONDS)
        return sock

    def _answered(self, number: int) -> None:
        try:
            data = self._open[number].recv(CHUNK)
        except OSError:
            data = b""
        if not data:
            self._close(number)
        self._tell(number, data)

    def _close(self, number: int) -> None:
        sock = self._open.pop(number)
        self._unwatch(sock.fileno())
        sock.close()

    def _tell(self, number: int, data: bytes) -> None:
        self._stream.write(wire.TUNNEL, number.to_bytes(4, "big") + data)
