"""Take-homes and rubrics over the API."""

from __future__ import annotations

from api.service import Service
from api.takehomes.packing import files_of, pack
from api.takehomes.tables import Takehome
from grader.takehome import shelf
from tests.api.graded import graded
from tests.api.http.v1.conftest import Program
from tests.api.http.v1.problems import problem

JSON = {"Content-Type": "application/json"}
GZIP = {"Content-Type": "application/gzip"}


def test_a_take_home_says_what_candidates_are_told_and_no_more(admin: Program, flatten: Takehome) -> None:
    listed = admin("GET", "/take-homes").json()
    told = admin("GET", "/take-homes/flatten")

    assert [one["name"] for one in listed["items"]] == ["flatten"]
    found = told.json()
    assert (found["suite_version"], found["rubric_version"], found["levels"]) == (
        1,
        1,
        ["junior", "mid", "senior", "staff"],
    )
    assert all(one["announced"] in found["brief"].replace("\n", " ") for one in found["criteria"])
    assert "hidden_tests" not in told.text
    problem(admin("GET", "/take-homes/nothing"), 404)


def test_a_take_home_is_published_as_an_archive(admin: Program) -> None:
    archive = pack(files_of(shelf() / "flatten"))

    first = admin("POST", "/take-homes", content=archive, headers=GZIP)
    again = admin("POST", "/take-homes", files={"file": ("flatten.tar.gz", archive)})

    assert (first.status_code, first.headers["location"]) == (201, "/api/v1/take-homes/flatten")
    assert first.json()["suite"]["check"] == "waiting"
    assert again.json() == first.json()
    versions = admin("GET", "/take-homes/flatten/versions").json()["items"]
    assert [(one["number"], one["in_force"]) for one in versions] == [(1, False)]


def test_archives_that_are_no_take_homes_are_refused(admin: Program) -> None:
    whole = pack(files_of(shelf() / "flatten"))
    broken = [
        b"nonsense",
        whole[:200],
        pack({}),
        pack({"a": b"1", "a/b": b"2"}),
        pack({"takehome.yaml": b"{"}),
    ]
    places = range(11, len(whole), len(whole) // 15)
    broken += [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in places]
    for archive in broken:
        answer = admin("POST", "/take-homes", content=archive, headers=GZIP)
        assert answer.status_code in {201, 422}, answer.text  # a flipped bit may lie in the time stamp

    assert problem(admin("POST", "/take-homes", content=b"x", headers=GZIP), 422)["errors"]
    problem(admin("POST", "/take-homes", content=b"x", headers={"Content-Type": "text/plain"}), 415)


def test_rubrics_are_added_beside_the_one_in_force(
    service: Service, admin: Program, flatten: Takehome
) -> None:
    graded(service, flatten)
    path = "/take-homes/flatten/rubrics"
    text = admin("GET", f"{path}/1").json()["text"]

    made = admin("POST", path, json={"text": f"{text}\n# a remark\n", "note": "a remark"})
    again = admin("POST", path, json={"text": f"{text}\n# a remark\n"})

    assert (made.status_code, made.json()["number"], made.json()["in_force"]) == (201, 2, False)
    assert made.headers["location"] == f"/api/v1{path}/2"
    assert (again.status_code, again.json()) == (200, made.json())
    assert [one["number"] for one in admin("GET", path).json()["items"]] == [2, 1]
    problem(admin("GET", f"{path}/3"), 404)
    problem(admin("GET", f"{path}/99999999999999999999"), 422)


def test_a_rubric_that_is_none_is_refused_with_its_lines(admin: Program, flatten: Takehome) -> None:
    refused = problem(admin("POST", "/take-homes/flatten/rubrics", json={"text": "criteria: ["}), 422)

    assert "rubric.yaml" in refused["detail"]
    assert "rubric" in refused["errors"]


def test_hostile_bodies_are_refused_and_never_break_us(admin: Program, flatten: Takehome) -> None:
    path = "/take-homes/flatten/rubrics"
    bodies = (
        b'{"text": "a\\u0000b"}',
        b'{"text": "\\ud800"}',
        b'{"text": 1}',
        b'{"\\ud800\\u0000": 1, "text": "x"}',
        b'{"text": "x", "surprise": 1}',
        b"",
        b'{"text":',
        b"\xff\xfe",
    )
    for body in bodies:
        problem(admin("POST", path, content=body, headers=JSON), 422)
    for body in (b"[" * 100_000, b'{"text": ' + b"9" * 5000 + b"}", b'"\xff"'):
        problem(admin("POST", path, content=body, headers=JSON), 400)
    too_large = admin("POST", path, json={"text": "x" * 3_000_000})
    problem(too_large, 413)
    assert "default-src 'none'" in too_large.headers["content-security-policy"]
