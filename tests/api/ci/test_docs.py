"""docs/ci.md does what it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.accounts.keys import Scope
from api.ci.tables import CiRequest
from api.cli.failures import Exit
from api.service import Service
from api.submissions.grading import grade_submission
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Takehome
from grader.takehome import find, shelf
from tests.api.ci.conftest import Recording, make_token

PAGE = Path(__file__).resolve().parents[3] / "docs" / "ci.md"
TEXT = PAGE.read_text("utf-8")
EXAMPLE = re.compile(r"^```sh\n(.*?)^```\n(?:\n```json\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def keys(document: dict[str, Any]) -> dict[str, Any]:
    """The shape of a document."""
    return {name: keys(value) if isinstance(value, dict) else None for name, value in document.items()}


def test_every_example_of_the_page_works(
    service: Service, live: str, flatten: Takehome, token: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "work.zip", "w") as archive:
        for path, content in find("flatten", shelf()).samples["middling"].items():
            archive.writestr(path, content)
    environment = {
        **os.environ,
        "GRADER": live,
        "TOKEN": token,
        "ADMIN": make_token(service, Scope.ADMIN, Scope.READ),
    }
    examples = EXAMPLE.findall(TEXT)
    assert len(examples) == 6
    for command, shown in examples:
        if "$ID" in command:
            environment["ID"] = graded(service)
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
        if shown:
            assert keys(json.loads(ran.stdout)) == keys(json.loads(shown)), command


def graded(service: Service) -> str:
    """The first of what was sent, graded."""
    with service.sessions() as session:
        row = session.scalars(select(Submission).order_by(Submission.id)).first()
        assert row is not None
        assert session.get(CiRequest, row.id) is not None
    cache = Shelf(service.blobs, service.settings.data / "takehomes")
    grade_submission(service, cache, Recording("flatten-middling"), row.id, row.suite_id, "tests")
    return str(row.id)


def test_exit_statuses_are_those_of_the_program() -> None:
    listed = {int(status) for status in re.findall(r"^\| (\d) \| ", TEXT, re.MULTILINE)}
    assert listed == {status.value for status in Exit} - {Exit.STOPPED.value}


def test_every_system_has_its_section_and_file() -> None:
    for system, file in (
        ("GitHub Actions", "github-actions.yml"),
        ("GitLab CI", "gitlab-ci.yml"),
        ("Jenkins", "Jenkinsfile"),
        ("CircleCI", "circleci.yml"),
    ):
        section = TEXT[TEXT.index(f"## {system}\n") :].partition("\n## ")[0]
        assert f"(ci/{file})" in section


def test_links_within_pages_lead_to_headings() -> None:
    for page, anchor in re.findall(r"\]\(([\w.]*)#([\w-]+)\)", TEXT):
        text = PAGE.with_name(page).read_text("utf-8") if page else TEXT
        headings = {
            re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        }
        assert anchor in headings, anchor
