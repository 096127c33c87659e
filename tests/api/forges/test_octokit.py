"""GitHub's own JavaScript library signs, we verify; and it refuses what we refuse."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.forges.conftest import World

SIGN = """
import { sign, verify } from "@octokit/webhooks-methods";
import { readFileSync } from "node:fs";
const { secret, body } = JSON.parse(readFileSync(0, "utf8"));
const signature = await sign(secret, body);
console.log(JSON.stringify([signature, await verify(secret, body + " ", signature)]));
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node finds the npm package `@octokit/webhooks-methods`."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node.js with npm on this machine (Debian: apt-get install nodejs npm)")
    folder = tmp_path_factory.mktemp("node")
    package = "@octokit/webhooks-methods@6"
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", package]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry did not answer within two minutes")
    if done.returncode:
        pytest.skip(f"npm could not fetch {package}: {done.stderr.strip()[-200:]}")
    return folder


def signed(library: Path, secret: str, body: bytes) -> tuple[str, bool]:
    """The signature that the library makes, and whether it takes a changed body with it."""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", SIGN],
        cwd=library,
        input=json.dumps({"secret": secret, "body": body.decode()}),
        capture_output=True,
        text=True,
        check=True,
    )
    signature, changed = json.loads(done.stdout)
    return signature, changed


def test_what_octokit_signs_is_accepted_and_what_it_refuses_is_refused(github: World, library: Path) -> None:
    github.link()
    push = github.sender.push(github.repository, github.commit(), "main")
    body = json.dumps({**push.payload, "name": "Grüße, 世界 \U0001f389"}, ensure_ascii=False).encode()
    signature, changed = signed(library, github.secret, body)
    headers = {"content-type": "application/json", "x-github-event": "push", "x-github-delivery": "octokit"}

    def deliver(content: bytes) -> int:
        url = f"/hooks/in/{github.connection_id}"
        sent = {**headers, "x-hub-signature-256": signature}
        return int(github.client.post(url, content=content, headers=sent).status_code)

    assert not changed
    assert deliver(body + b" ") == 401
    assert deliver(body) == 202
    assert github.fetch() == 1
