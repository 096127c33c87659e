"""Web services: does the answer say whose fault it was, and is the body checked before it is used?

Flask's and FastAPI's ways of writing routes are known; other frameworks are let pass.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from .handling import caught, inside, is_broad
from .remarks import Remark, remark_at, short
from .tree import Function, Module

TOOL = "handling"
ROUTES = frozenset({"get", "post", "put", "patch", "delete", "route", "api_route"})
WRITING = frozenset({"post", "put", "patch"})
CLIENTS_FAULT = frozenset(
    {
        "ValueError",
        "KeyError",
        "TypeError",
        "ValidationError",
        "JSONDecodeError",
        "LookupError",
        "UnicodeDecodeError",
    }
)
LOOSE = frozenset({"dict", "Dict", "Any", "list", "List", "object"})
ERROR_KEYS = frozenset({"error", "errors", "error_message"})
_NAMED_STATUS = re.compile(r"^HTTP_(\d{3})_|^(\d{3})$")
_WRAPPERS = frozenset({"jsonify", "JSONResponse", "make_response", "ORJSONResponse"})


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file; test files are not asked."""
    frameworks = {origin.partition(".")[0] for origin in module.imports.values()}
    if module.is_test or not frameworks & {"flask", "fastapi", "starlette"}:
        return
    flask = "flask" in frameworks
    for function in module.functions:
        verbs = _verbs(function)
        if not verbs:
            continue
        yield from _answers(module, function)
        yield from _handlers(module, function)
        if not flask and verbs & WRITING:
            yield from _loose_body(module, function)
        if flask:
            yield from _trusted_json(module, function)


def _verbs(function: Function) -> set[str]:
    """The methods that a route answers; empty for what is no route."""
    found: set[str] = set()
    for decorator in function.node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else None
        if (
            not isinstance(called, ast.Attribute)
            or called.attr not in ROUTES
            or not isinstance(decorator, ast.Call)
        ):
            continue
        path = decorator.args[0] if decorator.args else None
        if isinstance(path, ast.Constant) and isinstance(path.value, str) and path.value[:1] in {"/", ""}:
            found.add(called.attr)
    return found


def _answers(module: Module, function: Function) -> Iterator[Remark]:
    """`return {"error": …}` where nothing says a status: the client reads 200."""
    sets_status = any(
        isinstance(node.ctx, ast.Store) and node.attr == "status_code"
        for node in function.find(ast.Attribute)
    )
    own = any(
        isinstance(decorator, ast.Call) and _status_given(decorator)
        for decorator in function.node.decorator_list
    )
    if sets_status or own:
        return
    for node in function.find(ast.Return):
        body = _unwrapped(node.value)
        if isinstance(body, ast.Dict) and _tells_an_error(body):
            message = "answers an error with status 200; clients, caches and monitors take it for success"
            yield remark_at(TOOL, "error-answered-200", module.path, node, message)


def _status_given(call: ast.Call) -> bool:
    status = next((keyword.value for keyword in call.keywords if keyword.arg == "status_code"), None)
    return (_number(status) or 0) >= 400


def _unwrapped(value: ast.expr | None) -> ast.expr | None:
    """The body that is answered with status 200, without jsonify() and the like; None when a status is given."""
    if isinstance(value, ast.Tuple):
        if len(value.elts) > 1 and _number(value.elts[1]) == 200:
            return _unwrapped(value.elts[0])
        return None
    if isinstance(value, ast.Call):
        name = getattr(value.func, "attr", getattr(value.func, "id", ""))
        if name not in _WRAPPERS or len(value.args) > 1 or not value.args:
            return _jsonify_keywords(value) if name == "jsonify" else None
        if any(keyword.arg in {"status_code", "status", None} for keyword in value.keywords):
            return None
        return _unwrapped(value.args[0])
    return value


def _jsonify_keywords(call: ast.Call) -> ast.Dict | None:
    if call.args or not call.keywords:
        return None
    return ast.Dict([ast.Constant(k.arg) for k in call.keywords], [k.value for k in call.keywords])


def _tells_an_error(body: ast.Dict) -> bool:
    pairs = [
        (key.value, value)
        for key, value in zip(body.keys, body.values, strict=True)
        if isinstance(key, ast.Constant)
    ]
    return any(
        (key in ERROR_KEYS and not (isinstance(value, ast.Constant) and value.value is None))
        or (key in {"success", "ok"} and isinstance(value, ast.Constant) and value.value is False)
        or (
            key == "status" and isinstance(value, ast.Constant) and value.value in {"error", "fail", "failed"}
        )
        for key, value in pairs
    ) and not _is_collected(pairs)


def _is_collected(pairs: Sequence[tuple[object, ast.expr]]) -> bool:
    """A report of a batch has results beside its errors."""
    return any(key == "errors" for key, _ in pairs) and len(pairs) > 1


def _number(node: ast.expr | None) -> int | None:
    """A status code: 404, status.HTTP_404_NOT_FOUND."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Attribute):
        match = _NAMED_STATUS.match(node.attr)
        return int(match[1]) if match and match[1] else None
    return None


def _handlers(module: Module, function: Function) -> Iterator[Remark]:
    for handler in function.find(ast.ExceptHandler):
        kinds = set(caught(handler))
        statuses = set(_statuses(handler))
        broad = is_broad(handler)
        if kinds and kinds <= CLIENTS_FAULT and 500 in statuses:
            message = f"{', '.join(sorted(map(short, kinds)))}: bad input is the client's fault; answer 4xx, not 500"
            yield remark_at(TOOL, "bad-input-answered-500", module.path, handler, message)
        if broad and any(400 <= status < 500 for status in statuses) and not any(s >= 500 for s in statuses):
            message = "every fault of the service is blamed on the client with a 4xx; let what is not expected be 500"
            yield remark_at(TOOL, "fault-answered-400", module.path, handler, message)
        if broad and handler.name and any(_shows(node, handler.name) for node in _answered(handler)):
            message = "the client is shown the text of an error that nobody foresaw; log it, answer in general terms"
            yield remark_at(TOOL, "exposed-error", module.path, handler, message)


def _statuses(handler: ast.ExceptHandler) -> Iterator[int]:
    for node in inside(handler.body):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            yield from filter(None, map(_number, node.value.elts[1:2]))
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"HTTPException", "abort"}:
                yield from filter(None, map(_number, node.args[:1]))
            named = (k.value for k in node.keywords if k.arg in {"status_code", "status"})
            yield from filter(None, map(_number, named))


def _answered(handler: ast.ExceptHandler) -> Iterator[ast.AST]:
    for node in inside(handler.body):
        if isinstance(node, (ast.Return, ast.Raise)):
            yield node


def _shows(node: ast.AST, name: str) -> bool:
    """`str(error)`, an f-string with it, or the name itself, in an answer; `raise … from error` shows nothing."""
    shown = node.exc if isinstance(node, ast.Raise) else node
    if shown is None or isinstance(shown, ast.Name):
        return False
    return any(
        isinstance(part, ast.FormattedValue)
        or (isinstance(part, ast.Call) and getattr(part.func, "id", "") in {"str", "repr"})
        for part in ast.walk(shown)
        if any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(part))
    )


def _loose_body(module: Module, function: Function) -> Iterator[Remark]:
    """FastAPI: a body annotated as `dict` or `Any` is checked by nobody."""
    for parameter in function.parameters():
        told = parameter.annotation
        told = told.value if isinstance(told, ast.Subscript) else told
        name = getattr(told, "attr", getattr(told, "id", ""))
        if name in LOOSE and parameter.arg not in _defaulted(function):
            message = f"`{short(parameter.arg)}` is any {name}: declare a model, then bad bodies get 422"
            yield remark_at(TOOL, "untyped-body", module.path, parameter, message)


def _defaulted(function: Function) -> set[str]:
    """Parameters that somebody else fills: Depends(…), Query(…), Header(…)."""
    arguments = function.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg for argument, default in pairs if isinstance(default, ast.Call)}


def _trusted_json(module: Module, function: Function) -> Iterator[Remark]:
    """Flask: `request.json["x"]` raises KeyError, which the client sees as 500."""
    bodies = {
        target.id
        for node in function.find(ast.Assign)
        if _is_json(module, node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    asked = {
        part.id
        for node in function.find(ast.If)
        for part in ast.walk(node.test)
        if isinstance(part, ast.Name)
    }
    checked = any(
        part in ast.dump(call.func)
        for call in function.find(ast.Call)
        for part in ("validate", "load", "Model")
    )
    if checked or function.find(ast.Try):
        return
    for node in function.find(ast.Subscript):
        whole = node.value
        named = isinstance(whole, ast.Name) and whole.id in bodies - asked
        if isinstance(node.ctx, ast.Load) and (named or _is_json(module, whole)):
            message = "a body without this key ends in status 500; check the body and answer 400"
            yield remark_at(TOOL, "unchecked-body", module.path, node, message)
            return


def _is_json(module: Module, value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return module.dotted(value.func) == "flask.request.get_json"
    return module.dotted(value) == "flask.request.json"
