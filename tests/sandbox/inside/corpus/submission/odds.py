"""What exercises seldom need, and some do."""

import abc
import array
import collections
import contextlib
import dataclasses
import functools
import inspect
import logging
import os
import pathlib
import types
import typing
import urllib.request
from datetime import timedelta, timezone

_cache = {"hits": 0}
logger = logging.getLogger(__name__)
plus_five = functools.partial(pow, 5)


def hit():
    _cache["hits"] += 1


def helper():
    return "help"


def use_helper():
    return helper() + "!"


@dataclasses.dataclass
class Card:
    rank: int
    suit: str = "S"
    marks: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Deck:
    cards: list[Card]


@dataclasses.dataclass
class DeckError(Exception):
    size: int


class Document:
    def __init__(self, text):
        self._text = text
        self._hash = 7
        self._cache = [text]

    def words(self):
        return self._text.split()

    def count(self):
        return len(self.words())


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


class Slotted:
    __slots__ = ("left", "right")


class Singleton(type):
    made: dict = {}

    def __call__(cls, *args):
        if cls not in cls.made:
            cls.made[cls] = super().__call__(*args)
        return cls.made[cls]


class Settings(metaclass=Singleton):
    pass


class Chain:
    """A linked list that compares with lists."""

    def __init__(self, *items):
        self.items = items

    def __iter__(self):
        return iter(self.items)

    def __eq__(self, other):
        return list(self.items) == list(other)

    def reversed(self):
        return Chain(*reversed(self.items))


def checked(function):
    """Calls `function` only with arguments of the annotated types."""
    hints = typing.get_type_hints(function)

    @functools.wraps(function)
    def call(*args):
        for name, value in zip(inspect.signature(function).parameters, args, strict=True):
            if not isinstance(value, hints.get(name, object)):
                raise TypeError(f"{name} must be {hints[name].__name__}")
        return function(*args)

    return call


def typed(numbers: list[int], name: str | None = None) -> dict[str, int]: ...


def texts(number: "int", card: "Card" = None) -> "bool": ...


def fail(error):
    raise error


def zone():
    return timezone(timedelta(hours=1), "Home")


def numbers():
    return array.array("i", [1, 2])


def doubled(values):
    for at, value in enumerate(values):
        values[at] = value * 2


def layers():
    return collections.ChainMap({"a": 1}, {"b": 2})


def view():
    return types.MappingProxyType({"a": 1})


def record():
    return types.SimpleNamespace(a=1)


def log_failure(user):
    try:
        raise KeyError(user)
    except KeyError:
        logger.exception("failed", extra={"user": user})


def read(path):
    with open(path) as file:
        return file.read()


def exists(path):
    return os.path.exists(path), pathlib.Path(path).exists()


def fetch(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def depth(number):
    return 0 if number == 0 else 1 + depth(number - 1)


@contextlib.contextmanager
def counted(counts):
    counts["in"] = True
    yield
    counts["out"] = True


class Recent:
    def __init__(self):
        self.order = collections.OrderedDict()

    def use(self, name):
        self.order[name] = True
        self.order.move_to_end(name)


class Ordered(collections.OrderedDict):
    pass


def counting(cls):
    cls.calls = []

    def wrapped(name, original):
        def call(self, *args):
            cls.calls.append(name)
            return original(self, *args)

        return call

    cls.__init__ = wrapped("__init__", cls.__init__)
    for name, member in list(vars(cls).items()):
        if callable(member) and not name.startswith("_"):
            setattr(cls, name, wrapped(name, member))
    return cls


def name_of(function):
    return getattr(function, "__name__", repr(function).partition("(")[0])
