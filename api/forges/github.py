"""GitHub and GitHub Enterprise Server: signed deliveries, check runs of an App, commit statuses with a token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, quote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from api.fetching import Login
from api.forges import events
from api.forges.client import ForgeClient, ForgeFailed, Token
from api.forges.interface import (
    CONTEXT,
    FINAL,
    GRADE_AGAIN,
    Access,
    Annotation,
    Headers,
    Payload,
    Phase,
    Reading,
    Status,
    Target,
)
from api.forges.signatures import hex_hmac_fits

VERSION: Final = "2022-11-28"
"""Of the REST API."""
MOST_ANNOTATIONS: Final = 50
"""Of one request, as GitHub documents it."""
READERS: Final[events.Readers] = {
    "ping": events.ping,
    "push": events.pushed,
    "pull_request": events.pull_request,
    "workflow_run": events.workflow_run,
    "check_run": events.check_run,
    "check_suite": events.check_suite,
    "installation": events.installation,
    "installation_repositories": events.installation_repositories,
}
_CONCLUSIONS: Final = {
    Phase.SUCCESS: "success",
    Phase.FAILURE: "failure",
    Phase.ERROR: "neutral",  # there is no word for "we failed", and a failure would be the candidate's
    Phase.CANCELLED: "cancelled",
}
_STATES: Final = {
    Phase.PENDING: "pending",
    Phase.RUNNING: "pending",
    Phase.SUCCESS: "success",
    Phase.FAILURE: "failure",
    Phase.ERROR: "error",
    Phase.CANCELLED: "error",
}


class GitHub:
    """See `Forge`."""

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        """See `Forge.verify`: X-Hub-Signature-256; the older one with SHA-1 is not taken."""
        del now
        method, _, signature = headers.get("x-hub-signature-256", "").partition("=")
        return method == "sha256" and hex_hmac_fits(signature, body, secrets)

    def delivery_id(self, headers: Headers) -> str:
        """See `Forge.delivery_id`."""
        return headers.get("x-github-delivery", "")

    def event(self, headers: Headers) -> str:
        """See `Forge.event`."""
        return headers.get("x-github-event", "")

    def read(self, event: str, payload: Payload) -> Reading:
        """See `Forge.read`."""
        return events.read_with(READERS, event, payload)

    def credential(self, client: ForgeClient, access: Access, target: Target) -> Login | None:
        """See `Forge.credential`."""
        if not access.can_answer:
            return None
        return Login("x-access-token", _token(client, access, target))

    def answer(self, client: ForgeClient, access: Access, target: Target, status: Status) -> str:
        """See `Forge.answer`: only Apps may make check runs, whoever has a token makes a commit status."""
        if not access.app_id:
            _send(client, access, target, "POST", f"statuses/{target.commit}", _commit_status(status))
            return ""
        body = _check_run(status)
        if target.check_id:
            _send(client, access, target, "PATCH", f"check-runs/{target.check_id}", body)
            return target.check_id
        made = _send(client, access, target, "POST", "check-runs", body | {"head_sha": target.commit})
        found = made.get("id")
        if not isinstance(found, int):
            raise ForgeFailed("It made a check run and did not say which.", again=True)
        return str(found)


def form_payload(body: bytes) -> bytes:
    """The JSON in a delivery of the type application/x-www-form-urlencoded; empty where there is none."""
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=10)
    except (UnicodeDecodeError, ValueError):
        return b""
    return fields.get("payload", [""])[0].encode("utf-8", "replace")


# -- signing in ---------------------------------------------------------------------------------------


def _token(client: ForgeClient, access: Access, target: Target) -> str:
    if not access.app_id:
        return access.token
    return client.tokens.get(_key(access, target), lambda: _installation_token(client, access, target))


def _key(access: Access, target: Target) -> tuple[str, ...]:
    return (access.api_url, access.app_id, target.installation, target.name)


def _installation_token(client: ForgeClient, access: Access, target: Target) -> Token:
    """A token for this one repository: whatever fetches with it can reach nobody else's."""
    signed = {"authorization": f"Bearer {app_jwt(access, client.now())}", **_HEADERS}
    repository = f"{access.api_url}/repos/{quote(target.name)}"
    installation = target.installation
    if not installation:
        found = client.send("GET", f"{repository}/installation", signed).get("id")
        if not isinstance(found, int):
            raise ForgeFailed("The App is not installed for this repository.", again=False)
        installation = str(found)
    wanted = {
        "repositories": [target.name.rpartition("/")[2]],
        "permissions": {"checks": "write", "contents": "read"},
    }
    made = client.send(
        "POST", f"{access.api_url}/app/installations/{quote(installation)}/access_tokens", signed, wanted
    )
    token, ends = made.get("token"), made.get("expires_at")
    try:
        ends_at = datetime.fromisoformat(str(ends))
    except ValueError:
        ends_at = None
    if not isinstance(token, str) or ends_at is None or ends_at.tzinfo is None:
        raise ForgeFailed("It gave no token that can be used.", again=True)
    return Token(token, ends_at)


def app_jwt(access: Access, now: datetime) -> str:
    """What an App signs in with: ten minutes at most, from a minute ago, as clocks differ.

    Raises:
        ForgeFailed: the private key cannot be used.
    """
    claims = {
        "iat": int((now - timedelta(minutes=1)).timestamp()),
        "exp": int((now + timedelta(minutes=8)).timestamp()),
        "iss": access.app_id,
    }
    try:
        return jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(access.private_key))
    except (JoseError, ValueError) as error:
        raise ForgeFailed(
            "The private key of the App cannot be used. Enter it again.", again=False
        ) from error


_HEADERS: Final = {"accept": "application/vnd.github+json", "x-github-api-version": VERSION}


def _send(
    client: ForgeClient, access: Access, target: Target, method: str, path: str, body: Mapping[str, Any]
) -> Mapping[str, Any]:
    url = f"{access.api_url}/repos/{quote(target.name)}/{path}"
    try:
        return client.send(
            method, url, {"authorization": f"Bearer {_token(client, access, target)}", **_HEADERS}, body
        )
    except ForgeFailed as error:
        if error.status != 401 or not access.app_id:
            raise
        client.tokens.drop(_key(access, target))  # revoked before its time: the next try has a new one
        raise ForgeFailed(str(error), again=True, status=401, said=error.said) from error


# -- what is said -------------------------------------------------------------------------------------


def _commit_status(status: Status) -> dict[str, Any]:
    body = {"state": _STATES[status.phase], "description": status.title[:140], "context": CONTEXT}
    return body | ({"target_url": status.url} if status.url else {})


def _check_run(status: Status) -> dict[str, Any]:
    output: dict[str, Any] = {"title": status.title, "summary": status.summary or status.title}
    if status.annotations:
        output["annotations"] = [_annotation(one) for one in status.annotations[:MOST_ANNOTATIONS]]
    body: dict[str, Any] = {"name": CONTEXT, "external_id": status.reference, "output": output}
    if status.url:
        body["details_url"] = status.url
    if status.phase not in FINAL:
        return body | {"status": "in_progress" if status.phase is Phase.RUNNING else "queued"}
    button = {
        "label": "Grade again",
        "description": "Grade this commit once more.",
        "identifier": GRADE_AGAIN,
    }
    return body | {
        "status": "completed",
        "conclusion": _CONCLUSIONS[status.phase],
        "actions": [button],
    }


def _annotation(one: Annotation) -> dict[str, Any]:
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        "annotation_level": "warning",
        "title": one.title[:255],
        "message": one.message[:4000],
    }
