"""Where code could be wrong in one place, and how: a comparison, an operator, a constant, a condition, a statement.

Places where a change rarely shows, or where no brief says what to expect, are left alone: documentation, annotations,
decorators, error messages, logging, waiting times, what only a run by hand reaches. Nothing is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

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
_UNHEARD: Final = frozenset(
    {"debug", "info", "warning", "error", "exception", "critical", "log", "warn", "close", "flush"}
)
"""Methods whose calls are rarely missed: logging, and what the end of the program does as well."""
_UNSPOKEN: Final = frozenset({"__repr__", "__init_subclass__", "__hash__"})
"""Methods whose results briefs leave open."""
_MATTERS_LITTLE: Final = frozenset(
    {
        "timeout",
        "indent",
        "width",
        "stacklevel",
        "maxsize",
        "buffering",
        "backlog",
        "chunk_size",
        "buffer_size",
    }
)
"""Arguments whose value a little more or less of changes nothing that can be seen."""
_WAITING: Final = frozenset({"sleep", "settimeout", "wait"})
_TYPING: Final = frozenset({"Literal", "Annotated", "TypeVar", "NewType", "ParamSpec"})
_IMPOSSIBLE: Final = frozenset({"NotImplementedError", "AssertionError"})
"""What is raised where nobody should come."""

Part = ast.expr | ast.stmt


@dataclass(frozen=True)
class Mutation:
    """One part of a tree and what could stand there by mistake."""

    old: Part
    new: Part
    parent: ast.AST
    statement: ast.stmt
    """The innermost statement that holds `old`."""


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """All of one file, in the order of the source."""
    yield from _below(tree, None, _Calls(tree))


def _below(node: ast.AST, statement: ast.stmt | None, calls: _Calls) -> Iterator[Mutation]:
    for child in _worth_a_look(node, calls):
        inner = child if isinstance(child, ast.stmt) else statement
        if isinstance(child, ast.expr | ast.stmt) and inner is not None:
            yield from (Mutation(child, new, node, inner) for new in _other(child))
        yield from _below(child, inner, calls)


class _Calls:
    """How often each function of a file is called with how many arguments: says which defaults are never used."""

    def __init__(self, tree: ast.Module) -> None:
        self._by_name: dict[str, list[ast.Call]] = {}
        self._mentioned: dict[str, int] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                self._by_name.setdefault(_last_name(node.func), []).append(node)
            if isinstance(node, ast.Name | ast.Attribute):
                name = _last_name(node)
                self._mentioned[name] = self._mentioned.get(name, 0) + 1

    def always_given(self, function: str, argument: str, position: int | None) -> bool:
        """Whether a private function is only ever called, and each time with that argument."""
        calls = self._by_name.get(function, [])
        if not function.startswith("_") or not calls or len(calls) != self._mentioned.get(function):
            return False
        return all(
            any(keyword.arg == argument for keyword in call.keywords)
            or (position is not None and len(call.args) > position)
            for call in calls
        )


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _worth_a_look(node: ast.AST, calls: _Calls) -> Iterator[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            if node.name not in _UNSPOKEN:
                yield from (*_defaults(node, calls), *node.body)
        case ast.ClassDef():
            yield from node.body
        case ast.AnnAssign():
            yield from filter(None, [node.value])
        case ast.Raise() | ast.JoinedStr() | ast.Import() | ast.ImportFrom() | ast.Assert():
            return
        case ast.If() if _by_hand(node):
            return
        case ast.If() if _keeps_the_best(node):
            yield from node.body
        case ast.match_case():  # a pattern is no expression
            yield from (*filter(None, [node.guard]), *node.body)
        case ast.keyword():
            plain = isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool)
            if not plain and node.arg not in _MATTERS_LITTLE:
                yield node.value
        case ast.Subscript() if _last_name(node.value) in _TYPING:
            return
        case ast.Call() if _last_name(node.func) in _WAITING | _TYPING:
            return
        case _:
            yield from ast.iter_child_nodes(node)


def _defaults(function: ast.FunctionDef | ast.AsyncFunctionDef, calls: _Calls) -> Iterator[ast.expr]:
    """Defaults of parameters, but for those that no call can reach."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args]
    is_method = bool(named) and named[0].arg in {"self", "cls"}
    for position, default in enumerate(arguments.defaults, len(named) - len(arguments.defaults)):
        if not calls.always_given(function.name, named[position].arg, position - is_method):
            yield default
    for argument, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if given is not None and not calls.always_given(function.name, argument.arg, None):
            yield given


def _by_hand(node: ast.If) -> bool:
    """`if __name__ == "__main__":` and `if TYPE_CHECKING:` hold nothing that a suite imports."""
    named = {each.id for each in ast.walk(node.test) if isinstance(each, ast.Name)}
    return bool(named & {"__name__", "TYPE_CHECKING"})


def _keeps_the_best(node: ast.If) -> bool:
    """`if a > b: b = a`, `if b is None or a > b: b = a`: what happens when both are equal cannot be seen."""
    test = node.test.values[-1] if isinstance(node.test, ast.BoolOp) else node.test
    match ast.If(test, node.body, node.orelse):
        case ast.If(
            test=ast.Compare(
                left=left, ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()], comparators=[right]
            ),
            body=[ast.Assign(targets=[target], value=value)],
            orelse=[],
        ):
            sides = {ast.unparse(left), ast.unparse(right)}
            return {ast.unparse(target), ast.unparse(value)} == sides
    return False


def _other(node: Part) -> Iterator[Part]:
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
        case ast.Raise(exc=exc) if not _is_impossible(exc):
            yield ast.Pass()
        case ast.AugAssign():
            yield ast.Pass()
        case ast.Expr(value=ast.Call() as call) if not _unheard(call):
            yield ast.Pass()


def _is_impossible(raised: ast.expr | None) -> bool:
    name = raised.func if isinstance(raised, ast.Call) else raised
    return name is not None and _last_name(name) in _IMPOSSIBLE


def _is_text(node: ast.BinOp) -> bool:
    """Text that is put together or formatted: another operator would only be a crash."""
    parts = (node.left, node.right)
    return any(
        isinstance(part, ast.JoinedStr) or (isinstance(part, ast.Constant) and isinstance(part.value, str))
        for part in parts
    )


def _unheard(call: ast.Call) -> bool:
    """Logging, waiting, and the call of a base class's constructor, which often does nothing."""
    function = call.func
    if _last_name(function) in _WAITING:
        return True
    if not isinstance(function, ast.Attribute):
        return False
    to_base = isinstance(function.value, ast.Call) and ast.unparse(function.value.func) == "super"
    return to_base or function.attr in _UNHEARD
