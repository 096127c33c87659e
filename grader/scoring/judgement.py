"""What people decided about one submission. An input of scoring beside rubric and evidence, never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from grader.rubric.number import Number


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


def in_force(judgements: Iterable[Judgement]) -> dict[str, Judgement]:
    """Keep the last decision on each target; `judgements` come in the order in which they were made."""
    return {judgement.target: judgement for judgement in judgements}
