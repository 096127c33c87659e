"""Signatures of the other side's functions, as `inspect` wants them."""

from __future__ import annotations

import inspect
import types
from typing import Any

from . import hints
from .handles import Handle


class _Annotation:
    """An annotation that is no class, as it reads."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _annotation(note: list[Any]) -> Any:
    if not note:
        return inspect.Parameter.empty
    return _Annotation(str(note[0])) if len(note) > 1 else hints.whole(note[0])


def annotations_of(handle: Handle, target: Any) -> dict[str, Any]:
    """What the function's `__annotations__` are, out of its signature."""
    rows, result = handle.ask("sig", target)
    notes = {**{row[0]: row[4] for row in rows}, "return": result}
    return {name: _annotation(note) for name, note in notes.items() if note}


def signature(handle: Handle, target: Any) -> inspect.Signature:
    try:
        rows, result = handle.ask("sig", target)
    except (TypeError, ValueError) as error:
        raise AttributeError("__signature__") from error
    kinds = list(inspect._ParameterKind)
    parameters = [
        inspect.Parameter(
            name,
            kinds[kind],
            default=default if has_default else inspect.Parameter.empty,
            annotation=_annotation(note),
        )
        for name, kind, has_default, default, note in rows
    ]
    return inspect.Signature(parameters, return_annotation=_annotation(result))


def code_facts(facts: dict[str, Any], handle: Handle, function: Any) -> types.SimpleNamespace:
    if handle.objects.driver:
        return types.SimpleNamespace(**handle.ask("code", function))
    rows: list[Any] = handle.ask("sig", function)[0]
    names = tuple(row[0] for row in rows if row[1] in (0, 1))
    return types.SimpleNamespace(
        co_flags=facts["f"],
        co_name=facts["n"],
        co_argcount=len(names),
        co_varnames=names,
        co_kwonlyargcount=sum(row[1] == inspect.Parameter.KEYWORD_ONLY for row in rows),
        co_posonlyargcount=sum(row[1] == inspect.Parameter.POSITIONAL_ONLY for row in rows),
        co_firstlineno=1,
        co_filename="<candidate>",
    )
