"""Complexity counts closures, methods and everything the submission would like to hide."""

from __future__ import annotations

from pathlib import Path

import pytest
from radon.complexity import cc_visit  # type: ignore[import-untyped]
from radon.metrics import mi_visit  # type: ignore[import-untyped]

from grader.reading import complexity, lint
from grader.reading.source import prepare
from grader.reading.tree import Module, parse

CODE = '''"""Orders."""


def outer(orders):
    """Sum."""

    def inner(order):
        if order and order.open:
            return [line for line in order.lines if line]
        return []

    for order in orders:
        inner(order)


class Shop:
    def open(self, day):
        match day:
            case 1:
                return True
            case _:
                return False
'''


def module_of(text: str) -> Module:
    return parse(prepare("code.py", text.encode()), is_test=False)


def counts(text: str) -> dict[str, int]:
    return {fact["name"]: fact["cyclomatic"] for fact in complexity.functions(module_of(text), set())}


def test_every_function_is_counted_closures_in_both_places() -> None:
    """Moving decisions into a closure must not make them disappear."""
    assert counts(CODE) == {"outer": 7, "outer.<locals>.inner": 5, "Shop.open": 2}


def test_same_as_radon_where_radon_reports() -> None:
    """It is radon's figure, only complete."""
    inner = "\n".join(line[4:] for line in CODE.split("\n")[5:10])
    assert counts(inner) == {"inner": cc_visit(inner)[0].complexity}
    assert counts(CODE)["outer"] == sum(block.complexity for block in [*cc_visit(CODE)[:1], *cc_visit(inner)])


def test_methods_of_local_classes_and_exception_groups() -> None:
    """Radon forgets the former and does not know the latter."""
    text = (
        "def make():\n    class A:\n        def f(self):\n            try:\n"
        "                g()\n            except* E:\n                h()\n"
    )
    assert counts(text)["make.<locals>.A.f"] == 2


def test_maintainability_is_close_to_radons() -> None:
    """Lines are counted by us (radon's count is quadratic in long literals); the index may differ a little."""
    assert complexity.file_figures(module_of(CODE))["sloc"] == 14
    real = Path(complexity.__file__).read_text("utf-8")
    ours = complexity.file_figures(module_of(real))["maintainability"]
    assert ours == pytest.approx(mi_visit(real, multi=True), abs=2)


def test_ruff_is_found_beside_python() -> None:
    """Never through a relative PATH, which may lead into the submission."""
    assert lint.binary().startswith("/")
