"""A running service, as `grader submit` talks to it: patient with servers and networks, plain about everything else."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from api.cli.failures import OurFailure, WrongUsage
from api.settings import is_this_machine
from grader.formats.visible import one_line

PATIENCE: Final = 120.0
"""Seconds for which a request is repeated while no server answers it."""
LONGEST_WAIT: Final = 30.0
"""Seconds between two tries."""
AGAIN: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses after which another try may succeed."""
TIMEOUT: Final = httpx2.Timeout(60.0, connect=10.0)
MOST_WORDS: Final = 2000


@dataclass
class Server:
    """Sends requests with a token, and repeats those that got no answer: each of them may be sent twice."""

    address: str
    token: str
    tell: Callable[[str], None]
    """Told in words what is waited for."""
    ends: float = float("inf")
    """By `time.monotonic()`: nothing is waited for longer."""
    sleep: Callable[[float], None] = time.sleep

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx2.Response:
        """Send a request to `/api/v1` + `path` until a server has answered it.

        Raises:
            OurFailure: no server did, for PATIENCE seconds.
            WrongUsage: it refused.
        """
        given_up, wait = min(time.monotonic() + PATIENCE, self.ends), 1.0
        sent = {"Authorization": f"Bearer {self.token}", "User-Agent": "grader submit", **(headers or {})}
        with httpx2.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            while True:
                asked = wait
                try:
                    answer = client.request(method, f"{self.address}/api/v1{path}", headers=sent, **options)
                except (httpx2.TransportError, httpx2.InvalidURL) as error:
                    why = self._no_answer(error)
                else:
                    if answer.status_code not in AGAIN:
                        self._check(answer)
                        return answer
                    why = f"{self.address} answered {answer.status_code}: {_detail(answer)}"
                    after = answer.headers.get("retry-after", "")
                    if after.isascii() and after.isdigit():
                        asked = max(asked, min(float(after[:6]), PATIENCE))
                if time.monotonic() + asked > given_up:
                    raise OurFailure(f"{why} Given up: nothing is known about the submission.")
                self.tell(f"{why} Trying again in {asked:.0f} s.")
                self.sleep(asked)
                wait = min(wait * 2, LONGEST_WAIT)

    def _no_answer(self, error: Exception) -> str:
        """In words.

        Raises:
            WrongUsage: another try gives the same.
        """
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise WrongUsage(
                    f"The certificate of {self.address} is not trusted: {cause.verify_message}. Where an authority of "
                    "your own signed it, set SSL_CERT_FILE to its certificate."
                ) from error
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, (httpx2.InvalidURL, httpx2.UnsupportedProtocol)):
            raise WrongUsage(f"{self.address} is no address of a server: {error}.") from error
        return f"No answer from {self.address}: {str(error) or type(error).__name__}."

    def _check(self, answer: httpx2.Response) -> None:
        """Turn a refusal into words.

        Raises:
            WrongUsage: it is one.
        """
        if answer.is_success or answer.status_code == 304:
            return
        detail = _detail(answer)
        raise WrongUsage(
            {
                401: "The token in GRADER_TOKEN is unknown, revoked or has run out. An administrator makes tokens.",
                403: f"The token in GRADER_TOKEN may not do this. {detail}",
                413: f"The submission was refused: {detail}",
            }.get(answer.status_code)
            or (
                f"{self.address} answered {answer.status_code}, which no grader does: is --server right?"
                if answer.headers.get("content-type") != "application/problem+json"
                else f"The service refused: {detail}"
            )
        )


def checked_address(address: str, *, insecure_http: bool) -> str:
    """The address without a slash at its end.

    Raises:
        WrongUsage: it is none, or would send the token in the clear.
    """
    parts = urlsplit(address)
    try:
        host = parts.hostname or ""
    except ValueError as error:
        raise WrongUsage(f"{address} is no address of a server: {error}.") from error
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or parts.path.strip("/")
        or parts.query
        or "@" in parts.netloc
    ):
        raise WrongUsage(f"{address} is no address of a server. It looks like https://grader.example.com.")
    if parts.scheme == "http" and not insecure_http and not is_this_machine(host):
        raise WrongUsage(
            f"{address} would send the token in the clear. Use https://, or --insecure-http on a network of your own."
        )
    return address.rstrip("/")


def _detail(answer: httpx2.Response) -> str:
    """What the server says about a refusal. Hostile where it is none of ours: one line, printable."""
    try:
        document = answer.json()
    except ValueError:
        return ""
    detail = document.get("detail") if isinstance(document, dict) else None
    return one_line(detail, MOST_WORDS) if isinstance(detail, str) else ""
