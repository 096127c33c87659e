"""How code gives up: raised errors, exits, and assertions about arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .handling import BROAD, caught, in_entry_point
from .remarks import Remark, remark_at, short
from .tree import Function, Module

TOOL = "handling"
# Raised without text, these tell the caller nothing; KeyError(key) or StopIteration need none.
NEED_A_MESSAGE = frozenset({"Exception", "BaseException", "ValueError", "RuntimeError", "OSError", "IOError"})
VAGUE_WORDS = frozenset(
    {
        "error",
        "an error occurred",
        "exception",
        "failed",
        "invalid",
        "invalid input",
        "bad",
        "something went wrong",
        "wrong",
        "oops",
        "fail",
        "invalid value",
        "error occurred",
    }
)
# Errors that are an answer to a person or a client: their text is shown, their traceback is not.
ANSWERS = frozenset(
    {
        *("SystemExit", "Exit", "Abort", "StopIteration", "StopAsyncIteration", "HTTPException"),
        *("ClickException", "UsageError", "BadParameter", "BadArgumentUsage", "BadOptionUsage", "FileError"),
        *("ArgumentTypeError", "ArgumentError"),
    }
)


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file; test files are not asked."""
    if module.is_test:
        return
    for raised in module.find(ast.Raise):
        yield from _raise(module, raised)
    for call in module.find(ast.Call):
        yield from _exit(module, call)
    for function in module.functions:
        yield from _assertions(module, function)


def _raise(module: Module, node: ast.Raise) -> Iterator[Remark]:
    if node.exc is None:
        return
    kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = getattr(kind, "id", "")
    if name in BROAD:
        message = (
            f"`raise {name}` can only be caught together with everything else; use or define a narrower one"
        )
        yield remark_at(TOOL, "generic-raise", module.path, node, message)
    if name in NEED_A_MESSAGE and _says_nothing(node.exc) and not _is_caught_here(module, node, name):
        yield remark_at(
            TOOL, "empty-message", module.path, node, f"{name} does not say what is wrong with what"
        )
    handler = handler_around(module, node)
    if handler is not None and node.cause is None and isinstance(node.exc, ast.Call) and _is_exception(kind):
        message = (
            "a new error in a handler without `from`: say `from error`, or `from None` to hide it on purpose"
        )
        yield remark_at(TOOL, "lost-cause", module.path, node, message)


def _is_exception(kind: ast.expr) -> bool:
    """A class by the look of its name: calls such as `raise self._error(…)` may set the cause themselves."""
    name = kind.attr if isinstance(kind, ast.Attribute) else getattr(kind, "id", "")
    return name[:1].isupper() and name not in ANSWERS


def _is_caught_here(module: Module, node: ast.Raise, name: str) -> bool:
    """`raise ValueError` under a `try` of the same function that catches it: nobody else sees it."""
    inner: ast.AST = node
    for ancestor in module.ancestors(node):
        if isinstance(ancestor, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            return False
        if (
            isinstance(ancestor, ast.Try)
            and inner in ancestor.body
            and any(name in caught(handler) for handler in ancestor.handlers)
        ):
            return True
        inner = ancestor
    return False


def _says_nothing(raised: ast.expr) -> bool:
    if not isinstance(raised, ast.Call):
        return True
    if not raised.args:
        return not raised.keywords
    first = raised.args[0]
    if len(raised.args) > 1 or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return False
    text = first.value.strip().rstrip("!.").lower()
    return not text or text in VAGUE_WORDS


def handler_around(module: Module, node: ast.AST) -> ast.ExceptHandler | None:
    """The innermost handler that `node` is in, within the same function."""
    for ancestor in module.ancestors(node):
        if isinstance(ancestor, ast.ExceptHandler):
            return ancestor
        if isinstance(ancestor, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            return None
    return None


def _exit(module: Module, call: ast.Call) -> Iterator[Remark]:
    if module.dotted(call.func) not in {"sys.exit", "os._exit", "exit", "quit"}:
        return
    function = module.within.get(call)
    if function is None or in_entry_point(module, call):
        return
    if isinstance(call.func, ast.Name) and any(one.arg == call.func.id for one in function.parameters()):
        return
    if any(module.dotted(other.func) == "os.fork" for other in function.find(ast.Call)):
        return  # the end of a child, which must not return into its parent's code
    message = f"{short(function.name)}() ends the whole program; raise an error and let the caller decide"
    yield remark_at(TOOL, "exit-in-library", module.path, call, message)


def _assertions(module: Module, function: Function) -> Iterator[Remark]:
    """Leading asserts with a message about the parameters of a public function: input checks that -O removes."""
    if function.simple_name.startswith("_") or function.outer is not None:
        return
    names = {parameter.arg for parameter in function.parameters()}
    for statement in function.body:
        if not isinstance(statement, ast.Assert):
            return
        used = {part.id for part in ast.walk(statement.test) if isinstance(part, ast.Name)}
        if names & used and (statement.msg is not None or _compares_values(statement.test)):
            message = "`assert` checks an argument, and `python -O` removes it; raise ValueError or TypeError"
            yield remark_at(TOOL, "assert-validation", module.path, statement, message)


def _compares_values(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and not any(isinstance(op, (ast.Is, ast.IsNot)) for op in test.ops)
