"""A stand-in for the APIs of the forges: a real HTTP server that checks what it is sent and keeps what commits show.

What it takes of GitHub is in github_api.json, our own words, which `python -m benchmarks.forges openapi` compares with
GitHub's published description.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from joserfc import jwt
from joserfc.jwk import RSAKey
from jsonschema import Draft202012Validator

TOKEN = "stand-in-token-0123456789"
INSTALLATION_TOKEN = "ghs_standin"
API = json.loads(Path(__file__).with_name("github_api.json").read_text("utf-8"))


@dataclass(frozen=True)
class Shown:
    """What a commit was made to show."""

    commit: str
    state: str
    title: str
    body: Mapping[str, Any]
    check_id: str = ""


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class StandIn:
    """A forge's API."""

    now: Callable[[], datetime]
    public_key: Any = None
    """Of the GitHub App."""
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What was wrong with requests; empty at the end of a test."""
    answers: list[tuple[int, Mapping[str, Any], Mapping[str, str]]] = field(default_factory=list)
    """Given first, one for each request."""
    tokens_given: int = 0

    def forget(self) -> None:
        """Begin anew."""
        for kept in (self.requests, self.shown, self.problems, self.answers):
            kept.clear()

    def of(self, commit: str) -> list[str]:
        """The states that a commit was made to show, one after the other."""
        return [one.state for one in self.shown if one.commit == commit]

    def last(self, commit: str) -> Shown:
        return [one for one in self.shown if one.commit == commit][-1]

    def answer(self, request: Request) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        for pattern, method, handle in ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and request.method == method:
                status, body = handle(self, request, *map(unquote, found.groups()))
                return status, body, {}
        self.problems.append(f"there is no {request.method} {request.path}")
        return 404, {"message": "Not Found"}, {}

    def check(self, operation: str, request: Request, authorization: str) -> None:
        """Compare a request with our excerpt of GitHub's description."""
        errors = Draft202012Validator(API[operation]["request"]).iter_errors(request.body)
        self.problems += [f"{operation}: {error.message}" for error in errors]
        self.signed_in(request, "authorization", authorization)
        for name in ("user-agent", "x-github-api-version"):
            if not request.headers.get(name):
                self.problems.append(f"{operation}: no {name}")

    def signed_in(self, request: Request, header: str, value: str) -> None:
        if request.headers.get(header) != value:
            self.problems.append(f"{request.path}: {header} is not right")


Answer = tuple[int, Mapping[str, Any]]


def _token(forge: StandIn, request: Request, installation: str) -> Answer:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    claims = jwt.decode(token, forge.public_key, algorithms=["RS256"]).claims
    now = forge.now().timestamp()
    if not (claims["iat"] <= now < claims["exp"] <= claims["iat"] + 600) or claims["iss"] != "Iv23app":
        forge.problems.append(f"the JWT is not right: {claims}")
    forge.check("apps/create-installation-access-token", request, f"Bearer {token}")
    forge.tokens_given += 1
    ends = (forge.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    return 201, {"token": f"{INSTALLATION_TOKEN}{forge.tokens_given}", "expires_at": ends}


def _installation(forge: StandIn, request: Request, name: str) -> Answer:
    return 200, {"id": 99}


def _latest(forge: StandIn) -> str:
    return f"Bearer {INSTALLATION_TOKEN}{forge.tokens_given}"


def _check_state(body: Mapping[str, Any]) -> str:
    return str(body["conclusion"] if body.get("status") == "completed" else body.get("status"))


def _new_check(forge: StandIn, request: Request, name: str) -> Answer:
    forge.check("checks/create", request, _latest(forge))
    number = str(1000 + len(forge.shown))
    body = request.body
    forge.shown.append(Shown(body["head_sha"], _check_state(body), body["output"]["title"], body, number))
    return 201, {"id": int(number)}


def _check(forge: StandIn, request: Request, name: str, number: str) -> Answer:
    forge.check("checks/update", request, _latest(forge))
    body = request.body
    commit = next(one.commit for one in forge.shown if one.check_id == number)
    forge.shown.append(Shown(commit, _check_state(body), body["output"]["title"], body, number))
    return 200, {"id": int(number)}


def _github_status(forge: StandIn, request: Request, name: str, commit: str) -> Answer:
    forge.check("repos/create-commit-status", request, f"Bearer {TOKEN}")
    return _status(forge, request, commit)


def _gitea_status(forge: StandIn, request: Request, name: str, commit: str) -> Answer:
    forge.signed_in(request, "authorization", f"token {TOKEN}")
    if request.body["state"] not in {"pending", "success", "error", "failure", "warning"}:
        forge.problems.append(f"Gitea has no state {request.body['state']}")
    return _status(forge, request, commit)


def _gitlab_status(forge: StandIn, request: Request, name: str, commit: str) -> Answer:
    forge.signed_in(request, "private-token", TOKEN)
    state = request.body["state"]
    if state not in {"pending", "running", "success", "failed", "canceled"}:
        forge.problems.append(f"GitLab has no state {state}")
    if forge.of(commit)[-1:] == [state]:
        return 400, {"message": f"Cannot transition status via :enqueue from :{state}"}
    return _status(forge, request, commit)


def _status(forge: StandIn, request: Request, commit: str) -> Answer:
    body = request.body
    forge.shown.append(Shown(commit, body["state"], body["description"], body))
    return 201, {"id": len(forge.shown)}


SHA = "([0-9a-f]{40})"
ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    (r"/api/v3/app/installations/(\d+)/access_tokens", "POST", _token),
    (r"/api/v3/repos/([^/]+/[^/]+)/installation", "GET", _installation),
    (r"/api/v3/repos/([^/]+/[^/]+)/check-runs", "POST", _new_check),
    (r"/api/v3/repos/([^/]+/[^/]+)/check-runs/(\d+)", "PATCH", _check),
    (rf"/api/v3/repos/([^/]+/[^/]+)/statuses/{SHA}", "POST", _github_status),
    (rf"/api/v4/projects/([^/]+)/statuses/{SHA}", "POST", _gitlab_status),
    (rf"/api/v1/repos/([^/]+/[^/]+)/statuses/{SHA}", "POST", _gitea_status),
]


@contextmanager
def standing_in(now: Callable[[], datetime], key: RSAKey | None = None) -> Iterator[StandIn]:
    """A stand-in that runs."""
    forge = StandIn(now, key)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            body = self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, json.loads(body) if body else None)
            status, answer, extra = forge.answer(request)
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PATCH = do_POST  # noqa: N815 -- the server's names for them

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forge.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
