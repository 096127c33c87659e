"""Rubrics: the YAML format in which an author says what counts and how much."""

from __future__ import annotations

from grader.rubric.checks import not_announced
from grader.rubric.levels import UnknownLevel, at_level
from grader.rubric.model import Rubric
from grader.rubric.source import digest, parse

__all__ = ["Rubric", "UnknownLevel", "at_level", "digest", "not_announced", "parse"]
