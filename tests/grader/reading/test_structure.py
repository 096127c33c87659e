"""Rules about whole functions, files and submissions, and the counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., dict[str, Any]]


def rules(facts: dict[str, Any]) -> set[str]:
    return {finding["rule"] for finding in facts["findings"]}


@pytest.mark.parametrize(("lines", "expected"), [(60, False), (61, True)])
def test_long_function(lines: int, expected: bool, read_files: Read) -> None:
    """The docstring is not counted."""
    body = "".join(f"    print({number})\n" for number in range(lines))
    facts = read_files({"a.py": 'def report():\n    """Print\n\n    a lot.\n    """\n' + body})
    assert ("long-function" in rules(facts)) == expected


@pytest.mark.parametrize(("lines", "expected"), [(799, False), (900, True)])
def test_long_file(lines: int, expected: bool, read_files: Read) -> None:
    """Several subjects in one place."""
    facts = read_files({"a.py": "".join(f"print({number})\n" for number in range(lines))})
    assert ("long-file" in rules(facts)) == expected


@pytest.mark.parametrize("line", ["import pandas", "import pandas.io as io", "from pandas import DataFrame"])
def test_denied_imports(line: str, read_files: Read) -> None:
    """Only those that the take-home names."""
    assert "denied-import" in rules(read_files({"a.py": f"{line}\n"}, deny=["pandas"]))
    assert "denied-import" not in rules(read_files({"a.py": f"{line}\n"}, deny=["polars", "pan"]))


def test_missing_readme(read_files: Read) -> None:
    """Any spelling will do."""
    assert "missing-readme" in rules(read_files({"a.py": ""}))
    assert "missing-readme" not in rules(read_files({"docs/ReadMe.rst": "Run it."}))


def test_figures_count_what_they_say(read_files: Read) -> None:
    """Rubrics divide one by another."""
    text = (
        '"""Shop."""\n\nclass Shop:  # open\n    """A shop."""\n\n'
        '    def open(self, day: int) -> None:\n        """Open."""\n\n'
        "    def _close(self, day):\n        def inner(): ...\n        inner()\n"
    )
    figures = read_files({"a.py": text})["figures"]
    expected = {"source_files": 1, "sloc": 5, "comment_lines": 1, "functions": 3, "public_functions": 1}
    expected |= {
        "documented_functions": 1,
        "annotated_functions": 1,
        "arguments": 2,
        "annotated_arguments": 1,
    }
    expected |= {
        "classes": 1,
        "documented_classes": 1,
        "documented_modules": 1,
        "identifiers": 6,
        "test_sloc": 0,
    }
    assert {name: figures[name] for name in expected} == expected


def test_an_empty_submission_has_all_figures(read_files: Read) -> None:
    """Nothing to read is a fact, not an absence of facts."""
    figures = read_files({})["figures"]
    assert len(figures) == 16
    assert set(figures.values()) == {0.0}


def test_functions_built_alike_by_the_dozen_water_nothing_down(read_files: Read) -> None:
    """A loop wrote them; how the rest is documented stays what counts."""
    bare = "def first(a):\n    b = a\n    return b\n\ndef second(a, b):\n    return a\n"
    padding = "".join(f'def of_{n}(a: int) -> int:\n    """Of."""\n    return a + {n}\n' for n in range(50))
    figures = read_files({"a.py": bare, "b.py": padding})["figures"]
    names = ("functions", "public_functions", "documented_functions", "arguments", "annotated_arguments")
    assert [figures[name] for name in names] == [52, 2, 0, 3, 0]
