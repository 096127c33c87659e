"""The table of names that a file gives to things, each with its role and how far it reaches."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .tree import FUNCTIONS, Function, Module

Role = Literal["function", "method", "class", "parameter", "variable", "global", "loop", "attribute", "short"]
"""`short` is a name whose reach is one expression or one block: comprehension, lambda, `with`, `except`."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\da-zA-Z_]+")


@dataclass(frozen=True)
class Identifier:
    """One name where it is first given."""

    name: str
    role: Role
    node: ast.AST
    function: Function | None
    reach: int
    """Lines from the first to the last of the region in which the name can be used."""
    value: ast.expr | None = None
    """What it is bound to by `=`, if that is how it is bound."""


def words(name: str) -> list[str]:
    """The words of a name in lower case: `parseHTTPResponse_2` gives parse, http, response, 2."""
    return [word.lower() for word in _WORD.findall(name)]


def identifiers(module: Module) -> list[Identifier]:
    """Every name the file binds, once per scope, without imports."""
    table: dict[tuple[int, str, str], Identifier] = {}
    for identifier in _all(module):
        key = (id(identifier.function), identifier.role, identifier.name)
        table.setdefault(key, identifier)
    return list(table.values())


def _all(module: Module) -> Iterator[Identifier]:
    for function in module.functions:
        role: Role = "function" if function.owner is None else "method"
        yield Identifier(function.simple_name, role, function.node, function.outer, 0)
        reach = function.end - function.node.lineno + 1
        for parameter in function.parameters():
            yield Identifier(parameter.arg, "parameter", parameter, function, reach)
    for made in module.find(ast.ClassDef):
        yield Identifier(made.name, "class", made, module.within.get(made), 0)
    for node in module.find(ast.Name):
        if isinstance(node.ctx, ast.Store):
            yield _stored(module, node)
    for attribute in module.find(ast.Attribute):
        if isinstance(attribute.ctx, ast.Store) and getattr(attribute.value, "id", "") in {"self", "cls"}:
            yield Identifier(attribute.attr, "attribute", attribute, module.within.get(attribute), 0)
    for lambda_ in module.find(ast.Lambda):
        for argument in [*lambda_.args.posonlyargs, *lambda_.args.args, *lambda_.args.kwonlyargs]:
            yield Identifier(argument.arg, "short", argument, module.within.get(lambda_), 1)
    for handler in module.find(ast.ExceptHandler):
        if handler.name:
            yield Identifier(handler.name, "short", handler, module.within.get(handler), 1)


def _stored(module: Module, node: ast.Name) -> Identifier:
    """The role of a name that is assigned: what kind of statement binds it, in which scope."""
    function = module.within.get(node)
    child: ast.AST = node
    parent = module.parents[node]
    while isinstance(parent, (ast.Tuple, ast.List, ast.Starred)):
        child, parent = parent, module.parents[parent]
    if isinstance(parent, (ast.comprehension, ast.withitem, ast.NamedExpr)):
        return Identifier(node.id, "short", node, function, 1)
    if isinstance(parent, (ast.For, ast.AsyncFor)):
        reach = (parent.end_lineno or parent.lineno) - parent.lineno + 1
        return Identifier(node.id, "loop", node, function, reach)
    value = getattr(parent, "value", None) if isinstance(parent, (ast.Assign, ast.AnnAssign)) else None
    value = value if child is node else None
    if function is not None:
        return Identifier(node.id, "variable", node, function, function.end - node.lineno + 1, value)
    if any(isinstance(ancestor, (ast.ClassDef, *FUNCTIONS)) for ancestor in module.ancestors(node)):
        return Identifier(node.id, "attribute", node, None, 0, value)
    return Identifier(node.id, "global", node, None, len(module.source.lines), value)
