"""Requests to the API of a forge: JSON over the client for the outside, and what its answers mean."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from api.hooks.outside import Answer, NoAnswer, NotAllowed, Outside

SECONDS: Final = 15.0
"""For one request."""
ANSWER_BYTES: Final = 512 * 1024
"""Of an answer that is read; a check run with fifty annotations is far below."""
SAID_BYTES: Final = 300
"""Of an answer that failed, kept for the log."""
TRY_AGAIN: Final = frozenset({408, 409, 423, 425, 429})
"""Besides 5xx. 403 too where it is a rate limit."""


class ForgeFailed(Exception):
    """The forge did not do it. The message is one sentence for administrators."""

    def __init__(self, message: str, *, again: bool, status: int | None = None, said: str = "") -> None:
        super().__init__(message)
        self.again = again
        """Another try may succeed."""
        self.status = status
        self.said = said
        """The beginning of its answer. Hostile."""


@dataclass(frozen=True)
class Token:
    """A token that runs out."""

    value: str = field(repr=False)
    ends_at: datetime


class TokenStore:
    """Tokens in memory, each until shortly before it runs out. Serves any number of threads."""

    MOST: Final = 1000
    EARLY: Final = timedelta(minutes=5)

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: OrderedDict[tuple[str, ...], Token] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...], make: Callable[[], Token]) -> str:
        """The token under `key`, made anew where there is none that lasts. What `make` raises passes through."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.ends_at - self.EARLY > self._now():
                return kept.value
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self.MOST:
                self._kept.popitem(last=False)
        return made.value

    def drop(self, key: tuple[str, ...]) -> None:
        """Forget a token that the forge does not take any more."""
        with self._lock:
            self._kept.pop(key, None)


class ForgeClient:
    """Sends JSON, reads JSON."""

    def __init__(self, outside: Outside, now: Callable[[], datetime]) -> None:
        self._outside = outside
        self.now = now
        self.tokens = TokenStore(now)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """One request; returns the object of the answer, empty where it has none.

        Raises:
            ForgeFailed: it was not done, or we do not know.
        """
        content = b"" if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"content-type": "application/json"}
        try:
            answer = self._outside.request(
                method,
                url,
                headers={"accept": "application/json", **kind, **headers},
                body=content,
                seconds=SECONDS,
                most_bytes=ANSWER_BYTES,
            )
        except NotAllowed as error:
            raise ForgeFailed(str(error), again=False) from error
        except NoAnswer as error:
            raise ForgeFailed(str(error), again=True) from error
        if not 200 <= answer.status <= 299:
            raise _failed(answer)
        return _object(answer)


def _failed(answer: Answer) -> ForgeFailed:
    status, said = answer.status, answer.body[:SAID_BYTES].decode("utf-8", "replace")
    if 300 <= status <= 399:
        return ForgeFailed(
            f"It answered {status}, a redirect; redirects are not followed. Was the repository renamed, or is the "
            "address of the API not right?",
            again=False,
            status=status,
        )
    limited = status == 403 and (
        answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    )
    again = status >= 500 or status in TRY_AGAIN or limited
    return ForgeFailed(f"It answered {status}.", again=again, status=status, said=said)


def _object(answer: Answer) -> Mapping[str, Any]:
    if not answer.body:
        return {}
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise ForgeFailed(
            f"It answered {answer.status} with something that is no JSON.", again=True
        ) from error
    return found if isinstance(found, dict) else {}
