"""The wire over https: one checked, bounded request for each question (git's smart HTTP)."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Final

from api.fetching.conversation import SERVICE, too_large
from api.fetching.errors import FetchFailed
from api.fetching.packets import nonsense
from api.fetching.repository import Login
from api.hooks.outside import Answer, NoAnswer, NotAllowed, Outside, TooSlow

_GREETING_BYTES: Final = 2**16
_VERSION: Final = {"git-protocol": "version=2"}


class HttpWire:
    """See `Wire`. Holds no connection between questions."""

    def __init__(self, outside: Outside, url: str, login: Login | None, ends: float) -> None:
        """`ends`: the moment (of the monotonic clock) until which everything must be answered."""
        self._outside = outside
        self._url = url.rstrip("/")
        self._headers = {**_VERSION, **_authorization(login)}
        self._ends = ends

    def greeting(self) -> bytes:
        """See `Wire.greeting`."""
        return self._asked("GET", f"info/refs?service={SERVICE}", "advertisement", {}, b"", _GREETING_BYTES)

    def answer(self, question: bytes, most: int) -> bytes:
        """See `Wire.answer`."""
        more = {"content-type": f"application/x-{SERVICE}-request"}
        return self._asked("POST", SERVICE, "result", more, question, most)

    def _asked(
        self, method: str, what: str, kind: str, more: Mapping[str, str], body: bytes, most: int
    ) -> bytes:
        expected = f"application/x-{SERVICE}-{kind}"
        headers = {**self._headers, **more, "accept": expected}
        left = self._ends - time.monotonic()
        try:
            answer = self._outside.request(
                method, f"{self._url}/{what}", headers=headers, body=body, seconds=left, most_bytes=most
            )
        except NotAllowed as error:
            raise FetchFailed("not_allowed", str(error)) from error
        except TooSlow as error:
            raise too_slow() from error
        except NoAnswer as error:
            raise FetchFailed("broken", str(error), ours=True) from error
        _check_status(answer)
        if answer.headers.get("content-type", "").partition(";")[0].strip().lower() != expected:
            raise nonsense()
        if answer.cut:
            raise too_large(most)
        return answer.body


def too_slow() -> FetchFailed:
    """What is raised when `FetchLimits.seconds` are over."""
    return FetchFailed(
        "too_slow",
        "The repository was not fetched in the time that there is for it. Try again later.",
        ours=True,
    )


def _authorization(login: Login | None) -> dict[str, str]:
    if login is None:
        return {}
    if not login.user:
        value = f"Bearer {login.secret}"
    else:
        value = "Basic " + base64.b64encode(f"{login.user}:{login.secret}".encode()).decode()
    if not value.isascii() or not value.isprintable():
        raise FetchFailed(
            "refused", "The token holds a character that no token has, such as the end of a line."
        )
    return {"authorization": value}


def _check_status(answer: Answer) -> None:
    """Raise what a status other than 200 means."""
    status = answer.status
    if status == 200:
        return
    if 300 <= status < 400:
        raise FetchFailed(
            "not_allowed",
            "The server sends us on to another address, where we do not go. "
            "Give the address that the repository has now.",
        )
    if status in {401, 403}:
        raise FetchFailed("refused", "The server does not let us read the repository. Check the token.")
    if status in {404, 410}:
        raise FetchFailed(
            "not_found", "There is no repository at this address, or none that the token may read."
        )
    raise FetchFailed(
        "broken",
        f"The git server answers with the status {status}.",
        ours=status >= 500 or status in {408, 425, 429},
    )
