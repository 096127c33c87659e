"""Small wrong versions of a right solution: does a hidden suite notice them?

A mutant differs from the reference in one place: a comparison, an operator, a constant, a condition, a statement or a
returned value. Only trusted code is parsed here and nothing is run. Places where a change rarely shows, or where no
brief says what to expect, are left alone: documentation, annotations, decorators, error messages, logging.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from grader.intake.names import kind_of
from sandbox.contract import Files

_COMPARED: Final[Mapping[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_CALCULATED: Final[Mapping[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
_LOGGING: Final = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "warn"})
_UNSPOKEN: Final = frozenset({"__repr__", "__init_subclass__", "__hash__"})
"""Methods whose results briefs leave open."""


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
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for old, new in _changes(ast.parse(source, path)):
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


def _changes(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, ast.expr | ast.stmt]]:
    """Pairs of a node below `node` and what to put in its place, in the order of the source."""
    for child in _worth_a_look(node):
        if isinstance(child, ast.expr | ast.stmt):
            yield from ((child, new) for new in _other(child))
        yield from _changes(child)


def _worth_a_look(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if node.name not in _UNSPOKEN:
            yield from (*node.args.defaults, *filter(None, node.args.kw_defaults), *node.body)
    elif isinstance(node, ast.ClassDef):
        yield from node.body
    elif isinstance(node, ast.AnnAssign):
        yield from filter(None, [node.value])
    elif isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Assert) or _by_hand(
        node
    ):
        return
    elif isinstance(node, ast.keyword):
        if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool)):
            yield node.value
    else:
        yield from ast.iter_child_nodes(node)


def _by_hand(node: ast.AST) -> bool:
    """`if __name__ == "__main__":` and `if TYPE_CHECKING:` hold nothing that a suite imports."""
    if not isinstance(node, ast.If):
        return False
    named = {each.id for each in ast.walk(node.test) if isinstance(each, ast.Name)}
    return bool(named & {"__name__", "TYPE_CHECKING"})


def _other(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    """What could stand in the place of `node` by mistake."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=right) if type(op) in _COMPARED:
            yield ast.Compare(left, [_COMPARED[type(op)]()], right)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _CALCULATED and not _is_text(node):
            yield ast.BinOp(left, _CALCULATED[type(op)](), right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign() | ast.Raise():
            yield ast.Pass()
        case ast.Expr(value=ast.Call() as call) if not _unheard(call):
            yield ast.Pass()


def _is_text(node: ast.BinOp) -> bool:
    """Text that is put together or formatted: another operator would only be a crash."""
    parts = (node.left, node.right)
    return any(
        isinstance(part, ast.JoinedStr) or (isinstance(part, ast.Constant) and isinstance(part.value, str))
        for part in parts
    )


def _unheard(call: ast.Call) -> bool:
    """Logging, and the call of a base class's constructor, which often does nothing."""
    function = call.func
    if not isinstance(function, ast.Attribute):
        return False
    to_base = isinstance(function.value, ast.Call) and ast.unparse(function.value.func) == "super"
    return to_base or function.attr in _LOGGING
