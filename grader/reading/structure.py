"""Shape of the code: sizes, nesting, dead and unused code, shared state, and what belongs beside the code."""

from __future__ import annotations

import ast
import itertools
import os
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence

from . import documentation
from .handling import inside
from .remarks import Remark, place, remark, remark_at, short
from .source import Refused, read_bounded
from .tree import Function, Module

TOOL = "structure"
LONG_FUNCTION = 60
"""Lines of a function without its docstring: what a screen shows."""
LONG_FILE = 800
MANY_PARAMETERS = 7
"""Those that can be given by position."""
DEEP_NESTING = 5
"""Blocks inside blocks of one function."""
MOST_ALIKE = 12
"""More functions of the same build say nothing about how somebody documents and annotates."""
MAX_REQUIREMENTS_BYTES = 64 * 1024

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_MUTABLE_CALLS = frozenset(
    {
        "list",
        "dict",
        "set",
        "bytearray",
        "collections.defaultdict",
        "collections.OrderedDict",
        "collections.deque",
        "collections.Counter",
    }
)


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file."""
    for function in module.functions:
        yield from _mutable_defaults(module, function)
        yield from _nesting(module, function)
        if not module.is_test:
            yield from _size(module, function)
    yield from _dead_code(module)
    yield from _shared_state(module)
    if len(module.source.lines) > LONG_FILE and not module.is_test:
        message = f"{len(module.source.lines):,} lines in one file"
        yield remark(TOOL, "long-file", place(module.path, 1), message)


def _size(module: Module, function: Function) -> Iterator[Remark]:
    body = function.body
    lines = function.end - body[0].lineno + 1 if body else 0
    if lines > LONG_FUNCTION:
        message = f"{short(function.name)}() has {lines} lines; what are its parts called?"
        yield remark_at(TOOL, "long-function", module.path, function.node, message)
    arguments = function.node.args
    positional = len(arguments.posonlyargs) + len(arguments.args) - (function.owner is not None)
    if positional > MANY_PARAMETERS:
        message = (
            f"{short(function.name)}() takes {positional} arguments by position; callers will mix them up"
        )
        yield remark_at(TOOL, "many-parameters", module.path, function.node, message)


def _mutable_defaults(module: Module, function: Function) -> Iterator[Remark]:
    arguments = function.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for argument, default in pairs:
        made = isinstance(default, ast.Call) and module.dotted(default.func) in _MUTABLE_CALLS
        if (made or isinstance(default, _MUTABLE)) and _is_used(function, argument.arg):
            message = (
                f"every call shares the one default of `{short(argument.arg)}`; use None and make it inside"
            )
            yield remark_at(TOOL, "mutable-default", module.path, argument, message)


def _is_used(function: Function, name: str) -> bool:
    """A default that the body never touches cannot be changed by it."""
    return name in function.uses


def _nesting(module: Module, function: Function) -> Iterator[Remark]:
    """The deepest block of a function; `elif` chains count as one level."""
    depths: dict[ast.AST, int] = {function.node: 0}
    for node in function.nodes:
        parent = module.parents[node]
        depth = depths.get(parent, 0)
        is_elif = isinstance(node, ast.If) and isinstance(parent, ast.If) and node in parent.orelse
        depths[node] = depth + (isinstance(node, _BLOCKS) and not is_elif)
        if depths[node] > DEEP_NESTING and isinstance(node, _BLOCKS):
            message = f"{short(function.name)}() nests blocks {depths[node]} deep"
            yield remark_at(TOOL, "deep-nesting", module.path, node, message)
            return


def _dead_code(module: Module) -> Iterator[Remark]:
    for node in module.parents:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield from _after_the_end(module, block)
    conditions: list[ast.If | ast.While] = [*module.find(ast.If), *module.find(ast.While)]
    for node in conditions:
        if isinstance(node.test, ast.Constant) and not node.test.value:
            yield remark_at(TOOL, "dead-code", module.path, node, "this block can never run")


def _after_the_end(module: Module, block: Sequence[ast.stmt]) -> Iterator[Remark]:
    for statement, following in itertools.pairwise(block):
        if isinstance(statement, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
            # A `yield` after the end makes a function a generator on purpose.
            if not any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in inside([following])):
                message = f"never reached: the block ends in line {statement.lineno}"
                yield remark_at(TOOL, "dead-code", module.path, following, message)
            return


def _shared_state(module: Module) -> Iterator[Remark]:
    for node in module.find(ast.Global):
        message = f"`global {short(', '.join(node.names))}`: pass it in, or keep it in an object"
        yield remark_at(TOOL, "global-state", module.path, node, message)
    if os.path.basename(module.path) == "__init__.py" or all(map(_hands_on_or_says, module.tree.body)):
        return
    for star in module.find(ast.ImportFrom):
        if star.names[0].name == "*":
            message = f"`from {short(star.module or '.')} import *`: nobody can see where a name comes from"
            yield remark_at(TOOL, "star-import", module.path, star, message)


def _hands_on_or_says(statement: ast.stmt) -> bool:
    """Part of a file that only gives another one a second name."""
    return isinstance(statement, ast.ImportFrom) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def unused_private(modules: Sequence[Module]) -> Iterator[Remark]:
    """Functions and methods called `_name` that no file of the submission mentions again."""
    mentioned: set[str] = set()
    for module in modules:
        mentioned.update(node.id for node in module.find(ast.Name))
        mentioned.update(node.attr for node in module.find(ast.Attribute))
        mentioned.update(alias.name for origin in module.find(ast.ImportFrom) for alias in origin.names)
        mentioned.update(node.value for node in module.find(ast.Constant) if isinstance(node.value, str))
    for module in modules:
        if _looks_up_names(module):
            continue
        for function in module.functions:
            name = function.simple_name
            private = name.startswith("_") and not name.startswith("__") and not name.endswith("_")
            overrides = function.owner is not None and bool(function.owner.bases or function.owner.keywords)
            if private and name not in mentioned and not overrides and not function.node.decorator_list:
                message = f"`{short(name)}` is private and never used"
                yield remark_at(TOOL, "unused-private", module.path, function.node, message)


def _looks_up_names(module: Module) -> bool:
    """A module-level `__getattr__` that hands out what it finds in `globals()`."""
    return any(
        isinstance(node, ast.Name) and node.id == "globals"
        for function in module.functions
        if function.simple_name == "__getattr__" and function.owner is None
        for node in function.nodes
    )


def denied_imports(module: Module, denied: frozenset[str]) -> Iterator[Remark]:
    """Imports of packages that the brief rules out."""
    imports: list[ast.Import | ast.ImportFrom] = [*module.find(ast.Import), *module.find(ast.ImportFrom)]
    for node in imports:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for name in names:
            if name.partition(".")[0] in denied or name in denied:
                message = f"the brief rules out `{short(name)}`"
                yield remark_at(TOOL, "denied-import", module.path, node, message)


def beside_the_code(root: str, paths: Sequence[str]) -> Iterator[Remark]:
    """What is missing or loose beside the code: a README, pinned requirements."""
    if not any(map(documentation.is_readme, paths)):
        message = "there is no README: how does one run it, and what was decided?"
        yield remark(TOOL, "missing-readme", place("README.md", 1), message)
    for path in paths:
        name = os.path.basename(path)
        if name == "pyproject.toml":
            yield from _unbounded(root, path)
        if name.startswith("requirements") and name.endswith(".txt"):
            yield from _unpinned(root, path)


def _unpinned(root: str, path: str) -> Iterator[Remark]:
    try:
        text = read_bounded(os.path.join(root, path), MAX_REQUIREMENTS_BYTES).decode("utf-8", "replace")
    except Refused:
        return  # reported by the intake as a file, read by nobody here
    for number, line in enumerate(text.split("\n"), 1):
        wanted = line.partition("#")[0].strip()
        if wanted and wanted[0].isalnum() and not any(sign in wanted for sign in "=<>~@"):
            message = f"`{short(wanted)}` has no version: it will be another one tomorrow"
            yield remark(TOOL, "unpinned-dependency", place(path, number), message)


def _unbounded(root: str, path: str) -> Iterator[Remark]:
    """Dependencies of a pyproject.toml that take any version. What is no valid TOML is the lint of somebody else."""
    try:
        text = read_bounded(os.path.join(root, path), MAX_REQUIREMENTS_BYTES).decode("utf-8", "replace")
        wanted = tomllib.loads(text).get("project", {}).get("dependencies", [])
    except (Refused, tomllib.TOMLDecodeError, RecursionError, AttributeError):
        return
    lines = text.split("\n")
    for one in wanted if isinstance(wanted, list) else []:
        if isinstance(one, str) and one[:1].isalnum() and not any(sign in one for sign in "=<>~@"):
            line = next((number for number, line in enumerate(lines, 1) if one in line), 1)
            message = f"`{short(one)}` has no version: it will be another one tomorrow"
            yield remark(TOOL, "unpinned-dependency", place(path, line), message)


Builds = dict[tuple[object, ...], list[Counter[str]]]
"""How functions are built → what each function of that build adds to the counts."""


def figures(module: Module, from_starter: set[Function], builds: Builds) -> Counter[str]:
    """Counts of functions and classes; what is documented and annotated goes to `builds`, for all files together.

    The starter's own functions are left out.
    """
    counts: Counter[str] = Counter()
    for function in module.functions:
        if function not in from_starter:
            counts["functions"] += 1
            builds.setdefault(_build(function), []).append(_documented(function))
    for made in module.find(ast.ClassDef):
        counts["classes"] += 1
        counts["documented_classes"] += ast.get_docstring(made, clean=False) is not None
    counts["documented_modules"] = int(ast.get_docstring(module.tree, clean=False) is not None)
    return counts


def _build(function: Function) -> tuple[object, ...]:
    """What a function is made of, roughly: its statements, whatever is in them."""
    kinds = tuple(type(node).__name__ for node in function.nodes if isinstance(node, ast.stmt))
    return (function.owner is None, function.outer is None, len(function.parameters()), kinds)


def _documented(function: Function) -> Counter[str]:
    arguments = function.parameters()
    annotated = [argument for argument in arguments if argument.annotation is not None]
    public = not function.simple_name.startswith("_") and function.outer is None
    whole = len(annotated) == len(arguments)
    returns = function.node.returns is not None or function.simple_name == "__init__"
    return Counter(
        public_functions=int(public),
        telling_docstrings=int(
            public
            and ast.get_docstring(function.node, clean=False) is not None
            and not documentation.echoes(function)
        ),
        telling_annotations=sum(documentation.says_a_type(argument.annotation) for argument in annotated),
        documented_functions=int(public and ast.get_docstring(function.node, clean=False) is not None),
        annotated_functions=int(whole and returns),
        arguments=len(arguments),
        annotated_arguments=len(annotated),
    )


def written_by_hand(builds: Builds) -> Counter[str]:
    """What all functions add up to, without those of which there are so many that a loop may have written them."""
    counts: Counter[str] = Counter()
    for alike in builds.values():
        if len(alike) <= MOST_ALIKE:
            for one in alike:
                counts += one
    return counts
