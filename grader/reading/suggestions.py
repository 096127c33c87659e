"""A better name, where the code itself offers one; nothing is guessed."""

from __future__ import annotations

import ast
import re

from .identifiers import Identifier, words
from .remarks import short
from .tree import Module
from .vocabulary import ABBREVIATIONS, COUNTED

_NAMING_CALL = re.compile(
    r"^_?(get|load|read|fetch|find|compute|calculate|parse|make|build|create|query|collect|select|list|extract)_(\w{3,40})$"
)
MAX_STEM = 40


def offer(name: str) -> str:
    """The end of a message that offers `name`; nothing when there is none to offer."""
    return f"; better: `{short(name)}`" if name else ""


def snake(name: str) -> str:
    """`computeTotal` as compute_total, leading underscores kept."""
    bare = name.lstrip("_")
    return name[: len(name) - len(bare)] + "_".join(words(bare))


def capitals(name: str) -> str:
    """`order_line` as OrderLine, capitals within words kept."""
    bare = name.lstrip("_")
    parts = [part for part in bare.split("_") if part]
    return name[: len(name) - len(bare)] + "".join(part[:1].upper() + part[1:] for part in parts)


def plural(word: str) -> str:
    """An English plural: good for the words that code counts, not for all of English."""
    if word.endswith("s") or not word:
        return word
    if word.endswith(("x", "ch", "sh", "z")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        return f"{word[:-1]}ies"
    return {"person": "people", "child": "children", "index": "indices"}.get(word, f"{word}s")


def singular(word: str) -> str:
    """The one of many; empty when the word is not seen to be a plural."""
    irregular = {"people": "person", "children": "child", "indices": "index"}
    if word in irregular:
        return irregular[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return ""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("xes", "ches", "shes", "sses")) else word[:-1]


def without_type(name: str) -> str:
    """`order_list` as orders: the last word is the type. Empty where the rest is no word for things."""
    parts = snake(name).split("_")[:-1]
    if not parts or len(name) > MAX_STEM or not (parts[-1] in COUNTED or singular(parts[-1])):
        return ""
    return "_".join([*parts[:-1], plural(parts[-1])])


def from_value(identifier: Identifier) -> str:
    """`res = load_orders(path)` is called orders."""
    value = identifier.value.value if isinstance(identifier.value, ast.Await) else identifier.value
    if not isinstance(value, ast.Call):
        return ""
    called = getattr(value.func, "attr", getattr(value.func, "id", ""))
    match = _NAMING_CALL.match(called) if isinstance(called, str) else None
    return match[2] if match and match[2] != identifier.name else ""


def from_loop(module: Module, identifier: Identifier) -> str:
    """`for s in students` is called student."""
    parent = module.parents.get(identifier.node)
    if not isinstance(parent, (ast.For, ast.AsyncFor)) or parent.target is not identifier.node:
        return ""
    many = parent.iter.attr if isinstance(parent.iter, ast.Attribute) else getattr(parent.iter, "id", "")
    return singular(many) if isinstance(many, str) and len(many) <= MAX_STEM else ""


def written_out(name: str) -> str:
    """`cstmr_nm` as customer_name; empty when no word is a known abbreviation."""
    parts = [ABBREVIATIONS.get(word, word) for word in words(name)]
    return "_".join(parts) if parts != words(name) else ""
