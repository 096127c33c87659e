"""Requests to addresses that people type: resolved once, checked, and connected to at the address that was checked.

OutsideError
├── NotAllowed    the address is none that we connect to: another try gives the same
└── NoAnswer      no name, no connection, no TLS, or it ended in the middle: another try may succeed
    └── TooSlow   the time for the whole request was over

Nothing of the environment (proxies, netrc) is looked at, no redirect is followed, no cookie is kept, nothing is
unpacked. Every answer with a status is an `Answer`: what it means is the caller's to say.
"""

from __future__ import annotations

import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

import httpcore2

from api.hooks.addresses import Address, Network, networks, refusal
from api.settings import Outside as Settings

LONGEST_URL: Final = 2000
MOST_ADDRESSES: Final = 3
"""Of one name that are tried, one after the other."""
CONNECT_SECONDS: Final = 5.0
"""For one address; the time for the whole request runs beside it."""
USER_AGENT: Final = "takehome-grader"
PIECE: Final = 2**14
"""Bytes that are written at a time."""
_PLAIN = re.compile(r"[\x21-\x7e]+")
_PORTS: Final = {"http": 80, "https": 443}

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host name, as text. Raises OSError where there is none."""


class OutsideError(Exception):
    """Base of the tree. The message is one sentence for people."""


class NotAllowed(OutsideError):
    """The address is none that we connect to."""


class NoAnswer(OutsideError):
    """There was no whole answer."""


class TooSlow(NoAnswer):
    """The time for the whole request was over."""


@dataclass(frozen=True)
class Answer:
    """What came back. Hostile, all of it."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of several with one name, the last."""
    body: bytes
    cut: bool
    """The body was longer than asked for; the rest was not read."""
    address: str
    """Where it came from."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that the system knows for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Outside:
    """A client for the outside. Holds no connection between requests; serves any number of threads."""

    def __init__(self, settings: Settings, resolver: Resolver = system_resolver) -> None:
        self._allow_http = settings.allow_http
        self._allowed: tuple[Network, ...] = networks(settings.allowed_networks)
        self._resolver = resolver
        self._tls = ssl.create_default_context()
        if settings.ca_file:
            self._tls.load_verify_locations(settings.ca_file)

    def check(self, url: str) -> SplitResult:
        """Check what can be said without asking anybody; a name is resolved, and checked again, with each request.

        Raises:
            NotAllowed: with the reason.
        """
        if len(url) > LONGEST_URL or not _PLAIN.fullmatch(url):
            raise NotAllowed(
                f"The address has a space, a control character or a letter outside ASCII, or more than {LONGEST_URL} "
                "characters. Write host names in their xn-- form."
            )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise NotAllowed(f"This is no address: {error}.") from error
        if parts.scheme not in ({"https", "http"} if self._allow_http else {"https"}):
            raise NotAllowed(
                "The address must begin with https://" + (" or http://." if self._allow_http else ".")
            )
        if not parts.hostname or port == 0 or "\\" in parts.netloc:
            raise NotAllowed("The address names no host.")
        if "@" in parts.netloc:
            raise NotAllowed("The address must not hold a user or a password.")
        if "#" in url:
            raise NotAllowed("The address must not have a part after #: it would not be sent.")
        try:
            literal = ip_address(parts.hostname)
        except ValueError:
            return parts
        self._judge(parts.hostname, [literal])
        return parts

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        seconds: float,
        most_bytes: int,
    ) -> Answer:
        """Send one request. `seconds` are for all of it, `most_bytes` of the answer's body are read.

        Raises:
            NotAllowed: nothing was sent.
            NoAnswer: it may have been sent, and taken.
        """
        ends = time.monotonic() + seconds
        parts = self.check(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        backend = _Pinned(self.addresses(host, port, ends), ends)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        shown = f"[{host}]" if ":" in host else host
        sent = {"host": shown if parts.port is None else f"{shown}:{port}", "user-agent": USER_AGENT}
        sent |= {"accept-encoding": "identity", "connection": "close"}
        if body or method not in {"GET", "HEAD"}:
            sent["content-length"] = str(len(body))
        sent |= headers
        where = httpcore2.URL(scheme=parts.scheme, host=host, port=port, target=target)
        try:
            with (
                httpcore2.ConnectionPool(ssl_context=self._tls, network_backend=backend) as pool,
                pool.stream(method, where, headers=list(sent.items()), content=body) as response,
            ):
                content, cut = _first(response.iter_stream(), most_bytes)
                found = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                return Answer(response.status, found, content, cut, backend.connected)
        except httpcore2.TimeoutException as error:
            raise TooSlow(f"There was no whole answer within {seconds:g} s.") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            if time.monotonic() >= ends:
                raise TooSlow(f"There was no whole answer within {seconds:g} s.") from error
            raise NoAnswer(_in_words(error, host)) from error

    def addresses(self, host: str, port: int, ends: float) -> Sequence[Address]:
        """The addresses of a host, all of which may be connected to, asked for until a moment (monotonic clock).

        Raises:
            NotAllowed: one of them is none that we connect to.
            NoAnswer: there is none.
        """
        try:
            texts = _within(lambda: self._resolver(host, port), ends - time.monotonic())
        except (OSError, UnicodeError) as error:
            raise NoAnswer(f"The name {host} is not known: {_reason(error)}.") from error
        found = [ip_address(text) for text in texts]
        if not found:
            raise NoAnswer(f"The name {host} has no address.")
        self._judge(host, found)
        return found[:MOST_ADDRESSES]

    def _judge(self, host: str, found: Sequence[Address]) -> None:
        """Refuse a host if any of its addresses is: a good one beside a bad one is how guards are tricked."""
        for address in found:
            why = refusal(address, self._allowed)
            if why is not None:
                at = "" if host == str(address) else f" is at {address}, which"
                raise NotAllowed(
                    f"{host}{at} is not a public address ({why}). "
                    "GRADER_OUTSIDE__ALLOWED_NETWORKS lists networks of your own that may be reached."
                )


class _Pinned(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, whatever the host's name resolves to by now, until a moment."""

    def __init__(self, addresses: Sequence[Address], ends: float) -> None:
        self._addresses = addresses
        self._ends = ends
        self._plain = httpcore2.SyncBackend()
        self.connected = ""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """See `NetworkBackend.connect_tcp`."""
        del host, timeout, local_address
        last: httpcore2.NetworkError | httpcore2.TimeoutException | None = None
        for address in self._addresses:
            try:
                stream = self._plain.connect_tcp(
                    str(address), port, min(CONNECT_SECONDS, _left(self._ends)), socket_options=socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
                continue
            self.connected = str(address)
            return _Timed(stream, self._ends)
        assert last is not None
        raise last


class _Timed(httpcore2.NetworkStream):
    """A stream on which no step may take longer than what is left of the whole."""

    def __init__(self, stream: httpcore2.NetworkStream, ends: float) -> None:
        self._stream = stream
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See `NetworkStream.read`."""
        del timeout
        return self._stream.read(max_bytes, _left(self._ends))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See `NetworkStream.write`: in pieces, as each gets the whole time that is left."""
        del timeout
        for start in range(0, len(buffer), PIECE):
            self._stream.write(buffer[start : start + PIECE], _left(self._ends))

    def close(self) -> None:
        """See `NetworkStream.close`."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """See `NetworkStream.start_tls`."""
        del timeout
        return _Timed(
            self._stream.start_tls(ssl_context, server_hostname, _left(self._ends)),
            self._ends,
        )

    def get_extra_info(self, info: str) -> Any:
        """See `NetworkStream.get_extra_info`."""
        return self._stream.get_extra_info(info)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the time for the whole request is over")
    return left


def _first(chunks: Iterable[bytes], most: int) -> tuple[bytes, bool]:
    """Return the first `most` bytes, and whether there were more. Does not read on when it has them."""
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        if len(kept) > most:
            return bytes(kept[:most]), True
    return bytes(kept), False


def _within(ask: Callable[[], Sequence[str]], seconds: float) -> Sequence[str]:
    """Ask a resolver that cannot be told how long it may take: it is left behind when it takes too long."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(ask())
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=run, daemon=True, name="resolver").start()
    try:
        found = answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise TooSlow("The name server did not answer in time.") from None
    if isinstance(found, Exception):
        raise found
    return found


def _in_words(error: Exception, host: str) -> str:
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The certificate of {host} is not valid: {cause.verify_message}."
    if isinstance(cause, ssl.SSLError):
        return f"There was no encrypted connection to {host}: {cause.reason or cause}."
    if isinstance(cause, OSError):
        return f"The connection to {host} failed: {_reason(cause)}."
    return f"What {host} answered is not HTTP, or ended in the middle: {cause}."


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
