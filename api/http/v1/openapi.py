"""The OpenAPI document: descriptions, security schemes, and the one shape of all problems."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.v1.shapes import ProblemAnswer

ABOUT: Final = """
Send submissions, follow their grading, read reports, invite candidates, and record what people decide.

Send a token with every request: `Authorization: Bearer tgr_…`. Administrators make tokens and choose their scopes.
Every error is `application/problem+json` with an `error_id` that is in the service's log.
Unknown parameters and unknown keys are refused. docs/api.md of the project has examples.
"""
TAGS: Final = [
    {"name": "Submissions", "description": "Sending code, following its grading, reading its report."},
    {"name": "CI", "description": "What pipelines send and follow, and how those that sign are recognised."},
    {"name": "ATS", "description": "Applicant tracking systems: Greenhouse's contract, and their keys."},
    {"name": "Take-homes", "description": "What candidates are given, and the rubric it is scored with."},
    {"name": "Invitations", "description": "Private links for candidates."},
    {"name": "Reviews", "description": "What people decide: judgements, comments, verdicts."},
    {"name": "Webhooks", "description": "Events sent to your systems, and the log of their deliveries."},
    {"name": "Forges", "description": "GitHub, GitLab, Gitea and Forgejo: whose pushes are submissions."},
]
SCHEMES: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token with scopes, made by an administrator.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "With webhook-id and webhook-timestamp, as Standard Webhooks says, and ?connection=ID.",
    },
    "key": {
        "type": "http",
        "scheme": "basic",
        "description": "The key of an applicant tracking system, as the user; the password is empty.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "The session of a signed-in person, for pages (over https the name is `__Host-session`).",
    },
}


def describe(app: FastAPI) -> None:
    """Let `app` answer with the document that this module makes."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the way that FastAPI documents


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title, version=app.version, description=ABOUT.strip(), routes=app.routes, tags=TAGS
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = ProblemAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["securitySchemes"] = SCHEMES
    made["security"] = [{"token": []}, {"session": []}]
    return made
