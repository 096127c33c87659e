"""What can be taken away, comparison, and the past."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from api.http.reviewer.submissions.downloads import upload_name
from tests.api.graded import graded
from tests.api.http.reviewer.submissions.conftest import Desk


def test_every_format_is_an_attachment_that_can_run_nothing(desk: Desk) -> None:
    for what, suffix in (("json", "json"), ("html", "html"), ("junit", "xml"), ("sarif", "sarif"), ("text", "txt")):
        answer = desk.client.get(f"{desk.base}/download/{what}")
        assert answer.status_code == 200, what
        assert answer.headers["content-disposition"].startswith("attachment; "), what
        assert answer.headers["content-disposition"].endswith(f'.{suffix}"'), what
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox", what
        assert answer.headers["x-content-type-options"] == "nosniff", what

    assert json.loads(desk.get("/download/json"))["score"]["points"] == 54.05
    assert ElementTree.fromstring(desk.get("/download/junit")).tag == "testsuites"  # noqa: S314 - our own
    assert "fix_lists" in desk.get("/download/html")
    assert desk.client.get(f"{desk.base}/download/exe").status_code == 404


def test_the_upload_comes_back_byte_for_byte(desk: Desk) -> None:
    answer = desk.client.get(f"{desk.base}/download/upload")

    assert answer.content == desk.service.blobs.get(desk.submission.blob)
    assert answer.headers["content-type"] == "application/octet-stream"


def test_names_of_uploads_are_plain() -> None:
    assert upload_name("work.tar.gz", "1a", blind=False) == "submission-1a-work.tar.gz"
    assert upload_name("Ada Lovelace.zip", "1a", blind=True) == "submission-1a.zip"
    assert upload_name('x"\r\nSet-Cookie: a=b;/../..\u202egpj.zip', "1a", blind=False) == "submission-1a-x_Set-Cookie_a_b_.._.._gpj.zip"
    assert upload_name("", "1a", blind=False) == "submission-1a"


def test_submissions_of_one_take_home_are_compared_side_by_side(desk: Desk) -> None:
    other = graded(desk.service, desk.submission_takehome(), "good", "Grace Hopper", "grace@example.com")

    text = desk.client.get(f"/compare?ids={desk.submission.id},{other.id}").text

    assert "54.05 / 100" in text
    assert "100 / 100" in text
    desk.client.cookies.set("blind", "1")
    assert "Grace" not in desk.client.get(f"/compare?ids={desk.submission.id},{other.id}").text
    for ids, status in ((str(other.id), 422), ("nonsense,x", 422), (f"{other.id},0194f6d2-0000-7000-8000-000000000000", 404)):
        assert desk.client.get(f"/compare?ids={ids}").status_code == status, ids


def test_the_neighbours_lead_through_the_submissions_of_the_take_home(desk: Desk) -> None:
    other = graded(desk.service, desk.submission_takehome(), "good", "Grace Hopper", "grace@example.com")

    assert f'href="/submissions/{other.id}" rel="next"' in desk.get()
    assert f'href="{desk.base}" rel="prev"' in desk.client.get(f"/submissions/{other.id}").text


def test_the_past_names_gradings_and_who_did_what(desk: Desk) -> None:
    text = desk.get("/history")

    assert "submission.received" in text
    assert "base:recorded" in text
    assert "in force" in text
