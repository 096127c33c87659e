"""Every table, imported here so that the metadata is complete."""

from __future__ import annotations

from api.accounts import tables as accounts
from api.ats import tables as ats
from api.audit import tables as audit
from api.ci import tables as ci
from api.database.base import Base
from api.forges import tables as forges
from api.hooks import tables as hooks
from api.invitations import tables as invitations
from api.reviews import tables as reviews
from api.submissions import tables as submissions
from api.takehomes import tables as takehomes

__all__ = [
    "Base",
    "accounts",
    "ats",
    "audit",
    "ci",
    "forges",
    "hooks",
    "invitations",
    "reviews",
    "submissions",
    "takehomes",
]
