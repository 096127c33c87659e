"""Trouble for hidden suites, ready made: the fixture `faults`. See docs/takehomes.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from .faulty_command import REQUESTS

SCRIPT = "_faulty_command.py"

GARBAGE: Mapping[str, bytes] = {
    "empty": b"",
    "blank": b"\n \n\t\n",
    "no text": b"\xff\xfe\x00\x80\x81",
    "null bytes": b"a\x00b\x00\n",
    "half a document": b'{"key": [1, 2',
    "another kind": b"<html><body>502 Bad Gateway</body></html>\n",
    "one huge line": b"x" * 200_000,
    "deep": b"[" * 5_000,
}
"""Input that programs meet when another program went wrong, by what is wrong with it."""


@dataclass(frozen=True)
class Answer:
    """What the upstream says to one request. Times are seconds."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    """Before the answer begins."""
    cut_at: int | None = None
    """Bytes of the body after which the connection is reset; 0: before the answer begins."""


class BrokenStream:
    """A file open for reading that ends or fails early. Text or bytes, as the data is."""

    def __init__(self, data: Any, error: BaseException | None) -> None:
        self._data = data
        self._at = 0
        self._error = error
        self.closed = False

    def read(self, size: int = -1) -> Any:
        """As of a file; where the data is over, the error."""
        left = self._data[self._at :]
        part = left if size is None or size < 0 else left[:size]
        self._at += len(part)
        if self._error is not None and (size is None or size < 0 or len(part) < size):
            raise self._error
        return part

    def readline(self) -> Any:
        """The next line. The last one is not complete: after it, or in its middle, comes the error."""
        left = self._data[self._at :]
        newline = "\n" if isinstance(self._data, str) else b"\n"
        end = left.find(newline)
        if end < 0 and self._error is not None:
            raise self._error
        line = left if end < 0 else left[: end + 1]
        self._at += len(line)
        return line

    def __iter__(self) -> Iterator[Any]:
        """Line by line."""
        while line := self.readline():
            yield line

    def readlines(self) -> list[Any]:
        """All lines."""
        return list(self)

    def close(self) -> None:
        """Note that it was closed: a test may ask."""
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Failing:
    """A function with one outcome after another: raises what is an exception, returns what is none. The last stays."""

    def __init__(self, outcomes: Sequence[Any]) -> None:
        self._outcomes = list(outcomes)
        self.calls: list[tuple[Any, ...]] = []
        """Positional arguments of each call."""

    def __call__(self, *args: Any, **_: Any) -> Any:
        """One call."""
        outcome = self._outcomes[min(len(self.calls), len(self._outcomes) - 1)]
        self.calls.append(args)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Faults:
    """What the fixture `faults` offers. `run` is the fixture of that name, fetched when it is first needed."""

    garbage = GARBAGE
    missing = "no-such-folder/no-such-file"
    """A path at which there is nothing."""
    full_disk = "/dev/full"
    """An output file on a disk that is full: it can be opened, and nothing can be written to it."""

    def __init__(self, run: Callable[[], Callable[..., Any]]) -> None:
        self._run = run

    @staticmethod
    def truncated(data: Any, keep: float = 0.6) -> Any:
        """The beginning of `data` (text or bytes), which a transfer that broke off leaves."""
        return data[: max(0, min(len(data) - 1, int(len(data) * keep)))]

    @staticmethod
    def stream(data: Any, error: BaseException | None = None) -> BrokenStream:
        """A file open for reading that gives `data` and then ends, or raises `error`: a connection that was dropped."""
        return BrokenStream(data, error)

    @staticmethod
    def failing(*outcomes: Any) -> Failing:
        """A function to pass in: `failing(ConnectionResetError(), TimeoutError(), "ok")`."""
        return Failing(outcomes)

    @staticmethod
    def answer(body: str = "", **how: Any) -> Answer:
        """An answer of the upstream: `status`, `headers`, `wait`, `cut_at`."""
        return Answer(body, **how)

    def run(
        self,
        argv: Sequence[str],
        *,
        unreadable: Sequence[str] = (),
        free_bytes: int | None = None,
        upstream: Sequence[Answer] | None = None,
        files: Mapping[str, str | bytes] | None = None,
        **options: Any,
    ) -> Any:
        """As the fixture `run`, where something is wrong.

        unreadable: files that are there and may not be read. free_bytes: the disk is full but for so much (whole
        pages of 4 KiB). upstream: an HTTP server, whose address the program finds in UPSTREAM_URL, gives these answers
        in turn, the last one for ever.
        """
        wanted: dict[str, Any] = {"unreadable": list(unreadable), "free_bytes": free_bytes}
        if upstream is not None:
            wanted["upstream"] = [asdict(answer) for answer in upstream]
        script = Path(__file__).with_name("faulty_command.py").read_bytes()
        whole = ["python", SCRIPT, json.dumps(wanted), *argv]
        return self._run()(whole, files={**(files or {}), SCRIPT: script}, **options)

    @staticmethod
    def requests(result: Any) -> list[dict[str, Any]]:
        """The requests that the upstream got: `method`, `path`, `body`, `at` (seconds). A claim of the box."""
        found: list[dict[str, Any]] = json.loads(result.files.get(REQUESTS, b"[]"))
        return found
