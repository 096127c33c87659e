"""Cyclomatic complexity per function and maintainability per file, by radon's visitors on our own tree.

Radon's command line obeys a `radon.cfg` in the folder it runs in, and its `raw.analyze` tokenizes a long
literal again for each of its lines; so only its visitors and its formula are used, and lines are counted here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from radon.metrics import h_visit_ast, mi_compute  # type: ignore[import-untyped]
from radon.visitors import ComplexityVisitor  # type: ignore[import-untyped]

from .remarks import place
from .tree import Function, Module

Counts = dict[tuple[int, int], int]
"""(line, byte column) of a `def` → its own cyclomatic complexity, without its closures."""


def functions(module: Module, from_starter: set[Function]) -> list[dict[str, Any]]:
    """A `FunctionComplexity` for every function of the file: methods and closures too."""
    totals = _totals(module)
    return [
        {
            "place": place(module.path, node.lineno, node.col_offset + 1, function.end),
            "name": function.name,
            "cyclomatic": totals[function],
            "lines": function.end - node.lineno + 1,
            "from_starter": function in from_starter,
        }
        for function in module.functions
        for node in (function.node,)
    ]


def _totals(module: Module) -> dict[Function, int]:
    """Complexity of each function with that of its closures: radon leaves them out, and code would hide in them."""
    counts: Counts = {}
    totals: dict[Function, int] = {}
    for function in module.functions:
        key = (function.node.lineno, function.node.col_offset)
        if key not in counts:  # closures were seen with the function around them
            counts.update(_counted(ComplexityVisitor.from_ast(function.node).functions))
        totals[function] = counts.get(key, 1) + _exception_groups(function)
    for function in reversed(module.functions):
        if function.outer is not None:
            totals[function.outer] += totals[function]
    return totals


def _counted(blocks: list[Any]) -> Iterator[tuple[tuple[int, int], int]]:
    for block in blocks:
        yield (block.lineno, block.col_offset), int(block.complexity)
        yield from _counted(block.closures)


def _exception_groups(function: Function) -> int:
    """Decisions of `except*`, which radon does not know."""
    return sum(len(node.handlers) + bool(node.orelse) for node in function.find(ast.TryStar))


def file_figures(module: Module) -> dict[str, Any]:
    """The `FileComplexity` of one file."""
    code = len(code_lines(module))
    comments = len(module.comment_lines) + len(docstring_lines(module, shortest=2))
    statements = sum(isinstance(node, ast.stmt) for node in module.parents)
    volume = h_visit_ast(module.tree).total.volume
    decisions = ComplexityVisitor.from_ast(module.tree).total_complexity
    share = 100 * comments / code if code else 0.0
    index = mi_compute(volume, decisions, statements, share)
    return {"path": module.path, "maintainability": round(float(index), 2), "sloc": code}


def code_lines(module: Module) -> set[int]:
    """Numbers of the lines that hold code: neither blank, nor only a comment, nor part of a docstring."""
    comments = {comment.line for comment in module.comments if comment.alone}
    filled = {number for number, line in enumerate(module.source.lines, 1) if line.strip()}
    return filled - comments - docstring_lines(module)


def docstring_lines(module: Module, shortest: int = 1) -> set[int]:
    """Numbers of the lines of docstrings of at least `shortest` lines, blank lines left out."""
    lines: set[int] = set()
    for node in module.documented_nodes():
        first = node.body[0] if node.body else None
        if (
            isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and type(first.value.value) is str
        ):
            span = range(first.lineno, (first.end_lineno or first.lineno) + 1)
            if len(span) >= shortest:
                lines.update(number for number in span if module.source.lines[number - 1].strip())
    return lines
