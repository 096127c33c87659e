"""What of a submission was already in the starter: nobody pays for code that they were given.

A line belongs to the starter when the difference between the two files of the same path leaves it alone, or
when it lies in a function whose text is, unchanged, in any file of the starter (it may have moved).
"""

from __future__ import annotations

import difflib
import hashlib
import textwrap
from collections.abc import Mapping

from .limits import MAX_DIFF_CELLS
from .source import Refused, prepare
from .tree import Function, Module, parse


class Starter:
    """The code that the candidate was given."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """`files`: path → text. Trusted to be honest; what does not parse has no functions."""
        self._lines = {path: _normalised(text) for path, text in files.items()}
        self._functions: set[bytes] = set()
        for path, text in files.items():
            if path.endswith(".py"):
                self._functions |= _function_hashes(path, text)

    def functions(self, module: Module) -> set[Function]:
        """Functions of `module` that are in the starter as they are."""
        if not self._functions:
            return set()
        return {function for function in module.functions if _hash(module, function) in self._functions}

    def lines(self, module: Module) -> set[int]:
        """Line numbers of `module` that come from the starter."""
        given: set[int] = set()
        for function in self.functions(module):
            given.update(range(function.start, function.end + 1))
        before = self._lines.get(module.path)
        if before is not None:
            given |= _unchanged(before, _normalised(module.source.text))
        return given


def _normalised(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def _unchanged(before: list[str], after: list[str]) -> set[int]:
    """Line numbers (from 1) of `after` that a line-by-line difference leaves alone."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    given = {*range(1, head + 1), *range(len(after) - tail + 1, len(after) + 1)}
    left, right = before[head : len(before) - tail], after[head : len(after) - tail]
    if left and right and len(left) * len(right) <= MAX_DIFF_CELLS:
        matcher = difflib.SequenceMatcher(lambda line: not line, left, right, autojunk=False)
        for _, start, size in matcher.get_matching_blocks():
            given.update(range(head + start + 1, head + start + size + 1))
    return given


def _function_hashes(path: str, text: str) -> set[bytes]:
    try:
        module = parse(prepare(path, text.encode()), is_test=False)
    except Refused:
        return set()  # a starter may be broken on purpose (find the bug); its lines still count
    return {_hash(module, function) for function in module.functions}


def _hash(module: Module, function: Function) -> bytes:
    """Of the function's text without outer indentation, blank lines and trailing blanks."""
    lines = module.source.lines[function.start - 1 : function.end]
    text = textwrap.dedent("\n".join(line.rstrip() for line in lines if line.strip()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
