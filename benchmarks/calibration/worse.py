"""Ways to make code worse in one respect: what a metamorphic test changes."""

from __future__ import annotations

import ast
import copy
import itertools
import re
from collections.abc import Callable, Mapping
from typing import TypeGuard

Change = Callable[[str], str | None]
"""Source → worse source, or None where there is nothing to make worse."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BAD_NAMES = ("foo", "stuff", "thing", "my_list", "xxx", "whatever", "qux", "my_var", "blah", "asdf")


def plain(source: str) -> str:
    """The source as a tree writes it, so that layout and comments do not differ."""
    return ast.unparse(ast.parse(source)) + "\n"


def bad_names(source: str) -> str | None:
    """Local variables of functions get names that say nothing."""
    tree = ast.parse(source)
    changed = False
    for function in ast.walk(tree):
        if isinstance(function, FUNCTIONS):
            names = _locals(function)
            fresh = (f"{name}" if turn == 0 else f"{name}_{name}" for turn in range(9) for name in BAD_NAMES)
            table = dict(zip(sorted(names), fresh, strict=False))
            changed |= bool(table)
            _Renaming(table).visit(function)
    return ast.unparse(tree) + "\n" if changed else None


def _locals(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names of three letters and more that are assigned in the function and nowhere handed out by name."""
    outside = {
        name
        for node in ast.walk(function)
        if isinstance(node, (ast.Global, ast.Nonlocal))
        for name in node.names
    }
    arguments = {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
    stored = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return {name for name in stored - outside - arguments if len(name) > 2 and not name.startswith("_")}


class _Renaming(ast.NodeTransformer):
    def __init__(self, table: Mapping[str, str]) -> None:
        self.table = table

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.table.get(node.id, node.id), node.ctx)


def silent_handlers(source: str) -> str | None:
    """Every handler catches everything and does nothing."""
    tree = ast.parse(source)
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    for handler in handlers:
        handler.type, handler.name, handler.body = ast.Name("Exception", ast.Load()), None, [ast.Pass()]
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            node.handlers = node.handlers[:1]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n" if handlers else None


def no_assertions(source: str) -> str | None:
    """Tests run and compare nothing: `assert x` becomes `_ = x`, and so do the methods of unittest."""
    return _unchecked(source, _Assertions())


def deleted_assertions(source: str) -> str | None:
    """Tests run and compare nothing: statements that assert are gone, with what only they evaluate."""
    return _unchecked(source, _Deletions())


def _unchecked(source: str, taken: _Assertions) -> str | None:
    tree = taken.visit(ast.parse(source))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n" if taken.found else None


_CHECKING = re.compile(r"^(assert|fail)[A-Z_]\w*$|^(raises|warns|fail)$")
"""Functions and methods that fail a test: `assertEqual`, `assert_called_once_with`, `assert_array_equal`, `raises`."""


class _Assertions(ast.NodeTransformer):
    """What a statement evaluates still runs; the outcome is looked at by nobody."""

    found = False

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        self.found = True
        return ast.Assign([ast.Name("_", ast.Store())], node.test)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | list[ast.stmt]:
        if not _checks(node.value):
            return node
        self.found = True
        values = [argument for argument in node.value.args if not isinstance(argument, ast.Starred)]
        return [ast.Assign([ast.Name("_", ast.Store())], ast.Tuple(values, ast.Load()))]

    def visit_With(self, node: ast.With) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        if any(_checks(item.context_expr) for item in node.items):
            self.found = True
            return node.body
        return node


class _Deletions(_Assertions):
    """The statement goes, too. `pass` is left where nothing else is."""

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        self.found = True
        return ast.copy_location(ast.Pass(), node)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | list[ast.stmt]:
        if not _checks(node.value):
            return node
        self.found = True
        return ast.copy_location(ast.Pass(), node)


def _checks(value: ast.expr) -> TypeGuard[ast.Call]:
    if not isinstance(value, ast.Call):
        return False
    name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    return bool(_CHECKING.match(name))


def inlined(source: str) -> str | None:
    """Private functions of the module move into the functions that call them, branches and all."""
    tree = ast.parse(source)
    private = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_") and not node.decorator_list
    }
    moved = False
    for function in ast.walk(tree):
        if isinstance(function, FUNCTIONS) and function.name not in private:
            bodies = [
                copy.deepcopy(private[name].body) for name in sorted(_called(function) & private.keys())
            ]
            function.body[-1:-1] = [_without_docstring_and_results(body) for body in bodies]
            moved |= bool(bodies)
    tree.body = [node for node in tree.body if not (isinstance(node, FUNCTIONS) and node.name in private)]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n" if moved else None


def _called(function: ast.AST) -> set[str]:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


def _without_docstring_and_results(body: list[ast.stmt]) -> ast.stmt:
    """The statements under one condition; `return x` becomes an assignment, so that what follows is reached."""
    block = ast.Module(body, [])
    _Results().visit(block)
    start = itertools.dropwhile(
        lambda s: isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant), block.body
    )
    return ast.If(ast.Name("inlined", ast.Load()), list(start) or [ast.Pass()], [])


class _Results(ast.NodeTransformer):
    def visit_Return(self, node: ast.Return) -> ast.stmt:
        return ast.Assign([ast.Name("outcome", ast.Store())], node.value or ast.Constant(None))
