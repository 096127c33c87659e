"""What all bodies of the API share: nothing unknown is taken, and no text that the database cannot hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Row = TypeVar("Row")

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold NUL characters")
    return text


def _sensible(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError("must lie between the years 2000 and 2200")
    return moment


Storable = AfterValidator(_storable)
Line = Annotated[str, Field(max_length=200), Storable]
"""A short text."""
Prose = Annotated[str, Field(max_length=20_000), Storable]
"""A text of some paragraphs."""
Moment = Annotated[AwareDatetime, AfterValidator(_sensible)]
"""A time with its zone, such as 2026-11-24T21:00:00Z."""


class Given(BaseModel):
    """A body that a caller sends. Unknown keys are refused: a misspelt one must not be ignored."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """A body that we answer with."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Page(Shown, Generic[Row]):
    """Some rows of a list, the newest first."""

    items: tuple[Row, ...]
    next: str | None = Field(description="Address of the next page; null on the last one.")


class ProblemAnswer(Shown):
    """Why a request was not done (RFC 9457)."""

    type: str = Field(description="Always about:blank: `status` and `title` say what it is.")
    title: str = Field(description="The kind of the problem.")
    status: int = Field(description="As in the answer.")
    detail: str = Field(description="What is wrong, and what to do next.")
    error_id: str = Field(description="What the log has about it: tell it to your administrator.")
    errors: dict[str, str] | None = Field(
        default=None, description="Field → what is wrong with it, where it can be told."
    )
