"""The candidate's own tests as text: how much do they assert, and what would make them pass for nothing?"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator, Sequence

from .handling import caught, inside
from .remarks import Remark, remark_at, short
from .tree import Function, Module

TOOL = "tests"
TEST_FILE = re.compile(r"^(test_.*|.*_test|tests?)\.py$")
MANY_MOCKS = 4
SOME_MOCKS = 3
"""From here on a test should assert more than it replaces."""
LONG_SLEEP = 0.05
"""Seconds; a shorter pause lets threads switch."""
ASSERTING = re.compile(r"^_*(assert|expect|verify|check|ensure|must|should)")
RAISING_CONTEXTS = frozenset({"raises", "warns", "deprecated_call", "fail", "assertRaises", "xfail"})
LOOKING = frozenset(
    {
        *("inspect.getsource", "inspect.getsourcelines", "inspect.currentframe", "inspect.stack"),
        *("linecache.getline", "linecache.getlines", "sys._getframe", "sys.settrace", "sys.setprofile"),
        *("gc.get_objects", "gc.get_referrers", "marshal.dumps", "dis.dis", "dis.get_instructions"),
        *("dis.Bytecode", "dis.code_info", "sys._current_frames"),
    }
)
"""Functions that tell how code is written or how it is run, not what it does."""
LOOKING_ATTRIBUTES = frozenset(
    {
        "__code__",
        "co_code",
        "co_consts",
        "co_names",
        "co_lines",
        "co_positions",
        "co_firstlineno",
        "get_source",
    }
)
LOOKING_AT = frozenset({"sys.monitoring", "sys.gettrace", "sys.getprofile"})
OPENING = frozenset({"open", "read_text", "read_bytes", "parse", "getsize", "stat"})
LOOKING_TEXTS = re.compile(r"__code__|co_code|PYTEST_CURRENT_TEST|_inside")
PATCHERS = frozenset({"patch", "mock.patch", "unittest.mock.patch"})


def is_test_file(path: str, declared: frozenset[str]) -> bool:
    """Whether `path` holds tests: as declared by the caller, or by pytest's habits and folder names."""
    name = os.path.basename(path)
    if path in declared or name == "conftest.py" or TEST_FILE.match(name):
        return True
    return any(part in {"tests", "test"} for part in path.split("/")[:-1])


def test_functions(module: Module) -> list[Function]:
    """Functions that pytest or unittest would collect."""
    found = []
    for function in module.functions:
        if not function.simple_name.startswith("test") or function.outer is not None:
            continue
        owner = function.owner
        if owner is None or owner.name.startswith("Test") or _is_test_case(owner):
            found.append(function)
    return found


def _is_test_case(owner: ast.ClassDef) -> bool:
    return any(
        "Test" in (base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", ""))
        for base in owner.bases
    )


def test_id(module: Module, function: Function) -> str:
    """Pytest's node id without parameters: path::Class::function."""
    return f"{module.path}::{function.name.replace('.', '::')}"


def assertion_counts(modules: Sequence[Module]) -> dict[str, int]:
    """Assertions per test, by node id; a call of a function that asserts counts as one."""
    helpers = _asserting_functions(modules)
    return {
        test_id(module, function): _assertions(module, function, helpers)
        for module in modules
        if module.is_test
        for function in test_functions(module)
    }


def _asserting_functions(modules: Sequence[Module]) -> frozenset[str]:
    """Names of functions and fixtures in test files that assert, directly or through one another."""
    test_modules = [module for module in modules if module.is_test]
    known: frozenset[str] = frozenset()
    for _ in range(3):
        found = {
            function.simple_name
            for module in test_modules
            for function in module.functions
            if _assertions(module, function, known)
        }
        if found == known:
            break
        known = frozenset(found)
    return known


def _assertions(module: Module, function: Function, helpers: frozenset[str]) -> int:
    count = 0
    for node in [*function.nodes, *_nested_nodes(module, function)]:
        if isinstance(node, ast.Assert):
            count += 1
        elif isinstance(node, ast.Call):
            name = _called(node)
            local = isinstance(node.func, ast.Name) or (
                isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in {"self", "cls"}
            )
            count += bool(ASSERTING.match(name) or name in RAISING_CONTEXTS or (local and name in helpers))
    # A fixture that checks at its end asserts for every test that asks for it.
    return count + sum(parameter.arg in helpers for parameter in function.parameters())


def _nested_nodes(module: Module, function: Function) -> Iterator[ast.AST]:
    """Nodes of the functions defined directly in a test."""
    for inner in module.inner_functions.get(function, ()):
        yield from inner.nodes


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def check(module: Module, counts: dict[str, int]) -> Iterator[Remark]:
    """All findings of this kind in one test file."""
    if not module.is_test:
        return
    for function in test_functions(module):
        if not counts.get(test_id(module, function)) and not _is_skipped(function):
            message = f"{short(function.name)} asserts nothing: it passes whatever the code returns"
            yield remark_at(TOOL, "test-without-assertion", module.path, function.node, message)
        yield from _in_test(module, function, counts)
    yield from _looks_at_code(module)


def _looks_at_code(module: Module) -> Iterator[Remark]:
    """Anywhere in a test file: a fixture or a helper looks for the tests that use it."""
    told: set[int] = set()
    kinds = (ast.Attribute, ast.Name, ast.Constant, ast.ImportFrom)
    nodes: list[ast.expr | ast.ImportFrom] = module.find(*kinds)
    for node in nodes:
        if _looks(module, node) and node.lineno not in told:
            told.add(node.lineno)
            message = "tests should look at what code does, not at how it is written or who runs it"
            yield remark_at(TOOL, "looks-at-code", module.path, node, message)


def _looks(module: Module, node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=attr):
            dotted = module.dotted(node)
            known = dotted in LOOKING or any(dotted == at or dotted.startswith(f"{at}.") for at in LOOKING_AT)
            return known or attr in LOOKING_ATTRIBUTES or _is_text_of_module(module, node)
        case ast.Name(ctx=ast.Load()):
            return module.dotted(node) in LOOKING
        case ast.ImportFrom(module=("dis" | "marshal")):
            return True
        case ast.Constant(value=str() as text):
            return len(text) < 200 and bool(LOOKING_TEXTS.search(text))
    return False


def _is_text_of_module(module: Module, node: ast.Attribute) -> bool:
    """`other.__file__` where it is opened; to start the file as a program is fine."""
    return node.attr == "__file__" and any(
        isinstance(outer, ast.Call) and _called(outer) in OPENING for outer in module.ancestors(node)
    )


def _in_test(module: Module, function: Function, counts: dict[str, int]) -> Iterator[Remark]:
    path = module.path
    for node in function.nodes:
        if isinstance(node, ast.Assert) and _always_true(node.test):
            yield remark_at(TOOL, "tautology", path, node, "this assertion holds whatever the code does")
        elif isinstance(node, ast.Call):
            if _asserts_constant(node):
                yield remark_at(TOOL, "tautology", path, node, "this assertion holds whatever the code does")
            if module.dotted(node.func) in {"time.sleep", "asyncio.sleep"} and _is_long(node):
                message = "a test that sleeps is slow or flaky; wait for the event, or control the clock"
                yield remark_at(TOOL, "sleeping-test", path, node, message)
        elif isinstance(node, ast.Try) and _catches_its_assertions(node):
            message = "a failing assertion is caught in the test itself"
            yield remark_at(TOOL, "caught-assertion", path, node, message)
    yield from _mocking(module, function, counts.get(test_id(module, function), 0))


def _mocking(module: Module, function: Function, assertions: int) -> Iterator[Remark]:
    patched = _patched(module, function)
    name = short(function.name)
    if len(patched) > MANY_MOCKS:
        message = f"{name} replaces {len(patched)} things: what is left to test?"
        yield remark_at(TOOL, "over-mocked", module.path, function.node, message)
    elif len(patched) >= SOME_MOCKS and len(patched) > assertions:
        message = f"{name} replaces {len(patched)} things and asserts {assertions or 'nothing'}"
        yield remark_at(TOOL, "over-mocked", module.path, function.node, message)
    called = {module.dotted(call.func) for call in function.find(ast.Call)} - {""}
    for target in sorted(called & set(patched)):
        if target.partition(".")[0] not in sys.stdlib_module_names:
            message = f"{name} replaces {short(target)} and calls it: what is tested is the replacement"
            yield remark_at(TOOL, "mocked-subject", module.path, function.node, message)


def _is_skipped(function: Function) -> bool:
    return any("skip" in ast.dump(decorator) for decorator in function.node.decorator_list)


def _always_true(test: ast.expr) -> bool:
    """Constants, non-empty tuples, `x == x`, `x or True`."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple):
        return bool(test.elts)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(isinstance(value, ast.Constant) and bool(value.value) for value in test.values)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.Is)):
        return _same_value(test.left, test.comparators[0])
    return False


def _same_value(left: ast.expr, right: ast.expr) -> bool:
    """Two names or constants that are the same text. Equal calls are no tautology: they may test determinism."""
    simple = isinstance(left, (ast.Name, ast.Constant)) and isinstance(right, (ast.Name, ast.Constant))
    return simple and ast.dump(left) == ast.dump(right)


def _asserts_constant(call: ast.Call) -> bool:
    name = _called(call)
    if name == "assertTrue" and call.args:
        return isinstance(call.args[0], ast.Constant) and bool(call.args[0].value)
    return name == "assertEqual" and len(call.args) >= 2 and _same_value(call.args[0], call.args[1])


def _is_long(call: ast.Call) -> bool:
    seconds = call.args[0] if call.args else None
    value = seconds.value if isinstance(seconds, ast.Constant) else None
    return isinstance(value, (int, float)) and value >= LONG_SLEEP


def _catches_its_assertions(node: ast.Try) -> bool:
    swallows = any(_swallows_assertion(handler) for handler in node.handlers)
    return swallows and any(isinstance(part, ast.Assert) for part in inside(node.body))


def _swallows_assertion(handler: ast.ExceptHandler) -> bool:
    names = caught(handler)
    catches = handler.type is None or bool({"AssertionError", "Exception", "BaseException"} & set(names))
    goes_on = not any(isinstance(part, (ast.Raise, ast.Assert, ast.Call)) for part in inside(handler.body))
    return catches and goes_on


def _patched(module: Module, function: Function) -> list[str]:
    """What a test replaces: dotted names where they can be read off, else empty text."""
    items = [item.context_expr for node in function.find(ast.With) for item in node.items]
    found = [
        _target(module, node) for node in (*function.node.decorator_list, *items) if _is_patch(module, node)
    ]
    calls = [
        call
        for call in function.find(ast.Call)
        if module.dotted(call.func) in {"mocker.patch", "mocker.patch.object", "monkeypatch.setattr"}
    ]
    return [*found, *(_target(module, call) for call in calls)]


def _target(module: Module, node: ast.expr) -> str:
    """`patch("shop.order")` and `patch.object(shop, "order")` both replace shop.order."""
    if not isinstance(node, ast.Call) or not node.args:
        return ""
    texts = [
        arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    ]
    if isinstance(node.args[0], ast.Constant):
        return texts[0] if texts else ""
    owner = module.dotted(node.args[0])
    return f"{owner}.{texts[0]}" if owner and texts else ""


def _is_patch(module: Module, node: ast.expr) -> bool:
    name = module.dotted(node.func if isinstance(node, ast.Call) else node)
    return name in PATCHERS or any(name == f"{patcher}.object" for patcher in PATCHERS)
