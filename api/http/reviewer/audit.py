"""The audit log, read and exported. For administrators."""

from __future__ import annotations

import json
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.accounts.managing import users
from api.audit.reading import MOST_EXPORTED, Wanted, actions, exported, listing
from api.audit.tables import Entry
from api.http.access import Admin, ServiceDep, SessionDep
from api.http.csv_files import csv_text
from api.http.pages import iso, page
from api.http.reviewer.addresses import with_query

router = APIRouter(prefix="/audit")

COLUMNS: Final = (
    *("id", "at", "actor_kind", "actor_id", "actor_name", "action"),
    *("subject_kind", "subject_id", "details", "request_id"),
)
LARGEST: Final = 2**63 - 1
PAGES_OF: Final = {"submission": "/submissions/", "invitation": "/invitations/"}


class Filters(BaseModel):
    """The query of the log's address."""

    model_config = ConfigDict(extra="ignore")

    actor: str = ""
    action: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    after: int = Field(default=0, ge=0, le=LARGEST)
    before: int = Field(default=0, ge=0, le=LARGEST)

    @field_validator("actor", "action", "subject_kind", "subject_id")
    @classmethod
    def _storable(cls, text: str) -> str:
        return text.replace("\0", "").strip()[:80]

    @property
    def wanted(self) -> Wanted:
        """As the log takes it."""
        return Wanted(self.actor, self.action, self.subject_kind, self.subject_id)

    def address(self, path: str = "/audit", **changes: object) -> str:
        """The log with these filters; from its newest entry, unless `changes` names a place."""
        return with_query(path, self.model_dump(exclude={"after", "before"}) | changes)


@router.get("")
def log_page(
    request: Request, session: SessionDep, user: Admin, filters: Annotated[Filters, Query()]
) -> Response:
    """The newest entries."""
    del user
    found = listing(session, filters.wanted, after=filters.after, before=filters.before)
    people = {str(one.id): one.name for one in users(session)}
    known = {"": "anybody"} | people
    if filters.actor and filters.actor not in known:
        known[filters.actor] = filters.actor
    context = {
        "filters": filters,
        "found": found,
        "actors": known,
        "actions": {"": "anything"} | {name: name for name in actions(session)},
        "pages_of": PAGES_OF,
        "most": MOST_EXPORTED,
    }
    return page(request, "reviewer/audit.html.j2", context)


@router.get("/export.csv")
def export(
    service: ServiceDep, session: SessionDep, user: Admin, filters: Annotated[Filters, Query()]
) -> Response:
    """The entries as CSV, newest first."""
    del user
    content = csv_text(COLUMNS, (_row(entry) for entry in exported(session, filters.wanted)))
    name = f"audit-{service.now():%Y-%m-%d}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content.encode("utf-8", "replace"), media_type="text/csv; charset=utf-8", headers=headers)


def _row(entry: Entry) -> tuple[object, ...]:
    details = json.dumps(entry.details, ensure_ascii=False, sort_keys=True)
    return (
        *(entry.id, iso(entry.at), entry.actor_kind, entry.actor_id, entry.actor_name, entry.action),
        *(entry.subject_kind, entry.subject_id, details, entry.request_id),
    )
