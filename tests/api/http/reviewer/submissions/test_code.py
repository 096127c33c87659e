"""The code page: files one at a time, what is known about lines, comments, differences, and hostile bytes."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from api.accounts.tables import Role
from api.blobs import put_content
from api.takehomes.packing import pack
from tests.api.http.reviewer.submissions.conftest import Desk

Upload = Callable[[dict[str, bytes]], None]
REFUSED: list[tuple[dict[str, object], str]] = [
    ({"text": " "}, "The comment is empty"),
    ({"text": "x" * 10_001}, "too long"),
    ({"file": "flatten.py", "line": 49}, "The file has lines 1 to 48"),
    ({"file": "flatten.py", "line": 0}, "The file has lines 1 to 48"),
    ({"file": "other.py"}, "no such file"),
    ({"line": 3}, "A line needs its file"),
]
ODD: list[tuple[str, bytes, str]] = [
    ("one_line.py", b"x = '" + b"".join(b"%d" % n for n in range(700_000)) + b"'", "more characters"),
    ("photo.bin", b"\x89PNG\0\0\0", "A binary file: not shown"),
    ("latin.py", "# caf\xe9\n".encode("latin-1"), "Not UTF-8"),
    ("empty.py", b"", "An empty file"),
    ("escape.py", b"# \x1b[31mred\x07\n", "\\x1b[31m"),
    ("bidi.py", "# \u202eevil\n".encode(), "\\u202e"),
]


@pytest.fixture
def replace_upload(desk: Desk) -> Upload:
    """Puts other files in the place of those that were graded."""

    def replace(files: dict[str, bytes]) -> None:
        desk.put(blob=put_content(desk.service.blobs, pack(files)))

    return replace


def form(**fields: object) -> dict[str, object]:
    return {"key": str(uuid.uuid4()), "text": "why two loops?", **fields}


def test_failures_and_findings_stand_on_their_lines(desk: Desk) -> None:
    text = desk.get("/code?file=flatten.py")

    assert 'id="L31"' in text
    assert "failed here: AttributeError" in text
    assert f'href="{desk.base}#t' in text
    assert "UP035" in text
    assert "never ran under their own tests" in text


def test_a_comment_on_a_line_is_shown_there_and_on_the_report(desk: Desk) -> None:
    assert "Comment on line 12" in desk.get("/code?file=flatten.py&line=12")

    answer = desk.post("/comments", **form(file="flatten.py", line=12, released="true"))

    assert answer.headers["location"] == f"{desk.base}/code?file=flatten.py#L12"
    assert "why two loops?" in desk.get("/code?file=flatten.py")
    assert "why two loops?" in desk.get()
    assert "why two loops?" in desk.get("/candidate")


def test_a_private_comment_is_not_in_the_candidates_view(desk: Desk) -> None:
    desk.post("/comments", **form())

    assert "why two loops?" in desk.get()
    assert "why two loops?" not in desk.get("/candidate")


def test_the_same_comment_form_sent_twice_is_one_comment(desk: Desk) -> None:
    sent = form()

    assert [desk.post("/comments", **sent).status_code for _ in range(2)] == [303, 303]

    assert desk.get().count("why two loops?") == 1


def test_a_comment_that_cannot_be_is_refused(desk: Desk) -> None:
    for fields, message in REFUSED:
        answer = desk.post("/comments", **form(**fields))
        assert answer.status_code == 422, fields
        assert message in answer.text, fields

    assert desk.log("comment.made") == []


def test_a_withdrawn_comment_is_shown_to_nobody_and_only_its_author_withdraws_it(desk: Desk) -> None:
    sent = form(released="true")
    desk.post("/comments", **sent)
    withdraw = f"/comments/{sent['key']}/withdraw"
    desk.be(Role.REVIEWER, "berta@example.com")
    assert desk.post(withdraw).status_code == 403
    desk.sign_in(desk.user)

    assert desk.post(withdraw).status_code == 303

    assert "why two loops?" not in desk.get()
    assert "why two loops?" not in desk.get("/candidate")


def test_the_difference_from_the_starter_has_both_sides(desk: Desk) -> None:
    below = desk.get("/code?file=flatten.py&view=starter")
    beside = desk.get("/code?file=flatten.py&view=starter&side=1")

    for text in (below, beside):
        assert "NotImplementedError" in text  # the starter's
        assert "fix_lists" in text  # the candidate's
    assert "+41" in below


def test_a_file_that_only_the_reference_has_is_listed_as_removed(desk: Desk) -> None:
    assert "removed" in desk.get("/code?view=reference&file=README.md")


def test_a_file_that_is_not_there_is_not_found(desk: Desk) -> None:
    assert desk.client.get(f"{desk.base}/code?file=../../etc/passwd").status_code == 404


def test_long_files_are_shown_in_parts_that_lines_lead_into(desk: Desk, replace_upload: Upload) -> None:
    replace_upload({"long.py": b"".join(b"x = %d\n" % n for n in range(2_500))})

    first, second = desk.get("/code?file=long.py"), desk.get("/code?file=long.py&near=1500")

    assert "Lines 1 to 1,000 of 2,500" in first
    assert 'id="L1000"' in first
    assert 'id="L1001"' not in first
    assert 'id="L1500"' in second


def test_two_thousand_files_are_listed(desk: Desk, replace_upload: Upload) -> None:
    replace_upload({f"d{n % 50}/f{n}.py": b"x = 1\n" for n in range(2_000)})

    assert "2000 files" in desk.get("/code")


def test_odd_files_are_shown_as_far_as_they_can_be(desk: Desk, replace_upload: Upload) -> None:
    replace_upload({name: content for name, content, _ in ODD})

    for name, _, shown in ODD:
        text = desk.get(f"/code?file={name}")
        assert shown in text, name
        assert len(text) < 100_000, name
        assert not set(text) & set("\x1b\x07\u202e"), name
        for view in ("starter", "reference"):
            assert len(desk.get(f"/code?file={name}&view={view}")) < 100_000, name


def test_an_upload_that_was_deleted_says_so(desk: Desk) -> None:
    desk.service.blobs.delete(desk.submission.blob)

    assert "no longer in the store" in desk.get("/code")
    assert "Ada Lovelace" in desk.get()
