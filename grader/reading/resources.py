"""What a function takes from the system and how it gives it back: files, sockets, locks, pools."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .remarks import Remark, remark_at
from .tree import Module

TOOL = "handling"
OPENERS = frozenset({"open", "io.open", "gzip.open", "bz2.open", "lzma.open", "codecs.open"})
# Functions that read or write a file they are given and leave closing it to the caller.
BORROWERS = frozenset(
    {
        "json.load",
        "json.dump",
        "yaml.safe_load",
        "yaml.load",
        "pickle.load",
        "pickle.dump",
        "csv.reader",
        "csv.DictReader",
        "csv.writer",
        "list",
        "sorted",
        "enumerate",
        "tomllib.load",
        "set",
        "map",
        "len",
        "sum",
        "tuple",
        "filter",
    }
)
RESOURCES = {
    "socket.socket": "socket",
    "sqlite3.connect": "connection",
    "zipfile.ZipFile": "archive",
    "tarfile.open": "archive",
    "tempfile.NamedTemporaryFile": "file",
    "concurrent.futures.ThreadPoolExecutor": "pool",
    "concurrent.futures.ProcessPoolExecutor": "pool",
    "multiprocessing.Pool": "pool",
    "requests.Session": "session",
    "httpx.Client": "client",
    "smtplib.SMTP": "connection",
}
"""What has to be given back → what to call it."""


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file; test files are not asked."""
    if module.is_test:
        return
    for call in module.find(ast.Call):
        name = module.dotted(call.func)
        if name in OPENERS and name.partition(".")[0] not in module.top_level_names:
            yield from _unclosed(module, call)
        elif name in RESOURCES:
            yield from _not_given_back(module, call, RESOURCES[name])
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "acquire":
            yield from _lock_by_hand(module, call, call.func.value)


def _not_given_back(module: Module, call: ast.Call, what: str) -> Iterator[Remark]:
    """Kept in a local name that is closed neither by `with` nor in `finally`, nor handed to anybody."""
    parent = module.parents.get(call)
    if isinstance(parent, ast.Assign) and _is_never_given_away(module, parent):
        message = f"the {what} is not given back when something fails in between; use `with`"
        yield remark_at(TOOL, "resource-without-with", module.path, call, message)


def _lock_by_hand(module: Module, call: ast.Call, lock: ast.expr) -> Iterator[Remark]:
    """`lock.acquire()`, and in the same function `lock.release()` that an error passes over."""
    function = module.within.get(call)
    if function is None or not isinstance(module.parents.get(call), ast.Expr):
        return
    releases = [
        node
        for node in function.find(ast.Attribute)
        if node.attr == "release" and module.dotted(node.value) == module.dotted(lock) != ""
    ]
    if releases and not any(_in_finally(module, node) for node in releases):
        message = "the lock stays locked when something fails in between; use `with`"
        yield remark_at(TOOL, "lock-without-with", module.path, call, message)


def _unclosed(module: Module, call: ast.Call) -> Iterator[Remark]:
    """A file that nobody is sure to close: used in passing, or kept in a name without `with` or `finally`."""
    parent = module.parents.get(call)
    passing = (
        (isinstance(parent, ast.Attribute) and parent.attr != "close")
        or (isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is call)
        or (
            isinstance(parent, ast.Call)
            and parent.func is not call
            and module.dotted(parent.func) in BORROWERS
        )
    )
    kept = isinstance(parent, ast.Assign) and _is_never_given_away(module, parent)
    if passing or kept:
        message = "the file stays open when something fails in between; use `with open(…)`"
        yield remark_at(TOOL, "open-without-with", module.path, call, message)


def _is_never_given_away(module: Module, assignment: ast.Assign) -> bool:
    """The name that takes the file is only read from, written to or closed, outside `finally`."""
    target = assignment.targets[0]
    function = module.within.get(assignment)
    if not isinstance(target, ast.Name) or len(assignment.targets) > 1:
        return False
    if function is None:  # a script; what its functions do with the name is not looked into
        uses = [node for node in module.find(ast.Name) if node.id == target.id]
        if len(uses) < 2 or any(module.within.get(use) is not None for use in uses):
            return False
    else:
        uses = function.uses.get(target.id, [])
    for use in uses:
        parent = module.parents[use]
        if use is target:
            continue
        if isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is use:
            continue
        if not isinstance(parent, ast.Attribute) or _in_finally(module, use):
            return False
    return True


def _in_finally(module: Module, node: ast.AST) -> bool:
    child = node
    for ancestor in module.ancestors(node):
        if isinstance(ancestor, ast.Try) and any(child is statement for statement in ancestor.finalbody):
            return True
        child = ancestor
    return False
