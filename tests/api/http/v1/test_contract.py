"""The API keeps what its OpenAPI document promises, whatever is sent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from api.accounts.keys import Scope, make_key
from api.accounts.people import add_user
from api.accounts.tables import Role
from api.http.app import create_app
from api.invitations.tables import Invitation
from api.service import Service
from api.settings import Ci
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER
from tests.api.graded import graded
from tests.api.http.v1.conftest import Program

CONFIG = {
    "checks": {
        "positive_data_acceptance": {"enabled": False},  # no schema knows which take-homes there are
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
        },
    }
}
Invited = Callable[..., tuple[Invitation, str]]


@dataclass(frozen=True)
class Seeded:
    """An application with something in it, and a token that may do everything."""

    app: FastAPI
    token: str
    known: dict[str, str]
    """Path parameters that lead to something."""


@pytest.fixture
def seeded(service: Service, flatten: Takehome, invited: Invited) -> Iterator[Seeded]:
    bounds = service.settings.bounds.model_copy(
        update={"requests_per_minute": 1_000_000, "uploads_per_hour": 1_000_000}
    )
    changes = {"bounds": bounds, "ci": Ci(repositories="https://git.example.com/")}
    roomy = replace(service, settings=service.settings.model_copy(update=changes))
    submission = graded(roomy, flatten)
    invitation, _ = invited(email="grace@example.com")
    with service.sessions.begin() as session:
        user, _ = add_user(session, "owner@example.com", "Owner", Role.ADMIN, service.now())
        session.flush()
        _, token = make_key(session, user, "fuzz", [Scope.ADMIN], service.now(), TESTER)
    app = create_app(roomy)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        api = Program(client, token, user)
        path = f"/submissions/{submission.id}"
        item = api("GET", f"{path}/report").json()["criteria"][0]["items"][0]
        judged = {"target": item["id"], "points": 0, "reason": "a test"}
        judgement = api("POST", f"{path}/judgements", json=judged).json()["id"]
        remark = api("POST", f"{path}/comments", json={"text": "a test"}).json()["id"]
        hook = {"url": "https://hooks.example.com/grader", "kinds": ["report.ready"]}
        endpoint = api("POST", "/webhooks", json=hook).json()["id"]
        delivery = api("POST", f"/webhooks/{endpoint}/test").json()["id"]
        headers = {"Content-Type": "application/zip"}
        asked = api("POST", "/ci/submissions?take_home=flatten", content=b"PK", headers=headers).json()["id"]
        connection = api("POST", "/ci/connections", json={"name": "a pipeline"}).json()["id"]
        access = {"beginning": "https://git.example.com/hiring/", "token": "a-token"}
        credential = api("PUT", "/ci/credentials", json=access).json()["id"]
        ats = api("POST", "/ats/connections", json={"name": "a system"}).json()["id"]
        forge = api("POST", "/forge-connections", json={"kind": "gitea"}).json()["id"]
        linked = {"connection": forge, "repository": "take-homes/grace"}
        assert api("PUT", f"/invitations/{invitation.id}/repository", json=linked).status_code == 200
        known = {
            "ats_id": ats,
            "request_id": asked,
            "pipeline_id": connection,
            "credential_id": credential,
            "endpoint_id": endpoint,
            "connection_id": forge,
            "delivery_id": delivery,
            "submission_id": str(submission.id),
            "invitation_id": str(invitation.id),
            "judgement_id": judgement,
            "comment_id": remark,
            "name": "flatten",
            "number": "1",
        }
        yield Seeded(app, token, known)


def fuzz(seeded: Seeded, examples: int) -> dict[str, set[int]]:
    """Send `examples` right and as many wrong requests to each operation; gives the statuses that came back."""
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", seeded.app, config=config)
    headers = {"Authorization": f"Bearer {seeded.token}"}
    operations = [found.ok() for found in schema.get_all_operations()]
    # first what watches: a submission that is graded again has a stream that does not end soon
    operations.sort(key=lambda one: (not one.path.endswith("/events"), one.method != "get"))
    seen: dict[str, set[int]] = {}
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            statuses = seen.setdefault(operation.label, set())
            strategy = operation.as_strategy(generation_mode=mode)
            known = seeded.known if mode is GenerationMode.POSITIVE else {}
            send = _sender(strategy, headers, known, statuses)
            settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(send)()
    return seen


def _sender(
    strategy: Any, headers: dict[str, str], known: dict[str, str], statuses: set[int]
) -> Callable[[], None]:
    """Send a case; two of three right ones name things that are there."""

    @given(case=strategy, real=st.integers(0, 2))
    def send(case: Any, real: int) -> None:
        if real and known:
            case.path_parameters.update({name: known[name] for name in case.path_parameters})
        statuses.add(case.call_and_validate(headers=headers).status_code)

    return send


def test_no_request_breaks_the_contract(seeded: Seeded) -> None:
    seen = fuzz(seeded, 8)

    assert len(seen) >= 25
    assert {status for statuses in seen.values() for status in statuses} >= {200, 201, 204, 404, 422}


@pytest.mark.exhaustive
@pytest.mark.timeout(3000)
def test_no_request_of_many_breaks_the_contract(seeded: Seeded) -> None:
    assert len(fuzz(seeded, 200)) >= 25
