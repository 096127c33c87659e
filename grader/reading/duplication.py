"""Code that occurs twice in one submission: runs of equal lines, whatever their indentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from .complexity import docstring_lines
from .remarks import Remark, place, remark
from .tree import Module

TOOL = "structure"
WINDOW = 6
"""Equal lines in a row that count as a copy."""
MIN_CHARACTERS = 160
"""Characters of those lines: six closing brackets are no copy."""

MAX_RUN = 400
"""Lines of one copy that are compared; a longer one is reported in pieces."""

PASSED_ON = re.compile(r"^(\w+\s*=\s*(\w+\.)?\w+,)?$")

Lines = list[tuple[int, str]]
"""(line number, stripped text)"""
Spot = tuple[Module, int]
"""Module and index into its significant lines."""


def check(modules: Sequence[Module]) -> Iterator[Remark]:
    """One finding per copied run, at the later of the two places. Tests repeat themselves on purpose."""
    lines_of = {module: significant_lines(module) for module in modules if not module.is_test}
    first_seen: dict[tuple[str, ...], Spot] = {}
    for module, lines in lines_of.items():
        at = 0
        while at + WINDOW <= len(lines):
            window = tuple(text for _, text in lines[at : at + WINDOW])
            origin, index = first_seen.setdefault(window, (module, at))
            overlaps = origin is module and at - index < WINDOW
            if overlaps or sum(map(len, window)) < MIN_CHARACTERS:
                at += 1
                continue
            length = _run_length(lines_of[origin][index:], lines[at : at + MAX_RUN])
            yield _copy(module.path, lines[at : at + length], f"{origin.path}:{lines_of[origin][index][0]}")
            at += length


def _run_length(original: Lines, copy: Lines) -> int:
    """How many lines both begin with."""
    length = 0
    for (_, left), (_, right) in zip(original, copy, strict=False):
        if left != right:
            break
        length += 1
    return length


def _copy(path: str, lines: Lines, origin: str) -> Remark:
    spot = place(path, lines[0][0], end_line=lines[-1][0])
    return remark(TOOL, "duplicate-code", spot, f"{len(lines)} lines repeat {origin}")


def significant_lines(module: Module) -> Lines:
    """The lines of a file without blank lines, comments, docstrings, imports, signatures and arguments passed on."""
    skipped = {comment.line for comment in module.comments if comment.alone}
    for node in module.find(ast.Import, ast.ImportFrom):
        skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    skipped |= docstring_lines(module)
    for function in module.functions:  # what a caller may pass is often the same on purpose
        skipped.update(range(function.start, function.node.body[0].lineno))
    return [
        (number, text)
        for number, line in enumerate(module.source.lines, 1)
        if number not in skipped and not PASSED_ON.match(text := line.strip())
    ]
