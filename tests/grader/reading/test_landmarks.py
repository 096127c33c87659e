"""Landmarks: places where the candidate chose something. They are no findings and cost nothing."""

from __future__ import annotations

import pytest

from grader.reading.landmarks import MAX_LANDMARKS, find
from grader.reading.source import Source
from grader.reading.tree import parse


def landmarks(text: str, given: frozenset[int] = frozenset()) -> list[tuple[str, str, int]]:
    module = parse(Source("app.py", text, tuple(text.split("\n")), utf8=True), is_test=False)
    return [(one["kind"], one["name"], one["place"]["line"]) for one in find(module, given)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@app.get("/items")\ndef items(): ...', ("endpoint", "GET /items", 2)),
        ('@router.post("/items/{sku}")\nasync def add(sku): ...', ("endpoint", "POST /items/{sku}", 2)),
        ('@app.route("/health")\ndef health(): ...', ("endpoint", "route /health", 2)),
        ("class Handler(Base):\n    def do_POST(self): ...", ("endpoint", "POST", 2)),
        ("import heapq\nheapq.heappush(heap, 1)", ("structure", "heap", 2)),
        ("from heapq import heappush as push\npush(heap, 1)", ("structure", "heap", 2)),
        ("from collections import deque\nd = deque(maxlen=3)", ("structure", "deque", 2)),
        ("import functools\n@functools.lru_cache(maxsize=9)\ndef f(): ...", ("structure", "cache", 2)),
        ("from functools import cache\n@cache\ndef f(): ...", ("structure", "cache", 2)),
        (
            "class Stock:\n    def __init__(self):\n        self._items: dict[str, int] = {}",
            ("structure", "dict", 3),
        ),
        ("class Stock:\n    def __init__(self):\n        self._seen = set()", ("structure", "set", 3)),
        ("import threading\nlock = threading.Lock()", ("concurrency", "lock", 2)),
        ("import asyncio\nasync def f():\n    await asyncio.gather(a(), b())", ("concurrency", "tasks", 3)),
    ],
)
def test_what_is_chosen_is_found(text: str, expected: tuple[str, str, int]) -> None:
    """By its import, whatever it is called here."""
    assert landmarks(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    found = {}\n    return found",
        'NAMES = {"a": 1}',
        'client.get("/items")',
        '@pytest.fixture("/x")\ndef f(): ...',
        "class A:\n    def do_work(self): ...",
        "heap.push(1)",
    ],
)
def test_what_is_no_choice_is_left_out(text: str) -> None:
    """Passing values, tables and calls of others' services."""
    assert landmarks(text) == []


def test_the_starters_are_not_the_candidates() -> None:
    """Nobody chose them."""
    assert landmarks("import heapq\nheapq.heapify(x)", frozenset({2})) == []


def test_the_first_of_a_kind_is_enough_and_there_is_a_bound() -> None:
    """A file of a thousand endpoints is hostile, not a service."""
    assert landmarks("import heapq\nheapq.heapify(x)\nheapq.heapify(y)") == [("structure", "heap", 2)]
    many = "\n".join(f'@app.get("/{n}")\ndef f{n}(): ...' for n in range(200))
    assert len(landmarks(many)) == MAX_LANDMARKS
