"""Coroutines over the bridge: whoever awaits gets a future of its own loop, resolved when the other side is done."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

from .handles import PREFETCH_AFTER, Handle
from .plain import threading

if TYPE_CHECKING:
    from .peer import Peer


class Reference:
    """Encodes as the other side's own object `number`."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class Flows:
    """The awaiting and the running of one side."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._tokens = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._running: dict[int, asyncio.Future[Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._own: asyncio.AbstractEventLoop | None = None

    async def wait_for(self, target: Reference) -> Any:
        """Let the other side run its awaitable and wait for the result without blocking this loop."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._peer.start_reader()
        token = next(self._tokens)
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting[token] = future
        self._peer.request("await", target, token)
        try:
            return await future
        except asyncio.CancelledError:
            self._peer.request("cancel", token)
            raise
        finally:
            self._waiting.pop(token, None)

    def run(self, awaitable: Any, token: int) -> None:
        """The other side awaits `awaitable` of ours: run it on the loop that runs, or on one of our own."""
        loop = self._loop if self._loop is not None and self._loop.is_running() else self._own_loop()
        loop.call_soon_threadsafe(self._begin, loop, awaitable, token)

    def _begin(self, loop: asyncio.AbstractEventLoop, awaitable: Any, token: int) -> None:
        task = asyncio.ensure_future(_awaited(awaitable), loop=loop)
        self._running[token] = task
        task.add_done_callback(lambda done: self._finished(done, token))

    def _finished(self, task: asyncio.Future[Any], token: int) -> None:
        self._running.pop(token, None)
        if task.cancelled():
            self._peer.request("done", token, False, asyncio.CancelledError())
            return
        error = task.exception()
        self._peer.request("done", token, error is None, task.result() if error is None else error)

    def cancel(self, token: int) -> None:
        """The other side no longer waits."""
        task = self._running.get(token)
        if task is not None:
            task.get_loop().call_soon_threadsafe(task.cancel)

    def done(self, token: int, fine: bool, result: Any) -> None:  # noqa: FBT001 -- crosses the bridge by position
        """What we wait for is finished over there."""
        future = self._waiting.get(token)
        if future is None:
            return
        if isinstance(result, StopIteration):
            result = RuntimeError("coroutine raised StopIteration")
        future.get_loop().call_soon_threadsafe(_settle, future, fine, result)

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        if self._own is None:
            self._own = asyncio.new_event_loop()
            self._peer.quiet_threads += 1
            threading.Thread(target=self._own.run_forever, name="bridge loop", daemon=True).start()
        return self._own


async def _awaited(awaitable: Any) -> Any:
    return await awaitable


def _settle(future: asyncio.Future[Any], fine: bool, result: Any) -> None:  # noqa: FBT001
    if future.done():
        return
    if fine:
        future.set_result(result)
    else:
        future.set_exception(result)


def generator(handle: Handle, number: int, started: bool) -> Any:  # noqa: FBT001
    """A generator that lets the other side's do the work; `started`: advance it once, as that one has been."""
    reference = Reference(number)

    def run() -> Any:
        count = 0
        operation: tuple[str, tuple[Any, ...]] = ("__next__", ())
        if started is True:
            sent = yield None
            operation = ("__next__", ()) if sent is None else ("send", (sent,))
        while True:
            count += 1
            if count > PREFETCH_AFTER and operation[0] == "__next__":
                batch = handle.ask("many", reference)
                for item in batch:
                    yield item
                if not batch:
                    return None
                continue
            try:
                item = handle.ask("meth", reference, operation[0], operation[1], {})
            except StopIteration as stop:
                return stop.value
            try:
                sent = yield item
                operation = ("__next__", ()) if sent is None else ("send", (sent,))
            except GeneratorExit:
                handle.ask("meth", reference, "close", (), {})
                raise
            except BaseException as error:
                operation = ("throw", (error,))

    return run()


def coroutine(handle: Handle, number: int) -> Any:
    async def run() -> Any:
        return await handle.objects.flows.wait_for(Reference(number))

    return run()


def async_generator(handle: Handle, number: int) -> Any:
    async def run() -> Any:
        while True:
            try:
                item = await handle.ask("meth", Reference(number), "__anext__", (), {})
            except StopAsyncIteration:
                return
            yield item

    return run()
