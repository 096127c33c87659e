"""Who may call what: one line for each route of the application. test_access.py tries each as every caller.

A new route needs a line here. Parameters of its path need a value in `test_access.World.values`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from api.accounts.keys import Scope
from api.accounts.tables import Role


class Kind(StrEnum):
    """What opens a route."""

    PUBLIC = "public"
    ROLE = "role"  # a session of a user with this role or a higher one
    SCOPE = "scope"  # a token with this scope, or a session of a user whose role includes it
    LINK = "link"  # the secret in the path


@dataclass(frozen=True)
class May:
    """Who may call."""

    kind: Kind
    role: Role = Role.REVIEWER
    scope: Scope = Scope.ADMIN


PUBLIC = May(Kind.PUBLIC)
LINK = May(Kind.LINK)
REVIEWER, AUTHOR, ADMIN = (May(Kind.ROLE, role=role) for role in Role)
SUBMIT, READ, INVITE, PUBLISH, TAKEHOMES, REVIEW, ALL = (May(Kind.SCOPE, scope=scope) for scope in Scope)

TABLE: dict[tuple[str, str], May] = {
    # health
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    # pages: everybody
    ("GET", "/static/{digest}/{name}"): PUBLIC,
    ("GET", "/sign-in"): PUBLIC,
    ("POST", "/sign-in"): PUBLIC,
    ("GET", "/enter/{token}"): LINK,
    ("POST", "/enter/{token}"): LINK,
    # pages: reviewers
    ("POST", "/sign-out"): REVIEWER,
    ("GET", "/submissions/{submission_id}/events"): REVIEWER,
    # API: its documentation
    ("GET", "/api/v1/openapi.json"): PUBLIC,
    ("GET", "/api/v1/docs"): PUBLIC,
    # API: submissions
    ("POST", "/api/v1/take-homes/{name}/submissions"): SUBMIT,
    ("GET", "/api/v1/submissions"): READ,
    ("GET", "/api/v1/submissions/{submission_id}"): READ,
    ("POST", "/api/v1/submissions/{submission_id}/cancel"): SUBMIT,
    ("POST", "/api/v1/submissions/{submission_id}/regrade"): SUBMIT,
    ("GET", "/api/v1/submissions/{submission_id}/report"): READ,
    ("GET", "/api/v1/submissions/{submission_id}/candidate-report"): READ,
    ("GET", "/api/v1/submissions/{submission_id}/archive"): READ,
    ("GET", "/api/v1/submissions/{submission_id}/events"): READ,
    # API: take-homes
    ("GET", "/api/v1/take-homes"): TAKEHOMES,
    ("POST", "/api/v1/take-homes"): PUBLISH,
    ("GET", "/api/v1/take-homes/{name}"): TAKEHOMES,
    ("GET", "/api/v1/take-homes/{name}/versions"): TAKEHOMES,
    ("GET", "/api/v1/take-homes/{name}/rubrics"): TAKEHOMES,
    ("GET", "/api/v1/take-homes/{name}/rubrics/{number}"): TAKEHOMES,
    ("POST", "/api/v1/take-homes/{name}/rubrics"): PUBLISH,
    # API: invitations
    ("GET", "/api/v1/invitations"): INVITE,
    ("POST", "/api/v1/invitations"): INVITE,
    ("GET", "/api/v1/invitations/{invitation_id}"): INVITE,
    ("POST", "/api/v1/invitations/{invitation_id}/revoke"): INVITE,
    ("POST", "/api/v1/invitations/{invitation_id}/extend"): INVITE,
    # API: reviews
    ("GET", "/api/v1/submissions/{submission_id}/judgements"): READ,
    ("POST", "/api/v1/submissions/{submission_id}/judgements"): REVIEW,
    ("DELETE", "/api/v1/submissions/{submission_id}/judgements/{judgement_id}"): REVIEW,
    ("GET", "/api/v1/submissions/{submission_id}/comments"): READ,
    ("POST", "/api/v1/submissions/{submission_id}/comments"): REVIEW,
    ("DELETE", "/api/v1/submissions/{submission_id}/comments/{comment_id}"): REVIEW,
    ("GET", "/api/v1/submissions/{submission_id}/decisions"): READ,
    ("POST", "/api/v1/submissions/{submission_id}/decisions"): REVIEW,
}

FORMS: dict[tuple[str, str], dict[str, str]] = {
    ("POST", "/enter/{token}"): {"password": "correct horse battery"},
}
"""What a form needs before a route looks at who sends it."""

SCOPES_OF_ROLE: dict[Role, set[Scope]] = {
    Role.REVIEWER: {Scope.READ, Scope.TAKEHOMES, Scope.INVITE, Scope.REVIEW},
    Role.AUTHOR: {Scope.READ, Scope.TAKEHOMES, Scope.INVITE, Scope.REVIEW, Scope.SUBMIT, Scope.PUBLISH},
    Role.ADMIN: set(Scope),
}
"""What a signed-in user may do through the API; written down here once more on purpose."""
