"""What people decided about one submission. An input of scoring beside rubric and evidence, never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from grader.rubric.number import Number
from grader.yaml_source import load, validate


class Judgement(BaseModel):
    """One decision on one item or gate: exactly one of `choice`, `points` and `waive`.

    `points` are those of the report, that is after the criterion's weight.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str
    """Id of an item or of a gate."""
    by: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    choice: str | None = None
    """For a human item: the id of a choice."""
    points: Number | None = None
    """For any item: what it gets, whatever was measured."""
    waive: bool = False
    """For a gate: it does not bound the total."""

    @model_validator(mode="after")
    def _one_decision(self) -> Judgement:
        if (self.choice is not None) + (self.points is not None) + self.waive != 1:
            raise ValueError("a judgement holds exactly one of choice, points and waive.")
        return self


class Judgements(BaseModel):
    """A file of judgements, oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judgements: tuple[Judgement, ...]


def parse_judgements(text: str, name: str) -> tuple[Judgement, ...]:
    """Read a YAML file of judgements. `name` is how messages call the file.

    Raises:
        SourceError: something is wrong; it lists every problem with its line.
    """
    return validate(load(text, name), Judgements).judgements


def in_force(judgements: Iterable[Judgement]) -> dict[str, Judgement]:
    """Keep the last decision on each target; `judgements` come in the order in which they were made."""
    return {judgement.target: judgement for judgement in judgements}
