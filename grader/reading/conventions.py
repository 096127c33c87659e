"""How names are written: PEP 8, and who may depart from it."""

from __future__ import annotations

import ast
import re

from .identifiers import Identifier
from .tree import Module
from .vocabulary import TEST_HOOKS

_MIXED = re.compile(r"^_*[a-z][a-z0-9]*[A-Z]")
C_TYPES = frozenset({"Structure", "Union", "BigEndianStructure", "LittleEndianStructure"})
_LIKE_FUNCTIONS = frozenset({"__call__", "__get__", "__enter__", "__aenter__"})
"""Methods of objects that are called, read or entered rather than handled."""


def broken_convention(identifier: Identifier) -> str | None:
    """What the name should look like, when it does not."""
    name, role = identifier.name, identifier.role
    if role == "class":
        bare = name.lstrip("_")
        wrong = bool(bare) and ("_" in bare or bare[0].islower())
        return "classes are written LikeThis" if wrong else None
    if role in {"function", "method"}:
        if name in TEST_HOOKS or name.startswith(("visit_", "do_", "leave_", "depart_", "test")):
            return None
        return "functions are written like_this" if _MIXED.match(name) else None
    if role in {"parameter", "variable", "loop", "attribute", "global"} and name not in TEST_HOOKS:
        return "variables are written like_this" if _MIXED.match(name) else None
    return None


def named_otherwise(module: Module) -> set[ast.AST]:
    """Nodes whose name may have been given by somebody else: methods and fields of derived classes (base classes,
    wire formats, C structures), and such classes when they are written in capitals.
    """
    found: set[ast.AST] = set()
    for function in module.functions:
        if function.owner is not None and (function.owner.bases or function.owner.keywords):
            found.update([function.node, *function.parameters()])
    found.update(_called_like_functions(module))
    for made in module.find(ast.ClassDef):
        if made.bases or made.keywords:
            fields = [node for node in made.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
            found.update(
                target
                for node in fields
                for target in getattr(node, "targets", [getattr(node, "target", node)])
            )
            of_c = any(getattr(base, "attr", getattr(base, "id", "")) in C_TYPES for base in made.bases)
            if made.name.isupper() or of_c:
                found.add(made)
    return found


def _called_like_functions(module: Module) -> set[ast.AST]:
    """Classes whose objects are called, entered or described, and what is derived from them: PEP 8 lets these be
    written like functions.
    """
    names = {
        function.owner.name
        for function in module.functions
        if function.owner and function.simple_name in _LIKE_FUNCTIONS
    }
    found: set[ast.AST] = set()
    for made in module.find(ast.ClassDef):  # in source order, so bases come first
        if made.name in names or any(getattr(base, "id", "") in names for base in made.bases):
            names.add(made.name)
            if made.name.islower():
                found.add(made)
    return found
