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
    KEY = "key"  # of an applicant tracking system, in HTTP Basic authentication: tests/api/ats


@dataclass(frozen=True)
class May:
    """Who may call."""

    kind: Kind
    role: Role = Role.REVIEWER
    scope: Scope = Scope.ADMIN


PUBLIC = May(Kind.PUBLIC)
LINK = May(Kind.LINK)
KEY = May(Kind.KEY)
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
    ("GET", "/sign-in/oidc"): PUBLIC,
    ("GET", "/sign-in/oidc/callback"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,  # or rather its own token or address: tests/api/http/test_metrics.py
    # pages: candidates
    ("GET", "/i/{token}"): LINK,
    ("POST", "/i/{token}/start"): LINK,
    ("GET", "/i/{token}/starter"): LINK,
    ("POST", "/i/{token}/submissions"): LINK,
    ("POST", "/i/{token}/uploads"): LINK,
    ("GET", "/i/{token}/uploads/{upload_id}"): LINK,
    ("PATCH", "/i/{token}/uploads/{upload_id}"): LINK,
    ("GET", "/i/{token}/uploads/{upload_id}/check"): LINK,
    ("POST", "/i/{token}/uploads/{upload_id}/finish"): LINK,
    ("GET", "/i/{token}/submissions/{submission_id}"): LINK,
    ("GET", "/i/{token}/submissions/{submission_id}/events"): LINK,
    ("GET", "/i/{token}/submissions/{submission_id}/feedback"): LINK,
    ("GET", "/i/{token}/data"): LINK,
    ("GET", "/i/{token}/delete"): LINK,
    ("POST", "/i/{token}/delete"): LINK,
    # pages: the queue and one submission
    ("POST", "/sign-out"): REVIEWER,
    ("GET", "/"): REVIEWER,
    ("GET", "/compare"): REVIEWER,
    ("GET", "/submissions/{submission_id}"): REVIEWER,
    ("GET", "/submissions/{submission_id}/code"): REVIEWER,
    ("GET", "/submissions/{submission_id}/events"): REVIEWER,
    ("GET", "/submissions/{submission_id}/history"): REVIEWER,
    ("GET", "/submissions/{submission_id}/candidate"): REVIEWER,
    ("GET", "/submissions/{submission_id}/questions"): REVIEWER,
    ("GET", "/submissions/{submission_id}/download/{what}"): REVIEWER,
    ("POST", "/submissions/{submission_id}/judgements"): REVIEWER,
    ("POST", "/submissions/{submission_id}/judgements/{judgement_id}/withdraw"): REVIEWER,
    ("POST", "/submissions/{submission_id}/comments"): REVIEWER,
    ("POST", "/submissions/{submission_id}/comments/{comment_id}/withdraw"): REVIEWER,
    ("POST", "/submissions/{submission_id}/decisions"): REVIEWER,
    ("POST", "/submissions/{submission_id}/cancel"): AUTHOR,
    ("POST", "/submissions/{submission_id}/grade-again"): AUTHOR,
    ("POST", "/submissions/{submission_id}/regrade"): AUTHOR,
    # pages: take-homes and changes
    ("GET", "/take-homes"): REVIEWER,
    ("GET", "/take-homes/publish"): AUTHOR,
    ("POST", "/take-homes/publish"): AUTHOR,
    ("GET", "/take-homes/{name}"): REVIEWER,
    ("GET", "/take-homes/{name}/versions"): REVIEWER,
    ("GET", "/take-homes/{name}/versions/{number}"): REVIEWER,
    ("POST", "/take-homes/{name}/versions/{number}/check"): AUTHOR,
    ("POST", "/take-homes/{name}/versions/{number}/try"): AUTHOR,
    ("POST", "/take-homes/{name}/versions/{number}/waive"): ADMIN,
    ("GET", "/take-homes/{name}/rubric"): AUTHOR,
    ("POST", "/take-homes/{name}/rubric"): AUTHOR,
    ("POST", "/take-homes/{name}/rubric/validate"): AUTHOR,
    ("POST", "/take-homes/{name}/settings"): AUTHOR,
    ("POST", "/take-homes/{name}/archive"): AUTHOR,
    ("POST", "/take-homes/{name}/restore"): AUTHOR,
    ("GET", "/changes/{change_id}"): REVIEWER,
    ("POST", "/changes/{change_id}/apply"): AUTHOR,
    ("POST", "/changes/{change_id}/drop"): AUTHOR,
    ("POST", "/changes/{change_id}/try"): AUTHOR,
    # pages: invitations
    ("GET", "/invitations"): REVIEWER,
    ("GET", "/invitations/new"): REVIEWER,
    ("POST", "/invitations/new"): REVIEWER,
    ("GET", "/invitations/export"): REVIEWER,
    ("GET", "/invitations/import"): REVIEWER,
    ("POST", "/invitations/import"): REVIEWER,
    ("GET", "/invitations/{invitation_id}"): REVIEWER,
    ("POST", "/invitations/{invitation_id}/extend"): REVIEWER,
    ("POST", "/invitations/{invitation_id}/link"): REVIEWER,
    ("POST", "/invitations/{invitation_id}/remind"): REVIEWER,
    ("POST", "/invitations/{invitation_id}/revoke"): REVIEWER,
    # pages: the account, people, tokens, audit log
    ("GET", "/account"): REVIEWER,
    ("POST", "/account/password"): REVIEWER,
    ("POST", "/account/sessions"): REVIEWER,
    ("GET", "/people"): ADMIN,
    ("POST", "/people"): ADMIN,
    ("POST", "/people/{user_id}/disable"): ADMIN,
    ("POST", "/people/{user_id}/enable"): ADMIN,
    ("POST", "/people/{user_id}/link"): ADMIN,
    ("POST", "/people/{user_id}/role"): ADMIN,
    ("GET", "/tokens"): ADMIN,
    ("POST", "/tokens"): ADMIN,
    ("POST", "/tokens/{token_id}/revoke"): ADMIN,
    ("GET", "/audit"): ADMIN,
    ("GET", "/audit/export.csv"): ADMIN,
    # pages: webhooks
    ("GET", "/webhooks"): ADMIN,
    ("POST", "/webhooks"): ADMIN,
    ("GET", "/webhooks/new"): ADMIN,
    ("GET", "/webhooks/{endpoint_id}"): ADMIN,
    ("GET", "/webhooks/{endpoint_id}/edit"): ADMIN,
    ("POST", "/webhooks/{endpoint_id}/edit"): ADMIN,
    ("POST", "/webhooks/{endpoint_id}/enable"): ADMIN,
    ("POST", "/webhooks/{endpoint_id}/disable"): ADMIN,
    ("POST", "/webhooks/{endpoint_id}/remove"): ADMIN,
    ("POST", "/webhooks/{endpoint_id}/resend"): ADMIN,
    ("POST", "/webhooks/{endpoint_id}/rotate"): ADMIN,
    ("POST", "/webhooks/{endpoint_id}/test"): ADMIN,
    ("GET", "/webhooks/{endpoint_id}/deliveries/{delivery_id}"): ADMIN,
    ("POST", "/webhooks/{endpoint_id}/deliveries/{delivery_id}/resend"): ADMIN,
    # pages: forges, and where these deliver
    ("POST", "/hooks/in/{connection_id}"): PUBLIC,  # or rather a signature: tests/api/forges
    ("GET", "/forges"): ADMIN,
    ("POST", "/forges"): ADMIN,
    ("GET", "/forges/new"): ADMIN,
    ("GET", "/forges/{connection_id}"): ADMIN,
    ("GET", "/forges/{connection_id}/edit"): ADMIN,
    ("POST", "/forges/{connection_id}/edit"): ADMIN,
    ("POST", "/forges/{connection_id}/remove"): ADMIN,
    ("POST", "/forges/{connection_id}/rotate"): ADMIN,
    # pages: pipelines, applicant tracking systems
    ("GET", "/pipelines"): ADMIN,
    ("POST", "/pipelines"): ADMIN,
    ("GET", "/pipelines/new"): ADMIN,
    ("POST", "/pipelines/credentials"): ADMIN,
    ("GET", "/pipelines/credentials/new"): ADMIN,
    ("POST", "/pipelines/credentials/{credential_id}/remove"): ADMIN,
    ("GET", "/pipelines/{pipeline_id}"): ADMIN,
    ("POST", "/pipelines/{pipeline_id}/revoke"): ADMIN,
    ("POST", "/pipelines/{pipeline_id}/rotate"): ADMIN,
    ("GET", "/ats"): ADMIN,
    ("POST", "/ats"): ADMIN,
    ("GET", "/ats/new"): ADMIN,
    ("GET", "/ats/{ats_id}"): ADMIN,
    ("POST", "/ats/{ats_id}/revoke"): ADMIN,
    ("POST", "/ats/{ats_id}/rotate"): ADMIN,
    ("POST", "/invitations/{invitation_id}/repository"): REVIEWER,
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
    ("GET", "/api/v1/invitations/export"): INVITE,
    ("POST", "/api/v1/invitations/import"): INVITE,
    # API: reviews
    ("GET", "/api/v1/submissions/{submission_id}/judgements"): READ,
    ("POST", "/api/v1/submissions/{submission_id}/judgements"): REVIEW,
    ("DELETE", "/api/v1/submissions/{submission_id}/judgements/{judgement_id}"): REVIEW,
    ("GET", "/api/v1/submissions/{submission_id}/comments"): READ,
    ("POST", "/api/v1/submissions/{submission_id}/comments"): REVIEW,
    ("DELETE", "/api/v1/submissions/{submission_id}/comments/{comment_id}"): REVIEW,
    ("GET", "/api/v1/submissions/{submission_id}/decisions"): READ,
    ("POST", "/api/v1/submissions/{submission_id}/decisions"): REVIEW,
    # API: forges
    ("GET", "/api/v1/forge-connections"): ALL,
    ("POST", "/api/v1/forge-connections"): ALL,
    ("GET", "/api/v1/forge-connections/{connection_id}"): ALL,
    ("PATCH", "/api/v1/forge-connections/{connection_id}"): ALL,
    ("DELETE", "/api/v1/forge-connections/{connection_id}"): ALL,
    ("POST", "/api/v1/forge-connections/{connection_id}/rotate"): ALL,
    ("GET", "/api/v1/forge-connections/{connection_id}/deliveries"): ALL,
    ("GET", "/api/v1/invitations/{invitation_id}/repository"): INVITE,
    ("PUT", "/api/v1/invitations/{invitation_id}/repository"): INVITE,
    ("DELETE", "/api/v1/invitations/{invitation_id}/repository"): INVITE,
    # API: webhooks
    ("POST", "/api/v1/ci/submissions"): SUBMIT,  # or a signature: tests/api/http/v1/test_ci.py
    ("GET", "/api/v1/ci/submissions/{request_id}"): SUBMIT,
    ("GET", "/api/v1/ci/submissions/{request_id}/report"): SUBMIT,
    ("GET", "/api/v1/ci/connections"): ALL,
    ("POST", "/api/v1/ci/connections"): ALL,
    ("POST", "/api/v1/ci/connections/{pipeline_id}/rotate"): ALL,
    ("DELETE", "/api/v1/ci/connections/{pipeline_id}"): ALL,
    ("GET", "/api/v1/ci/credentials"): ALL,
    ("PUT", "/api/v1/ci/credentials"): ALL,
    ("DELETE", "/api/v1/ci/credentials/{credential_id}"): ALL,
    ("GET", "/api/v1/ats/greenhouse/list_tests"): KEY,
    ("POST", "/api/v1/ats/greenhouse/send_test"): KEY,
    ("GET", "/api/v1/ats/greenhouse/test_status"): KEY,
    ("POST", "/api/v1/ats/greenhouse/response_error"): KEY,
    ("GET", "/api/v1/ats/connections"): ALL,
    ("POST", "/api/v1/ats/connections"): ALL,
    ("POST", "/api/v1/ats/connections/{ats_id}/rotate"): ALL,
    ("DELETE", "/api/v1/ats/connections/{ats_id}"): ALL,
    ("GET", "/api/v1/webhooks"): ALL,
    ("POST", "/api/v1/webhooks"): ALL,
    ("GET", "/api/v1/webhooks/{endpoint_id}"): ALL,
    ("PATCH", "/api/v1/webhooks/{endpoint_id}"): ALL,
    ("DELETE", "/api/v1/webhooks/{endpoint_id}"): ALL,
    ("POST", "/api/v1/webhooks/{endpoint_id}/resend"): ALL,
    ("POST", "/api/v1/webhooks/{endpoint_id}/rotate"): ALL,
    ("POST", "/api/v1/webhooks/{endpoint_id}/test"): ALL,
    ("GET", "/api/v1/webhooks/{endpoint_id}/deliveries"): ALL,
    ("GET", "/api/v1/webhooks/{endpoint_id}/deliveries/{delivery_id}"): ALL,
    ("POST", "/api/v1/webhooks/{endpoint_id}/deliveries/{delivery_id}/resend"): ALL,
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
