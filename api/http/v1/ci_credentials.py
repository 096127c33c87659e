"""/ci/credentials: what private repositories are fetched with for pipelines."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from api.accounts.keys import Scope
from api.ci.credentials import (
    LONGEST_KEY,
    LONGEST_TOKEN,
    Wish,
    all_credentials,
    remove_credential,
    set_credential,
)
from api.http.access import Caller, ServiceDep, SessionDep, needs_scope
from api.http.v1.answers import problems
from api.http.v1.shapes import Given, Line, Shown, Storable

router = APIRouter(prefix="/ci/credentials", tags=["CI"])
Administrator = Annotated[Caller, Depends(needs_scope(Scope.ADMIN))]


class GivenCredential(Given):
    """A token for https, or a key for ssh and the keys of the host."""

    beginning: Annotated[str, Field(max_length=500), Storable] = Field(
        description="Of addresses, with a slash at the end; the longest that fits counts.",
        examples=["https://git.example.com/hiring/"],
    )
    user: Line = Field(default="", description="Of https; empty: the token is sent as a bearer token.")
    token: Annotated[str, Field(max_length=LONGEST_TOKEN), Storable] = ""
    private_key: Annotated[str, Field(max_length=LONGEST_KEY), Storable] = Field(
        default="", description="Of ssh, without a passphrase."
    )
    known_hosts: Annotated[str, Field(max_length=LONGEST_KEY), Storable] = Field(
        default="", description="Of ssh: lines of known_hosts. No other key of the host is believed."
    )


class CredentialShown(Shown):
    """What is set, without the secret, which is shown nowhere."""

    id: uuid.UUID
    beginning: str
    user: str
    fingerprint: str = Field(description="Of the ssh key; empty for https.")
    known_hosts: str
    set_by: str
    set_at: datetime
    last_used_at: datetime | None


@router.get("", summary="List credentials")
def list_credentials(session: SessionDep, administrator: Administrator) -> list[CredentialShown]:
    """By their addresses."""
    del administrator
    return [CredentialShown.model_validate(row) for row in all_credentials(session)]


@router.put("", summary="Set a credential", responses=problems(400, 409, 413))
def put_credential(
    given: GivenCredential, service: ServiceDep, session: SessionDep, administrator: Administrator
) -> CredentialShown:
    """Set it, or replace the one of the same beginning: what is fetched from now on is fetched with it."""
    wish = Wish(given.beginning, given.user, given.token, given.private_key, given.known_hosts)
    safe, allowed = service.safe, service.settings.ci.repositories
    row = set_credential(session, safe, wish, allowed, administrator.actor, service.now())
    return CredentialShown.model_validate(row)


@router.delete("/{credential_id}", status_code=204, summary="Remove a credential", responses=problems(404))
def delete_credential(
    credential_id: uuid.UUID, service: ServiceDep, session: SessionDep, administrator: Administrator
) -> None:
    """What needs it cannot be fetched any more, at once."""
    remove_credential(session, credential_id, administrator.actor, service.now())
