"""Handling that guards against nothing: it costs the reader attention and hides the guard that matters.

A reviewer counts too much handling against a submission as much as too little. Each rule reports only what the
syntax alone proves or nearly proves to be without effect.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .handling import caught, in_entry_point, inside, is_broad
from .remarks import Remark, remark_at, short
from .tree import FUNCTIONS, Function, Module

TOOL = "handling"
MANY_BLANKETS = 3
"""Functions of one file that are a try under a broad handler from top to bottom."""

_LOGGING = frozenset({"error", "exception", "critical", "warning", "warn", "info", "debug", "log"})
_CALLS_OUT = (
    *(ast.Call, ast.Await, ast.Import, ast.ImportFrom, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor),
    *(ast.Yield, ast.YieldFrom, ast.Raise, ast.Assert, ast.comprehension, ast.Starred),
    *(ast.BinOp, ast.UnaryOp, ast.AugAssign, ast.Compare, ast.Attribute, ast.Subscript, ast.Delete),
    *(ast.FormattedValue, ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Match),
)
"""Syntax in which anything may happen: an operator is a method call, too."""
_ON_NAMES = frozenset({"NameError", "UnboundLocalError", "?"})
_DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)
_PLAIN = (ast.Constant, ast.JoinedStr, ast.List, ast.Dict, ast.Set, ast.Tuple)
_MADE = (*_PLAIN, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
_MAKERS = frozenset({"str", "int", "float", "bool", "list", "dict", "set", "tuple", "len", "sorted", "bytes"})
_SIMPLE_TYPES = frozenset({"str", "int", "float", "bool", "list", "dict", "set", "tuple", "bytes"})


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file; test files are not asked."""
    if module.is_test:
        return
    for node in module.find(ast.Try):
        if node.handlers:
            yield from _needless(module, node)
    for function in module.functions:
        yield from _impossible_none(module, function)
        yield from _distrusted_parameters(module, function)
    yield from _blankets(module)


def _needless(module: Module, node: ast.Try) -> Iterator[Remark]:
    reason = _cannot_fail(node)
    if reason:
        yield remark_at(TOOL, "needless-try", module.path, node, reason)
    last = node.handlers[-1]
    if len(last.body) == 1 and _raises_the_same(last, last.body[0]):
        message = "catches an error to raise it again unchanged; without the handler the same happens"
        yield remark_at(TOOL, "needless-reraise", module.path, last, message)
    elif _logs_and_raises(last) and not in_entry_point(module, last):
        message = "logs the error and raises it: it will be told twice; do one of the two"
        yield remark_at(TOOL, "needless-log", module.path, last, message)


def _cannot_fail(node: ast.Try) -> str:
    """Why the try block cannot raise what the handlers catch; empty when it may."""
    names = {name for handler in node.handlers for name in caught(handler)}
    parts = list(inside(node.body))
    if names & _ON_NAMES or any(isinstance(part, ast.Name) and part.id == "__file__" for part in parts):
        return ""
    if not any(isinstance(part, _CALLS_OUT) for part in parts) and not _unpacks(parts):
        return "nothing in this try block can raise an error"
    only = names == {"ZeroDivisionError"} and len(node.handlers) == 1
    if only and not any(isinstance(part, (ast.Call, ast.Await, ast.With, ast.For)) for part in parts):
        divides = any(isinstance(part, (ast.BinOp, ast.AugAssign)) and _divides(part) for part in parts)
        return "" if divides else "nothing in this try block divides"
    return ""


def _divides(part: ast.BinOp | ast.AugAssign) -> bool:
    return isinstance(part.op, (*_DIVISIONS, ast.Pow))


def _unpacks(parts: list[ast.AST]) -> bool:
    return any(isinstance(part, (ast.Tuple, ast.List)) and isinstance(part.ctx, ast.Store) for part in parts)


def _raises_the_same(handler: ast.ExceptHandler, statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Raise) or statement.cause is not None:
        return False
    raised = statement.exc
    return raised is None or (isinstance(raised, ast.Name) and raised.id == handler.name)


def _logs_and_raises(handler: ast.ExceptHandler) -> bool:
    """Nothing but log calls, then the same error again."""
    *before, last = handler.body
    return bool(before) and _raises_the_same(handler, last) and all(map(_is_log, before))


def _is_log(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    if isinstance(call.func, ast.Name):
        return call.func.id == "print"
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _LOGGING:
        return False
    owner = call.func.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return "log" in name.lower()


def _impossible_none(module: Module, function: Function) -> Iterator[Remark]:
    """`if x is None` about a name that is only ever given a literal, a display or the result of str() and the like."""
    for node in function.find(ast.Compare):
        name = _asked_for_none(node)
        if name and _is_never_none(module, function, name):
            message = f"`{short(name)}` cannot be None here: it is only given values that are none"
            yield remark_at(TOOL, "needless-check", module.path, node, message)


def _asked_for_none(node: ast.Compare) -> str:
    """The name in `name is None` or `name is not None`; empty for other comparisons."""
    told = isinstance(node.ops[0], (ast.Is, ast.IsNot)) and isinstance(node.left, ast.Name)
    right = node.comparators[0]
    none = isinstance(right, ast.Constant) and right.value is None
    return node.left.id if told and none and isinstance(node.left, ast.Name) else ""


def _is_never_none(module: Module, function: Function, name: str) -> bool:
    if name in {parameter.arg for parameter in function.parameters()}:
        return False
    stores = [use for use in function.uses.get(name, ()) if isinstance(use.ctx, ast.Store)]
    inner = module.inner_functions.get(function, ())
    shared = any(
        name in node.names for one in (function, *inner) for node in one.find(ast.Global, ast.Nonlocal)
    )
    if not stores or shared:
        return False
    for store in stores:
        parent = module.parents[store]
        value = parent.value if isinstance(parent, (ast.Assign, ast.AnnAssign)) else None
        if value is None or not _makes_a_value(value):
            return isinstance(parent, ast.AugAssign) and len(stores) > 1
    return True


def _makes_a_value(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is not None
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in _MAKERS
    return isinstance(value, _MADE)


def _distrusted_parameters(module: Module, function: Function) -> Iterator[Remark]:
    """A private function asks whether its own callers kept to its annotations."""
    if not function.simple_name.startswith("_") or function.simple_name.startswith("__"):
        return
    known = {
        parameter.arg: parameter.annotation.id
        for parameter in _without_default(function)
        if isinstance(parameter.annotation, ast.Name) and parameter.annotation.id in _SIMPLE_TYPES
    }
    if not known:
        return
    for node in function.find(ast.Compare):
        if _asked_for_none(node) in known and _is_unchanged(function, _asked_for_none(node)):
            message = f"`{short(_asked_for_none(node))}` is annotated so that it cannot be None"
            yield remark_at(TOOL, "needless-check", module.path, node, message)
    for call in function.find(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id == "isinstance" and len(call.args) == 2:
            asked, kind = (getattr(argument, "id", "") for argument in call.args)
            if kind and known.get(asked) == kind and _is_unchanged(function, asked):
                message = f"`{short(asked)}` is annotated as {kind}, and only this program calls the function"
                yield remark_at(TOOL, "needless-check", module.path, call, message)


def _without_default(function: Function) -> list[ast.arg]:
    arguments = function.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return required + [argument for argument, default in keywords if default is None]


def _is_unchanged(function: Function, name: str) -> bool:
    return not any(isinstance(use.ctx, ast.Store) for use in function.uses.get(name, ()))


def _blankets(module: Module) -> Iterator[Remark]:
    """Most functions of a file are a try from top to bottom, under a handler for everything."""
    wrapped = [function for function in module.functions if _is_wrapped(function)]
    if len(wrapped) >= MANY_BLANKETS and 2 * len(wrapped) >= len(module.functions):
        message = (
            f"{len(wrapped)} of {len(module.functions)} functions are one try under a handler for everything; "
            "handle errors where somebody can act on them"
        )
        yield remark_at(TOOL, "blanket-try", module.path, wrapped[0].node, message)


def _is_wrapped(function: Function) -> bool:
    body = [statement for statement in function.body if not isinstance(statement, FUNCTIONS)]
    return (
        1 <= len(body) <= 2
        and isinstance(body[0], ast.Try)
        and any(is_broad(handler) for handler in body[0].handlers)
        and (len(body) == 1 or isinstance(body[1], ast.Return))
    )
