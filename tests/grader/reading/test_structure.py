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
    assert len(figures) == 21
    assert set(figures.values()) == {0.0}


def test_functions_built_alike_by_the_dozen_water_nothing_down(read_files: Read) -> None:
    """A loop wrote them; how the rest is documented stays what counts."""
    bare = "def first(a):\n    b = a\n    return b\n\ndef second(a, b):\n    return a\n"
    padding = "".join(f'def of_{n}(a: int) -> int:\n    """Of."""\n    return a + {n}\n' for n in range(50))
    figures = read_files({"a.py": bare, "b.py": padding})["figures"]
    names = ("functions", "public_functions", "documented_functions", "arguments", "annotated_arguments")
    assert [figures[name] for name in names] == [52, 2, 0, 3, 0]


def test_modules_that_import_each_other_are_reported_once(read_files: Read) -> None:
    """A package and its own modules are one thing; the rest has an order."""
    files: dict[str, str | bytes] = {
        "shop/__init__.py": "from .orders import total\n",
        "shop/orders.py": "from .prices import price\nimport shop\n\n\ndef total():\n    return price()\n",
        "shop/prices.py": "from shop import orders\n\n\ndef price():\n    return orders\n",
    }
    found = [one for one in read_files(files)["findings"] if one["rule"] == "import-cycle"]
    assert [(one["place"]["path"], one["place"]["line"]) for one in found] == [("shop/prices.py", 1)]


def test_a_readme_is_weighed_by_what_it_says(read_files: Read) -> None:
    """How to run it, and why it is as it is; what was given out says nothing about the candidate."""
    text = "# Shop\n\nRun `python shop.py`. Prices are integers, because floats do not add up.\n"
    figures = read_files({"README.md": text, "docs/README.md": "x"})["figures"]
    assert (figures["readme_shows_commands"], figures["readme_gives_reasons"]) == (1, 1)
    assert figures["readme_words"] == 14
    assert read_files({"README.md": text}, starter={"README.md": text})["figures"]["readme_words"] == 0
    bare = read_files({"README.md": "# Shop\n\nMy solution.\n"})["figures"]
    assert (bare["readme_shows_commands"], bare["readme_gives_reasons"]) == (0, 0)


def test_docstrings_and_annotations_count_when_they_say_something(read_files: Read) -> None:
    """`Returns the total.` above `def total` was written for a counter."""
    code = (
        "def total(prices: list) -> int:\n    '''Return the total of the prices.'''\n    return sum(prices)\n\n\n"
        "def gross(price: Any) -> int:\n    '''Add the tax that is due in Germany.'''\n    return price * 2\n"
    )
    figures = read_files({"shop.py": code})["figures"]
    assert (figures["documented_functions"], figures["telling_docstrings"]) == (2, 1)
    assert (figures["annotated_arguments"], figures["telling_annotations"]) == (2, 1)


def test_dependencies_of_a_project_need_a_version(read_files: Read) -> None:
    text = '[project]\ndependencies = [\n    "httpx>=0.28",\n    "rich",\n]\n'
    found = [
        one
        for one in read_files({"pyproject.toml": text})["findings"]
        if one["rule"] == "unpinned-dependency"
    ]
    assert [one["place"]["line"] for one in found] == [4]
    assert "unpinned-dependency" not in {
        one["rule"] for one in read_files({"pyproject.toml": "[broken"})["findings"]
    }


def test_better_names_come_from_the_code(read_files: Read) -> None:
    """A name is offered where the code says it, and nowhere else."""
    code = (
        "def computeTotal(my_list):\n    for thing in my_list.orders:\n        show(thing)\n"
        "    stuff = load_prices()\n    price_list = []\n    return stuff, price_list\n"
    )
    messages = {
        one["message"] for one in read_files({"shop.py": code})["findings"] if one["tool"] == "naming"
    }
    assert messages == {
        "function `computeTotal`: functions are written like_this; better: `compute_total`",
        "parameter `my_list` says nothing about what it is",
        "loop `thing` says nothing about what it is; better: `order`",
        "variable `stuff` says nothing about what it is; better: `prices`",
        "`price_list` repeats that it is a list; say what is in it; better: `prices`",
    }
