"""What GitHub's events ask for; Gitea's and Forgejo's follow them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from api.forges.interface import COMMAND, GRADE_AGAIN, Ignored, Payload, Ping, Reading, Rerun, Trigger, Wanted
from api.forges.payloads import (
    NO_COMMIT,
    CheckRunEvent,
    CheckSuiteEvent,
    CommentEvent,
    PullRequestEvent,
    Push,
    WorkflowRunEvent,
    branch_of,
    parsed,
    place_of,
)

NEW_COMMITS: Final = frozenset({"opened", "reopened", "synchronize", "synchronized", "ready_for_review"})
"""Actions of pull requests after which its head is new to us; Gitea says synchronized."""


def pushed(payload: Payload) -> Reading:
    """Push"""
    event = parsed(Push, payload)
    if isinstance(event, Ignored):
        return event
    place, branch = event.repository.place, branch_of(event.ref)
    if event.deleted or event.after == NO_COMMIT:
        return Ignored("A branch was deleted.", place)
    if branch is None:
        return Ignored("What was pushed is no branch.", place)
    return Wanted(place, event.after, branch, Trigger.PUSH, installation=event.installed)


def pull_request(payload: Payload) -> Reading:
    """pull_request"""
    event = parsed(PullRequestEvent, payload)
    if isinstance(event, Ignored):
        return event
    place, pull = event.repository.place, event.pull_request
    if event.action not in NEW_COMMITS:
        return Ignored("This brings no new commit of a pull request.", place)
    fork = pull.head.repo is None or pull.head.repo.id != event.repository.id
    return Wanted(place, pull.head.sha, pull.base.ref, Trigger.PULL_REQUEST, fork, event.installed)


def workflow_run(payload: Payload) -> Reading:
    """workflow_run"""
    event = parsed(WorkflowRunEvent, payload)
    if isinstance(event, Ignored):
        return event
    place, run = event.repository.place, event.workflow_run
    if event.action != "completed" or run.conclusion != "success":
        return Ignored("The workflow has not succeeded (yet).", place)
    if not run.head_branch:
        return Ignored("The workflow ran on no branch.", place)
    fork = run.head_repository is not None and run.head_repository.id != event.repository.id
    return Wanted(place, run.head_sha, run.head_branch, Trigger.CI, fork, event.installed)


def check_run(payload: Payload) -> Reading:
    """check_run"""
    event = parsed(CheckRunEvent, payload)
    if isinstance(event, Ignored):
        return event
    button = event.requested_action is not None and event.requested_action.identifier == GRADE_AGAIN
    if event.action == "rerequested" or (event.action == "requested_action" and button):
        return Rerun(event.repository.place, event.check_run.head_sha, event.installed)
    return Ignored("Nobody asked for a re-run.", event.repository.place)


def check_suite(payload: Payload) -> Reading:
    """check_suite"""
    event = parsed(CheckSuiteEvent, payload)
    if isinstance(event, Ignored):
        return event
    if event.action == "rerequested":
        return Rerun(event.repository.place, event.check_suite.head_sha, event.installed)
    return Ignored("Nobody asked for a re-run.", event.repository.place)


def comment(payload: Payload) -> Reading:
    """issue_comment, of Gitea"""
    event = parsed(CommentEvent, payload)
    if isinstance(event, Ignored):
        return event
    of_pull = event.is_pull or event.issue.pull_request is not None
    if event.action == "created" and of_pull and event.comment.body.strip() == COMMAND:
        return Rerun(event.repository.place, "")
    return Ignored(f"This is no comment {COMMAND} on a pull request.", event.repository.place)


def installation(payload: Payload) -> Reading:
    """Installation"""
    words = {
        "created": "The App was installed. Link repositories to invitations next.",
        "deleted": "The App was removed: its repositories cannot be fetched or answered any more.",
        "suspend": "The App was suspended: its repositories cannot be fetched or answered until that ends.",
        "unsuspend": "The App works again.",
        "new_permissions_accepted": "New permissions of the App were accepted.",
    }
    return Ignored(words.get(str(payload.get("action")), "The installation of the App changed."))


def installation_repositories(payload: Payload) -> Reading:
    """installation_repositories"""
    words = {
        "added": "The App may use more repositories.",
        "removed": "The App may use fewer repositories: those cannot be fetched or answered any more.",
    }
    return Ignored(words.get(str(payload.get("action")), "The repositories of the App changed."))


def ping(payload: Payload) -> Reading:
    """Ping"""
    del payload
    return Ping()


Readers = Mapping[str, Callable[[Payload], Reading]]


def read_with(readers: Readers, event: str, payload: Payload) -> Reading:
    """What the reader of an event finds; events without one are ignored."""
    reader = readers.get(event)
    if reader is None:
        return Ignored("Nothing is done with this kind of event.", place_of(payload))
    return reader(payload)
