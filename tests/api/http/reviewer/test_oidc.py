"""Signing in through an identity provider that really answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from sqlalchemy import func, select

from api.accounts.people import add_user
from api.accounts.tables import Role, User
from api.http.app import create_app
from api.service import Service
from api.settings import Oidc
from tests.api.http.reviewer.provider import CLIENT, Provider, running

ADA = {"sub": "7", "email": "Ada@Example.com", "email_verified": True, "name": "Ada Lovelace"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """One provider for all tests here; each says whom it vouches for."""
    with running() as made:
        yield made


def browser(service: Service, provider: Provider, default_role: str = "") -> TestClient:
    """A browser at the service with this provider."""
    provider.claims, provider.signing = dict(ADA), provider.key
    oidc = Oidc(
        issuer=provider.issuer,
        client_id=CLIENT[0],
        client_secret=SecretStr(CLIENT[1]),
        label="Example Inc.",
        default_role=default_role,
    )
    settings = service.settings.model_copy(update={"oidc": oidc})
    app = create_app(replace(service, settings=settings))
    return TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)


def come_back(client: TestClient, provider: Provider, following: str = "/") -> Response:
    """Go to the provider and return."""
    leaving = client.get("/sign-in/oidc", params={"next": following})
    assert leaving.status_code == 302, leaving.text
    return client.get(f"/sign-in/oidc/callback?{provider.consent(leaving.headers['location'])}")


def known(service: Service, email: str = "ada@example.com", role: Role = Role.REVIEWER) -> User:
    """A user that an administrator added."""
    with service.sessions.begin() as session:
        return add_user(session, email, "Ada", role, service.now())[0]


def test_a_user_who_was_added_signs_in_and_comes_where_they_wanted(
    service: Service, provider: Provider
) -> None:
    user = known(service)
    with browser(service, provider) as client:
        answer = come_back(client, provider, "/take-homes?x=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/take-homes?x=1")
        assert client.get("/account").status_code == 200

        provider.claims = {"sub": "7", "email": "renamed@example.com", "email_verified": False}
        assert come_back(client, provider).status_code == 303  # the subject counts, not the address

    with service.sessions() as session:
        assert session.get_one(User, user.id).oidc_subject == f"{provider.issuer} 7"


def test_sign_in_leads_nowhere_else(service: Service, provider: Provider) -> None:
    known(service)
    with browser(service, provider) as client:
        assert come_back(client, provider, "//evil.example").headers["location"] == "/"


def test_an_address_that_is_not_verified_opens_no_account(service: Service, provider: Provider) -> None:
    known(service, role=Role.ADMIN)
    for verified in (False, None, "true", 1):
        with browser(service, provider, "reviewer") as client:
            provider.claims = ADA | {"email_verified": verified}
            answer = come_back(client, provider)
            assert answer.status_code == 401
            assert "verified" in answer.text


def test_nobody_gets_the_account_of_another_identity(service: Service, provider: Provider) -> None:
    known(service)
    with browser(service, provider) as client:
        come_back(client, provider)
        provider.claims = ADA | {"sub": "8"}
        assert "belongs to another identity" in come_back(client, provider).text


def test_strangers_come_in_only_with_a_default_role(service: Service, provider: Provider) -> None:
    with browser(service, provider) as client:
        assert "There is no account for ada@example.com" in come_back(client, provider).text
    with browser(service, provider, "reviewer") as client:
        assert come_back(client, provider).status_code == 303
    with service.sessions() as session:
        assert session.scalars(select(User.role).where(User.email == "ada@example.com")).one() == "reviewer"


def test_a_disabled_user_stays_out(service: Service, provider: Provider) -> None:
    user = known(service)
    with service.sessions.begin() as session:
        session.get_one(User, user.id).disabled_at = service.now()
    with browser(service, provider, "admin") as client:
        assert "disabled" in come_back(client, provider).text
    with service.sessions() as session:
        assert session.get_one(User, user.id).oidc_subject is None


@pytest.mark.parametrize(
    "lie",
    [{"iss": "https://evil.example"}, {"aud": "another"}, {"nonce": "another"}, {"exp": 1}],
    ids=["issuer", "audience", "nonce", "expired"],
)
def test_a_token_with_a_wrong_claim_is_refused(
    service: Service, provider: Provider, lie: dict[str, object]
) -> None:
    known(service)
    with browser(service, provider) as client:
        provider.claims = ADA | lie
        answer = come_back(client, provider)
        assert (answer.status_code, "Example Inc. did not work" in answer.text) == (401, True)
        assert client.get("/account").status_code == 303


def test_a_token_signed_with_another_key_is_refused(service: Service, provider: Provider) -> None:
    known(service)
    with browser(service, provider) as client:
        provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
        assert come_back(client, provider).status_code == 401


def test_a_code_that_another_browser_began_is_refused(service: Service, provider: Provider) -> None:
    known(service)
    with browser(service, provider) as attacker, browser(service, provider) as victim:
        query = provider.consent(attacker.get("/sign-in/oidc").headers["location"])
        assert victim.get(f"/sign-in/oidc/callback?{query}").status_code == 401
        assert victim.get("/account").status_code == 303


def test_a_way_back_works_once(service: Service, provider: Provider) -> None:
    known(service)
    with browser(service, provider) as client:
        query = provider.consent(client.get("/sign-in/oidc").headers["location"])
        assert client.get(f"/sign-in/oidc/callback?{query}").status_code == 303
        assert client.get(f"/sign-in/oidc/callback?{query}").status_code == 401


def test_a_refusal_at_the_provider_is_told(service: Service, provider: Provider) -> None:
    with browser(service, provider) as client:
        client.get("/sign-in/oidc")
        answer = client.get("/sign-in/oidc/callback?error=access_denied&state=x")
        assert answer.status_code == 401


def test_a_provider_that_does_not_answer_leaves_the_password(service: Service, provider: Provider) -> None:
    oidc = Oidc(issuer="http://127.0.0.1:9", client_id="x", client_secret=SecretStr("y"))
    settings = service.settings.model_copy(update={"oidc": oidc})
    app = create_app(replace(service, settings=settings))
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        answer = client.get("/sign-in/oidc")
        assert "does not answer" in answer.text
        assert 'name="password"' in answer.text


def test_without_a_provider_there_is_no_such_way_in(service: Service, client: TestClient) -> None:
    assert client.get("/sign-in/oidc").status_code == 404
    assert client.get("/sign-in/oidc/callback").status_code == 404
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
