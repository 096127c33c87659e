"""The candidate's own tests as text: how much do they assert, and what would make them pass for nothing?"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence

from .handling import caught, inside
from .remarks import Remark, remark_at, short
from .tree import Function, Module

TOOL = "tests"
TEST_FILE = re.compile(r"^(test_.*|.*_test|tests?)\.py$")
MANY_MOCKS = 4
LONG_SLEEP = 0.05
"""Seconds; a shorter pause lets threads switch."""
ASSERTING = re.compile(r"^_*(assert|expect|verify|check|ensure|must|should)")
RAISING_CONTEXTS = frozenset({"raises", "warns", "deprecated_call", "fail", "assertRaises", "xfail"})
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
        yield from _in_test(module, function)


def _in_test(module: Module, function: Function) -> Iterator[Remark]:
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
    mocks = _mock_count(module, function)
    if mocks > MANY_MOCKS:
        message = f"{short(function.name)} replaces {mocks} things: what is left to test?"
        yield remark_at(TOOL, "over-mocked", path, function.node, message)


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


def _mock_count(module: Module, function: Function) -> int:
    decorators = sum(_is_patch(module, decorator) for decorator in function.node.decorator_list)
    calls = sum(
        _is_patch(module, item.context_expr) for node in function.find(ast.With) for item in node.items
    )
    patched = sum(
        module.dotted(call.func) in {"mocker.patch", "mocker.patch.object", "monkeypatch.setattr"}
        for call in function.find(ast.Call)
    )
    return decorators + calls + patched


def _is_patch(module: Module, node: ast.expr) -> bool:
    name = module.dotted(node.func if isinstance(node, ast.Call) else node)
    return name in PATCHERS or any(name == f"{patcher}.object" for patcher in PATCHERS)
