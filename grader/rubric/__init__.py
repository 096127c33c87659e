"""Rubrics: the YAML format in which an author says what counts and how much."""

from __future__ import annotations

from grader.rubric.checks import levels_not_announced, not_announced
from grader.rubric.levels import UnknownLevel, at_level
from grader.rubric.library import Library
from grader.rubric.model import Rubric
from grader.rubric.source import digest, parse
from grader.rubric.uses import self_contained

__all__ = [
    "Library",
    "Rubric",
    "UnknownLevel",
    "at_level",
    "digest",
    "levels_not_announced",
    "not_announced",
    "parse",
    "self_contained",
]
