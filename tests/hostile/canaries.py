"""Texts of a hidden suite that must not turn up anywhere a candidate can look."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final

from grader import library

LIBRARY: Final = Path(library.__file__).parent
SHORTEST: Final = 8
"""Shorter literals (`"a"`, `"db"`) are words that anyone uses."""


@cache
def canaries(takehome: Path) -> frozenset[str]:
    """Names of tests and string literals of the hidden suite that are not in the brief or the starter."""
    public = "\n".join(
        path.read_text(errors="replace")
        for path in [
            takehome / "brief.md",
            takehome / "rubric.yaml",
            *sorted(LIBRARY.glob("*.yaml")),  # which a rubric takes criteria from, words and all
            *sorted((takehome / "starter").rglob("*")),
        ]
        if path.is_file()
    )
    found: set[str] = set()
    for path in sorted((takehome / "hidden_tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                found.add(node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(text for text in found if len(text) >= SHORTEST and text not in public)
