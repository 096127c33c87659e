"""Evidence in the database: stored once as compressed JSON, and scored whenever a report is wanted."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from grader.evidence import Evidence
from grader.report import Report
from grader.rubric import Rubric, parse
from grader.scoring import Judgement, Scorer

LEVEL: Final = 6


def stored(evidence: Evidence) -> bytes:
    """The bytes that are kept."""
    return zlib.compress(evidence.model_dump_json().encode(), LEVEL)


def loaded(data: bytes) -> Evidence:
    """The evidence in stored bytes. They are ours: nothing in them is trusted beyond its type all the same."""
    return Evidence.model_validate_json(zlib.decompress(data))


@lru_cache(maxsize=256)
def rubric_of(text: str) -> Rubric:
    """The rubric in a text. Each text is parsed once.

    Raises:
        SourceError: it is none; only of what is not stored yet.
    """
    return parse(text, "rubric.yaml")


@lru_cache(maxsize=256)
def scorer_of(rubric_text: str, level: str | None) -> Scorer:
    """Scores with a rubric whose text was checked when it was stored.

    Raises:
        UnknownLevel: the rubric has no such seniority level.
    """
    return Scorer(rubric_of(rubric_text), level)


def report_of(
    data: bytes, rubric_text: str, level: str | None, judgements: Sequence[Judgement] = ()
) -> Report:
    """The report of stored evidence: the same arguments give the same report, byte for byte."""
    return scorer_of(rubric_text, level).score(loaded(data), judgements)
