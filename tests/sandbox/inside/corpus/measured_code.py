"""Code of every kind, to be measured in two ways (test_arcs.py). Run as a whole, it misses a few lines and branches."""

import asyncio
import contextlib
import dataclasses
import threading


def branches(value):
    if value > 2 and value < 5:
        kind = "middle"
    elif value < 0:
        kind = "never"
    else:
        kind = "edge"
    return kind if value else None


def loops(limit):
    total = 0
    for number in range(limit):
        if number == 2:
            continue
        if number > 5:
            break
        total += number
    else:
        total = -1
    while total > 3: total -= 1
    while True:
        total -= 1
        if total < 0:
            break
    return total


def comprehensions(items):
    squares = [item * item for item in items if item]
    pairs = {
        item: other
        for item in squares
        for other in squares
        if item != other
    }
    return sum(len(str(key)) for key in pairs), {item for item in items}, (lambda x: x + 1)(2)


def generator(limit):
    try:
        for number in range(limit):
            sent = yield number
            if sent:
                yield sent
    finally:
        limit = 0


def delegating():
    yield from generator(3)
    return 1


def handlers(fail):
    try:
        if fail == 1:
            raise KeyError("one")
        if fail == 2:
            raise OSError("two")
        int("x" if fail == 3 else "3")
    except KeyError:
        return "key"
    except (ValueError, OSError) as error:
        if isinstance(error, ValueError):
            raise RuntimeError("wrapped") from error
    else:
        return "fine"
    finally:
        fail = None
    return "end"


def uncaught(depth):
    if depth:
        return uncaught(depth - 1) + 1
    raise LookupError


@contextlib.contextmanager
def manager():
    try:
        yield 1
    except LookupError:
        pass


def managed():
    with manager() as one, contextlib.suppress(ZeroDivisionError):
        one / 0
    with manager():
        uncaught(3)
    with (
        manager(),
        manager(),
    ):
        pass


def matched(value):
    match value:
        case {"kind": "a", **rest}:
            return rest
        case [first, *_] if first:
            return first
        case str() | bytes():
            return "text"
        case _:
            return None


@dataclasses.dataclass
class Shape:
    """A class body with all that belongs there."""

    width: int = 1
    height: int = dataclasses.field(
        default=2,
    )

    @property
    def area(self):
        return self.width * self.height

    @classmethod
    def square(cls, side): return cls(side, side)

    def __iter__(self):
        yield self.width
        yield self.height


def decorated(function):
    def wrapper(*args):
        result = function(
            *args
        )
        return result
    return wrapper


@decorated
@decorated
def multi_line(one, two):
    return (
        one
        + two
        if one
        else two
    )


async def waiting(queue):
    async with asyncio.timeout(5):
        async for item in numbers():
            await queue.put(item)
    results = await asyncio.gather(*(asyncio.sleep(0, result=n) for n in range(2)))
    try:
        await failing()
    except ValueError:
        return results
    return None


async def numbers():
    for number in range(2):
        yield number
        await asyncio.sleep(0)


async def failing():
    await asyncio.sleep(0)
    raise ValueError


def in_threads():
    threads = [threading.Thread(target=loops, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def asserting(value):
    assert value, (
        "a message that is made of "
        f"{value}"
    )
    del value
    global counted
    counted = 1; counted += 1
    return


for given in (0, 1, 3, 9):
    branches(given)
    loops(given)
for failing_how in range(3):
    handlers(failing_how)
try:
    handlers(3)
except RuntimeError:
    pass
comprehensions([0, 1, 2])
running = generator(3)
next(running)
running.send("sent")
running.close()
thrown = generator(2)
next(thrown)
try:
    thrown.throw(LookupError)
except LookupError:
    pass
abandoned = generator(5)
next(abandoned)
del abandoned
list(delegating())
managed()
for thing in ({"kind": "a", "b": 1}, [1, 2], [0], "x"):
    matched(thing)
tuple(Shape.square(2)), Shape().area
multi_line(1, 2)
asyncio.run(waiting(asyncio.Queue()))
in_threads()
asserting(True)
if __name__ == "__main__":
    print("never")
exec("if True:\n    made_of_text = 1\n")
