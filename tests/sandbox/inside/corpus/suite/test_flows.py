"""Generators, coroutines, context managers, decorators, callbacks and threads."""

import asyncio
import inspect
import itertools
import threading
import unittest

import pytest

import flows


def test_generators():
    generator = flows.running_total()
    assert inspect.isgenerator(generator) and next(generator) == 0 and generator.send(5) == 5
    generator.close()
    with pytest.raises(StopIteration):
        next(generator)
    assert list(itertools.islice(flows.naturals(), 200)) == list(range(200))


def test_generators_are_lazy():
    seen = []

    def source():
        for number in range(10):
            seen.append(number)
            yield number

    doubled = flows.doubled(source())
    assert (next(doubled), next(doubled), seen) == (0, 2, [0, 1])


def test_iterators():
    assert list(flows.Countdown(3)) == [2, 1, 0]
    assert dict(zip("ab", flows.Countdown(2))) == {"a": 1, "b": 0}


def test_context_managers():
    log = []
    with pytest.raises(KeyError), flows.recorded(log) as inner:
        assert inner is log
        raise KeyError("x")
    assert log == ["in", "out"]
    with flows.Swallowing() as swallowing:
        raise ValueError
    assert swallowing.seen is ValueError


def test_decorators():
    names = []

    @flows.announced(names.append)
    def add(a, b=1):
        """Adds."""
        return a + b

    class Adder:
        @flows.announced(names.append)
        def add(self, number):
            return (self, number)

    adder = Adder()
    assert add(1, b=2) == 3 and add.__name__ == "add" and add.__doc__ == "Adds."
    assert adder.add(4) == (adder, 4)
    assert names == ["add", "add"]


def test_callbacks():
    seen = []
    subject = flows.Subject()

    def listener(value):
        seen.append(value)

    subject.on(listener)
    subject.on(seen.append)
    subject.fire(1)
    subject.off(listener)
    subject.fire(2)
    assert seen == [1, 1, 2]


def test_threads():
    tally = flows.Tally()
    threads = [threading.Thread(target=lambda: [tally.add() for _ in range(10)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.count == 30
    seen = []
    flows.in_threads(seen.append, 5)
    assert sorted(seen) == [0, 1, 2, 3, 4]


class Coroutines(unittest.IsolatedAsyncioTestCase):
    async def test_await(self):
        self.assertEqual([2, 4], await asyncio.gather(flows.later(1), flows.later(2)))

    async def test_callback(self):
        async def plus_one(value):
            return value + 1

        self.assertEqual(2, await flows.apply_later(plus_one, 1))

    async def test_asynchronous_iteration_and_context(self):
        async with flows.Connection():
            self.assertEqual([0, 1], [number async for number in flows.numbers(2)])

    async def test_timeout(self):
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(flows.asleep(), 0.05)


def test_asyncio_run():
    assert asyncio.run(flows.later(4)) == 8 and inspect.iscoroutinefunction(flows.later)


def test_introspection():
    assert str(inspect.signature(flows.typed)) == "(a: int, b: str = 'x') -> bool"
    assert flows.typed.__annotations__ == {"a": int, "b": str, "return": bool}
    assert (flows.typed.__name__, flows.typed.__doc__, flows.typed.__module__) == ("typed", "Documented.", "flows")
    assert inspect.isfunction(flows.typed) and "typed" in dir(flows) and callable(flows.Subject().fire)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        flows.typed()
