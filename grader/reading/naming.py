"""Names: do they follow the convention, say something, and say the truth?

No alarm for what readers of Python share: i, _, e, df, fn, self, coordinates, type variables, and any letter in
a scope of a few lines. Names in test files are only asked about convention and placeholders.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from typing import NamedTuple

from .conventions import broken_convention, named_otherwise
from .identifiers import Identifier, words
from .languages import is_foreign
from .linguistics import check as check_use
from .remarks import Remark, remark_at, short
from .suggestions import capitals, from_loop, from_value, offer, snake, without_type, written_out
from .tree import Function, Module
from .vocabulary import (
    ABBREVIATIONS,
    ALWAYS_LETTERS,
    CONSONANTS_ONLY,
    GETTERS,
    IDIOMATIC_LETTERS,
    NUMBERED_TERMS,
    PLACEHOLDERS,
    QUESTIONS,
    SHADOWING,
    TYPE_SUFFIXES,
    VAGUE,
    VAGUE_FUNCTIONS,
    VAGUE_PARAMETERS,
    VAGUE_STEMS,
)

TOOL = "naming"
LONG_NAME = 45
SHORT_SCOPE = 12
"""Lines in which a single letter can be kept in mind."""
LONG_SCOPE = 40
"""Lines after which a vague word no longer does."""

_VOWEL = re.compile(r"[aeiouy]")

_NUMBERED = re.compile(r"^(?P<stem>.*?[a-zA-Z])_?(?P<number>\d+)$")


class Known(NamedTuple):
    """What the rules about single names look things up in."""

    placeholders: frozenset[str]
    words: frozenset[str]
    overridable: set[ast.AST]
    spans: Spans


def check(module: Module, table: list[Identifier], brief_words: frozenset[str]) -> Iterator[Remark]:
    """All findings of this kind in one file. `brief_words` (lower case) are words of the task itself."""
    overridable = named_otherwise(module)
    # "bar" is a word; beside "foo" it is none.
    placeholders = PLACEHOLDERS | ({"bar"} if any(one.name.lower() == "foo" for one in table) else set())
    known = Known(placeholders - brief_words, CONSONANTS_ONLY | brief_words, overridable, _spans(module))
    for identifier in table:
        if identifier.name.startswith("__") and identifier.name.endswith("__"):
            continue
        if any(map(is_foreign, words(identifier.name))):
            continue  # reported once, for the submission
        for rule, message in _about(identifier, module, known):
            yield remark_at(TOOL, rule, module.path, identifier.node, message)
    if module.is_test:
        return
    yield from _numbered(module, table, brief_words)
    yield from check_use(module, table)
    for function in module.functions:
        yield from _promises(module, function)
    loops: list[ast.For | ast.comprehension] = [*module.find(ast.For), *module.find(ast.comprehension)]
    for loop in loops:
        yield from _loop(module, loop)


def _about(identifier: Identifier, module: Module, known: Known) -> Iterator[tuple[str, str]]:
    """(rule, message) for what one name shows by itself."""
    shown = short(identifier.name)
    if len(identifier.name) > LONG_NAME:
        if not module.is_test:
            yield "long-name", f"`{shown}` has {len(identifier.name)} characters"
        return
    placeholders, words_known, overridable, spans = known
    if identifier.node not in overridable:
        wanted = broken_convention(identifier)
        if wanted:
            better = capitals(identifier.name) if identifier.role == "class" else snake(identifier.name)
            yield "convention", f"{identifier.role} `{shown}`: {wanted}{offer(better)}"
    if _is_placeholder(identifier, placeholders) and not module.in_main_guard(identifier.node):
        better = from_value(identifier) or from_loop(module, identifier)
        yield (
            "meaningless-name",
            f"{identifier.role} `{shown}` says nothing about what it is{offer(better)}",
        )
        return
    if module.is_test:
        return
    if _is_vague_for_its_reach(identifier, spans):
        lines = _used_lines(identifier, spans)
        better = offer(from_value(identifier))
        yield (
            "meaningless-name",
            f"`{shown}` has to be remembered over {lines} lines; say what it holds{better}",
        )
    if _is_lost_letter(identifier, spans):
        better = from_loop(module, identifier) or from_value(identifier)
        yield (
            "single-letter",
            f"`{shown}` is one letter over {_used_lines(identifier, spans)} lines{offer(better)}",
        )
    if _is_cryptic(identifier, words_known):
        yield "cryptic-name", f"`{shown}` leaves out the vowels{offer(written_out(identifier.name))}"
    if _hides_a_builtin(identifier):
        yield "shadowed-builtin", f"`{shown}` hides the builtin of that name"
    echoed = _echoed_type(identifier)
    if echoed and not _tells_two_apart(identifier):
        better = without_type(identifier.name)
        yield "type-echo", f"`{shown}` repeats that it is a {echoed}; say what is in it{offer(better)}"
    if _is_false_question(identifier):
        yield "misleading-name", f"`{shown}` reads like a yes or no and holds something else"


def _hides_a_builtin(identifier: Identifier) -> bool:
    """Parameters called min, max or iter are part of an interface; called list or str they are a trap."""
    if identifier.role == "parameter":
        return identifier.name in {"list", "dict", "str", "set", "tuple", "int", "len"}
    if identifier.name in {getattr(identifier.value, "attr", ""), getattr(identifier.value, "id", "")}:
        return False  # `max = self.max`: called like the field that it holds
    return identifier.role in {"variable", "global", "function"} and identifier.name in SHADOWING


def _is_placeholder(identifier: Identifier, placeholders: frozenset[str]) -> bool:
    if identifier.role in {"short", "attribute"}:
        return False
    if identifier.role == "function" and identifier.name in VAGUE_FUNCTIONS:
        return identifier.function is None
    return identifier.name.replace("_", "").lower() in placeholders


def _is_vague_for_its_reach(identifier: Identifier, spans: Spans) -> bool:
    """Parameters may be general where the function is; a variable always holds something in particular."""
    vague = VAGUE_PARAMETERS if identifier.role == "parameter" else VAGUE
    if identifier.role not in {"variable", "parameter", "global"} or identifier.name not in vague:
        return False
    return _used_lines(identifier, spans) > LONG_SCOPE


def _is_lost_letter(identifier: Identifier, spans: Spans) -> bool:
    """One letter that no convention explains, in use over more lines than one sees at a glance."""
    if len(identifier.name) != 1 or identifier.role not in {"variable", "parameter", "loop", "global"}:
        return False
    if identifier.name in ALWAYS_LETTERS:
        return False
    limit = LONG_SCOPE if identifier.name in IDIOMATIC_LETTERS else SHORT_SCOPE
    return _used_lines(identifier, spans) > limit


def _is_cryptic(identifier: Identifier, known: frozenset[str]) -> bool:
    """A word of five letters or more without a vowel that is no term (`cstmr`), or one that is known to be short
    for another (`rslt`).
    """
    if identifier.role in {"short", "attribute"} or identifier.name.isupper():
        return False
    return any(
        word in identifier.name
        and word.isalpha()
        and word.isascii()
        and not _VOWEL.search(word)
        and len(word) > (3 if word in ABBREVIATIONS else 4)
        and word not in known
        for word in words(identifier.name)
    )


Spans = dict[str, int]
"""Name in the body of a script → lines from its first to its last mention there."""


def _spans(module: Module) -> Spans:
    lines: dict[str, list[int]] = {}
    for node in module.find(ast.Name):
        if module.within.get(node) is None:
            lines.setdefault(node.id, []).append(node.lineno)
    return {name: max(at) - min(at) + 1 for name, at in lines.items()}


def _used_lines(identifier: Identifier, spans: Spans) -> int:
    """Lines from where the name is given to its last use in the function, or in the body of the script."""
    if identifier.function is None:
        return spans.get(identifier.name, 0)
    start: int = getattr(identifier.node, "lineno", 1)
    if identifier.role == "parameter" and identifier.function.body:
        start = identifier.function.body[0].lineno
    uses = identifier.function.uses.get(identifier.name)
    return uses[-1].lineno - start + 1 if uses else 1


def _echoed_type(identifier: Identifier) -> str | None:
    """The builtin type that the last word of the name repeats, when the value shows it anyway."""
    parts = words(identifier.name)
    kind = TYPE_SUFFIXES.get(parts[-1]) if len(parts) > 1 else None
    if (
        kind is None
        or identifier.value is None
        or identifier.role == "attribute"
        or identifier.name.isupper()
    ):
        return None
    return kind if _literal_type(identifier.value) == kind else None


def _tells_two_apart(identifier: Identifier) -> bool:
    """Without the type it would be called like something else there: `params_dict` beside `params`."""
    function, bare = identifier.function, snake(identifier.name).rpartition("_")[0]
    known = {bare, without_type(identifier.name)}
    if function is not None:
        others = {*function.uses, *(one.arg for one in function.parameters())}
        if not known.isdisjoint(others):
            return True
    return not known.isdisjoint(dir(builtins))


def _literal_type(value: ast.expr) -> str | None:
    """The builtin type of a literal, comprehension or empty constructor call."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and not value.args:
        return value.func.id
    kinds: list[tuple[type[ast.expr], str]] = [
        (ast.List, "list"), (ast.ListComp, "list"), (ast.Dict, "dict"), (ast.DictComp, "dict"),
        (ast.Set, "set"), (ast.SetComp, "set"), (ast.Tuple, "tuple"), (ast.JoinedStr, "str"),
    ]  # fmt: skip
    for kind, name in kinds:
        if isinstance(value, kind):
            return name
    return type(value.value).__name__ if isinstance(value, ast.Constant) else None


def _is_false_question(identifier: Identifier) -> bool:
    parts = words(identifier.name)
    if len(parts) < 2 or parts[0] not in QUESTIONS or identifier.value is None or identifier.name.isupper():
        return False
    return _literal_type(identifier.value) in {"str", "list", "dict", "tuple", "float"}


def _numbered(module: Module, table: list[Identifier], brief_words: frozenset[str]) -> Iterator[Remark]:
    """`result1`, `result2`, `list3`: names told apart by a number only."""
    seen: dict[tuple[int, str], list[Identifier]] = {}
    for identifier in table:
        match = _NUMBERED.match(identifier.name[:LONG_NAME])
        if match is None or identifier.role not in {"variable", "global", "function", "method", "class"}:
            continue
        stem = match["stem"].rstrip("_")
        last = (words(stem) or [""])[-1]
        if (
            identifier.name.isupper()
            or last in NUMBERED_TERMS
            or last in brief_words
            or int(match["number"][:4]) > 20
            or len(stem) < 3
        ):
            continue
        seen.setdefault((id(identifier.function), stem), []).append(identifier)
    for (_, stem), siblings in seen.items():
        if len(siblings) < _enough(stem):
            continue
        first = siblings[0]
        names = ", ".join(f"`{short(sibling.name)}`" for sibling in siblings[:4])
        message = (
            f"{names}: the number does not say what it is"
            if len(siblings) < 2
            else f"{names} differ in a number only"
        )
        yield remark_at(TOOL, "numbered-name", module.path, first.node, message)


def _enough(stem: str) -> int:
    """How many names that differ in a number only are too many."""
    if stem in VAGUE | TYPE_SUFFIXES.keys():
        return 1
    return 2 if stem in VAGUE_STEMS else 3


def _promises(module: Module, function: Function) -> Iterator[Remark]:
    """`get_…` that hands out nothing, `is_…` that answers with something other than yes or no."""
    first = (words(function.simple_name) or [""])[0]
    if first not in GETTERS | QUESTIONS or len(words(function.simple_name)) < 2 or _is_stub(function):
        return
    returned = [node.value for node in function.find(ast.Return) if node.value is not None]
    yields = bool(function.find(ast.Yield, ast.YieldFrom))
    shown = short(function.simple_name)
    if first in GETTERS and not yields and all(map(_is_none, returned)) and _may_return_something(function):
        message = f"`{shown}()` returns nothing"
        yield remark_at(TOOL, "misleading-name", module.path, function.node, message)
    if first in QUESTIONS:
        told = function.node.returns
        annotated = isinstance(told, ast.Name) and told.id in {
            "str",
            "int",
            "float",
            "list",
            "dict",
            "tuple",
            "set",
        }
        shows = any(
            _literal_type(value) in {"str", "int", "float", "list", "dict", "tuple"} for value in returned
        )
        if annotated or shows or (not returned and not yields):
            message = f"`{shown}()` reads like a question and does not answer True or False"
            yield remark_at(TOOL, "misleading-name", module.path, function.node, message)


def _may_return_something(function: Function) -> bool:
    """Nothing explains that nothing is returned: no annotation, no base class, no error at the end."""
    told = function.node.returns
    explained = told is not None and not _is_none(told)
    derived = function.owner is not None and bool(function.owner.bases)
    return not explained and not derived and not isinstance(function.body[-1], ast.Raise)


def _is_none(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_stub(function: Function) -> bool:
    """Abstract, overloaded, or nothing but a docstring, `pass`, `...`, `return None` or `raise`."""
    decorated = any(
        "abstract" in ast.dump(d) or "overload" in ast.dump(d) for d in function.node.decorator_list
    )
    return decorated or all(
        isinstance(statement, (ast.Pass, ast.Raise))
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        or (isinstance(statement, ast.Return) and _is_none(statement.value))
        for statement in function.body
    )


def _loop(module: Module, loop: ast.For | ast.comprehension) -> Iterator[Remark]:
    """`for users in user`: the one is called like the many, and the many like the one."""
    if isinstance(loop.target, ast.Name) and isinstance(loop.iter, ast.Name):
        one, many = loop.target.id, loop.iter.id
        if len(many) > 2 and one in {f"{many}s", f"{many}es"}:
            message = f"`for {short(one)} in {short(many)}`: singular and plural are swapped"
            yield remark_at(TOOL, "swapped-plural", module.path, loop.target, message)
