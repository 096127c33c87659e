"""The edge of a program: what it asks of its input, and how a script or a function tells that something went wrong."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .handling import caught, in_entry_point, inside, is_broad, is_error_print
from .remarks import Remark, remark_at, short
from .tree import Function, Module

TOOL = "handling"
ERROR_TEXT = re.compile(
    r"^\W*(error|invalid|failed|failure|cannot|can't|could not|couldn't|unable|exception|something went wrong)\b",
    re.IGNORECASE,
)
DESCRIBES = re.compile(
    r"(^|_)(str|repr|message|messages|describe|description|format|text|reason|error|errors|label|title|explain|"
    r"render|report|help|usage|status|summary|summarize|validate|validator|check|problem|problems|warn|doc)(_|$)"
)
SEARCHES = re.compile(r"(^|_)(index|find|rfind|search|cmp|compare|main|run|cli|seek|position|locate)(_|$|\d)")
_FORGIVING = frozenset({"ValueError", "TypeError", "LookupError", "IndexError", "ArithmeticError"})
_NUMBERS = frozenset({"int", "float"})


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file; test files are not asked."""
    if module.is_test:
        return
    for call in module.find(ast.Call):
        yield from _unchecked_number(module, call)
        if _exits_with(module, call) == "failure":
            yield from _said_on_stdout(module, call)
    for handler in module.find(ast.ExceptHandler):
        yield from _ends_well(module, handler)
    for function in module.functions:
        yield from _error_as_value(module, function)


def _unchecked_number(module: Module, call: ast.Call) -> Iterator[Remark]:
    """`int(input())`, `float(sys.argv[1])`, `int(request.args["n"])` where nothing catches what is no number."""
    if not isinstance(call.func, ast.Name) or not call.args:
        return
    if call.func.id == "map" and len(call.args) == 2 and getattr(call.args[0], "id", "") in _NUMBERS:
        given = call.args[1]
    elif call.func.id in _NUMBERS:
        given = call.args[0]
    else:
        return
    source = _comes_from(module, given)
    if source and not _is_caught(module, call) and not _is_tested(module, call):
        message = (
            f"{source} may be no number, and then the program ends with a traceback; check it and say so"
        )
        yield remark_at(TOOL, "unchecked-input", module.path, call, message)


def _comes_from(module: Module, value: ast.expr) -> str:
    """The outside that a text comes from: a person, the command line or a request."""
    parts = ast.walk(value)
    for part in parts:
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "input":
            return "what a person types"
        if isinstance(part, (ast.Attribute, ast.Name)):
            name = module.dotted(part)
            if name == "sys.argv":
                return "an argument of the command line"
            if name in {"flask.request.args", "flask.request.form", "flask.request.json"}:
                return "what a client sends"
    return ""


def _is_caught(module: Module, node: ast.AST) -> bool:
    """A handler around `node`, in its function, takes what int() and float() raise."""
    child = node
    for ancestor in module.ancestors(node):
        if isinstance(ancestor, ast.Try) and any(child is statement for statement in ancestor.body):
            return any(is_broad(h) or not _FORGIVING.isdisjoint(caught(h)) for h in ancestor.handlers)
        if isinstance(ancestor, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        child = ancestor
    return False


def _is_tested(module: Module, node: ast.AST) -> bool:
    """A condition around `node` asks isdigit() or the like, or a `suppress` takes the error."""
    asked = {"isdigit", "isnumeric", "isdecimal", "fullmatch", "match", "suppress"}
    for ancestor in module.ancestors(node):
        test: list[ast.AST] = []
        if isinstance(ancestor, (ast.If, ast.IfExp, ast.While)):
            test = [ancestor.test]
        elif isinstance(ancestor, ast.With):
            test = list(ancestor.items)
        if any(
            isinstance(part, ast.Attribute) and part.attr in asked for one in test for part in ast.walk(one)
        ):
            return True
    return False


def _exits_with(module: Module, node: ast.AST) -> str:
    """`failure` or `success` for a call that ends the program with that status, else empty."""
    if not isinstance(node, ast.Call) or module.dotted(node.func) not in {
        "sys.exit",
        "exit",
        "quit",
        "SystemExit",
    }:
        return ""
    status = node.args[0] if node.args else None
    if status is None or (isinstance(status, ast.Constant) and status.value in (0, None)):
        return "success"
    return "failure" if isinstance(status, ast.Constant) and type(status.value) is int else ""


def _said_on_stdout(module: Module, call: ast.Call) -> Iterator[Remark]:
    """`print("error …"); sys.exit(1)`: the message goes where the results go."""
    before = _statement_before(module, call)
    if isinstance(before, ast.Expr) and is_error_print(before.value) and not _to_a_file(before.value):
        message = "the error is printed among the results; print it to sys.stderr, or sys.exit(message)"
        yield remark_at(TOOL, "error-on-stdout", module.path, before, message)


def _statement_before(module: Module, node: ast.AST) -> ast.stmt | None:
    child: ast.AST = node
    for ancestor in module.ancestors(node):
        block = next(
            (
                lines
                for name in ("body", "orelse", "finalbody")
                if isinstance(lines := getattr(ancestor, name, None), list) and child in lines
            ),
            None,
        )
        if block is not None:
            at = block.index(child)
            return block[at - 1] if at else None
        child = ancestor
    return None


def _to_a_file(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and any(keyword.arg == "file" for keyword in node.keywords)


def _ends_well(module: Module, handler: ast.ExceptHandler) -> Iterator[Remark]:
    """The outermost layer tells about an error and then ends with exit status 0."""
    if not in_entry_point(module, handler) or not _is_outermost(module, handler):
        return
    parts = list(inside(handler.body))
    told = any(is_print(part) for part in parts)
    last = handler.body[-1]
    gone = isinstance(last, ast.Return) and (last.value is None or _is_nothing(last.value))
    ended = isinstance(last, ast.Expr) and _exits_with(module, last.value) == "success"
    kinds = set(caught(handler))
    stopped = bool(kinds) and kinds <= {"KeyboardInterrupt", "SystemExit", "EOFError", "BrokenPipeError"}
    if told and not stopped and (gone or ended or _falls_off(module, handler, parts)):
        message = "tells about the error and ends with exit status 0; callers see success. Exit with 1"
        yield remark_at(TOOL, "exit-status-zero", module.path, handler, message)


def _is_outermost(module: Module, handler: ast.ExceptHandler) -> bool:
    """Not in a loop, which goes on with the next; in `main` or in no function."""
    function = module.within.get(handler)
    if function is not None and function.simple_name != "main":
        return False
    return not any(isinstance(ancestor, (ast.For, ast.While)) for ancestor in module.ancestors(handler))


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value in (0, None)


def is_print(part: ast.AST) -> bool:
    return isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "print"


def _falls_off(module: Module, handler: ast.ExceptHandler, parts: list[ast.AST]) -> bool:
    """Nothing follows the `try` in `main` or under the main guard, and the handler does not leave."""
    leaves = any(
        isinstance(p, (ast.Return, ast.Raise)) or _exits_with(module, p) or _is_exit(p) for p in parts
    )
    node = module.parents[handler]
    around = module.parents.get(node)
    body = getattr(around, "body", None)
    return not leaves and isinstance(body, list) and not isinstance(around, ast.Module) and body[-1] is node


def _is_exit(part: ast.AST) -> bool:
    name = getattr(part.func, "attr", getattr(part.func, "id", "")) if isinstance(part, ast.Call) else ""
    return name in {"exit", "_exit", "abort", "fail", "die", "quit", "error"}


def _error_as_value(module: Module, function: Function) -> Iterator[Remark]:
    """An error that comes back as -1, False with a text, or a text among the results."""
    name = function.simple_name.lower()
    if DESCRIBES.search(name) or _is_route(function):
        return
    returns = [node for node in function.find(ast.Return) if node.value is not None]
    others = [node for node in returns if not _is_error_value(node.value)]
    for node in returns:
        if not others or not _is_error_value(node.value) or not _is_conditional(module, node):
            continue
        number = isinstance(node.value, ast.UnaryOp)
        if number and (SEARCHES.search(name) or not _in_handler(module, node)):
            continue
        if all(
            isinstance(other.value, ast.Constant) and isinstance(other.value.value, str) for other in others
        ):
            continue  # every result is a text for people
        message = (
            f"{short(function.name)}() returns its error as a value; who forgets to look goes on with it"
        )
        yield remark_at(TOOL, "error-as-value", module.path, node, message)


def _is_route(function: Function) -> bool:
    return any(isinstance(decorator, ast.Call) for decorator in function.node.decorator_list)


def _is_error_value(value: ast.expr | None) -> bool:
    """`-1`, `"Error: …"`, `f"Invalid {x}"`, `(None, "Error …")`, `(False, "Error …")`."""
    if isinstance(value, ast.Tuple) and len(value.elts) == 2:
        first, second = value.elts
        empty = isinstance(first, ast.Constant) and first.value in (None, False)
        return empty and _is_error_text(second)
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        return isinstance(value.operand, ast.Constant) and value.operand.value == 1
    return _is_error_text(value)


def _is_error_text(value: ast.expr | None) -> bool:
    if isinstance(value, ast.JoinedStr) and value.values:
        value = value.values[0]
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return False
    return " " in value.value and bool(ERROR_TEXT.match(value.value[:80]))


def _is_conditional(module: Module, node: ast.AST) -> bool:
    for ancestor in module.ancestors(node):
        if isinstance(ancestor, (ast.If, ast.ExceptHandler)):
            return True
        if isinstance(ancestor, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
    return False


def _in_handler(module: Module, node: ast.AST) -> bool:
    return any(isinstance(ancestor, ast.ExceptHandler) for ancestor in module.ancestors(node))
