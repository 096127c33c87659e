"""The receipt, the grading as it goes on, and the feedback: as much as is released, and nothing hidden."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from api.accounts.tables import Role, User
from api.database.base import new_id
from api.http import live as watching
from api.reviews.tables import Comment, JudgementRow
from api.submissions.grading import tell
from api.submissions.reporting import refresh, report_in_force
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Feedback
from grader.takehome import find, shelf
from tests.api.conftest import Clock, People
from tests.api.http.candidate.conftest import Candidate, zipped

Start = Callable[..., Candidate]
REASON = "Only the reviewers may read this reason."
PRIVATE = "This comment stays inside."
OPEN = "Nice names here."


def receipt(ada: Candidate) -> str:
    return f"/submissions/{ada.submission().id}"


def judged_by_a_person(ada: Candidate, user: User) -> None:
    """Override an item, comment in private and in the open."""
    submission = ada.submission()
    with ada.service.sessions.begin() as session:
        row = session.get_one(Submission, submission.id)
        item = report_in_force(session, row).criteria[0].items[0]
        now, by = ada.service.now(), user.id
        given = {"submission_id": row.id, "by_id": by, "at": now}
        session.add(JudgementRow(id=new_id(), target=item.id, points=1, reason=REASON, **given))
        for text, released in ((PRIVATE, False), (OPEN, True)):
            session.add(
                Comment(id=new_id(), path="flatten.py", line=3, text=text, released=released, **given)
            )
        session.flush()
        refresh(session, row, now)


def hidden_words(ada: Candidate) -> list[str]:
    """Whatever of the hidden suite a page could let slip: ids, messages, output, names of known-bad solutions."""
    with ada.service.sessions() as session:
        report = report_in_force(session, session.get_one(Submission, ada.submission().id))
    evidence = report.evidence
    assert evidence.hidden_tests is not None
    found = []
    for test in evidence.hidden_tests.tests:
        found += [test.id, test.id.rpartition("::")[2]]
        found += [line.strip() for line in test.message.splitlines() if len(line.strip()) > 30]
    takehome = find("flatten", shelf())
    found += [name.rpartition("/")[2] for name in takehome.hidden_tests]
    return [*found, *takehome.broken, REASON, PRIVATE, "hidden_tests/"]


def everything_that_a_candidate_can_read(ada: Candidate) -> Iterator[tuple[str, str]]:
    for path in ("", receipt(ada), f"{receipt(ada)}/feedback", f"{receipt(ada)}/events", "/delete"):
        answer = ada.get(path)
        yield path, answer.text + json.dumps(dict(answer.headers))
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(ada.get("/data").content)) as archive:
        yield "data", archive.read("about-you.json").decode()
    with zipfile.ZipFile(io.BytesIO(ada.get("/starter").content)) as archive:
        yield "starter", " ".join(archive.namelist())


@pytest.mark.parametrize("level", list(Feedback))
@pytest.mark.parametrize("sample", ["poor", "cheating"])
def test_nothing_hidden_is_in_anything_that_a_candidate_can_read(
    start: Start, people: People, level: Feedback, sample: str
) -> None:
    ada = start(feedback=level)
    ada.send(zipped({"flatten.py": "def flatten(data): return data\n"}))
    ada.grade(sample)
    judged_by_a_person(ada, people.add(Role.REVIEWER))

    words = hidden_words(ada)

    for path, text in everything_that_a_candidate_can_read(ada):
        assert [word for word in words if word in text] == [], path


def test_each_level_releases_so_much_and_no_more(start: Start, people: People) -> None:
    """None: thanks. Summary: a share in words. Criteria: their points. Full: the report."""
    reviewer = people.add(Role.REVIEWER)
    pages = {}
    for level in Feedback:
        ada = start(feedback=level, email=f"{level.value}@example.com")
        ada.send()
        ada.grade()
        judged_by_a_person(ada, reviewer)
        pages[level] = ada.get(receipt(ada)).text
        assert ada.get(f"{receipt(ada)}/feedback").status_code == (200 if level is Feedback.FULL else 303)

    assert "You will hear from us" in pages[Feedback.NONE]
    assert "of the points" not in pages[Feedback.NONE]
    assert re.search(r"<strong>[a-z ]+</strong> of the points", pages[Feedback.SUMMARY])
    assert "<meter" not in pages[Feedback.SUMMARY]
    for level in (Feedback.CRITERIA, Feedback.FULL):
        assert "Unflattening" in pages[level]
        assert "<meter" in pages[level]
    assert "full report" not in pages[Feedback.CRITERIA]
    assert "full report" in pages[Feedback.FULL]
    for text in pages.values():
        assert OPEN in text
        assert "Strong" not in text  # no band


def test_the_full_report_runs_nothing(start: Start) -> None:
    ada = start(feedback=Feedback.FULL)
    ada.send(zipped({"flatten.py": "x = '<script>alert(1)</script>'\n"}))
    ada.grade()

    answer = ada.get(f"{receipt(ada)}/feedback")

    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "<script>alert" not in answer.text


def test_the_receipt_names_hash_size_time_and_attempt(start: Start) -> None:
    ada = start(time_zone="Asia/Tokyo")
    ada.send()
    submission = ada.submission()

    text = ada.get(receipt(ada)).text

    for word in (submission.blob, f"{submission.size} bytes", "2 Mar 2026, 18:00 (Asia/Tokyo)", "1 of 3"):
        assert word in text
    assert "It is next in line." in text
    assert 'http-equiv="refresh"' in text


def test_the_place_in_the_queue_is_told(start: Start) -> None:
    eve, ada = start(name="Eve", email="eve@example.com"), start()
    eve.send()
    ada.send()

    assert "1 other is graded before it." in ada.get(receipt(ada)).text


def test_another_candidates_submission_is_not_found(start: Start) -> None:
    ada, eve = start(), start(name="Eve", email="eve@example.com")
    ada.send()
    path = receipt(ada)

    for below in ("", "/events", "/feedback"):
        assert eve.get(path + below).status_code == 404
    assert eve.get(f"/submissions/{uuid.uuid4()}").status_code == 404
    assert eve.get("/submissions/nonsense").status_code == 422


def test_our_failure_is_told_as_ours(ada: Candidate) -> None:
    ada.send()
    with ada.service.sessions.begin() as session:
        session.get_one(Submission, ada.submission().id).state = State.WAITING

    assert "costs you nothing" in ada.get(receipt(ada)).text


# -- live -----------------------------------------------------------------------------------------


class Stream:
    """A stream of events that is being read."""

    def __init__(self, address: str) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._address = address
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        kind = ""
        with httpx2.stream("GET", self._address, timeout=60) as answer:
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                if line.startswith("data: "):
                    self.events.append((kind, json.loads(line.removeprefix("data: "))))

    def wait(self, count: int) -> None:
        """Until `count` events have come."""
        for _ in range(300):
            if len(self.events) >= count:
                return
            time.sleep(0.05)
        raise AssertionError(self.events)

    def end(self) -> None:
        """Until the server ends it."""
        self._thread.join(30)
        assert not self._thread.is_alive()


def step(ada: Candidate, state: State, words: str) -> None:
    """Move the submission on, as a worker does."""
    with ada.service.sessions.begin() as session:
        row = session.get_one(Submission, ada.submission().id)
        row.state, row.progress = state, {"step": words}
        tell(session, row.id)


def test_a_stream_tells_each_step_and_ends_when_it_is_done(ada: Candidate, live: str) -> None:
    ada.send()
    stream = Stream(f"{live}{ada.link}{receipt(ada)}/events")
    stream.wait(1)
    time.sleep(0.5)  # until it listens
    begun = time.monotonic()

    step(ada, State.GRADING, "grading")
    stream.wait(2)
    assert time.monotonic() - begun < watching.LOOK_SECONDS_UNTOLD  # told, not looked up
    step(ada, State.GRADED, "")
    stream.end()

    assert [(kind, told["state"]) for kind, told in stream.events] == [
        ("progress", "queued"),
        ("progress", "grading"),
        ("done", "graded"),
    ]
    assert "Your code runs" in stream.events[1][1]["text"]


def test_a_stream_goes_on_when_the_listening_connection_is_lost(ada: Candidate, live: str) -> None:
    from sqlalchemy import text

    ada.send()
    stream = Stream(f"{live}{ada.link}{receipt(ada)}/events")
    stream.wait(1)
    time.sleep(0.5)
    with ada.service.sessions.begin() as session:
        killed = session.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        ).all()
    assert len(killed) == 1

    step(ada, State.GRADED, "")
    stream.end()

    assert stream.events[-1][0] == "done"


def test_more_watchers_than_there_is_room_for_are_sent_away(
    ada: Candidate, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.send()
    monkeypatch.setattr(watching, "MOST_WATCHERS", 1)
    address = f"{live}{ada.link}{receipt(ada)}/events"
    stream = Stream(address)
    stream.wait(1)

    refused = httpx2.get(address, timeout=20)

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "30"
    step(ada, State.GRADED, "")
    stream.end()
    again = Stream(address)
    again.end()
    assert [kind for kind, _ in again.events] == ["done"]


def test_a_finished_submission_is_told_at_once(ada: Candidate, clock: Clock) -> None:
    ada.send()
    ada.grade()

    text = ada.get(f"{receipt(ada)}/events").text

    assert "event: done" in text
