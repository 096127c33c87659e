"""Gives functions that exist already the code of a changed source, so that nothing has to be imported again."""

from __future__ import annotations

import gc
import inspect
import os
from collections import Counter
from collections.abc import Iterator
from importlib.util import decode_source
from types import CodeType, FunctionType
from typing import Any

Key = tuple[str, int]
"""Qualified name and first line of a function's code."""


class CannotSwap(Exception):
    """The change does more than to alter what functions do when they are called: the file has to be run again."""


class Functions:
    """The functions of this process that were made from the files below `root`, as they are now."""

    def __init__(self, root: str) -> None:
        self._by_path: dict[str, dict[Key, list[FunctionType]]] = {}
        self._original: dict[str, CodeType] = {}
        for found in gc.get_objects():
            if type(found) is FunctionType:
                path = os.path.normpath(found.__code__.co_filename)
                if path.startswith(f"{root}/"):
                    here = self._by_path.setdefault(path, {})
                    here.setdefault(_key(found.__code__), []).append(found)

    def prepare(self, path: str) -> None:
        """Read the file at `path` as it is now, so that it need not be read for each swap."""
        if path not in self._original:
            with open(path, "rb") as file:
                self._original[path] = _compiled(decode_source(file.read()), path)

    def swap(self, path: str, after: str) -> None:
        """Let the functions of the file at `path`, which was prepared, do what the text `after` says.

        Raises:
            CannotSwap: functions alone do not make up the difference.
            SyntaxError: `after` is not Python.
        """
        here = self._by_path.get(path)
        if here is None:
            raise CannotSwap("nothing was made from this file")
        for old, new, nested in _changed(self._original[path], _compiled(after, path)):
            functions = here.get(_key(old), [])
            if not functions and not nested:
                raise CannotSwap(f"{old.co_name} was not found")
            for function in functions:
                try:
                    function.__code__ = new
                except ValueError as error:  # it closes over other variables now
                    raise CannotSwap(str(error)) from error


def _compiled(text: str, path: str) -> CodeType:
    code: CodeType = compile(text, path, "exec", dont_inherit=True)
    return code


def _key(code: CodeType) -> Key:
    return getattr(code, "co_qualname", code.co_name), code.co_firstlineno


def _changed(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType, bool]]:
    """Old and new code of the functions that differ, and whether they lie in such a function.

    What lies in a function is made anew whenever that is called, but one that was made before, such as the wrapper that
    a decorator returned, goes on to exist.

    Raises:
        CannotSwap: as `swap`.
    """
    keys = Counter(_key(code) for code in _all(old))
    found = list(_differing(old, new, nested=False))
    for code, _, _ in found:
        if keys[_key(code)] > 1:
            raise CannotSwap(f"two functions in one line are called {code.co_name}")
    return found


def _differing(old: CodeType, new: CodeType, *, nested: bool) -> Iterator[tuple[CodeType, CodeType, bool]]:
    if not _is_function(old) and _own(old) != _own(new):
        raise CannotSwap("what runs when the file is imported differs")
    inner_old, inner_new = list(_inner(old)), list(_inner(new))
    if [code.co_name for code in inner_old] != [code.co_name for code in inner_new]:
        raise CannotSwap("other functions are made")
    for before, after in zip(inner_old, inner_new, strict=True):
        if _deep(before) != _deep(after):
            if _is_function(before):
                yield before, after, nested
            yield from _differing(before, after, nested=nested or _is_function(before))


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _all(code: CodeType) -> Iterator[CodeType]:
    for inner in _inner(code):
        yield inner
        yield from _all(inner)


def _inner(code: CodeType) -> Iterator[CodeType]:
    return (const for const in code.co_consts if isinstance(const, CodeType))


def _own(code: CodeType) -> tuple[Any, ...]:
    """All that tells two code objects apart but lines and what is nested in them."""
    consts = [
        "" if isinstance(const, CodeType) else (type(const).__name__, repr(const)) for const in code.co_consts
    ]
    return (
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_flags,
        consts,
    )


def _deep(code: CodeType) -> tuple[Any, ...]:
    return (_own(code), [_deep(inner) for inner in _inner(code)])
