"""Mutants: small, believable, always the same, and none where no brief says what to expect."""

from __future__ import annotations

import ast
import textwrap

import pytest

from grader.mutants import Mutant, mutants
from grader.takehome import find, names, shelf


def of(source: str, at_most: int = 99) -> tuple[Mutant, ...]:
    return mutants({"a.py": textwrap.dedent(source).encode()}, at_most)


def changes(source: str) -> list[str]:
    return [f"{mutant.before} → {mutant.after}" for mutant in of(source)]


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("x = a < b", "a < b → a <= b"),
        ("x = a in b", "a in b → a not in b"),
        ("x = a + b", "a + b → a - b"),
        ("x = a and b", "a and b → a or b"),
        ("x = not a", "not a → a"),
        ("x = 9", "9 → 10"),
        ("x = True", "True → False"),
        ("def f(x):\n    return g(x)", "return g(x) → return None"),
        ("x += y", "x += y → pass"),
        ("x.sort()", "x.sort() → pass"),
        ("raise ValueError(x)", "raise ValueError(x) → pass"),
        ("def f(x=3):\n    pass", "3 → 4"),
    ],
)
def test_what_is_changed(source: str, change: str) -> None:
    """The mistakes of a hurried person."""
    assert changes(source) == [change]


@pytest.mark.parametrize(
    "source",
    [
        '"""Returns 3 < 4."""',
        "x: Literal[3]",
        "def f(x: Literal[3]) -> Literal[4]:\n    pass",
        "@cached(size=3)\ndef f():\n    pass",
        "raise ValueError",
        "assert x == 3",
        'if __name__ == "__main__":\n    main(3)',
        "x = f'{a + 1}'",
        "x = 'a' + b",
        "class A:\n    def __repr__(self):\n        return str(self.x + 1)",
        "x = zip(a, b, strict=True)",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    """A change there would survive every honest suite. What is raised may be dropped, its message not changed."""
    assert [change for change in changes(source) if not change.endswith("→ pass")] == []


def test_logging_and_constructors_of_bases_stay() -> None:
    """No brief asks for them, so no fair suite can tell."""
    assert changes("log.info(x)\nsuper().__init__()") == []


def test_only_the_place_changes() -> None:
    """Lines, comments and text of other alphabets around it stay, so that file:line means something."""
    [mutant] = of("# Größe\nname = 'é' if size < é else 'ö'  # why\n")
    assert mutant.source.decode() == "# Größe\nname = 'é' if (size <= é) else 'ö'  # why\n"
    assert str(mutant) == "a.py:2  size < é  →  size <= é"


def test_a_sample_is_spread_and_always_the_same() -> None:
    """The share of rejected mutants must not depend on the day."""
    source = "\n".join(f"x{number} = {number}" for number in range(100))
    lines = [mutant.line for mutant in of(source, 5)]
    assert lines == [1, 21, 41, 61, 81]


def test_tests_and_data_are_not_changed() -> None:
    """Hidden suites look at the solution, not at its tests."""
    assert mutants({"test_a.py": b"x = 1", "tests/b.py": b"x = 1", "c.txt": b"x = 1"}, 9) == ()


@pytest.mark.parametrize("name", names(shelf()))
def test_mutants_of_the_built_in_references_can_be_run(name: str) -> None:
    """A mutant that does not parse is rejected by every suite and shows nothing."""
    reference = find(name, shelf()).reference
    found = mutants(reference, 999)
    assert len(found) >= 20
    for mutant in found:
        ast.parse(mutant.source)
        assert mutant.of(reference) != reference
