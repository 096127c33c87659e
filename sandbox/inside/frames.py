"""Callbacks that look at the call stack see the candidate's functions on it, by name and file.

A test double may ask who called it (`inspect.stack()`). The caller is in another process, so its frames are told
and acted out: functions with those names, which do nothing but call on. Only suites that look pay for it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

SIGNS = (b"currentframe", b"getouterframes", b"_getframe", b"inspect.stack", b"extract_stack", b"walk_stack")
"""What a suite that asks for frames has in its text."""

_MOST = 20
_NAME = 200


def within(frames: Sequence[tuple[str, str]], work: Callable[[], Any]) -> Any:
    """Do `work` below one call for each (function, file) of `frames`, outermost first."""
    for name, file in reversed(frames[-_MOST:]):
        work = _stage(work, name[:_NAME], file[:_NAME])
    return work()


def _stage(work: Callable[[], Any], name: str, file: str) -> Callable[[], Any]:
    def call() -> Any:
        return work()

    code = call.__code__.replace(co_name=name, co_filename=file)
    return types.FunctionType(code, {}, name, None, call.__closure__)
