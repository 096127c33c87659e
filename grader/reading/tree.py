"""One parsed file with an index: what encloses a node, which functions there are, which comments.

Every check works on this index, so each file is parsed and walked once.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from .limits import MAX_NESTED_SCOPES, MAX_TREE_DEPTH, MAX_TREE_NODES
from .remarks import short
from .source import Refused, Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
N = TypeVar("N", bound=ast.AST)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Contexts and operators are shared singletons without a position: nothing asks for their parent.
_SKIPPED_FIELDS = frozenset(
    {"ctx", "op", "ops", "type_ignores", "type_comment", "kind", "id", "attr", "lineno"}
)
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}


@dataclass(eq=False)
class Function:
    """A function, method or closure."""

    node: FunctionNode
    name: str
    """Qualified: Class.method, outer.<locals>.inner."""
    owner: ast.ClassDef | None
    """The class whose body holds it."""
    outer: Function | None
    nodes: list[ast.AST] = field(default_factory=list)
    """Its own nodes in source order, without those of functions and classes inside it."""

    @property
    def simple_name(self) -> str:
        return self.node.name

    @property
    def start(self) -> int:
        """First line, decorators included."""
        return min([self.node.lineno, *(decorator.lineno for decorator in self.node.decorator_list)])

    @property
    def end(self) -> int:
        return self.node.end_lineno or self.node.lineno

    @property
    def body(self) -> list[ast.stmt]:
        """Statements after the docstring."""
        return self.node.body[1:] if ast.get_docstring(self.node, clean=False) is not None else self.node.body

    def parameters(self) -> list[ast.arg]:
        """All of them in order, `self` and `cls` of methods left out."""
        arguments = self.node.args
        named = [*arguments.posonlyargs, *arguments.args]
        static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in self.node.decorator_list)
        if self.owner is not None and named and not static:
            named = named[1:]
        extra = [arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
        return named + [argument for argument in extra if argument is not None]

    @cached_property
    def uses(self) -> dict[str, list[ast.Name]]:
        """Its own Name nodes by name, in source order."""
        table: dict[str, list[ast.Name]] = defaultdict(list)
        for node in self.nodes:
            if isinstance(node, ast.Name):
                table[node.id].append(node)
        return dict(table)

    def find(self, *kinds: type[N]) -> list[N]:
        """Its own nodes of these kinds."""
        return [node for node in self.nodes if isinstance(node, kinds)]


@dataclass(frozen=True)
class Comment:
    line: int
    text: str
    """From the # on."""
    alone: bool
    """Nothing else is on its line."""


@dataclass(eq=False)
class Module:
    """A parsed file."""

    source: Source
    tree: ast.Module
    is_test: bool
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    within: dict[ast.AST, Function | None] = field(default_factory=dict)
    by_type: dict[type[ast.AST], list[ast.AST]] = field(default_factory=lambda: defaultdict(list))

    @property
    def path(self) -> str:
        return self.source.path

    def find(self, *kinds: type[N]) -> list[N]:
        """All nodes of exactly these kinds, kind by kind, in source order."""
        return [node for kind in kinds for node in self.by_type.get(kind, ())]  # type: ignore[misc]

    @cached_property
    def inner_functions(self) -> dict[Function, list[Function]]:
        """Function → the functions directly inside it."""
        table: dict[Function, list[Function]] = defaultdict(list)
        for function in self.functions:
            if function.outer is not None:
                table[function.outer].append(function)
        return dict(table)

    def documented_nodes(self) -> list[ast.Module | ast.ClassDef | FunctionNode]:
        """Everything that may begin with a docstring."""
        return [self.tree, *self.find(ast.ClassDef), *(function.node for function in self.functions)]

    def ancestors(self, node: ast.AST) -> list[ast.AST]:
        """From the parent up to the module."""
        chain = []
        while (parent := self.parents.get(node)) is not None:
            chain.append(parent)
            node = parent
        return chain

    @cached_property
    def imports(self) -> dict[str, str]:
        """Local name → dotted origin, for every import anywhere in the file."""
        names: dict[str, str] = {}
        for node in self.find(ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        for origin in self.find(ast.ImportFrom):
            for alias in origin.names:
                names[alias.asname or alias.name] = f"{origin.module or ''}.{alias.name}"
        return names

    def dotted(self, node: ast.AST) -> str:
        """Full dotted name of `a.b.c` with the import of `a` resolved; empty for other expressions."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.imports.get(node.id, node.id), *reversed(parts)])

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """All comments. A file that parses but does not tokenize gives those up to the break."""
        if "#" not in self.source.text:
            return ()
        found = []
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.source.text).readline):
                if token.type == tokenize.COMMENT:
                    line, column = token.start
                    found.append(Comment(line, token.string, not token.line[:column].strip()))
        except (tokenize.TokenError, SyntaxError):
            return tuple(found)
        return tuple(found)

    @cached_property
    def comment_lines(self) -> frozenset[int]:
        return frozenset(comment.line for comment in self.comments)

    @cached_property
    def top_level_names(self) -> frozenset[str]:
        """Names of the functions and classes defined directly in the file."""
        kinds = (*FUNCTIONS, ast.ClassDef)
        return frozenset(node.name for node in self.tree.body if isinstance(node, kinds))

    @cached_property
    def main_guard_lines(self) -> tuple[tuple[int, int], ...]:
        """Line spans of `if __name__ == "__main__":` blocks."""
        return tuple(
            (node.lineno, node.end_lineno or node.lineno)
            for node in self.tree.body
            if isinstance(node, ast.If)
            and any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test))
        )

    def in_main_guard(self, node: ast.AST) -> bool:
        line = getattr(node, "lineno", 0)
        return any(start <= line <= end for start, end in self.main_guard_lines)


def parse_quietly(text: str) -> ast.Module:
    """`ast.parse` without its warnings about escapes and literals, which ruff reports.

    Raises:
        SyntaxError, ValueError, MemoryError, RecursionError: as `ast.parse`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def parse(source: Source, *, is_test: bool) -> Module:
    """Parse and index one file.

    Raises:
        Refused: a syntax error, or syntax nested too deep for the checks.
    """
    try:
        tree = parse_quietly(source.text)
    except SyntaxError as error:
        raise Refused(f"syntax error in line {error.lineno or 1}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise Refused("nested too deep for Python's parser") from error
    except ValueError as error:
        raise Refused(f"Python's parser refuses it: {error}") from error
    module = Module(source, tree, is_test)
    _index(module)
    return module


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    names = _FIELDS.get(kind)
    if names is None:
        names = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _SKIPPED_FIELDS)
    return names


def children(node: ast.AST) -> list[ast.AST]:
    """Child nodes in source order, contexts and operators left out."""
    found: list[ast.AST] = []
    for name in _fields(type(node)):
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found.extend(item for item in value if isinstance(item, ast.AST))
    return found


def _index(module: Module) -> None:
    """Fill the index in one pass, with a stack of our own: depth must not cost recursion."""
    stack: list[tuple[ast.AST, Function | None, str, ast.ClassDef | None, int]]
    stack = [(module.tree, None, "", None, 0)]
    parents, within, by_type = module.parents, module.within, module.by_type
    while stack:
        node, function, prefix, owner, depth = stack.pop()
        if depth > MAX_TREE_DEPTH or prefix.count(".") > 2 * MAX_NESTED_SCOPES:
            raise Refused(f"nested over the limits of {MAX_TREE_DEPTH} levels and {MAX_NESTED_SCOPES} scopes")
        if len(parents) > MAX_TREE_NODES:
            raise Refused(f"over the limit of {MAX_TREE_NODES:,} syntax nodes for one source file")
        by_type[type(node)].append(node)
        within[node] = function
        if function is not None:
            function.nodes.append(node)
        if isinstance(node, FUNCTIONS):
            inner = Function(node, prefix + short(node.name), owner, function)
            module.functions.append(inner)
            function, prefix, owner = inner, f"{inner.name}.<locals>.", None
        elif isinstance(node, ast.ClassDef):
            prefix, owner, function = f"{prefix}{short(node.name)}.", node, None
        for child in reversed(children(node)):
            parents[child] = node
            stack.append((child, function, prefix, owner, depth + 1))
