"""Places where the candidate chose something: what an interviewer asks about. They are no findings and cost nothing.

Endpoints of a service, containers and algorithms that were picked from several, and what keeps concurrent work apart.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .limits import MAX_NAME_CHARACTERS, cut
from .remarks import place
from .tree import Module

VERBS = {
    **{verb: verb.upper() for verb in ("get", "post", "put", "patch", "delete")},
    "route": "route",
    "api_route": "route",
    "websocket": "websocket",
}
"""Decorators of the usual frameworks that bind a function to a path."""
STRUCTURES = {
    "heapq.": "heap",
    "bisect.": "sorted list",
    "collections.deque": "deque",
    "collections.Counter": "Counter",
    "collections.defaultdict": "defaultdict",
    "collections.OrderedDict": "OrderedDict",
    "queue.": "queue",
    "asyncio.Queue": "queue",
    "array.array": "array",
    "sqlite3.connect": "SQLite",
    "functools.lru_cache": "cache",
    "functools.cache": "cache",
    "weakref.": "weak references",
}
"""Dotted name, or its beginning → what is chosen with it."""
CONCURRENCY = {
    "threading.Lock": "lock",
    "threading.RLock": "lock",
    "asyncio.Lock": "lock",
    "threading.Semaphore": "semaphore",
    "asyncio.Semaphore": "semaphore",
    "threading.Thread": "thread",
    "concurrent.futures.ThreadPoolExecutor": "thread pool",
    "concurrent.futures.ProcessPoolExecutor": "process pool",
    "multiprocessing.Pool": "process pool",
    "asyncio.gather": "tasks",
    "asyncio.TaskGroup": "tasks",
    "asyncio.create_task": "tasks",
}
PLAIN = {ast.Dict: "dict", ast.DictComp: "dict", ast.List: "list", ast.Set: "set", ast.SetComp: "set"}
BUILDERS = {"dict": "dict", "list": "list", "set": "set"}
MAX_LANDMARKS = 60
"""Of one file. The first of each kind and name is enough to ask about."""


def find(module: Module, given: frozenset[int] | set[int]) -> list[dict[str, Any]]:
    """The landmarks of a source file, the first of each kind and name, in the order of the file.

    `given`: lines that come from the starter; what stands there was not chosen by the candidate.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, name, node in sorted(_all(module), key=lambda one: (one[2].lineno, one[2].col_offset)):
        if node.lineno not in given:
            spot = place(module.path, node.lineno)
            found.setdefault((kind, name), {"kind": kind, "name": name, "place": spot})
    return list(found.values())[:MAX_LANDMARKS]


def _all(module: Module) -> Iterator[tuple[str, str, ast.expr | ast.stmt]]:
    yield from _endpoints(module)
    for call in module.find(ast.Call):
        yield from _chosen(module.dotted(call.func), call)
    for function in module.functions:
        for decorator in function.node.decorator_list:
            yield from _chosen(module.dotted(decorator), decorator)
    for assignment in module.find(ast.Assign):
        yield from _kept(module, assignment, assignment.targets)
    for annotated in module.find(ast.AnnAssign):
        yield from _kept(module, annotated, [annotated.target])


def _endpoints(module: Module) -> Iterator[tuple[str, str, ast.stmt]]:
    for function in module.functions:
        for decorator in function.node.decorator_list:
            path = _path(decorator)
            if (
                path is not None
                and isinstance(decorator, ast.Call)
                and isinstance(decorator.func, ast.Attribute)
            ):
                yield (
                    "endpoint",
                    cut(f"{VERBS[decorator.func.attr]} {path}", MAX_NAME_CHARACTERS),
                    function.node,
                )
        verb = function.simple_name.removeprefix("do_")
        if verb != function.simple_name and verb.isupper() and function.owner is not None:
            yield "endpoint", cut(verb, MAX_NAME_CHARACTERS), function.node


def _path(decorator: ast.expr) -> str | None:
    """The path in `@app.get("/items")`."""
    if not (isinstance(decorator, ast.Call) and decorator.args and isinstance(decorator.func, ast.Attribute)):
        return None
    first = decorator.args[0]
    if decorator.func.attr not in VERBS or not isinstance(first, ast.Constant):
        return None
    return first.value if isinstance(first.value, str) and first.value.startswith("/") else None


def _chosen(dotted: str, node: ast.expr) -> Iterator[tuple[str, str, ast.expr]]:
    for kind, table in (("structure", STRUCTURES), ("concurrency", CONCURRENCY)):
        for start, name in table.items():
            if dotted == start or (start.endswith(".") and dotted.startswith(start)):
                yield kind, name, node


def _kept(
    module: Module, node: ast.Assign | ast.AnnAssign, targets: list[ast.expr]
) -> Iterator[tuple[str, str, ast.stmt]]:
    """Plain containers that outlive a call: of a module, or of an object."""
    for target in targets:
        is_state = isinstance(target, ast.Attribute) or isinstance(module.parents.get(node), ast.Module)
        if is_state and isinstance(target, ast.Attribute | ast.Name):
            kind = _container(node.value)
            if kind and _is_empty(node.value):
                yield "structure", kind, node


def _container(value: ast.expr | None) -> str:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return BUILDERS.get(value.func.id, "")
    return PLAIN.get(type(value), "")


def _is_empty(value: ast.expr | None) -> bool:
    """A table that is written out is data; a container that begins empty is state."""
    match value:
        case ast.Dict():
            return not value.keys
        case ast.List():
            return not value.elts
        case ast.Call():
            return not value.args
    return False
