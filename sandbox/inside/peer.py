"""One end of the object bridge: requests, answers, nested calls, threads.

A message is one CALL frame holding JSON: `[lane, kind, body, extras]`. A *lane* is a call stack that spans both
processes: the thread that waits for an answer also serves the requests that come back on its lane, so callbacks
run in the thread that a reader of the test would expect. A request on a lane that no thread waits for gets a
thread of its own. Whoever waits first reads for all (leader and followers); once either side says that it runs
threads, a reading thread takes over, so that nobody has to be waiting for a message to be heard.
"""

from __future__ import annotations

import itertools
import sys
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from .plain import json, threading, time
from .values import BadValue, Values

REQUEST = "q"
RETURN = "r"
RAISE = "x"
LIMIT = "l"
DRIVER = "d"
_MOST_LANES = 256
_ANOTHER = "the process that was asked is gone"
MAIN = "main"
"""The lane of the driver's main thread, served by the main thread of the candidate's process."""


class Gone(BaseException):
    """The other process ended, or cannot be understood. `reason` is a named outcome.

    Not an `Exception`, so that a test that expects "any exception" is not satisfied by a dead candidate.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Transport(Protocol):
    """Carries payloads of CALL frames."""

    def send(self, payload: bytes) -> None:
        """Raises: Gone."""

    def receive(self, waiting: Callable[[], bool] | None = None) -> bytes:
        """Blocks for the next payload; `waiting`: whether somebody waits for it, where that is not said by the call.

        Raises: Gone (ended, over the time limit …).
        """


class Hooks(Protocol):
    """What rides on messages beside the call itself: printed text, files, patches."""

    def outgoing(self, extras: dict[str, Any]) -> None:
        """Add what the other side must know before the body is acted on."""

    def incoming(self, extras: dict[str, Any]) -> None:
        """Take over what the other side said."""


class Message:
    """One decoded message."""

    __slots__ = ("body", "kind", "lane")

    def __init__(self, lane: str, kind: str, body: Any) -> None:
        self.lane = lane
        self.kind = kind
        self.body = body


Serve = Callable[[list[Any]], Any]


class Peer:
    """One end. `serve` performs a decoded request and returns the answer or raises."""

    def __init__(self, transport: Transport, hooks: Hooks, prefix: str) -> None:
        self.transport = transport
        self.hooks = hooks
        self.values: Values
        self.serve: Serve
        self.encode_raised: Callable[[BaseException], Any]
        self.decode_raised: Callable[[Any], BaseException]
        self.drops: list[tuple[int, int]] = []
        self.release: Callable[[list[Any]], None]
        self.quiet_threads = 1
        self._prefix = prefix
        self._lane_numbers = itertools.count()
        self._local = threading.local()
        self._lock = threading.RLock()
        self._turn = threading.Condition()
        self._inbox: dict[str, deque[Message]] = {}
        self._reading = False
        self._asking = 0
        self._reader: threading.Thread | None = None
        self._gone: Gone | None = None
        self.decoding = False
        self.encoding = False
        self.said: Callable[[], None] = lambda: None
        """Called when a message was put together."""
        self.spend: Callable[[float], None] = lambda _: None
        """Told the seconds that it took to read what the other side sent, and to answer what it asked."""
        self.unsaid: Callable[[], None] = lambda: None
        """Called when it could not be: what it would have explained is not known to the other side."""

    # -- calls out --------------------------------------------------------------------------------

    def request(self, *body: Any) -> Any:
        """Ask the other side; serves nested requests while waiting.

        Raises:
            Gone: it ended or broke a limit.
            BaseException: what the other side's code raised.
        """
        if self.decoding and self._local.__dict__.get("decodes"):
            raise BadValue("a value that asks back while it is being read")
        if self.encoding and self._local.__dict__.get("encodes"):
            raise BadValue("a value that asks back while it is being written")
        lane = self._lane()
        with self._turn:
            self._inbox.setdefault(lane, deque())
        self._send(lane, REQUEST, list(body))
        while True:
            message = self._answer_on(lane)
            if message.kind == RETURN:
                return message.body
            if message.kind == RAISE:
                raised = message.body
                del message
                raise raised
            if message.kind == LIMIT:
                raise self._over(str(message.body))
            self._answer(message)

    def _answer_on(self, lane: str) -> Message:
        with self._turn:
            self._asking += 1
        try:
            return self._wait(lane)
        finally:
            with self._turn:
                self._asking -= 1

    def _over(self, detail: str) -> BaseException:
        """The answer broke a limit: for the driver that is the end of the test, for the candidate an error."""
        if self._prefix == DRIVER:
            gone = Gone("limit", detail)
            self.lost(gone)
            return gone
        return ValueError(detail)

    def _lane(self) -> str:
        lane: str | None = self._local.__dict__.get("lane")
        if lane is None:
            main = threading.current_thread() is threading.main_thread()
            lane = MAIN if main else f"{self._prefix}{next(self._lane_numbers)}"
            self._local.lane = lane
        return lane

    # -- calls in ---------------------------------------------------------------------------------

    def serve_forever(self, lane: str) -> None:
        """Serve the requests of `lane` on this thread until the other side is gone (then Gone is raised)."""
        self._local.lane = lane
        with self._turn:
            self._inbox.setdefault(lane, deque())
        while True:
            self._answer(self._wait(lane))

    def _answer(self, message: Message) -> None:
        if message.kind != REQUEST:
            raise Gone("protocol", "an answer that nobody asked for")
        lane = message.lane
        kind = RETURN
        try:
            result = self.serve(message.body)
        except Gone:
            raise
        except BaseException as error:
            kind, result = RAISE, error
        del message
        start = time.monotonic()
        try:
            self._send(lane, kind, result)
        except (BadValue, RecursionError) as error:
            self._send(lane, LIMIT, f"what came back cannot cross the bridge: {error}"[:500])
        finally:
            self.spend(time.monotonic() - start)

    # -- messages ---------------------------------------------------------------------------------

    def _send(self, lane: str, kind: str, body: Any) -> None:
        with self._lock:
            if self._gone is not None:
                raise self._gone
            extras: dict[str, Any] = {}
            self.encoding = self._local.encodes = True
            try:
                self.hooks.outgoing(extras)
                updates = self._deep(self.values.updates)
                if kind == RAISE:
                    encoded = self._deep(self.encode_raised, body)
                elif kind == REQUEST:
                    encoded = self._deep(self._encode_all, body)
                else:
                    encoded = self._deep(self.values.encode, body)
            except BaseException:
                self.unsaid()
                raise
            finally:
                self.encoding = self._local.encodes = False
            self.said()
            del body
            if updates:
                extras["u"] = updates
            dropped = self.values.sweep()
            if dropped:
                extras["k"] = dropped
            if self.drops:
                extras["z"], self.drops = self.drops, []
            if threading.active_count() > self.quiet_threads:
                extras["t"] = 1
                if self._reader is None:
                    self.start_reader()
            self.transport.send(self._deep(self._dump, [lane, kind, encoded, extras]))

    def _encode_all(self, body: list[Any]) -> list[Any]:
        return [self.values.encode(part) for part in body]

    @staticmethod
    def _dump(message: list[Any]) -> bytes:
        return json.dumps(message, separators=(",", ":"), check_circular=False).encode("ascii")

    @staticmethod
    def _deep(work: Callable[..., Any], *args: Any) -> Any:
        """Deeply nested values need more stack than the code under test may have; only our own code gets it."""
        try:
            return work(*args)
        except RecursionError:
            limit = sys.getrecursionlimit()
            sys.setrecursionlimit(limit + 40_000)
            try:
                return work(*args)
            finally:
                sys.setrecursionlimit(limit)

    def _wait(self, lane: str) -> Message:
        with self._turn:
            while True:
                queue = self._inbox.get(lane)
                if queue:
                    return queue.popleft()
                if self._gone is not None:
                    raise self._gone
                if queue is None:
                    raise Gone("closed", _ANOTHER)
                if not self._reading and self._reader is None:
                    self._reading = True
                    break
                self._turn.wait()
        try:
            while True:
                message = self._receive()
                if message.lane == lane:
                    return message
                self._deliver(message)
                if self._reader is not None:
                    break
        finally:
            with self._turn:
                self._reading = False
                self._turn.notify_all()
        return self._wait(lane)

    def _receive(self, waiting: Callable[[], bool] | None = None) -> Message:
        try:
            payload = self.transport.receive(waiting)
            with self._lock:
                self.decoding = self._local.decodes = True
                start = time.monotonic()
                try:
                    return self._deep(self._decode, payload)  # type: ignore[no-any-return]
                finally:
                    self.decoding = self._local.decodes = False
                    self.spend(time.monotonic() - start)
        except Gone as gone:
            self.lost(gone)
            raise
        except Exception as error:
            unreadable = Gone("protocol", f"an unreadable message: {error}"[:300])
            self.lost(unreadable)
            raise unreadable from error

    def _decode(self, payload: bytes) -> Message:
        lane, kind, body, extras = json.loads(payload)
        if (
            not isinstance(lane, str)
            or kind not in (REQUEST, RETURN, RAISE, LIMIT)
            or not isinstance(extras, dict)
        ):
            raise BadValue("not a message")
        self.hooks.incoming(extras)
        self.values.apply(extras.get("u", ()))
        decoded: Any
        if kind == RAISE:
            decoded = self.decode_raised(body)
        elif kind == REQUEST:
            decoded = [self.values.decode(part) for part in body]
        else:
            decoded = self.values.decode(body)
        self.values.forget(extras.get("k", ()))
        if "z" in extras:
            # last, because this very message may name what its sender no longer holds
            self.release(extras["z"])
        if extras.get("t") and self._reader is None:
            self.start_reader()
        return Message(lane, kind, decoded)

    def _deliver(self, message: Message) -> None:
        with self._turn:
            queue = self._inbox.get(message.lane)
            if queue is not None:
                queue.append(message)
                self._turn.notify_all()
                return
            if message.kind != REQUEST:
                raise Gone("protocol", "an answer on an unknown lane")
            if self._prefix == DRIVER and len(self._inbox) >= _MOST_LANES:
                raise Gone("limit", f"more than {_MOST_LANES} threads called the tests")
            self._inbox[message.lane] = deque()
        self.quiet_threads += 1
        threading.Thread(target=self._serve_lane, args=(message,), name="bridge lane", daemon=True).start()

    def _serve_lane(self, first: Message) -> None:
        self._local.lane = lane = first.lane
        try:
            self._answer(first)
            del first
            while True:
                self._answer(self._wait(lane))
        except Gone:
            return

    # -- threads and endings ----------------------------------------------------------------------

    def start_reader(self) -> None:
        """From now on a thread of its own reads, so that messages are heard while nobody waits."""
        with self._turn:
            if self._reader is not None:
                return
            self._reader = threading.Thread(target=self._read_on, name="bridge reader", daemon=True)
        self.quiet_threads += 1
        self._reader.start()

    def _read_on(self) -> None:
        with self._turn:
            while self._reading:
                self._turn.wait()
        try:
            while self._gone is None:
                self._deliver(self._receive(self._is_asked))
        except Gone as gone:
            self.lost(gone)

    def _is_asked(self) -> bool:
        """For the reader: whether anybody waits for an answer. It ends when it is no longer the one."""
        if threading.current_thread() is not self._reader:
            raise Gone("closed", _ANOTHER)
        return self._asking > 0

    def lost(self, gone: Gone) -> None:
        """The other side is unusable: wake everybody who waits for it."""
        with self._turn:
            if self._gone is None:
                self._gone = gone
            self._turn.notify_all()

    def renew(self) -> None:
        """A fresh process is at the other end."""
        with self._turn:
            reader, self._reader = self._reader, None
        if reader is not None:
            reader.join()  # it would take the first answer of the fresh process for one of the old
        with self._turn:
            self._gone = None
            self._inbox = {}
            self.drops = []
        self.values.forget_all()
        self._local = threading.local()
