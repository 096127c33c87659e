"""The files in docs/ci are right by the schemas of their systems, and what they run does what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_groovy
from junitparser import JUnitXml
from ruamel.yaml import YAML
from sqlalchemy import select

from api.ci.tables import CiRequest
from api.service import Service, utc_now
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from grader.takehome import find, shelf
from tests.api.ci.conftest import connect, working
from tests.api.conftest import Clock

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "ci"
IMAGE = "registry.example.com/takehome-grader:1"
SERVER = "https://grader.example.com"
SCHEMAS = {
    "github-actions.yml": "github-workflows",
    "gitlab-ci.yml": "gitlab-ci",
    "circleci.yml": "circle-ci",
}
SET_BY_THE_SYSTEM = {
    "GITHUB_REPOSITORY": "acme/ada",
    "GITHUB_SHA": "9f86d08",
    "GITHUB_RUN_ID": "1",
    "CI_PROJECT_PATH": "acme/ada",
    "CI_COMMIT_SHA": "9f86d08",
    "CI_PIPELINE_ID": "2",
    "CIRCLE_PROJECT_REPONAME": "ada",
    "CIRCLE_SHA1": "9f86d08",
    "CIRCLE_BUILD_NUM": "3",
    "JOB_NAME": "ada/main",
    "GIT_COMMIT": "9f86d08",
    "BUILD_NUMBER": "4",
}


def loaded(name: str) -> Any:
    return YAML(typ="safe").load(FOLDER.joinpath(name))


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_the_file_is_right_by_the_published_schema(name: str, schema: str) -> None:
    """As the people of check-jsonschema keep the schemas of schemastore; nothing is fetched."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        f"vendor.{schema}",
        FOLDER / name,
    ]
    checked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def nodes(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def jenkinsfile() -> tree_sitter.Node:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))
    return parser.parse(FOLDER.joinpath("Jenkinsfile").read_bytes()).root_node


def test_the_jenkinsfile_is_groovy_with_the_sections_of_a_declarative_pipeline() -> None:
    """Jenkins publishes no schema: only a running one knows its steps. Grammar and sections are what can be checked."""
    root = jenkinsfile()
    assert not root.has_error
    called = {
        node.children[0].text.decode()
        for node in nodes(root)
        if node.type in {"method_invocation", "juxt_function_call"} and node.children[0].text
    }
    assert {"pipeline", "agent", "environment", "stages", "stage", "steps", "post", "always", "sh"} <= called
    assert {"junit", "archiveArtifacts", "timeout", "credentials"} <= called


def shell_lines() -> dict[str, tuple[str, dict[str, str]]]:
    """What each file runs, and the variables that it sets."""
    github = loaded("github-actions.yml")["jobs"]["grade"]
    gitlab = loaded("gitlab-ci.yml")["grade"]
    circle = loaded("circleci.yml")["jobs"]["grade"]
    (text,) = [
        node
        for node in nodes(jenkinsfile())
        if node.type == "string_literal" and b"grader" in (node.text or b"")
    ]
    assert text.text is not None
    jenkins = text.text.decode().strip("'")
    assert github["container"]["image"] == gitlab["image"]["name"] == circle["docker"][0]["image"] == IMAGE
    return {
        "GitHub Actions": (
            "\n".join(step["run"] for step in github["steps"] if "run" in step),
            github["env"],
        ),
        "GitLab CI": ("\n".join(gitlab["script"]), gitlab["variables"]),
        "CircleCI": (
            "\n".join(step["run"]["command"] for step in circle["steps"] if "run" in step),
            circle["environment"],
        ),
        # Groovy reads a backslash at the end of a line of ''' as the line going on, before a shell sees it
        "Jenkins": (jenkins.replace("\\\n", " "), {"GRADER_SERVER": SERVER}),
    }


@pytest.mark.parametrize(
    ("system", "sample", "status"),
    [
        ("GitHub Actions", "good", 0),
        ("GitLab CI", "middling", 1),
        ("CircleCI", "middling", 1),
        ("Jenkins", "good", 0),
    ],
)
def test_the_lines_of_the_file_grade_and_end_by_the_threshold(
    service: Service,
    live: str,
    flatten: Takehome,
    token: str,
    tmp_path: Path,
    system: str,
    sample: str,
    status: int,
) -> None:
    for path, content in find("flatten", shelf()).samples[sample].items():
        tmp_path.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(path).write_bytes(content)
    lines, variables = shell_lines()[system]
    assert variables["GRADER_SERVER"] == SERVER
    environment = {
        **SET_BY_THE_SYSTEM,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GRADER_SERVER": live,
        "GRADER_TOKEN": token,
    }
    with working(service, f"flatten-{sample}"):
        ran = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", lines],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert ran.returncode == status, ran.stdout + ran.stderr
    assert "Total" in ran.stdout
    reports = tmp_path / "reports"
    assert JUnitXml.fromfile(str(reports / "junit.xml")).tests > 0
    assert json.loads(reports.joinpath("findings.sarif").read_bytes())["version"] == "2.1.0"
    assert json.loads(reports.joinpath("report.json").read_bytes())["outcome"] == "graded"
    with service.sessions() as session:
        assert session.scalars(select(Submission.label)).one() in {"acme/ada", "ada", "ada/main"}


def test_every_file_writes_the_reports_that_it_publishes() -> None:
    github, gitlab, circle = (loaded(name) for name in SCHEMAS)
    uploads = [step for step in github["jobs"]["grade"]["steps"] if "upload" in step.get("uses", "")]
    assert uploads[0]["with"]["path"] == "reports/"
    assert gitlab["grade"]["artifacts"]["reports"]["junit"] == "reports/junit.xml"
    assert circle["jobs"]["grade"]["steps"][2]["store_test_results"]["path"] == "reports/junit.xml"
    assert b"junit 'reports/junit.xml'" in FOLDER.joinpath("Jenkinsfile").read_bytes()


def test_the_signing_script_asks_for_the_repository_once(
    service: Service, live: str, clock: Clock, flatten: Takehome
) -> None:
    clock.now = utc_now()  # the script signs with the time of this machine
    pipeline = connect(service)
    environment = {
        "PATH": os.environ["PATH"],
        "GRADER_SERVER": live,
        "CONNECTION": str(pipeline.id),
        "SECRET": pipeline.secret,
        "TAKE_HOME": "flatten",
        "REPOSITORY": "https://git.example.com/hiring/ada.git",
        "COMMIT": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "REF": "main",
        "LABEL": 'ada "x"',
    }
    command = [sys.executable, str(FOLDER / "signed.py")]
    said = [
        subprocess.run(
            command, check=True, env=environment, capture_output=True, text=True, timeout=60
        ).stdout
        for _ in range(2)
    ]

    assert said[0] == said[1]
    with service.sessions() as session:
        row = session.scalars(select(CiRequest)).one()
    assert (row.label, row.asked_by) == ('ada "x"', f"connection:{pipeline.id}")
