"""Generators, coroutines, context managers, decorators, callbacks and threads."""

import asyncio
import contextlib
import functools
import threading


def running_total():
    total = 0
    while True:
        total += yield total


def doubled(items):
    for item in items:
        yield item * 2


def naturals():
    number = 0
    while True:
        yield number
        number += 1


class Countdown:
    def __init__(self, start):
        self.left = start

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self.left


@contextlib.contextmanager
def recorded(log):
    log.append("in")
    try:
        yield log
    finally:
        log.append("out")


class Swallowing:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.seen = kind
        return kind is ValueError


def announced(sink):
    def decorate(function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            sink(function.__name__)
            return function(*args, **kwargs)

        return wrapped

    return decorate


class Subject:
    def __init__(self):
        self.listeners = []

    def on(self, listener):
        self.listeners.append(listener)

    def off(self, listener):
        self.listeners.remove(listener)

    def fire(self, value):
        for listener in self.listeners:
            listener(value)


def same(value):
    return value


def side_of(coin):
    return coin.side


def add_to(items, mapping):
    items.append(1)
    mapping["k"] = 2


def in_threads(function, count):
    threads = [threading.Thread(target=function, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Tally:
    def __init__(self):
        self.count = 0
        self._lock = threading.Lock()

    def add(self):
        with self._lock:
            self.count += 1


async def later(value):
    await asyncio.sleep(0)
    return value * 2


async def apply_later(function, value):
    return await function(value)


async def asleep():
    await asyncio.sleep(30)


async def numbers(count):
    for number in range(count):
        yield number


class Connection:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return False


def typed(a: int, b: str = "x") -> bool:
    """Documented."""
    return True
