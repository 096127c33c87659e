"""Small wrong versions of a right solution: does a hidden suite notice them?

A mutant differs from the reference in one place; `grader.reading.mutations` says where and how. Only trusted code is
parsed here and nothing is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from grader.intake.names import kind_of
from sandbox.contract import Files


@dataclass(frozen=True)
class Mutant:
    """One changed file of a solution."""

    path: str
    line: int
    before: str
    after: str
    source: bytes
    """The whole changed file."""

    def of(self, solution: Files) -> dict[str, bytes]:
        """The solution with this change."""
        return {**solution, self.path: self.source}

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.before}  →  {self.after}"


def mutants(solution: Files, at_most: int) -> tuple[Mutant, ...]:
    """Mutants spread evenly over the source files of `solution`: always the same for the same solution.

    Raises:
        SyntaxError: this Python cannot parse a file.
    """
    found = [
        mutant
        for path in sorted(solution)
        if path.endswith(".py") and kind_of(path) == "source"
        for mutant in _of_file(path, solution[path])
    ]
    if len(found) <= at_most:
        return tuple(found)
    return tuple(found[index * len(found) // at_most] for index in range(at_most))


def _of_file(path: str, source: bytes) -> Iterator[Mutant]:
    from grader.reading.mutations import mutations  # loads the reading program, which only a check needs

    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for mutation in mutations(ast.parse(source, path)):
        old, new = mutation.old, mutation.new
        assert old.end_lineno is not None
        assert old.end_col_offset is not None
        begin = starts[old.lineno - 1] + old.col_offset
        end = starts[old.end_lineno - 1] + old.end_col_offset
        before, after = ast.unparse(old), ast.unparse(new)
        placed = f"({after})" if isinstance(new, ast.expr) else after
        changed = source[:begin] + placed.encode() + source[end:]
        yield Mutant(path, old.lineno, _short(before), _short(after), changed)


def _short(text: str) -> str:
    first, *more = text.splitlines()
    return first[:60] + (" …" if more or len(first) > 60 else "")
