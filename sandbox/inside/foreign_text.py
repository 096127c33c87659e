"""Text of the candidate's that Python itself would run in the grading container, and how that is kept from happening.

Some habits of tests turn text into code: `doctest` runs the examples in a docstring, `eval(repr(x))` runs what an
object calls itself, `get_type_hints` evaluates annotations. With a stranger's module all of them would run a
stranger's text beside the hidden tests.
Docstrings are therefore run over there (`doctest.testmod`) or refused; `eval` in a suite takes text that came over
the bridge only when it builds values and does nothing else.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import os
import sys
import typing
from collections import deque
from typing import Any

from . import hints, mirror

_CALLS = (ast.Call, ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.comprehension)
_REMEMBERED = 5000
_SHORTEST = 8
_BUILDERS = frozenset(
    "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple Counter Decimal "
    "Fraction OrderedDict Path PosixPath PurePath PurePosixPath UUID date datetime defaultdict deque time timedelta "
    "timezone".split()
)
_HOLDERS = frozenset("collections datetime decimal fractions pathlib uuid".split())
_SHAPES = (
    ast.Expression, ast.Call, ast.keyword, ast.Starred, ast.Constant, ast.Name, ast.Attribute, ast.Load, ast.Tuple,
    ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.unaryop, ast.BinOp, ast.operator, ast.JoinedStr,
)  # fmt: skip


class ForeignText:
    """Remembers texts that came from the candidate's side, and stands before `eval`."""

    def __init__(self, suite: str) -> None:
        self._suite = os.path.realpath(suite) + "/"
        self._texts: deque[str] = deque(maxlen=_REMEMBERED)

    def remember(self, value: Any) -> None:
        """Note a text as it arrives."""
        if type(value) is str and len(value) >= _SHORTEST:
            self._texts.append(value)

    def install(self) -> None:
        """Stand before `builtins.eval` and `exec` for the files of the suite."""
        for name in ("eval", "exec"):
            setattr(builtins, name, self._standing_before(getattr(builtins, name), name))

    def _standing_before(self, original: Any, name: str) -> Any:
        def guarded(source: Any, /, globals: Any = None, locals: Any = None, **more: Any) -> Any:  # noqa: A002
            caller = sys._getframe(1)
            if globals is None:
                globals = caller.f_globals  # noqa: A001
                if locals is None:
                    locals = caller.f_locals  # noqa: A001
            if (
                type(source) is str
                and caller.f_code.co_filename.startswith(self._suite)
                and self._foreign(source)
            ):
                check(source, name, globals, locals)
            return original(source, globals, locals, **more)

        guarded.__name__ = guarded.__qualname__ = name
        return guarded

    def _foreign(self, source: str) -> bool:
        return any(text in source or source in text for text in self._texts)


def check(source: str, name: str, global_names: Any, local_names: Any) -> None:
    """Let `source` through when all it can do is build values.

    Raises:
        ValueError: it could do more.
    """
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except SyntaxError:
        if name == "eval":
            return  # eval says what is wrong
        tree = None
    nodes = () if tree is None else ast.walk(tree)
    if tree is None or not all(_harmless(node, global_names, local_names) for node in nodes):
        raise ValueError(
            f"{name}() of text that came from the candidate's code: the grading container runs none of it. "
            "Compare the text itself, or build the expected object in the test"
        )


def _harmless(node: ast.AST, global_names: Any, local_names: Any) -> bool:
    if isinstance(node, ast.Call):
        return _builds(node.func, global_names, local_names)
    if isinstance(node, ast.Attribute):
        return not node.attr.startswith("_")
    if isinstance(node, ast.Name):
        return not node.id.startswith("__")
    return isinstance(node, _SHAPES)


def _builds(function: ast.expr, global_names: Any, local_names: Any) -> bool:
    """Whether calling `function` makes a plain value or an object of the candidate's (which is made over there)."""
    if isinstance(function, ast.Attribute):
        owner = function.value
        if isinstance(owner, ast.Name) and owner.id in _HOLDERS:
            return function.attr in _BUILDERS
        return (
            isinstance(owner, ast.Name)
            and mirror.handle_of(_value(owner, global_names, local_names)) is not None
        )
    if not isinstance(function, ast.Name):
        return False
    value = _value(function, global_names, local_names)
    if mirror.handle_of(value) is not None:
        return True
    return isinstance(value, type) and value.__name__ in _BUILDERS


def _value(name: ast.Name, global_names: Any, local_names: Any) -> Any:
    for names in (local_names, global_names, vars(builtins)):
        if names is not None and name.id in names:
            return names[name.id]
    return None


def guard_doctest() -> None:
    """Let `doctest.testmod` of a stand-in run over there, and refuse to take its examples over here."""
    import doctest

    original_find, original_testmod = doctest.DocTestFinder.find, doctest.testmod

    def find(self: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        if mirror.handle_of(obj) is not None:
            raise TypeError(
                f"the examples in {getattr(obj, '__name__', 'this object')} are the candidate's text and are not run "
                "beside the hidden tests: use doctest.testmod(module), which runs them where the code is"
            )
        return original_find(self, obj, *args, **kwargs)

    def testmod(m: Any = None, *args: Any, **kwargs: Any) -> Any:
        handle = mirror.handle_of(m)
        if handle is None:
            return original_testmod(m, *args, **kwargs)
        failed, attempted = handle.ask("doctest", m)
        return doctest.TestResults(int(failed), int(attempted))

    doctest.DocTestFinder.find = find  # type: ignore[method-assign]
    doctest.testmod = testmod


def guard_hints() -> None:
    """On the driver's side: evaluate hints of the other side's objects over there, and no calls in any here."""
    original = typing.get_type_hints

    def get_type_hints(obj: Any, *args: Any, **kwargs: Any) -> Any:
        handle = mirror.handle_of(obj)
        if handle is None:
            return original(obj, *args, **kwargs)
        return {str(name): hints.whole(found[0]) for name, found in handle.ask("hints", obj).items()}

    vars(typing)["get_type_hints"] = (
        get_type_hints  # not as a test would, or it would be replaced over there, too
    )
    for module in (typing, inspect):
        vars(module)["eval"] = _eval_of_hint
    lines_of = inspect.getsourcelines

    def getsourcelines(obj: Any) -> tuple[list[str], int]:
        """The source of the other side's code is over there."""
        handle = mirror.handle_of(obj)
        if handle is None:
            return lines_of(obj)
        lines, number = handle.ask("source", obj)
        return ([str(line) for line in lines], int(number))

    vars(inspect)["getsourcelines"] = getsourcelines


def _eval_of_hint(source: Any, global_names: Any = None, local_names: Any = None) -> Any:
    """Stands for `eval` in the modules that evaluate hints: whose text it is cannot be told there."""
    forward = sys._getframe(1).f_locals.get("self")
    text = source if isinstance(source, str) else getattr(forward, "__forward_arg__", None)
    if not isinstance(text, str) or any(
        isinstance(node, _CALLS) for node in ast.walk(ast.parse(text, mode="eval"))
    ):
        raise ValueError(
            "a type hint that is text and calls something is not evaluated in the grading container: "
            "it may be the candidate's. Compare the text of the hint itself"
        )
    return builtins.eval(source, global_names, local_names)
