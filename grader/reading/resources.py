"""What a function takes from the system and how it gives it back: files, sockets, requests, retries."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .handling import caught, inside, is_broad
from .remarks import Remark, remark_at
from .tree import Module

TOOL = "handling"
# Calls that wait for ever by default → how many positional arguments bring them to their timeout.
WAITING = {
    **{
        f"requests.{verb}": 99
        for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request")
    },
    "urllib.request.urlopen": 3,
    "socket.create_connection": 2,
    "http.client.HTTPConnection": 3,
    "http.client.HTTPSConnection": 99,
    "smtplib.SMTP": 99,
    "ftplib.FTP": 99,
}
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
RETRIED = frozenset(
    {
        "OSError",
        "IOError",
        "ConnectionError",
        "TimeoutError",
        "RequestException",
        "HTTPError",
        "URLError",
        "ConnectionResetError",
        "ConnectionRefusedError",
        "Timeout",
    }
)


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file; test files are not asked."""
    if module.is_test:
        return
    for call in module.find(ast.Call):
        name = module.dotted(call.func)
        if name in WAITING:
            yield from _timeout(module, call, name)
        elif name in OPENERS and name.partition(".")[0] not in module.top_level_names:
            yield from _unclosed(module, call)
    for loop in module.find(ast.While):
        yield from _endless_retry(module, loop)


def _timeout(module: Module, call: ast.Call, name: str) -> Iterator[Remark]:
    given = any(keyword.arg in {"timeout", None} for keyword in call.keywords)
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    if not given and not starred and len(call.args) < WAITING[name]:
        message = f"{name}() waits for ever when the other side does not answer; pass timeout="
        yield remark_at(TOOL, "missing-timeout", module.path, call, message)


def _unclosed(module: Module, call: ast.Call) -> Iterator[Remark]:
    """A file that nobody is sure to close: used in passing, or kept in a name without `with` or `finally`."""
    parent = module.parents.get(call)
    passing = (
        isinstance(parent, ast.Attribute)
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
    if not isinstance(target, ast.Name) or len(assignment.targets) > 1 or function is None:
        return False
    for use in function.uses.get(target.id, ()):
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


def _endless_retry(module: Module, loop: ast.While) -> Iterator[Remark]:
    """`while True: try: …; return/break  except <network, file or any error>: go round again`, without a limit."""
    if not (isinstance(loop.test, ast.Constant) and loop.test.value):
        return
    for node in loop.body:
        if not isinstance(node, ast.Try) or any(isinstance(part, ast.Raise) for part in inside(loop.body)):
            continue
        leaves = any(isinstance(part, (ast.Return, ast.Break)) for part in inside([*node.body, *node.orelse]))
        asks_a_person = any(isinstance(part, ast.Name) and part.id == "input" for part in inside(node.body))
        for handler in node.handlers:
            retried = is_broad(handler) or not RETRIED.isdisjoint(caught(handler))
            stays = not any(isinstance(part, (ast.Return, ast.Break)) for part in inside(handler.body))
            if leaves and retried and stays and not asks_a_person:
                message = "tries again for ever; give up after a number of attempts and let the error out"
                yield remark_at(TOOL, "endless-retry", module.path, loop, message)
                break
