"""No file and no function grows beyond what a reader takes in at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
LONGER = {"api/cli/grade.py::grade", "api/cli/submit.py::submit"}
"""A command of the command line is as long as its options and their help texts are many."""
SOURCES = [
    path
    for package in ("api", "grader", "sandbox")
    for path in sorted((REPOSITORY / package).rglob("*.py"))
    if not {"new_takehome", "versions"} & set(path.parts[:-1])  # nor migrations, which are made by a tool
]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """(name, lines) of each function in a file."""
    name = path.relative_to(REPOSITORY).as_posix()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{name}::{node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES_OF_A_FILE
    assert [
        name for name, lines in functions(path) if lines > MOST_LINES_OF_A_FUNCTION and name not in LONGER
    ] == []


def test_the_exceptions_are_still_needed() -> None:
    lengths = {name: lines for path in SOURCES for name, lines in functions(path)}

    assert {name for name in LONGER if lengths[name] > MOST_LINES_OF_A_FUNCTION} == LONGER
