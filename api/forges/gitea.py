"""Gitea and Forgejo: signed deliveries that look like GitHub's, commit statuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from api.fetching import Login
from api.forges import events
from api.forges.client import ForgeClient
from api.forges.interface import CONTEXT, Access, Headers, Payload, Phase, Reading, Status, Target
from api.forges.signatures import hex_hmac_fits

READERS: Final[events.Readers] = {
    "push": events.pushed,
    "pull_request": events.pull_request,
    "workflow_run": events.workflow_run,
    "issue_comment": events.comment,
}
_STATES: Final = {
    Phase.PENDING: "pending",
    Phase.RUNNING: "pending",
    Phase.SUCCESS: "success",
    Phase.FAILURE: "failure",
    Phase.ERROR: "error",
    Phase.CANCELLED: "error",
}


class Gitea:
    """See `Forge`."""

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        """See `Forge.verify`. Forgejo sends both headers; a wrong one is not made up for by the other."""
        del now
        given = headers.get("x-forgejo-signature") or headers.get("x-gitea-signature", "")
        return hex_hmac_fits(given, body, secrets)

    def delivery_id(self, headers: Headers) -> str:
        """See `Forge.delivery_id`."""
        return headers.get("x-forgejo-delivery") or headers.get("x-gitea-delivery", "")

    def event(self, headers: Headers) -> str:
        """See `Forge.event`."""
        return headers.get("x-forgejo-event") or headers.get("x-gitea-event", "")

    def read(self, event: str, payload: Payload) -> Reading:
        """See `Forge.read`."""
        return events.read_with(READERS, event, payload)

    def credential(self, client: ForgeClient, access: Access, target: Target) -> Login | None:
        """See `Forge.credential`. A token stands for the password of any user."""
        del client, target
        return Login("x-access-token", access.token) if access.token else None

    def answer(self, client: ForgeClient, access: Access, target: Target, status: Status) -> str:
        """See `Forge.answer`."""
        body = {"state": _STATES[status.phase], "context": CONTEXT, "description": status.title}
        if status.url:
            body["target_url"] = status.url
        url = f"{access.api_url}/repos/{quote(target.name)}/statuses/{target.commit}"
        client.send("POST", url, {"authorization": f"token {access.token}"}, body)
        return ""
