"""A receiver of webhooks for tests: a real HTTP server on loopback that does as it is told and remembers everything."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from api.hooks.outside import Outside, Resolver, system_resolver
from api.settings import Outside as Settings

LOOPBACK = Settings(allow_http=True, allowed_networks="127.0.0.0/8")


def to_loopback(resolver: Resolver = system_resolver) -> Outside:
    """A client that may reach this machine."""
    return Outside(LOOPBACK, resolver)


@dataclass(frozen=True)
class Got:
    """A request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """The body, if the public library finds the signature right."""
        return Webhook(secret).verify(self.body, self.headers)


Behaviour = Callable[[BaseHTTPRequestHandler, Got], None]


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer plainly."""

    def behave(handler: BaseHTTPRequestHandler, got: Got) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def after(seconds: float, then: Behaviour) -> Behaviour:
    """Take one's time."""

    def behave(handler: BaseHTTPRequestHandler, got: Got) -> None:
        time.sleep(seconds)
        then(handler, got)

    return behave


def reset(handler: BaseHTTPRequestHandler, got: Got) -> None:
    """Break the connection off hard, without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler, got: Got) -> None:
    """Answer 200 and never stop."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"<script>alert(1)</script>" * 1000)


def dripping(handler: BaseHTTPRequestHandler, got: Got) -> None:
    """Answer a byte at a time, each quicker than any time-out for a single read."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


@dataclass
class Receiver:
    """What came in, and how to answer."""

    url: str
    port: int
    got: list[Got] = field(default_factory=list)
    behaviours: list[Behaviour] = field(default_factory=list)
    """One for each request; the last stays."""
    connections: int = 0

    def behave(self, handler: BaseHTTPRequestHandler, got: Got) -> None:
        self.got.append(got)
        behaviour = self.behaviours[0] if self.behaviours else answer(204)
        if len(self.behaviours) > 1:
            self.behaviours.pop(0)
        behaviour(handler, got)

    def bodies(self) -> list[Any]:
        return [json.loads(one.body) for one in self.got]


@contextmanager
def receiving(tls: Any = None) -> Iterator[Receiver]:
    """A receiver that runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.behave(self, Got(self.path, headers, self.rfile.read(size), time.monotonic()))

        do_GET = do_PATCH = do_POST  # noqa: N815 -- the server's name for it

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, request: object, client_address: object) -> None:
            """Connections that broke are part of the game."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "https" if tls is not None else "http"
    receiver = Receiver(f"{scheme}://127.0.0.1:{server.server_port}/hook", server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
