"""From an event to the request that a receiver gets, on real connections."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from api.accounts.tables import Role
from api.audit.log import announce
from api.audit.tables import Entry, Event
from api.hooks import sending
from api.hooks.mail import mail_disabled
from api.hooks.managing import enable, rotate, send_again, send_again_since, send_test
from api.hooks.recording import disable
from api.hooks.schedule import BACK_OFF, asked_wait
from api.hooks.tables import Delivery, HookEndpoint
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER, People
from tests.api.graded import graded
from tests.api.hooks.conftest import Hooks
from tests.api.hooks.receiving import Receiver, after, answer, endless, receiving, reset
from tests.api.mailbox import Box, body_of, mailing


def test_an_event_reaches_the_endpoint_signed(hooks: Hooks, receiver: Receiver) -> None:
    _, secret = hooks.endpoint(receiver.url)
    subject = hooks.happen()

    assert hooks.send() is False

    [got] = receiver.got
    body = got.verified(secret)
    assert body["type"] == "candidate.erased"
    assert body["data"] == {"candidate": str(subject)}
    assert got.headers["content-type"] == "application/json"
    [delivery] = hooks.deliveries()
    assert (delivery.state, delivery.status, delivery.next_at) == ("delivered", 204, None)


def test_an_endpoint_is_told_only_what_it_chose_and_only_since_it_is_there(
    hooks: Hooks, receiver: Receiver
) -> None:
    hooks.happen()
    hooks.endpoint(receiver.url, "candidate.erased")
    hooks.happen("change.applied", takehome="flatten")
    wanted = hooks.happen()

    hooks.send()

    assert [body["data"] for body in receiver.bodies()] == [{"candidate": str(wanted)}]


def test_what_was_fanned_out_is_not_fanned_out_again(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    hooks.happen()

    hooks.send()
    with hooks.service.sessions.begin() as session:
        session.execute(text("UPDATE events SET sent_at = NULL"))
    hooks.send()

    assert len(receiver.got) == 1


def test_fanning_out_that_is_cut_short_has_never_happened(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    hooks.happen()
    with hooks.service.sessions() as session:
        assert sending.fan_out(session, "", hooks.service.now()) == 1
        session.rollback()  # as when the process is killed here

    hooks.send()

    assert len(receiver.got) == 1


def test_a_failure_is_tried_again_later_under_the_same_id_with_a_new_time(
    hooks: Hooks, receiver: Receiver
) -> None:
    receiver.behaviours = [answer(500, b"<b>no</b>"), answer(200)]
    _, secret = hooks.endpoint(receiver.url)
    hooks.happen()

    hooks.send()
    [delivery] = hooks.deliveries()
    assert (delivery.state, delivery.tries, delivery.status) == ("waiting", 1, 500)
    assert delivery.problem == "It answered 500."
    hooks.send()
    assert len(receiver.got) == 1, "it is not due yet"
    hooks.ahead = timedelta(seconds=12)
    hooks.send()

    first, second = receiver.got
    assert first.id == second.id
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) >= 12
    second.verified(secret)
    assert [attempt.status for attempt in hooks.attempts()] == [500, 200]
    assert hooks.attempts()[0].answer == b"<b>no</b>"


def test_a_redirect_is_a_failure_and_is_not_followed(hooks: Hooks, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.behaviours = [answer(307, Location=elsewhere.url)]
        hooks.endpoint(receiver.url)
        hooks.happen()

        hooks.send()

        assert elsewhere.got == []
        assert "redirects are not followed" in hooks.deliveries()[0].problem


def test_a_broken_connection_is_a_failure_in_words(hooks: Hooks, receiver: Receiver) -> None:
    receiver.behaviours = [reset]
    hooks.endpoint(receiver.url)
    hooks.happen()

    hooks.send()

    [attempt] = hooks.attempts()
    assert attempt.status is None
    assert attempt.problem == "The connection to 127.0.0.1 failed: Connection reset by peer."


def test_of_a_huge_answer_the_first_bytes_are_kept(hooks: Hooks, receiver: Receiver) -> None:
    receiver.behaviours = [endless]
    hooks.endpoint(receiver.url)
    hooks.happen()

    hooks.send()

    [attempt] = hooks.attempts()
    assert (attempt.status, attempt.cut, len(attempt.answer)) == (200, True, sending.KEPT_BYTES)
    assert hooks.deliveries()[0].state == "delivered"


def test_an_endpoint_that_is_gone_is_disabled_and_others_are_told(hooks: Hooks, receiver: Receiver) -> None:
    receiver.behaviours = [answer(410)]
    endpoint, _ = hooks.endpoint(receiver.url, "candidate.erased", description="ATS")
    with receiving() as other:
        hooks.endpoint(other.url, "webhook.disabled")
        hooks.happen()
        hooks.happen()

        hooks.send()

        assert len(receiver.got) == 1
        [told] = other.bodies()
        assert told["data"]["description"] == "ATS"
        assert told["data"]["url"].endswith(f"/webhooks/{endpoint.id}")
    assert "410 Gone" in hooks.reload(endpoint).disabled_why
    assert {one.state for one in hooks.deliveries() if one.kind == "candidate.erased"} == {"failed"}
    with hooks.service.sessions() as session:
        assert session.scalars(select(Entry).where(Entry.action == "webhook.disabled")).one()


def test_a_delivery_is_tried_for_three_days_and_then_the_endpoint_is_disabled(
    hooks: Hooks, receiver: Receiver
) -> None:
    receiver.behaviours = [answer(503)]
    endpoint, _ = hooks.endpoint(receiver.url)
    hooks.happen()

    hooks.send()
    for wait in BACK_OFF:
        hooks.ahead += wait * 1.1
        hooks.send()

    assert len(receiver.got) == 1 + len(BACK_OFF)
    assert {got.id for got in receiver.got} == {receiver.got[0].id}
    assert hooks.deliveries()[0].state == "failed"
    assert "last 3 days" in hooks.reload(endpoint).disabled_why


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("3600", timedelta(hours=1)),
        ("999999999", timedelta(hours=24)),
        ("1", BACK_OFF[0]),
        ("soon", BACK_OFF[0]),
        ("-5", BACK_OFF[0]),
        ("9" * 400, BACK_OFF[0]),
    ],
)
def test_who_asks_for_time_gets_it(hooks: Hooks, receiver: Receiver, asked: str, waited: timedelta) -> None:
    receiver.behaviours = [answer(429, **{"Retry-After": asked})]
    hooks.endpoint(receiver.url)
    hooks.happen()

    before = hooks.service.now()
    hooks.send()

    next_at = hooks.deliveries()[0].next_at
    assert next_at is not None
    assert waited * 0.89 <= next_at - before <= waited * 1.11 + timedelta(seconds=10)


def test_a_date_can_be_asked_for_too() -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert asked_wait("Thu, 01 Jan 2026 12:30:00 GMT", now) == timedelta(minutes=30)
    assert asked_wait("Thu, 01 Jan 2026 11:30:00 GMT", now) == timedelta()


def test_administrators_are_mailed_about_an_endpoint_that_was_given_up(
    hooks: Hooks, receiver: Receiver, people: People, box: tuple[Box, int]
) -> None:
    kept, port = box
    admin = people.add(Role.ADMIN)
    people.add(Role.REVIEWER)
    receiver.behaviours = [answer(410)]
    endpoint, _ = hooks.endpoint(receiver.url)
    hooks.happen()
    hooks.service = mailing(hooks.service, port)

    hooks.send()

    with hooks.service.sessions() as session:
        jobs = session.execute(
            text("SELECT args FROM procrastinate_jobs WHERE task_name = 'mail_hook_disabled'")
        ).scalars()
        [wanted] = list(jobs)
    assert wanted == {"endpoint_id": str(endpoint.id), "user_id": str(admin.id)}
    mail_disabled(hooks.service, endpoint.id, admin.id)
    [mail] = kept.mails
    assert str(mail["to"]) == f"{admin.name} <{admin.email}>"
    assert "410 Gone" in body_of(mail)


def test_a_success_in_between_keeps_the_endpoint(hooks: Hooks, receiver: Receiver) -> None:
    receiver.behaviours = [answer(503), answer(204), answer(503)]
    endpoint, _ = hooks.endpoint(receiver.url)
    hooks.happen()
    hooks.send()
    hooks.ahead = timedelta(days=2)
    hooks.send()
    hooks.ahead = timedelta(days=4)
    hooks.happen()

    hooks.send()

    assert hooks.reload(endpoint).disabled_at is None


def test_two_secrets_sign_while_one_takes_the_place_of_the_other(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, old = hooks.endpoint(receiver.url)
    with hooks.service.sessions.begin() as session:
        row = session.get_one(HookEndpoint, endpoint.id)
        new = rotate(session, hooks.safe, row, 24, TESTER, hooks.service.now())
    hooks.happen()
    hooks.send()

    assert receiver.got[0].verified(new) == receiver.got[0].verified(old)
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 2

    with hooks.service.sessions.begin() as session:
        session.get_one(HookEndpoint, endpoint.id).old_secret_ends_at = hooks.service.now()
    hooks.happen()
    hooks.send()
    assert len(receiver.got[1].headers["webhook-signature"].split()) == 1
    receiver.got[1].verified(new)


def test_secrets_are_not_in_the_database_as_they_are(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, secret = hooks.endpoint(receiver.url)

    sealed = hooks.reload(endpoint).secret

    assert secret.removeprefix("whsec_").encode() not in sealed
    assert hooks.safe.open(sealed) == secret


def test_a_secret_that_cannot_be_read_is_said_to_be_so(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = hooks.endpoint(receiver.url)
    with hooks.service.sessions.begin() as session:
        session.get_one(HookEndpoint, endpoint.id).secret = sending.Safe("x" * 40).seal("whsec_AAAA")
    hooks.happen()

    hooks.send()

    assert receiver.got == []
    assert "another GRADER_SECRET_KEY" in hooks.deliveries()[0].problem


def test_a_slow_endpoint_keeps_nobody_else_waiting(hooks: Hooks, receiver: Receiver) -> None:
    receiver.behaviours = [after(3, answer(204))]
    hooks.endpoint(receiver.url)
    with receiving() as quick:
        hooks.endpoint(quick.url)
        for _ in range(12):
            hooks.happen()
        started = time.monotonic()

        hooks.sender(slice_seconds=2.5).run()

        assert len(quick.got) == 12
        assert max(got.at for got in quick.got) - started < 2.5
        assert len(receiver.got) == 1, "one at a time, as long as it is slow"


def test_a_job_ends_with_its_slice_and_says_that_there_is_more(hooks: Hooks, receiver: Receiver) -> None:
    receiver.behaviours = [after(0.4, answer(204))]
    hooks.endpoint(receiver.url)
    for _ in range(20):
        hooks.happen()

    assert hooks.sender(slice_seconds=0.5).run() is True
    assert len(receiver.got) < 20


def test_one_is_sent_again_by_hand_under_its_id(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = hooks.endpoint(receiver.url)
    hooks.happen()
    hooks.send()
    with hooks.service.sessions.begin() as session:
        row = session.get_one(HookEndpoint, endpoint.id)
        delivery = session.get_one(Delivery, hooks.deliveries()[0].id)
        send_again(session, row, delivery, TESTER, hooks.service.now())

    hooks.send()

    first, second = receiver.got
    assert first.id == second.id


def test_what_was_missed_while_disabled_is_sent_when_asked_for(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = hooks.endpoint(receiver.url)
    began = hooks.service.now()
    hooks.happen()
    hooks.send()
    with hooks.service.sessions.begin() as session:
        disable(session, session.get_one(HookEndpoint, endpoint.id), "a pause", TESTER, hooks.service.now())
    hooks.happen()
    hooks.send()
    with hooks.service.sessions.begin() as session:
        row = session.get_one(HookEndpoint, endpoint.id)
        enable(session, row, TESTER, hooks.service.now())
    hooks.send()
    assert len(receiver.got) == 1, "nothing comes by itself"

    with hooks.service.sessions.begin() as session:
        row = session.get_one(HookEndpoint, endpoint.id)
        count = send_again_since(session, row, began, "http://x", TESTER, hooks.service.now())
    hooks.send()

    kinds = sorted(body["type"] for body in receiver.bodies())
    assert (count, kinds) == (2, ["candidate.erased", "candidate.erased", "webhook.disabled"])


def test_a_test_goes_to_the_one_endpoint_alone(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, secret = hooks.endpoint(receiver.url, "report.ready")
    with receiving() as other:
        hooks.endpoint(other.url)
        with hooks.service.sessions.begin() as session:
            row = session.get_one(HookEndpoint, endpoint.id)
            send_test(session, row, "http://x", TESTER, hooks.service.now())

        hooks.send()

        assert receiver.got[0].verified(secret)["type"] == "webhook.test"
        assert other.got == []


def test_an_event_without_shape_or_subject_holds_nothing_back(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    hooks.happen("nobody.knows")
    hooks.happen("report.ready")  # of a submission that is gone
    hooks.happen("change.applied")  # without the name that its shape wants
    last = hooks.happen()

    hooks.send()

    assert [body["data"] for body in receiver.bodies()] == [{"candidate": str(last)}]
    with hooks.service.sessions() as session:
        assert session.scalars(select(Event).where(Event.sent_at.is_(None))).all() == []


def test_what_was_told_of_a_candidate_goes_when_their_data_is_erased(
    hooks: Hooks, receiver: Receiver, flatten: Takehome
) -> None:
    hooks.endpoint(receiver.url)
    erased = graded(hooks.service, flatten).candidate_id
    kept = graded(hooks.service, flatten, email="grace@example.com").candidate_id
    hooks.send()
    last = graded(hooks.service, flatten).candidate_id  # the same person again, not told yet
    assert erased is not None
    assert last == erased
    with hooks.service.sessions.begin() as session:
        announce(session, "candidate.erased", erased, hooks.service.now())

    hooks.send()

    told = [delivery for delivery in hooks.deliveries() if str(erased) in delivery.body]
    assert [delivery.kind for delivery in told] == ["candidate.erased"]
    assert any(str(kept) in delivery.body for delivery in hooks.deliveries())
