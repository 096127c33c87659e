"""The rubric editor: problems as one types, what-if scores over past submissions, and saving as a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.accounts.people import actor_of
from api.http.access import Author, ServiceDep, SessionDep
from api.http.errors import request_id_of
from api.http.pages import page
from api.http.reviewer.blind import caller_of_names
from api.reviews.changes import propose
from api.reviews.what_if import LAST, WhatIf, what_if
from api.takehomes.publishing import add_rubric
from api.takehomes.reading import by_name
from api.takehomes.tables import RubricVersion, Takehome
from api.takehomes.versions import brief_of, rubric_numbered
from grader.library import built_in
from grader.rubric import Rubric, not_announced, parse
from grader.yaml_source import MAX_CHARACTERS, Problem, SourceError

router = APIRouter()

NAME: Final = "rubric.yaml"
SHOWN: Final = 25
"""Moves that are listed below the editor."""
Text = Annotated[str, Form(max_length=2 * MAX_CHARACTERS)]


@dataclass(frozen=True)
class Findings:
    """What was found about a text."""

    problems: tuple[Problem, ...]
    rubric: Rubric | None
    """None: it is no rubric."""

    @property
    def fine(self) -> bool:
        """Whether it can be saved."""
        return not self.problems


def findings(text: str, brief: str) -> Findings:
    """Read a rubric, and hold each criterion against the brief: only what the brief said is scored."""
    try:
        rubric = parse(text, NAME, built_in())
    except SourceError as error:
        return Findings(error.problems, None)
    silent = [
        Problem(
            _line_of(text, criterion.announced),
            f"criterion {criterion.id}",
            "quotes a sentence that the brief does not hold.",
            "Quote the one that is there, or publish a brief with the sentence first.",
        )
        for criterion in not_announced(rubric, brief)
    ]
    return Findings(tuple(sorted(silent, key=lambda problem: problem.line)), rubric)


def _line_of(text: str, wanted: str) -> int:
    """The line with the first words of `wanted`; 1 where they are spread over several."""
    start = wanted[:40]
    return next((number for number, line in enumerate(text.splitlines(), 1) if start in line), 1)


@router.get("/take-homes/{name}/rubric")
def editor_page(
    request: Request,
    session: SessionDep,
    user: Author,
    name: str,
    version: Annotated[int | None, Query()] = None,
) -> Response:
    """The editor, with the rubric in force or the version that is asked for."""
    del user
    takehome = by_name(session, name)
    rubric = rubric_numbered(session, takehome, version)
    return _editor(request, session, takehome, rubric.text)


def _editor(
    request: Request,
    session: Session,
    takehome: Takehome,
    text: str,
    found: Findings | None = None,
    moves: WhatIf | None = None,
    status: int = 200,
) -> Response:
    context = {
        "takehome": takehome,
        "in_force": session.get_one(RubricVersion, takehome.rubric_id),
        "text": text,
        "found": found,
        "moves": moves,
        "called": caller_of_names(request),
        "last": LAST,
        "shown": SHOWN,
    }
    return page(request, "reviewer/changes/rubric.html.j2", context, status=status)


@router.post("/take-homes/{name}/rubric/validate")
def validate_now(
    request: Request,
    session: SessionDep,
    user: Author,
    name: str,
    text: Text = "",
    part: Annotated[bool, Query()] = False,  # noqa: FBT002 -- a query parameter
    scores: Annotated[bool, Query()] = True,  # noqa: FBT002
) -> Response:
    """Problems of a text, and with `scores` what it would do. `part`: only the findings, for the script."""
    del user
    takehome = by_name(session, name)
    text = _plain(text)
    found = findings(text, brief_of(session, takehome))
    moves = what_if(session, takehome, found.rubric) if scores and found.rubric is not None else None
    if part:
        context = {
            "found": found,
            "moves": moves,
            "called": caller_of_names(request),
            "last": LAST,
            "shown": SHOWN,
        }
        return page(request, "reviewer/changes/findings.html.j2", context)
    return _editor(request, session, takehome, text, found, moves)


@router.post("/take-homes/{name}/rubric")
def save_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Author,
    name: str,
    text: Text = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Keep the text as a version and try it; never into force past a dry run, unless nothing was graded."""
    takehome = by_name(session, name)
    text = _plain(text)
    found = findings(text, brief_of(session, takehome))
    if not found.fine:
        return _editor(request, session, takehome, text, found, status=422)
    by, now = actor_of(user, request_id_of(request)), service.now()
    rubric = add_rubric(session, takehome, text, by, now, note=note.strip())
    if rubric.id == takehome.rubric_id:
        return RedirectResponse(f"/take-homes/{name}/versions", 303)
    change = propose(session, service.queue, takehome, by, now, rubric=rubric)
    return RedirectResponse(f"/changes/{change.id}" if change else f"/take-homes/{name}/versions", 303)


def _plain(text: str) -> str:
    """Undo what forms do to the ends of lines."""
    return text.replace("\r\n", "\n")
