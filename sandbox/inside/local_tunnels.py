"""The suite's end of the connections to the candidate's server."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable

from . import wire
from .driver import Driver


class Tunnel:
    """Connections that continue in the candidate's container. Each has a number; no bytes are its end."""

    def __init__(self, driver: Driver) -> None:
        self._line = driver.line
        self._numbers = itertools.count(1)
        self._arrivals: dict[int, Callable[[bytes], None]] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._line.on_tunnel = self._arrived
        driver.peer.quiet_threads += 2
        for work, name in ((self._accept, "tunnel"), (self._line.read_forever, "tunnel reader")):
            threading.Thread(target=work, name=name, daemon=True).start()

    def open(self, arrival: Callable[[bytes], None]) -> int:
        """A new connection, whose bytes `arrival` is given; its number."""
        number = next(self._numbers)
        self._arrivals[number] = arrival
        return number

    def send(self, number: int, data: bytes) -> None:
        """Send bytes; none of them end the connection."""
        if not data:
            self._arrivals.pop(number, None)
        self._line.write(wire.TUNNEL, number.to_bytes(4, "big") + data)

    def _arrived(self, number: int, data: bytes) -> None:
        arrival = self._arrivals.get(number)
        if arrival is not None:
            arrival(data)

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number = self.open(lambda data, sock=sock: _hand_on(sock, data))  # type: ignore[misc]
            threading.Thread(target=self._pump, args=(number, sock), name="tunnel pump", daemon=True).start()

    def _pump(self, number: int, sock: socket.socket) -> None:
        """From the test's client to the candidate's server."""
        while True:
            try:
                data = sock.recv(1 << 16)
            except OSError:
                data = b""
            self.send(number, data)
            if not data:
                sock.close()
                return


def _hand_on(sock: socket.socket, data: bytes) -> None:
    """From the candidate's server to the test's client."""
    try:
        if data:
            sock.sendall(data)
        else:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client closed first
