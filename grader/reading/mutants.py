"""Changes of the candidate's own code for their own tests to notice: which ones, and how each looks where it runs.

A change is text that takes the place of a part of one file. In the box it comes in disguise: both versions stand there,
and a comparison of two numbers says which one runs. Controls look the same, only that the version which runs is the
original: a test that fails on one of them has looked at the code and not at what it does.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from .limits import MAX_MUTANT_BYTES, MAX_MUTANT_LINES, MAX_MUTANTS, cut
from .mutations import Mutation, mutations
from .tree import Module

CONTROLS: Final = 4
"""Controls at least; more where there are many mutants."""
MUTANTS_PER_CONTROL: Final = 8
SHOWN_LINES: Final = 6
SHOWN_CHARACTERS: Final = 160
_SYMBOLS: Final = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: r"not\s+in",
    ast.Is: "is",
    ast.IsNot: r"is\s+not",
    ast.Add: r"\+",
    ast.Sub: "-",
    ast.Mult: r"\*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: r"\*\*",
    ast.And: "and",
    ast.Or: "or",
}
"""Operators as they are found in source."""


@dataclass(frozen=True)
class _Site:
    """A mutation in its file. `key` decides the order: by content, so that it is always the same."""

    module: Module
    text: list[bytes]
    """The lines of the file, as columns of a tree count them."""
    mutation: Mutation
    key: str

    @property
    def old(self) -> str:
        """The original, as it stands there."""
        return _source(self.text, self.mutation.old)

    @property
    def new(self) -> str:
        """What is to stand there."""
        return _written(self.text, self.mutation)


def chosen(
    modules: Sequence[Module], given: dict[str, set[int]], at_most: int, seed: str
) -> tuple[list[dict[str, Any]], int]:
    """Mutants and controls, in the order in which they are to be tried, and how many mutants there could be.

    `given` are lines of the starter, by path, which stay as they are. `seed` decides what the disguises look like and
    where the controls stand, and nothing else; whoever is judged must not know it.
    """
    sites = sorted(_sites(modules, given), key=lambda site: site.key)
    lines: Counter[tuple[str, int]] = Counter()
    ranked = []
    for site in sites:
        spot = (site.module.path, site.mutation.old.lineno)
        ranked.append((lines[spot], site))
        lines[spot] += 1
    ranked.sort(
        key=lambda one: one[0]
    )  # one of each line first: where code is dense, it is not all of the sample
    taken = [site for _, site in ranked[: min(at_most, MAX_MUTANTS)]]
    draw = random.Random(seed)  # noqa: S311 -- looks, not secrets
    entries = [_entry(site, draw, control=False) for site in taken]
    if taken:
        count = max(CONTROLS, len(taken) // MUTANTS_PER_CONTROL)
        for site in [draw.choice(sites) for _ in range(count)]:
            for _ in range(2):  # a test that fails at both is not merely shaky
                entries.insert(draw.randint(0, len(entries)), _entry(site, draw, control=True))
    return entries, len(sites)


def _sites(modules: Sequence[Module], given: dict[str, set[int]]) -> Iterator[_Site]:
    for module in modules:
        if module.is_test or not module.source.utf8:
            continue
        starter = given.get(module.path, set())
        whole = module.source.text.encode("utf-8")
        name = hashlib.sha256(module.path.encode("utf-8", "surrogateescape") + b"\0" + whole).hexdigest()
        text = whole.split(b"\n")
        for number, mutation in enumerate(mutations(module.tree)):
            if mutation.old.lineno not in starter and _fits(text, mutation):
                key = hashlib.sha256(f"{name} {number}".encode()).hexdigest()
                yield _Site(module, text, mutation, key)


def _fits(text: list[bytes], mutation: Mutation) -> bool:
    """Whether both versions can stand there: they are not too long, and a statement has its lines to itself."""
    old = mutation.old
    assert old.end_lineno is not None
    lines = text[old.lineno - 1 : old.end_lineno]
    if len(lines) > MAX_MUTANT_LINES or sum(map(len, lines)) > MAX_MUTANT_BYTES:
        return False
    if isinstance(old, ast.expr):
        return True
    before = text[old.lineno - 1][: old.col_offset]
    behind = text[old.end_lineno - 1][old.end_col_offset :].strip()
    return not before.strip() and (not behind or behind.startswith(b"#"))


def _source(text: list[bytes], node: ast.expr | ast.stmt) -> str:
    return _slice(text, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def _slice(text: list[bytes], line: int, column: int, end_line: int | None, end_column: int | None) -> str:
    assert end_line is not None
    assert end_column is not None
    if line == end_line:
        return text[line - 1][column:end_column].decode()
    parts = [text[line - 1][column:], *text[line : end_line - 1], text[end_line - 1][:end_column]]
    return b"\n".join(parts).decode()


def _written(text: list[bytes], mutation: Mutation) -> str:
    """The new version as a person would have typed it: only the operator differs. Else as Python writes it."""
    old, new = mutation.old, mutation.new
    typed = None
    match old, new:
        case ast.Compare(left=left, ops=[op], comparators=[right]), ast.Compare(ops=[other]):
            typed = _retyped(text, old, [left, right], type(op), type(other))
        case ast.BinOp(left=left, op=op, right=right), ast.BinOp(op=other):
            typed = _retyped(text, old, [left, right], type(op), type(other))
        case ast.BoolOp(op=op, values=values), ast.BoolOp(op=other):
            typed = _retyped(text, old, values, type(op), type(other))
        case ast.UnaryOp(operand=operand), _:
            typed = _source(text, operand)
    if typed is not None and _means(typed, new):
        return typed
    return ast.unparse(new)


def _retyped(
    text: list[bytes],
    whole: ast.expr,
    parts: list[ast.expr],
    old: type[ast.AST],
    new: type[ast.AST],
) -> str:
    symbol = re.sub(r"\\s\+", " ", _SYMBOLS[new]).replace("\\", "")
    at = (whole.lineno, whole.col_offset)
    typed = ""
    for left, right in pairwise(parts):
        assert left.end_lineno is not None
        assert left.end_col_offset is not None
        typed += _slice(text, *at, left.end_lineno, left.end_col_offset)
        between = _slice(text, left.end_lineno, left.end_col_offset, right.lineno, right.col_offset)
        typed += re.sub(_SYMBOLS[old], symbol, between, count=1)
        at = (right.lineno, right.col_offset)
    return typed + _slice(text, *at, whole.end_lineno, whole.end_col_offset)


def _means(typed: str, new: ast.expr | ast.stmt) -> bool:
    try:
        return ast.dump(ast.parse(f"({typed}\n)", mode="eval").body) == ast.dump(new)
    except (SyntaxError, ValueError):
        return False


def _entry(site: _Site, draw: random.Random, *, control: bool) -> dict[str, Any]:
    """Everything that is to be known about one change; `text` is all of it that goes to the box."""
    old, statement = site.mutation.old, site.mutation.statement
    assert old.end_lineno is not None
    return {
        "path": site.module.path,
        "line": old.lineno,
        "column": old.col_offset,
        "end_line": old.end_lineno,
        "end_column": old.end_col_offset,
        "first_line": statement.lineno,
        "last_line": _head_end(statement),
        "text": _disguised(site, draw, control=control),
        "control": control,
        "diff": _diff(site),
    }


def _head_end(statement: ast.stmt) -> int:
    """Last line of the statement itself, without what is indented below it."""
    inner: list[int] = [
        part.lineno
        for name in ("body", "cases", "handlers")
        for part in getattr(statement, name, ())
        if hasattr(part, "lineno")
    ]
    end = statement.end_lineno or statement.lineno
    return max(statement.lineno, min([end, *(line - 1 for line in inner)]))


def _disguised(site: _Site, draw: random.Random, *, control: bool) -> str:
    """Both versions; the one that runs is chosen by a comparison whose outcome does not show at a glance."""
    runs, rests = (site.old, site.new) if control else (site.new, site.old)
    low, high = sorted(draw.sample(range(100, 100_000), 2))
    first, second, condition = (
        (runs, rests, f"{high} > {low}") if draw.random() < 0.5 else (rests, runs, f"{low} > {high}")
    )
    if isinstance(site.mutation.old, ast.expr):
        return f"(({first}) if {condition} else ({second}))"
    line = site.module.source.lines[site.mutation.old.lineno - 1]
    indent = line[: len(line) - len(line.lstrip())]
    return f"if {condition}: {first}\n{indent}else: {second}"


def _diff(site: _Site) -> str:
    """The change as a difference of lines, as it would be without its disguise."""
    old = site.mutation.old
    assert old.end_lineno is not None
    before = site.module.source.lines[old.lineno - 1 : old.end_lineno]
    new = f"({site.new})" if _needs_brackets(site.mutation) else site.new
    head = before[0].encode()[: old.col_offset].decode()
    tail = before[-1].encode()[old.end_col_offset :].decode()
    after = f"{head}{new}{tail}".split("\n")
    return "\n".join([*_marked("-", before), *_marked("+", after)])


def _needs_brackets(mutation: Mutation) -> bool:
    """Whether the new version is part of a larger expression that could take it apart."""
    parent, new = mutation.parent, mutation.new
    if isinstance(new, ast.Compare) and (
        isinstance(parent, ast.BoolOp | ast.IfExp)
        or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))
    ):
        return False
    inside = isinstance(
        parent,
        ast.BinOp
        | ast.BoolOp
        | ast.Compare
        | ast.UnaryOp
        | ast.Attribute
        | ast.IfExp
        | ast.Await
        | ast.Starred,
    ) or (isinstance(parent, ast.Subscript) and parent.value is mutation.old)
    return inside and isinstance(new, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp | ast.Lambda)


def _marked(sign: str, lines: Sequence[str]) -> list[str]:
    shown = [f"{sign} {cut(line, SHOWN_CHARACTERS)}" for line in lines[:SHOWN_LINES]]
    if len(lines) > SHOWN_LINES:
        shown.append(f"{sign} … {len(lines) - SHOWN_LINES} more lines")
    return shown
