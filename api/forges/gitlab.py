"""GitLab, hosted or self-managed: deliveries with a token or a signature, commit statuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from api.fetching import Login
from api.forges.client import ForgeClient, ForgeFailed
from api.forges.interface import (
    COMMAND,
    CONTEXT,
    Access,
    Headers,
    Ignored,
    Payload,
    Phase,
    Place,
    Reading,
    Rerun,
    Status,
    Target,
    Trigger,
    Wanted,
)
from api.forges.payloads import NO_COMMIT, Branch, Name, Number, Part, Sha, branch_of, parsed
from api.forges.signatures import is_secret, standard_webhook_fits

_STATES: Final = {
    Phase.PENDING: "pending",
    Phase.RUNNING: "running",
    Phase.SUCCESS: "success",
    Phase.FAILURE: "failed",
    Phase.ERROR: "failed",  # there is no other word; the description says whose fault it is
    Phase.CANCELLED: "canceled",
}
SAME_AGAIN: Final = "Cannot transition status"
"""How GitLab refuses a status that the commit has already."""


class Project(Part):
    id: Number
    path_with_namespace: Name
    default_branch: Branch | None = None

    @property
    def place(self) -> Place:
        return Place(self.path_with_namespace, str(self.id), self.default_branch or "")


class OfProject(Part):
    project: Project


class Push(OfProject):
    ref: str
    after: Sha


class Commit(Part):
    id: Sha


class Merge(Part):
    """What a merge request is at the moment."""

    action: str = ""
    oldrev: str | None = None
    """There where an update brings commits."""
    last_commit: Commit
    target_branch: Branch
    source_project_id: Number | None = None
    target_project_id: Number


class MergeRequest(OfProject):
    object_attributes: Merge


class Run(Part):
    status: str
    sha: Sha
    ref: Branch
    tag: bool = False


class Pipeline(OfProject):
    object_attributes: Run


class Comment(Part):
    note: str
    noteable_type: str = ""
    commit_id: Sha | None = None


class Commented(Part):
    """The merge request that a comment is about."""

    last_commit: Commit


class Note(OfProject):
    object_attributes: Comment
    merge_request: Commented | None = None


class GitLab:
    """See `Forge`."""

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        """See `Forge.verify`: `webhook-signature` where it is there, and `X-Gitlab-Token` otherwise.

        A token says who sends, and nothing about the body; TLS has to do that.
        """
        if "webhook-signature" in headers:
            return standard_webhook_fits(headers, body, secrets, now)
        return is_secret(headers.get("x-gitlab-token", ""), secrets)

    def delivery_id(self, headers: Headers) -> str:
        """See `Forge.delivery_id`: the signed one, the one that retries keep (17.4), or that of older releases."""
        names = ("webhook-id", "idempotency-key", "x-gitlab-event-uuid")
        return next((headers[name] for name in names if headers.get(name)), "")

    def event(self, headers: Headers) -> str:
        """See `Forge.event`."""
        return headers.get("x-gitlab-event", "")

    def read(self, event: str, payload: Payload) -> Reading:
        """See `Forge.read`. System hooks have one name for all events: the payload's own kind counts."""
        del event
        kind = payload.get("object_kind") or payload.get("event_name")
        reader = {"push": _pushed, "merge_request": _merge_request, "pipeline": _pipeline, "note": _note}.get(
            str(kind)
        )
        return (
            reader(payload)
            if reader
            else Ignored("Nothing is done with this kind of event.", _place(payload))
        )

    def credential(self, client: ForgeClient, access: Access, target: Target) -> Login | None:
        """See `Forge.credential`."""
        del client, target
        return Login("oauth2", access.token) if access.token else None

    def answer(self, client: ForgeClient, access: Access, target: Target, status: Status) -> str:
        """See `Forge.answer`."""
        body: dict[str, Any] = {
            "state": _STATES[status.phase],
            "name": CONTEXT,
            "description": status.title,
        }
        if status.url:
            body["target_url"] = status.url
        if target.branch:
            body["ref"] = target.branch
        url = f"{access.api_url}/projects/{quote(target.name, safe='')}/statuses/{target.commit}"
        try:
            client.send("POST", url, {"private-token": access.token}, body)
        except ForgeFailed as error:
            if error.status != 400 or SAME_AGAIN not in error.said:
                raise
        return ""


def _place(payload: Payload) -> Place | None:
    found = parsed(OfProject, payload)
    return None if isinstance(found, Ignored) else found.project.place


def _pushed(payload: Payload) -> Reading:
    event = parsed(Push, payload)
    if isinstance(event, Ignored):
        return event
    place, branch = event.project.place, branch_of(event.ref)
    if event.after == NO_COMMIT:
        return Ignored("A branch was deleted.", place)
    if branch is None:
        return Ignored("What was pushed is no branch.", place)
    return Wanted(place, event.after, branch, Trigger.PUSH)


def _merge_request(payload: Payload) -> Reading:
    event = parsed(MergeRequest, payload)
    if isinstance(event, Ignored):
        return event
    place, merge = event.project.place, event.object_attributes
    if merge.action not in {"open", "reopen"} and not (merge.action == "update" and merge.oldrev):
        return Ignored("This brings no new commit of a merge request.", place)
    fork = merge.source_project_id != merge.target_project_id
    return Wanted(place, merge.last_commit.id, merge.target_branch, Trigger.PULL_REQUEST, fork)


def _pipeline(payload: Payload) -> Reading:
    event = parsed(Pipeline, payload)
    if isinstance(event, Ignored):
        return event
    place, run = event.project.place, event.object_attributes
    if run.status != "success" or run.tag:
        return Ignored("The pipeline of a branch has not succeeded (yet).", place)
    return Wanted(place, run.sha, run.ref, Trigger.CI)


def _note(payload: Payload) -> Reading:
    event = parsed(Note, payload)
    if isinstance(event, Ignored):
        return event
    place, note = event.project.place, event.object_attributes
    if note.note.strip() == COMMAND:
        if note.noteable_type == "MergeRequest" and event.merge_request is not None:
            return Rerun(place, event.merge_request.last_commit.id)
        if note.noteable_type == "Commit" and note.commit_id is not None:
            return Rerun(place, note.commit_id)
    return Ignored(f"This is no comment {COMMAND} on a merge request or commit.", place)
