"""Name against use: linguistic anti-patterns (Arnaoudova, Di Penta, Antoniol 2016), as far as Python shows them.

A name is reported when it says something else than the code beside it: one for many, a list that is a dict, a
function that says "get" and changes its object, a conversion that returns nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .identifiers import Identifier, words
from .remarks import Remark, remark_at, short
from .suggestions import offer, plural, singular
from .tree import Function, Module
from .vocabulary import COUNTED, PROMISING, READERS

TOOL = "naming"
_COLLECTIONS: dict[type[ast.expr], str] = {
    ast.List: "list", ast.ListComp: "list", ast.Dict: "dict", ast.DictComp: "dict",
    ast.Set: "set", ast.SetComp: "set",
}  # fmt: skip
_SAID = {
    "list": "list",
    "lst": "list",
    "arr": "list",
    "dict": "dict",
    "dct": "dict",
    "str": "str",
    "string": "str",
    "int": "int",
}
"""Last word of a name → the type that it claims."""
_ANNOTATED = {
    "list": "list",
    "List": "list",
    "dict": "dict",
    "Dict": "dict",
    "set": "set",
    "Set": "set",
    "str": "str",
    "int": "int",
}
_MEASURED = frozenset(
    {"max", "min", "num", "n", "len", "length", "size", "count", "limit", "index", "as", "per"}
)
"""A number of lists is no list."""
_HANDED_ON = frozenset(
    {
        *("self", "cls", "options", "kw", "kwargs"),
        *("seen", "visited", "memo", "cache", "acc", "result", "results", "out", "path", "found"),
    }
)
"""Parameters that recursive functions carry along to be filled."""
_GROWS = frozenset({"append", "extend", "insert"})
_MUTATORS = frozenset(
    {"append", "extend", "insert", "remove", "pop", "clear", "update", "add", "discard", "sort", "popitem"}
)
_WRITES_TO = frozenset(
    {
        "path",
        "file",
        "fp",
        "f",
        "stream",
        "buf",
        "buffer",
        "filename",
        "out",
        "output",
        "dest",
        "target",
        "device",
    }
)


def check(module: Module, table: list[Identifier]) -> Iterator[Remark]:
    """All findings of this kind in one file that is no test."""
    used = _uses_of_names(module)
    for identifier in table:
        if identifier.role in {"variable", "global", "attribute", "parameter"}:
            yield from _type_said(module, identifier)
            yield from _number_said(module, identifier, used)
    for function in module.functions:
        parts = words(function.simple_name)
        if len(parts) > 1 and function.simple_name[:2] != "__":
            yield from _gives_nothing(module, function, parts)
            yield from _changes(module, function, parts)


def _uses_of_names(module: Module) -> dict[str, set[str]]:
    """Name → `loop` when something goes through it, `grow` when something is appended, `join` when it is joined."""
    used: dict[str, set[str]] = {}
    loops: list[ast.For | ast.comprehension] = [*module.find(ast.For), *module.find(ast.comprehension)]
    for loop in loops:
        if isinstance(loop.iter, ast.Name):
            used.setdefault(loop.iter.id, set()).add("loop")
    for node in module.find(ast.Attribute):
        if node.attr in _GROWS and isinstance(node.value, ast.Name):
            used.setdefault(node.value.id, set()).add("grow")
    for call in module.find(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "join" and call.args:
            used.setdefault(getattr(call.args[0], "id", ""), set()).add("join")
    return used


def _type_said(module: Module, identifier: Identifier) -> Iterator[Remark]:
    """`user_list = {}`, `price_str: int`."""
    parts = words(identifier.name)
    said = _SAID.get(parts[-1]) if len(parts) > 1 else None
    if said is None or identifier.name.isupper() or _MEASURED & set(parts):
        return
    kind = _kind(identifier)
    if kind is not None and kind != said:
        message = f"`{short(identifier.name)}` says {said} and is a {kind}"
        yield remark_at(TOOL, "misleading-name", module.path, identifier.node, message)


def _kind(identifier: Identifier) -> str | None:
    """The builtin type that the annotation or the literal shows; None where neither does."""
    told = getattr(identifier.node, "annotation", None)
    if told is not None:
        bare = told.value if isinstance(told, ast.Subscript) else told
        return _ANNOTATED.get(getattr(bare, "id", ""))
    value = identifier.value
    if isinstance(value, ast.Constant):
        return type(value.value).__name__ if type(value.value) in {str, int} else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id if value.func.id in {"list", "dict", "set"} else None
    return next((name for kind, name in _COLLECTIONS.items() if isinstance(value, kind)), None)


def _number_said(module: Module, identifier: Identifier, used: dict[str, set[str]]) -> Iterator[Remark]:
    """`student = []` that is filled or gone through; `students = 3`."""
    parts = words(identifier.name)
    if not parts or identifier.role in {"attribute", "parameter"} or identifier.name.isupper():
        return
    last = parts[-1]
    value = identifier.value
    if last == "order" and len(parts) > 1:
        return  # an order of things is a list
    uses = used.get(identifier.name, set())
    many = isinstance(value, (ast.List, ast.ListComp, ast.Set)) and bool(uses)
    if last in COUNTED and many and "join" not in uses:  # what is joined is called like the whole
        better = "_".join([*parts[:-1], plural(last)])
        message = f"`{short(identifier.name)}` reads like one and holds many{offer(better)}"
        yield remark_at(TOOL, "plural-mismatch", module.path, identifier.node, message)
    elif (
        last != "jobs"
        and singular(last) in COUNTED
        and isinstance(value, ast.Constant)
        and type(value.value) in {int, float}
    ):
        better = "_".join([*parts[:-1], singular(last), "count"]) if type(value.value) is int else ""
        message = f"`{short(identifier.name)}` reads like many and holds a number{offer(better)}"
        yield remark_at(TOOL, "plural-mismatch", module.path, identifier.node, message)


def _gives_nothing(module: Module, function: Function, parts: list[str]) -> Iterator[Remark]:
    """`to_upper`, `convert_row`, `find_user`, `celsius_to_kelvin` without a result."""
    prints = any(
        isinstance(call.func, ast.Name) and call.func.id == "print" for call in function.find(ast.Call)
    )
    converts = parts[0] in PROMISING or (prints and len(parts) == 3 and parts[1] == "to")
    if not converts or function.find(ast.Yield, ast.YieldFrom) or not function.body:
        return
    derived = function.owner is not None and bool(function.owner.bases)
    told = function.node.returns
    explained = told is not None and not (isinstance(told, ast.Constant) and told.value is None)
    writes = any(_WRITES_TO & set(words(parameter.arg)) for parameter in function.parameters())
    returned = any(node.value is not None for node in function.find(ast.Return))
    if returned or derived or explained or writes or function.node.decorator_list or _is_empty(function):
        return
    shown = short(function.simple_name)
    better = f"print_{'_'.join(parts[1:])}" if prints and parts[0] in PROMISING else ""
    message = f"`{shown}()` promises a result and returns nothing{offer(better)}"
    yield remark_at(TOOL, "misleading-name", module.path, function.node, message)


def _is_empty(function: Function) -> bool:
    return all(
        isinstance(statement, (ast.Pass, ast.Raise))
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in function.body
    ) or isinstance(function.body[-1], ast.Raise)


def _changes(module: Module, function: Function, parts: list[str]) -> Iterator[Remark]:
    """`get_total()` that also sets `self.paid`, `is_valid(order)` that removes lines of the order."""
    if parts[0] not in READERS or {"or", "and", "create", "next", "set"} & set(parts[1:]):
        return
    changed = _changed_attribute(module, function) or _changed_parameter(function)
    if changed:
        message = f"`{short(function.simple_name)}()` also changes `{short(changed)}`; its name says that it only looks"
        yield remark_at(TOOL, "misleading-name", module.path, function.node, message)


def _changed_attribute(module: Module, function: Function) -> str:
    """A public attribute that is set outside a guard about it (a cache)."""
    for node in function.find(ast.Attribute):
        if not isinstance(node.ctx, ast.Store) or getattr(node.value, "id", "") != "self":
            continue
        guarded = any(isinstance(ancestor, (ast.If, ast.Try)) for ancestor in module.ancestors(node))
        if not node.attr.startswith("_") and not guarded:
            return f"self.{node.attr}"
    return ""


def _changed_parameter(function: Function) -> str:
    """A parameter whose own items are added or removed."""
    names = {parameter.arg for parameter in function.parameters()} - _HANDED_ON
    names -= {
        use for use in names if any(isinstance(node.ctx, ast.Store) for node in function.uses.get(use, ()))
    }
    for call in function.find(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _MUTATORS:
            owner = getattr(call.func.value, "id", "")
            if owner in names:
                return str(owner)
    return ""
