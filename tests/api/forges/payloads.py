"""Deliveries as each forge makes them: payloads with the fields that matter and some that do not, and signatures."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

NO_COMMIT = "0" * 40
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Repository:
    """What deliveries are about."""

    name: str = "take-homes/ada"
    number: int = 4711
    default_branch: str = "main"


@dataclass(frozen=True)
class Delivery:
    """An event before it is signed."""

    event: str
    payload: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload).encode()


@dataclass(frozen=True)
class Sender:
    """How one forge words and signs its deliveries."""

    kind: str
    headers: Callable[[str, str, str, bytes, datetime], dict[str, str]]
    """(event, delivery id, secret, body, now) → headers"""
    push: Callable[[Repository, str, str], Delivery]
    """(repository, commit, branch)"""
    pull: Callable[[Repository, str, str, bool], Delivery]
    """(repository, commit, target branch, whether it comes from a fork)"""
    ci: Callable[[Repository, str, str], Delivery]
    rerun: Callable[[Repository, str], Delivery]
    unknown: Callable[[Repository], Delivery]


def signature(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


# -- GitHub -------------------------------------------------------------------------------------------


def _github_headers(event: str, name: str, secret: str, body: bytes, now: datetime) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": name,
        "x-hub-signature-256": f"sha256={signature(secret, body)}",
        "user-agent": "GitHub-Hookshot/0",
    }


def _github(repository: Repository, **members: Any) -> dict[str, Any]:
    return {
        "repository": {
            "id": repository.number,
            "full_name": repository.name,
            "default_branch": repository.default_branch,
            "private": True,
        },
        "installation": {"id": 99},
        "sender": {"login": "ada"},
        "n": next(_numbers),
        **members,
    }


def _github_push(repository: Repository, commit: str, branch: str) -> Delivery:
    deleted = commit == NO_COMMIT
    return Delivery(
        "push", _github(repository, ref=f"refs/heads/{branch}", after=commit, deleted=deleted, commits=[])
    )


def _github_pull(repository: Repository, commit: str, branch: str, fork: bool) -> Delivery:
    head = {"sha": commit, "ref": "work", "repo": {"id": repository.number + int(fork)}}
    pull = {"head": head, "base": {"ref": branch}, "number": 1}
    return Delivery("pull_request", _github(repository, action="synchronize", pull_request=pull))


def _github_ci(repository: Repository, commit: str, branch: str) -> Delivery:
    run = {"head_sha": commit, "head_branch": branch, "conclusion": "success"}
    run["head_repository"] = {"id": repository.number}  # type: ignore[assignment]
    return Delivery("workflow_run", _github(repository, action="completed", workflow_run=run))


def _github_rerun(repository: Repository, commit: str) -> Delivery:
    return Delivery(
        "check_run", _github(repository, action="rerequested", check_run={"head_sha": commit, "id": 1})
    )


GITHUB = Sender(
    "github",
    _github_headers,
    _github_push,
    _github_pull,
    _github_ci,
    _github_rerun,
    lambda repository: Delivery("watch", _github(repository, action="started")),
)

# -- Gitea and Forgejo --------------------------------------------------------------------------------


def _gitea_headers(event: str, name: str, secret: str, body: bytes, now: datetime) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "x-gitea-event": event,
        "x-gitea-delivery": name,
        "x-gitea-signature": signature(secret, body),
    }


def forgejo_headers(event: str, name: str, secret: str, body: bytes, now: datetime) -> dict[str, str]:
    return {
        name.replace("x-gitea", "x-forgejo"): value
        for name, value in _gitea_headers(event, name, secret, body, now).items()
    }


def _gitea_pull(repository: Repository, commit: str, branch: str, fork: bool) -> Delivery:
    made = _github_pull(repository, commit, branch, fork)
    return Delivery(made.event, {**made.payload, "action": "synchronized"})


def _gitea_rerun(repository: Repository, commit: str) -> Delivery:
    comment = {"comment": {"id": next(_numbers), "body": "/grade"}, "is_pull": True, "issue": {"number": 1}}
    return Delivery("issue_comment", _github(repository, action="created", **comment))


GITEA = Sender(
    "gitea",
    _gitea_headers,
    _github_push,
    _gitea_pull,
    _github_ci,
    _gitea_rerun,
    lambda repository: Delivery("fork", _github(repository)),
)

# -- GitLab -------------------------------------------------------------------------------------------


def _gitlab_headers(event: str, name: str, secret: str, body: bytes, now: datetime) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "x-gitlab-event": event,
        "x-gitlab-event-uuid": name,
        "idempotency-key": name,
        "x-gitlab-token": secret,
    }


def gitlab_signed_headers(event: str, name: str, secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """As GitLab signs with a signing token: no secret goes over the wire."""
    made = _gitlab_headers(event, name, secret, body, now)
    del made["x-gitlab-token"]
    return made | {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, now, body.decode()),
    }


def _gitlab(repository: Repository, kind: str, **members: Any) -> dict[str, Any]:
    project = {
        "id": repository.number,
        "path_with_namespace": repository.name,
        "default_branch": repository.default_branch,
    }
    return {"object_kind": kind, "project": project, "n": next(_numbers), **members}


def _gitlab_push(repository: Repository, commit: str, branch: str) -> Delivery:
    return Delivery(
        "Push Hook", _gitlab(repository, "push", ref=f"refs/heads/{branch}", after=commit, commits=[])
    )


def _gitlab_pull(repository: Repository, commit: str, branch: str, fork: bool) -> Delivery:
    merge = {
        "action": "update",
        "oldrev": "1" * 40,
        "last_commit": {"id": commit},
        "target_branch": branch,
        "source_project_id": repository.number + int(fork),
        "target_project_id": repository.number,
    }
    return Delivery("Merge Request Hook", _gitlab(repository, "merge_request", object_attributes=merge))


def _gitlab_ci(repository: Repository, commit: str, branch: str) -> Delivery:
    run = {"status": "success", "sha": commit, "ref": branch, "tag": False}
    return Delivery("Pipeline Hook", _gitlab(repository, "pipeline", object_attributes=run))


def _gitlab_rerun(repository: Repository, commit: str) -> Delivery:
    note = {"note": " /grade\n", "noteable_type": "MergeRequest", "id": next(_numbers)}
    members = {"object_attributes": note, "merge_request": {"last_commit": {"id": commit}}}
    return Delivery("Note Hook", _gitlab(repository, "note", **members))


GITLAB = Sender(
    "gitlab",
    _gitlab_headers,
    _gitlab_push,
    _gitlab_pull,
    _gitlab_ci,
    _gitlab_rerun,
    lambda repository: Delivery("Wiki Page Hook", _gitlab(repository, "wiki_page")),
)

SENDERS = {sender.kind: sender for sender in (GITHUB, GITLAB, GITEA)}
