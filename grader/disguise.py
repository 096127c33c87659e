"""Two versions of the same code, made to look alike, so that only what they do tells them apart.

Candidates of a bug hunt have the original code in their hands. A test that must fail on it and pass on a right fix
could recognise the file, a line, or the instructions of a function, and say nothing about the bug. So the versions
that such tests are run against are written anew, and where a function differs, each version carries the body of the
other one along, in a function that is never called.

This hides nothing from someone who takes the disguise itself apart; it makes that more work than a test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sandbox.contract import Files

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def alike(files: Files, other: Files) -> dict[str, bytes]:
    """`files`, in the disguise that makes them look like `other` too. What is no Python stays as it is."""
    return {
        path: _disguised(content, other.get(path, b"")) if path.endswith(".py") else content
        for path, content in files.items()
    }


def _disguised(source: bytes, other: bytes) -> bytes:
    try:
        tree, counterpart = ast.parse(source), ast.parse(other)
    except SyntaxError:
        return source
    theirs = dict(_functions(counterpart, ""))
    for name, function in _functions(tree, ""):
        twin = theirs.get(name)
        if twin is not None and ast.dump(twin) != ast.dump(function):
            _carry(function, twin)
    return ast.unparse(tree).encode() + b"\n"


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, _Function]]:
    """Functions of modules and classes by qualified name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield f"{prefix}{child.name}", child
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")


def _carry(function: _Function, twin: _Function) -> None:
    """Put the body of `twin` into `function`, behind its docstring, where it is never run."""
    kind = type(twin)
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    carried = kind(name=f"_{twin.name.strip('_')}_of_old", args=nothing, body=twin.body, decorator_list=[])
    at = 1 if ast.get_docstring(function) is not None else 0
    body = function.body
    function.body = [*body[:at], ast.fix_missing_locations(carried), *body[at:]]
    try:
        compile(ast.unparse(function), "disguise", "exec")
    except SyntaxError:  # such as a `nonlocal` that has nothing to refer to here
        function.body = body


def both_ways(first: Mapping[str, bytes], second: Mapping[str, bytes]) -> tuple[Files, Files]:
    """Both versions in their disguise."""
    return alike(first, second), alike(second, first)
