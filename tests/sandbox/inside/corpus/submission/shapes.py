"""Classes of many kinds."""

import abc
import enum
import math
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return f"Vector({self.x}, {self.y})"

    def __eq__(self, other):
        if isinstance(other, tuple):
            return (self.x, self.y) == other
        return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)

    def __hash__(self):
        return hash((self.x, self.y))

    def __lt__(self, other):
        return abs(self) < abs(other)

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y) if isinstance(other, Vector) else NotImplemented

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __abs__(self):
        return math.hypot(self.x, self.y)

    def __bool__(self):
        return bool(self.x or self.y)

    def __iter__(self):
        return iter((self.x, self.y))

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (self.x, self.y)[index]

    def __setitem__(self, index, value):
        setattr(self, "xy"[index], value)

    def __contains__(self, value):
        return value in (self.x, self.y)

    def __format__(self, spec):
        return spec or repr(self)

    def __call__(self, value):
        return value


def liar():
    """An object that says yes to everything."""

    class Yes:
        def __eq__(self, other):
            return True

        def __hash__(self):
            return 0

    return Yes()


class Alien:
    """An alien."""

    total = 0
    health = 3

    def __init__(self):
        Alien.total += 1
        self._secret = 1

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def doubled(value):
        return value * 2

    @property
    def age(self):
        return 5

    def speak(self):
        return f"I am {self.name()}"

    def name(self):
        return "an alien"


class Counter:
    def __init__(self):
        self.size = 0

    def size(self):
        return "shadowed"


class Colour(enum.Enum):
    RED = 1
    BLUE = 2

    def shout(self):
        return self.name + "!"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 0
    tags: list = field(default_factory=list, compare=False)


@dataclass
class Basket:
    items: list

    def total(self):
        return sum(self.items)


class Pair(NamedTuple):
    left: int
    right: str = "q"


class Words(list):
    def longest(self):
        return max(self, key=len)


class Default(dict):
    def __missing__(self, key):
        return key


class Name(str):
    pass


class Store(abc.ABC):
    @abc.abstractmethod
    def save(self, item): ...


class Service:
    def __init__(self, store):
        self.store = store

    def add(self, item):
        return self.store.save(item)


@runtime_checkable
class Runner(Protocol):
    def run(self): ...


class Engine:
    def run(self):
        return self.step() + 1

    def step(self):
        return 1


class Stack(Generic[T]):
    def __init__(self):
        self._items = []

    def push(self, item):
        self._items.append(item)

    def pop(self):
        return self._items.pop()


class Only:
    _one = None

    def __new__(cls):
        if cls._one is None:
            cls._one = super().__new__(cls)
        return cls._one


class Meta(type):
    def __len__(cls):
        return 7

    def __repr__(cls):
        return f"<{cls.__name__}>"


class Counted(metaclass=Meta):
    pass


class Field:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, cls):
        return self if obj is None else (obj.base, self.name)

    def __set__(self, obj, value):
        obj.base = value
