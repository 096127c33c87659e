"""Error handling as far as the syntax shows it: handlers, raised errors, exits and assertions.

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
# Errors that are an answer to a person or a client: their text is shown, their traceback is not.
ANSWERS = frozenset(
    {
        *("SystemExit", "Exit", "Abort", "StopIteration", "StopAsyncIteration", "HTTPException"),
        *("ClickException", "UsageError", "BadParameter", "BadArgumentUsage", "BadOptionUsage", "FileError"),
        *("ArgumentTypeError", "ArgumentError"),
    }
)
WIDE_TRY_STATEMENTS = 15


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file. Test files are only asked about their handlers."""
    tries: list[ast.Try | ast.TryStar] = [*module.find(ast.Try), *module.find(ast.TryStar)]
    for node in tries:
        yield from _try(module, node)
    if module.is_test:
        return
    for raised in module.find(ast.Raise):
        yield from _raise(module, raised)
    for call in module.find(ast.Call):
        yield from _exit(module, call)
    for function in module.functions:
        yield from _assertions(module, function)
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
    if not module.is_test and not asks_a_person and _prints(parts) and not in_entry_point(module, handler):
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
    if failures == {"ValueError"} and _takes_out(node.body):
        return False
    return not explained and not falls_back and bool(failures)


def _takes_out(block: list[ast.stmt]) -> bool:
    """`waiting.remove(one)`, alone: what is not in a list any more need not be taken out."""
    call = block[0].value if len(block) == 1 and isinstance(block[0], ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "remove"


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


def in_entry_point(module: Module, node: ast.AST) -> bool:
    """The program's outermost layer, where telling a person is the right thing to do."""
    function = module.within.get(node)
    if module.in_main_guard(node) or ENTRY_FILE.search(module.path):
        return True
    return function is not None and bool(ENTRY_POINT.search(function.simple_name))


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
    if name in NEED_A_MESSAGE and _says_nothing(node.exc):
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
