"""Sends every payload of a folder to the service, signed, and counts the answers.

The folder is `payload-examples` of github.com/octokit/webhooks: a folder for each event, JSON files in it.
"""

from __future__ import annotations

import hashlib
import hmac
import tempfile
import uuid
from collections import Counter
from pathlib import Path

from fastapi.testclient import TestClient

from api.audit.log import Actor
from api.forges.interface import Trigger
from api.forges.linking import link
from api.forges.managing import Wish, add_connection
from api.hooks.outside import Outside
from api.hooks.secrets import Safe
from api.http.app import create_app
from api.invitations.inviting import Terms, invite
from api.service import Service, open_service, secret_key
from api.settings import Bounds, Settings
from api.takehomes.packing import files_of
from api.takehomes.publishing import publish
from grader.takehome import shelf

LINKED = "Codertocat/Hello-World"
"""The repository of most examples; an invitation has it, so that what is wanted of it is accepted."""
BY = Actor("system", "", "benchmark")


def prepared(service: Service) -> tuple[uuid.UUID, str]:
    """A connection with all triggers, and an invitation with the repository of the examples."""
    now = service.now()
    with service.sessions.begin() as session:
        files = files_of(shelf() / "flatten")
        takehome, _, _ = publish(
            session, service.blobs, files, BY, now, queue=service.queue, waive="a benchmark"
        )
        terms = Terms(max_attempts=100)
        invitation, _ = invite(session, takehome, "Ada", "ada@example.com", terms, BY, now)
        outside, safe = Outside(service.settings.outside), Safe(secret_key(service.settings))
        wish = Wish("github", triggers=[one.value for one in Trigger])
        connection, secret = add_connection(session, outside, safe, wish, BY, now)
        link(session, invitation, connection.id, LINKED, "", BY, now)
        return connection.id, secret


def run(folder: Path) -> int:
    """Print how the examples were answered; returns how many answers were not 202."""
    files = sorted(folder.rglob("*.json"))
    statuses: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # as root, PostgreSQL is another user
        settings = Settings(data=Path(name), bounds=Bounds(requests_per_minute=10**6))
        with open_service(settings) as service, TestClient(create_app(service)) as client:
            connection_id, secret = prepared(service)
            for number, file in enumerate(files):
                body = file.read_bytes()
                signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
                headers = {
                    "content-type": "application/json",
                    "x-github-event": file.relative_to(folder).parts[0],
                    "x-github-delivery": str(number),
                    "x-hub-signature-256": f"sha256={signature}",
                }
                answer = client.post(f"/hooks/in/{connection_id}", content=body, headers=headers)
                statuses[answer.status_code] += 1
                if answer.status_code == 202:
                    said = answer.json()
                    reasons[f"{said['result']}: {said['reason'] or '-'}"] += 1
                if answer.status_code != 202 or "does not look like" in answer.text:
                    wrong.append(f"{file.relative_to(folder)}: {answer.status_code} {answer.text[:200]}")
    print(f"{len(files)} payloads: " + ", ".join(f"{n} x {status}" for status, n in sorted(statuses.items())))
    for reason, count in reasons.most_common():
        print(f"  {count:4}  {reason}")
    print("\n".join(wrong))
    return len(files) - statuses[202]
