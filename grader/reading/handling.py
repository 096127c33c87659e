"""Error handling as far as the syntax shows it: handlers, and errors that are printed.

Each rule leaves room for the honest use of what it looks for: a broad handler that re-raises, logs with the
traceback or hands the exception on is a boundary, not a blanket; a narrow handler that passes may be fine.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .remarks import Remark, remark_at, short
from .tree import Function, Module

TOOL = "handling"
BROAD = frozenset({"Exception", "BaseException"})
# Failures that a try is often made to pass over, e.g. optional imports and races on files.
EXPECTED = frozenset(
    {
        "ImportError",
        "ModuleNotFoundError",
        "KeyError",
        "AttributeError",
        "StopIteration",
        "IndexError",
        "FileNotFoundError",
        "FileExistsError",
        "KeyboardInterrupt",
        "CancelledError",
        "Empty",
        "Full",
        "ProcessLookupError",
        "GeneratorExit",
        "LookupError",
        "StopAsyncIteration",
        "BrokenPipeError",
        "NotImplementedError",
        "InvalidStateError",
        "BlockingIOError",
        "InterruptedError",
        "UnicodeDecodeError",
        "UnicodeEncodeError",
        "UnicodeError",
    }
)
ENTRY_POINT = re.compile(r"(^|_)(main|cli|run|usage|die|fail|exit|abort|quit|command|cmd|handle\w*)($|_)")
ENTRY_FILE = re.compile(r"(^|/)(__main__|_?cli|_?main|manage|app|run|script)\.py$")
WIDE_TRY_STATEMENTS = 15
ABOUT_TOOLS = re.compile(r"pragma|noqa|type: *ignore|pylint|todo|fixme", re.IGNORECASE)
REASON_WORDS = 4
"""Fewer say that something is ignored, not why."""


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file. Test files are only asked about their handlers."""
    tries: list[ast.Try | ast.TryStar] = [*module.find(ast.Try), *module.find(ast.TryStar)]
    for node in tries:
        yield from _try(module, node)
    if module.is_test:
        return
    for function in module.functions:
        yield from _printed_checks(module, function)


def caught(handler: ast.ExceptHandler) -> list[str]:
    """Last parts of the names of the exceptions that a handler catches; empty for a bare `except:`."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [
        kind.attr if isinstance(kind, ast.Attribute) else getattr(kind, "id", "?") for kind in kinds if kind
    ]


def is_broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or not BROAD.isdisjoint(caught(handler))


def inside(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes of a block, functions and classes defined in it left out."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))


def _try(module: Module, node: ast.Try | ast.TryStar) -> Iterator[Remark]:
    statements = sum(isinstance(part, ast.stmt) for part in inside(node.body))
    for handler in node.handlers:
        yield from _handler(module, node, handler)
        if (
            not module.is_test
            and statements > WIDE_TRY_STATEMENTS
            and is_broad(handler)
            and not _ends(handler)
        ):
            message = f"try block of {statements} statements under one broad handler: which of them may fail?"
            yield remark_at(TOOL, "wide-try", module.path, node, message)


def _ends(handler: ast.ExceptHandler) -> bool:
    """The failure goes on: it is raised, or the program ends."""
    return any(isinstance(node, ast.Raise) or _is_exit(node) for node in inside(handler.body))


def _is_exit(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in {"exit", "_exit", "abort", "fail", "skip", "die"}


def _handler(module: Module, node: ast.Try | ast.TryStar, handler: ast.ExceptHandler) -> Iterator[Remark]:
    where, parts = module.path, list(inside(handler.body))
    function = module.within.get(handler)
    if _ends(handler) or (function is not None and function.simple_name == "__del__"):
        return
    if _is_silent(handler):
        if is_broad(handler):
            if _asks_for_text(node) or _gives_a_reason(module, node, handler):
                return
            message = "every error is dropped here without a trace"
            yield remark_at(TOOL, "silent-handler", where, handler, message)
            return
        if _hides_a_failure(module, node, handler):
            message = f"{', '.join(map(short, caught(handler)))} is dropped without a trace or a reason"
            yield remark_at(TOOL, "silent-handler", where, handler, message)
            return
    if handler.type is None:
        yield remark_at(
            TOOL, "bare-except", where, handler, "`except:` also catches KeyboardInterrupt and typos"
        )
    elif is_broad(handler) and not _hands_on(handler, parts) and not _asks_for_text(node):
        broad = next(name for name in caught(handler) if name in BROAD)
        message = f"`except {broad}` hides errors that nobody thought of; name the ones you expect"
        yield remark_at(TOOL, "broad-except", where, handler, message)
    asks_a_person = any(getattr(part, "id", "") == "input" for part in inside(node.body))
    told = _prints(parts) and not _sets_status(function, parts)
    if not module.is_test and not asks_a_person and told and not in_entry_point(module, handler):
        message = "the error is printed and the program goes on; raise it, or log it with its traceback"
        yield remark_at(TOOL, "printed-error", where, handler, message)


def _is_silent(handler: ast.ExceptHandler) -> bool:
    return all(
        isinstance(part, (ast.Pass, ast.Continue))
        or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        for part in handler.body
    )


def _hides_a_failure(module: Module, node: ast.Try | ast.TryStar, handler: ast.ExceptHandler) -> bool:
    """A narrow handler that only passes: allowed when expected, explained, or when a fallback follows."""
    if not isinstance(handler.body[0], ast.Pass) or not EXPECTED.isdisjoint(caught(handler)):
        return False
    lines = range(node.lineno, (handler.end_lineno or handler.lineno) + 2)
    explained = any(line in module.comment_lines for line in lines)
    falls_back = (
        isinstance(node.body[-1], (ast.Break, ast.Continue, ast.Assign))
        or any(isinstance(part, ast.Return) for part in inside(node.body))
        or bool(node.orelse)
    )
    failures = {name for name in caught(handler) if name.endswith("Error")}
    if failures <= {"ValueError", "OSError"} and _takes_out(node.body):
        return False
    return not explained and not falls_back and bool(failures)


def _takes_out(block: list[ast.stmt]) -> bool:
    """`waiting.remove(one)`, `path.unlink()`, alone: what is not there any more need not be taken out."""
    call = block[0].value if len(block) == 1 and isinstance(block[0], ast.Expr) else None
    called = call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""
    return called.strip("_") in {"remove", "unlink"}


def _gives_a_reason(module: Module, node: ast.Try | ast.TryStar, handler: ast.ExceptHandler) -> bool:
    """One thing is tried, and a comment in the handler says in words why its failure does not matter."""
    lines = range(handler.lineno, (handler.end_lineno or handler.lineno) + 1)
    reasons = [
        comment.text
        for comment in module.comments
        if comment.line in lines and not ABOUT_TOOLS.search(comment.text)
    ]
    return len(node.body) == 1 and len(re.findall(r"\w+", " ".join(reasons))) >= REASON_WORDS


def _asks_for_text(node: ast.Try | ast.TryStar) -> bool:
    """Nothing but `str(thing)` or `repr(thing)`: nobody can name what a stranger's `__str__` raises."""
    value = node.body[0].value if isinstance(node.body[0], (ast.Return, ast.Assign)) else None
    return (
        len(node.body) == 1
        and isinstance(value, ast.Call)
        and getattr(value.func, "id", "") in {"str", "repr"}
        and [type(argument) for argument in value.args] == [ast.Name]
    )


def _hands_on(handler: ast.ExceptHandler, parts: list[ast.AST]) -> bool:
    """The exception is logged with its traceback, stored, returned or passed to somebody."""
    for part in parts:
        if not isinstance(part, ast.Call):
            continue
        name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
        if name in {"exception", "print_exc", "format_exc", "exc_info", "handle_exception", "handleError"}:
            return True
        if "traceback" in name.lower():
            return True
        if any(keyword.arg == "exc_info" for keyword in part.keywords):
            return True
    bound = handler.name
    printed = {id(inner) for part in parts if _is_print_or_log(part) for inner in ast.walk(part)}
    return bound is not None and any(
        isinstance(part, ast.Name) and part.id == bound and id(part) not in printed for part in parts
    )


def _is_print_or_log(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in {"print", "str", "repr"}
    return isinstance(node.func, ast.Attribute) and node.func.attr in {
        "error",
        "warning",
        "info",
        "debug",
        "warn",
    }


def _prints(parts: list[ast.AST]) -> bool:
    """`print(…)` to standard output, and no return of an exit status."""
    printed = any(
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id == "print"
        and not any(keyword.arg == "file" for keyword in part.keywords)
        for part in parts
    )
    status = any(
        isinstance(part, ast.Return)
        and isinstance(part.value, ast.Constant)
        and type(part.value.value) is int
        for part in parts
    )
    return printed and not status


def _sets_status(function: Function | None, parts: list[ast.AST]) -> bool:
    """`status = 1`, which the function returns."""
    returned = {getattr(node.value, "id", "") for node in function.find(ast.Return)} if function else set()
    return any(
        isinstance(part, ast.Assign)
        and isinstance(part.value, ast.Constant)
        and type(part.value.value) is int
        and any(getattr(target, "id", "?") in returned for target in part.targets)
        for part in parts
    )


def in_entry_point(module: Module, node: ast.AST) -> bool:
    """The program's outermost layer, where telling a person is the right thing to do."""
    function = module.within.get(node)
    if module.in_main_guard(node) or ENTRY_FILE.search(module.path):
        return True
    return function is not None and bool(ENTRY_POINT.search(function.simple_name))


def _printed_checks(module: Module, function: Function) -> Iterator[Remark]:
    """`if bad: print("Error …"); return` in place of raising."""
    for node in function.find(ast.If):
        if len(node.body) != 2 or in_entry_point(module, node):
            continue
        shown, left = node.body
        returns_nothing = isinstance(left, ast.Return) and (
            left.value is None or (isinstance(left.value, ast.Constant) and left.value.value in (None, False))
        )
        if returns_nothing and isinstance(shown, ast.Expr) and is_error_print(shown.value):
            message = "a bad case is printed and the caller gets nothing; raise an error that says it"
            yield remark_at(TOOL, "printed-error", module.path, node, message)


def is_error_print(node: ast.expr) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"):
        return False
    texts = [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return bool(
        re.search(r"\b(error|invalid|fail\w*|wrong|must|not found|cannot)\b", " ".join(texts)[:500].lower())
    )
