"""The pages of authors: publishing, versions, dry runs, the rubric editor."""

from __future__ import annotations

import uuid

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.accounts.tables import Role
from api.http.app import create_app
from api.http.reviewer.blind import alias
from api.invitations.erasing import erase_candidate
from api.invitations.tables import Candidate
from api.reviews.tables import Change
from api.reviews.trying import try_change
from api.service import Service
from api.submissions.tables import Submission
from api.takehomes.packing import files_of, pack
from api.takehomes.reading import by_name
from api.takehomes.tables import RubricVersion, Takehome
from grader.takehome import shelf
from tests.api.conftest import TESTER, People
from tests.api.graded import graded

EDITOR = "/take-homes/flatten/rubric"


def archive(**changes: bytes) -> bytes:
    return pack(
        files_of(shelf() / "flatten") | {name.replace("__", "."): data for name, data in changes.items()}
    )


def rubric_text(service: Service) -> str:
    with service.sessions() as session:
        return session.scalars(select(RubricVersion).order_by(RubricVersion.number)).all()[0].text


def test_an_author_publishes_an_archive(service: Service, people: People, client: TestClient) -> None:
    people.sign_in(Role.AUTHOR)
    assert client.get("/take-homes/publish").status_code == 200

    answer = client.post("/take-homes/publish", files={"archive": ("flatten.tar.gz", archive())})

    assert (answer.status_code, answer.headers["location"]) == (303, "/take-homes/flatten/versions")
    listed = client.get("/take-homes/flatten/versions").text
    assert "waits for its check" in listed
    assert "Author" in listed


def test_what_is_wrong_with_an_archive_is_listed_with_file_and_line(
    people: People, client: TestClient
) -> None:
    people.sign_in(Role.AUTHOR)

    answer = client.post(
        "/take-homes/publish",
        files={"archive": ("x.tar.gz", archive(rubric__yaml=b"rubric: 1\ntitel: <b>\n"))},
    )

    assert answer.status_code == 422
    assert "rubric.yaml:2: titel" in answer.text
    assert "Did you mean `title`?" in answer.text


def test_an_archive_above_the_limit_is_refused(service: Service, people: People) -> None:
    bounds = service.settings.bounds.model_copy(update={"takehome_bytes": 1000})
    small = Service(**{**vars(service), "settings": service.settings.model_copy(update={"bounds": bounds})})
    with TestClient(create_app(small), base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        People(small, client).sign_in(Role.AUTHOR)
        answer = client.post("/take-homes/publish", files={"archive": ("x.tar.gz", archive())})

    assert answer.status_code == 413
    assert "GRADER_BOUNDS__TAKEHOME_BYTES" in answer.text


def test_only_an_administrator_waives_the_check(people: People, client: TestClient) -> None:
    people.sign_in(Role.AUTHOR)
    form = {"files": {"archive": ("flatten.tar.gz", archive())}, "data": {"waive": "urgent"}}
    assert client.post("/take-homes/publish", **form).status_code == 403
    assert client.get("/take-homes/flatten/versions").status_code == 404

    people.sign_in(Role.ADMIN)
    assert client.post("/take-homes/publish", **form).status_code == 303
    shown = client.get("/take-homes/flatten/versions/1").text
    assert "check waived" in shown
    assert "Used without a check: urgent" in shown


def test_a_reviewer_neither_publishes_nor_edits(
    people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.REVIEWER)

    assert client.get("/take-homes/publish").status_code == 403
    assert client.get(EDITOR).status_code == 403
    assert client.post(EDITOR, data={"text": "x"}).status_code == 403
    assert client.get("/take-homes/flatten/versions").status_code == 200


# -- the editor ---------------------------------------------------------------------------------------


def test_the_editor_shows_the_text_as_it_is(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.AUTHOR)

    shown = client.get(EDITOR).text

    assert "announced: &#34;`flatten` joins the keys" in shown


def test_problems_come_with_their_line_and_a_hint(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.AUTHOR)
    wrong = rubric_text(service).replace("kind: scaled", "kind: scalled", 1)
    line = wrong[: wrong.index("kind: scalled")].count("\n") + 1

    part = client.post(f"{EDITOR}/validate?part=true&scores=false", data={"text": wrong})

    assert any(f">line {near}<" in part.text for near in (line - 1, line)), part.text  # the item, or its kind
    assert "Did you mean `scaled`?" in part.text
    assert "<html" not in part.text


def test_a_criterion_that_the_brief_does_not_announce_is_a_problem(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.AUTHOR)
    silent = rubric_text(service).replace("joins the keys on the way", "hides the keys on the way", 1)

    answer = client.post(EDITOR, data={"text": silent})

    assert answer.status_code == 422
    assert "quotes a sentence that the brief does not hold" in answer.text
    assert "line 10" in answer.text


def test_without_a_script_check_shows_what_it_would_do_and_keeps_the_text(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    graded(service, flatten, name="<b>Ada</b>")
    people.sign_in(Role.AUTHOR)
    heavier = rubric_text(service).replace("weight: 26", "weight: 46")

    checked = client.post(f"{EDITOR}/validate", data={"text": heavier.replace("\n", "\r\n")}).text

    assert "weight: 46" in checked
    assert "the last 1 submissions" in checked
    assert "&lt;b&gt;Ada&lt;/b&gt;" in checked
    with service.sessions() as session:
        assert len(session.scalars(select(RubricVersion)).all()) == 1


def test_saving_makes_a_change_that_is_looked_at_and_applied(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    submission = graded(service, flatten)
    people.sign_in(Role.AUTHOR)
    heavier = rubric_text(service).replace("weight: 26", "weight: 46").replace("\n", "\r\n")

    saved = client.post(EDITOR, data={"text": heavier, "note": "correctness counts more"})

    assert saved.status_code == 303
    place = saved.headers["location"]
    assert place.startswith("/changes/")
    assert "data-live" in client.get(place).text
    try_change(service, uuid.UUID(place.rpartition("/")[2]))
    ready = client.get(place).text
    assert "waits for a decision" in ready
    assert "Ada Lovelace" in ready

    assert client.post(f"{place}/apply").headers["location"] == place

    assert "applied" in client.get(place).text
    with service.sessions() as session:
        assert session.get_one(Submission, submission.id).max_points == (submission.max_points or 0) + 20
        assert by_name(session, "flatten").rubric_id == session.scalars(select(Change)).one().rubric_id


def test_a_stale_change_says_that_nothing_was_applied(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    graded(service, flatten)
    people.sign_in(Role.AUTHOR)
    heavier = rubric_text(service).replace("weight: 26", "weight: 46")
    place = client.post(EDITOR, data={"text": heavier}).headers["location"]
    try_change(service, uuid.UUID(place.rpartition("/")[2]))
    graded(service, flatten, "good", "Grace", "grace@example.com")

    answer = client.post(f"{place}/apply")

    assert answer.headers["location"] == f"{place}?stale=true"
    assert "Nothing was applied" in client.get(answer.headers["location"]).text


@pytest.mark.parametrize("show", ["all", "moved", "up", "down", "band", "serious", "failed"])
def test_every_filter_can_be_shown(
    service: Service, people: People, client: TestClient, flatten: Takehome, show: str
) -> None:
    graded(service, flatten)
    people.sign_in(Role.AUTHOR)
    lighter = rubric_text(service).replace("weight: 26", "weight: 6")
    place = client.post(EDITOR, data={"text": lighter}).headers["location"]
    try_change(service, uuid.UUID(place.rpartition("/")[2]))

    assert client.get(f"{place}?show={show}").status_code == 200
    assert client.get(f"{place}?show={show}&page=7").status_code == 200


def test_a_dry_run_and_the_editor_respect_blind_review(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    submission = graded(service, flatten, name="Ada Lovelace")
    people.sign_in(Role.AUTHOR)
    heavier = rubric_text(service).replace("weight: 26", "weight: 46")
    place = client.post(EDITOR, data={"text": heavier}).headers["location"]
    try_change(service, uuid.UUID(place.rpartition("/")[2]))
    check = {"data": {"text": heavier}}
    assert "Ada Lovelace" in client.get(place).text
    assert "Ada Lovelace" in client.post(f"{EDITOR}/validate", **check).text

    client.get("/?blind=1")

    for text in (client.get(place).text, client.post(f"{EDITOR}/validate?part=true", **check).text):
        assert "Ada" not in text
        assert alias(submission) in text


def test_a_dry_run_names_nobody_whose_data_was_deleted(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    submission = graded(service, flatten, name="Ada Lovelace")
    people.sign_in(Role.AUTHOR)
    heavier = rubric_text(service).replace("weight: 26", "weight: 46")
    place = client.post(EDITOR, data={"text": heavier}).headers["location"]
    try_change(service, uuid.UUID(place.rpartition("/")[2]))
    with service.sessions.begin() as session:
        candidate = session.get_one(Candidate, submission.candidate_id)
        erase_candidate(session, service.blobs, candidate, TESTER, service.now())

    text = client.get(place).text

    assert "Ada" not in text
    assert "(anonymised)" in text


def test_open_changes_are_listed_on_the_page_of_the_take_home(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    graded(service, flatten)
    people.sign_in(Role.AUTHOR)
    assert "Open changes" not in client.get("/take-homes/flatten").text
    heavier = rubric_text(service).replace("weight: 26", "weight: 46")
    place = client.post(EDITOR, data={"text": heavier}).headers["location"]

    assert f'href="{place}"' in client.get("/take-homes/flatten").text
    client.post(f"{place}/drop")
    assert "Open changes" not in client.get("/take-homes/flatten").text


def test_one_submission_is_graded_again_beside_its_report(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    submission = graded(service, flatten)
    people.sign_in(Role.AUTHOR)

    answer = client.post(f"/submissions/{submission.id}/regrade")

    assert answer.headers["location"].startswith("/changes/")
    shown = client.get(answer.headers["location"]).text
    assert "One submission graded again" in shown
    assert client.post(f"/submissions/{uuid.uuid4()}/regrade").status_code == 404


def test_what_is_not_there_is_not_found(people: People, client: TestClient, flatten: Takehome) -> None:
    people.sign_in(Role.ADMIN)

    for path in (
        f"/changes/{uuid.uuid4()}",
        "/take-homes/nothing/versions",
        "/take-homes/flatten/versions/9",
        "/take-homes/flatten/versions?from=1&to=9",
        "/take-homes/flatten/rubric?version=9",
    ):
        assert client.get(path).status_code == 404, path
