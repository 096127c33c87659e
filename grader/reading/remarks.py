"""The plain values that facts are made of, shaped like the models in `grader.evidence`."""

from __future__ import annotations

import ast
from typing import Any

from .limits import MAX_NAME_CHARACTERS, cut

Remark = dict[str, Any]
"""A `grader.evidence.Finding` as a JSON object."""


def place(path: str, line: int, column: int | None = None, end_line: int | None = None) -> dict[str, Any]:
    """A `grader.evidence.Place`; lines and columns count from 1."""
    spot: dict[str, Any] = {"path": path, "line": max(1, line)}
    if column is not None:
        spot["column"] = max(1, column)
    if end_line is not None:
        spot["end_line"] = max(1, line, end_line)
    return spot


def remark(tool: str, rule: str, spot: dict[str, Any], message: str, url: str | None = None) -> Remark:
    """A finding of `tool` at `spot`."""
    return {
        "tool": tool,
        "rule": rule,
        "place": spot,
        "message": cut(message),
        "from_starter": False,
        "url": url,
    }


def remark_at(tool: str, rule: str, path: str, node: ast.AST, message: str) -> Remark:
    """A finding at a syntax node that has a position (statements, expressions, arguments, handlers)."""
    line = getattr(node, "lineno", 1)
    column = getattr(node, "col_offset", 0) + 1
    return remark(tool, rule, place(path, line, column, getattr(node, "end_lineno", None)), message)


def short(name: str) -> str:
    """An identifier or file name that fits into a message."""
    return cut(name, MAX_NAME_CHARACTERS)
