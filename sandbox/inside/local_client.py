"""How the `client` of hidden tests reaches the candidate's server: straight into the tunnel, without socket or thread.

Other clients go through the tunnel's listener, where each request wakes three threads.
"""

from __future__ import annotations

import queue
from typing import Any

import httpcore
import httpx

from .local_tunnels import Tunnel


def transport(tunnel: Tunnel) -> httpx.BaseTransport:
    """What httpx sends requests through. Connections are kept and used again, as httpx does."""
    made = httpx.HTTPTransport(verify=False, trust_env=False)
    made._pool = httpcore.ConnectionPool(
        max_connections=100,  # httpx's own number: suites send many requests at a time to find races
        max_keepalive_connections=8,
        network_backend=_Backend(tunnel),
    )
    return made


class _Backend(httpcore.NetworkBackend):  # type: ignore[misc] # not installed on the host
    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Whatever the address, it is the candidate's server; another one cannot be reached from here."""
        if (host, port) != ("127.0.0.1", self._tunnel.port):
            raise httpcore.ConnectError(
                f"nothing but the server of the submission can be reached, not {host}:{port}"
            )
        return _Stream(self._tunnel)


class _Stream(httpcore.NetworkStream):  # type: ignore[misc] # not installed on the host
    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel
        self._arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._rest = b""
        self._ended = False
        self._number = tunnel.open(self._arrived.put)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._rest and not self._ended:
            try:
                self._rest = self._arrived.get(timeout=timeout)
            except queue.Empty:
                raise httpcore.ReadTimeout(f"no answer within {timeout:g} s") from None
            self._ended = not self._rest
        data, self._rest = self._rest[:max_bytes], self._rest[max_bytes:]
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 -- the line has its own
        if self._ended:
            raise httpcore.WriteError("the server closed the connection")
        if buffer:
            self._tunnel.send(self._number, buffer)

    def close(self) -> None:
        self._ended = True
        self._tunnel.send(self._number, b"")

    def get_extra_info(self, info: str) -> Any:
        """An idle connection on which something can be read has been closed by the server."""
        return not self._arrived.empty() if info == "is_readable" else None
