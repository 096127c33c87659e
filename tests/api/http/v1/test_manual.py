"""docs/api.md does what it shows, and /api/v1/docs shows every operation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.service import Service
from api.takehomes.packing import files_of, pack
from api.takehomes.tables import Takehome
from grader.takehome import find, shelf
from tests.api.graded import graded
from tests.api.http.v1.conftest import Program

PAGE = Path(__file__).resolve().parents[4] / "docs" / "api.md"
EXAMPLE = re.compile(r"^```sh\n(.*?)^```\n(?:\n```json\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, admin: Program, flatten: Takehome) -> Path:
    """The files that the examples send."""
    with zipfile.ZipFile(tmp_path / "work.zip", "w") as archive:
        for path, content in find("flatten", shelf()).samples["middling"].items():
            archive.writestr(path, content)
    tmp_path.joinpath("take-home.tar.gz").write_bytes(pack(files_of(shelf() / "retry")))
    text = admin("GET", "/take-homes/flatten/rubrics/1").json()["text"]
    rubric = json.dumps({"text": f"{text}\n# changed\n", "note": "a remark"})
    tmp_path.joinpath("new-rubric.json").write_text(rubric, "utf-8")
    return tmp_path


def test_every_example_of_the_page_works(
    service: Service, admin: Program, flatten: Takehome, live: str, folder: Path
) -> None:
    submission = graded(service, flatten)
    environment = {**os.environ, "GRADER": live, "TOKEN": admin.token, "ID": str(submission.id)}
    examples = EXAMPLE.findall(PAGE.read_text("utf-8"))
    for command, shown in examples:
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            check=False,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
        if shown:
            assert keys(json.loads(ran.stdout)) == keys(json.loads(shown)), command

    assert len(examples) >= 12


def keys(document: dict[str, Any]) -> dict[str, Any]:
    """The shape of a document: its keys, and the keys below those that hold objects."""
    return {name: keys(value) if isinstance(value, dict) else None for name, value in document.items()}


def test_the_page_of_a_running_service_shows_every_operation(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()

    page = client.get("/api/v1/docs")

    assert page.status_code == 200
    for path, item in document["paths"].items():
        for operation in item.values():
            assert f"<code>{path}</code>" in page.text
            assert operation["summary"] in page.text
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_every_operation_is_described_and_says_what_can_go_wrong(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()

    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["description"], (method, path)
            assert {"401", "403", "422", "429", "500"} <= operation["responses"].keys(), (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
    assert document["security"] == [{"token": []}, {"session": []}]
