"""The public library for Standard Webhooks in another language agrees with what we sign."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.api.hooks.conftest import Hooks
from tests.api.hooks.receiving import Receiver

VERIFY = """
const { Webhook } = require("standardwebhooks");
const { secret, other, headers, body } = JSON.parse(require("fs").readFileSync(0, "utf8"));
function verdict(key, text) {
  try { return new Webhook(key).verify(text, headers); } catch (error) { return error.message; }
}
console.log(JSON.stringify([verdict(secret, body), verdict(other, body), verdict(secret, body + " ")]));
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node finds the npm package `standardwebhooks`."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node.js with npm on this machine (Debian: apt-get install nodejs npm)")
    folder = tmp_path_factory.mktemp("node")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "standardwebhooks@1"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry did not answer within two minutes")
    if done.returncode:
        pytest.skip(f"npm could not fetch standardwebhooks: {done.stderr.strip()[-200:]}")
    return folder


def test_the_javascript_library_verifies_what_we_send(
    hooks: Hooks, receiver: Receiver, library: Path
) -> None:
    _, secret = hooks.endpoint(receiver.url)
    _, other = hooks.endpoint("http://127.0.0.1:1/", "change.applied")
    hooks.happen()
    hooks.send()
    [got] = receiver.got

    given: dict[str, Any] = {
        "secret": secret,
        "other": other,
        "headers": got.headers,
        "body": got.body.decode(),
    }
    done = subprocess.run(
        ["node", "-e", VERIFY],
        cwd=library,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )

    right, wrong_secret, changed_body = json.loads(done.stdout)
    assert right == json.loads(got.body)
    assert wrong_secret == changed_body == "No matching signature found"
