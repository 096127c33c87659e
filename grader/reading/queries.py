"""Queries in loops: one for the list, and one more for each of its items (N+1)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .remarks import Remark, remark_at, short
from .tree import FUNCTIONS, Function, Module

TOOL = "structure"
SESSIONS = re.compile(r"(^|_)(session|db|database|cursor|cur|conn|connection|engine|c)$")
READS = frozenset(
    {"query", "scalar", "scalars", "execute", "get", "get_one", "exec", "fetch", "fetchrow", "fetchval"}
)
MANAGER = frozenset({"get", "filter", "all", "first", "count", "exists", "aggregate", "values", "exclude"})
BATCHES = re.compile(
    r"(^|_)(batch|batches|chunk|chunks|page|pages|block|blocks|offset|attempt|retry|shard|statement|sql)"
)
_SELECT = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)
_DATABASES = frozenset(
    {
        "sqlalchemy",
        "sqlmodel",
        "sqlite3",
        "psycopg",
        "psycopg2",
        "asyncpg",
        "aiosqlite",
        "django",
        "pymysql",
        "peewee",
        "mysql",
    }
)


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file; test files are not asked."""
    if module.is_test:
        return
    databases = {origin.partition(".")[0] for origin in module.imports.values()} & _DATABASES
    if not databases and not _has_a_manager(module):
        return
    asking = {
        function.simple_name: function
        for function in module.functions
        if any(_is_query(call) for call in function.find(ast.Call))
    }
    for call in module.find(ast.Call):
        what = _asks(call, asking)
        loop = _loop_around(module, call) if what else None
        if loop is not None:
            message = f"{what} for each item of the loop; ask once, with a join or an IN"
            yield remark_at(TOOL, "query-in-loop", module.path, call, message)


def _has_a_manager(module: Module) -> bool:
    return any(node.attr == "objects" for node in module.find(ast.Attribute))


def _asks(call: ast.Call, asking: dict[str, Function]) -> str:
    """What a call does to the database; empty when nothing."""
    if _is_query(call):
        return "a query"
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    own = isinstance(call.func, ast.Name) or getattr(getattr(call.func, "value", None), "id", "") == "self"
    return f"{short(name)}() sends a query" if own and name in asking else ""


def _is_query(call: ast.Call) -> bool:
    """`session.get(…)`, `db.execute(select(…))`, `cursor.execute("SELECT …")`, `Order.objects.filter(…)`."""
    if not isinstance(call.func, ast.Attribute):
        return False
    owner = call.func.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    if name == "objects":
        return call.func.attr in MANAGER
    if call.func.attr not in READS or not SESSIONS.search(name):
        return False
    first = call.args[0] if call.args else None
    if call.func.attr == "get":
        return len(call.args) >= 2 and name.endswith("session")
    if call.func.attr in {"query", "get_one"}:
        return True
    return _is_select(first)


def _is_select(node: ast.expr | None) -> bool:
    while isinstance(node, (ast.Call, ast.Attribute)):  # select(…).where(…).limit(…)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id != "text" or not node.args:
                return node.func.id == "select"
            node = node.args[0]
            break
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_SELECT.match(node.value))


def _loop_around(module: Module, call: ast.Call) -> ast.AST | None:
    """The loop that repeats `call`, in the same function; not one over batches, and not the head of the loop itself."""
    child: ast.AST = call
    for ancestor in module.ancestors(call):
        if isinstance(ancestor, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return None
        if isinstance(ancestor, (ast.For, ast.AsyncFor)) and child is not ancestor.iter:
            return None if _is_over_batches(ancestor.target, ancestor.iter) else ancestor
        if isinstance(ancestor, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            first = ancestor.generators[0]
            if child is not first:
                return None if _is_over_batches(first.target, first.iter) else ancestor
        child = ancestor
    return None


def _is_over_batches(target: ast.expr, over: ast.expr) -> bool:
    if isinstance(over, (ast.Tuple, ast.List)):
        return True  # a fixed handful, written out
    parts = [*ast.walk(target), *ast.walk(over)]
    names = (getattr(part, "attr", getattr(part, "id", "")) for part in parts)
    return any(isinstance(name, str) and BATCHES.search(name.lower()) for name in names)
