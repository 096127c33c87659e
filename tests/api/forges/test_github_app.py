"""What only a GitHub App can do: tokens for one repository, check runs with lines and a button."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from api.fetching import FetchFailed, Kind
from api.forges.managing import Wish, add_connection
from api.hooks.outside import Outside
from api.hooks.secrets import Safe
from api.problems import Invalid
from api.service import secret_key
from api.takehomes.tables import Feedback
from tests.api.conftest import TESTER, Clock
from tests.api.forges.conftest import World
from tests.api.forges.payloads import Delivery, signature
from tests.api.forges.stand_in import INSTALLATION_TOKEN
from tests.api.graded import RECORDED


def test_a_check_run_goes_from_queued_to_completed(github_app: World) -> None:
    world = github_app
    world.link(feedback=Feedback.FULL)
    commit = world.push()
    world.tell()
    world.fetch()
    world.grade(commit, "poor")
    world.tell()

    assert world.forge.of(commit) == ["queued", "success"]
    made, last = (one for one in world.forge.shown if one.commit == commit)
    assert made.check_id == last.check_id, "the check run is updated, not made again"
    assert last.body["external_id"] == str(world.row(commit).id)
    [button] = last.body["actions"]
    assert button["identifier"] == "grade_again"
    submission = world.submission(commit)
    assert submission is not None
    assert last.body["details_url"] == f"http://127.0.0.1:8000/submissions/{submission.id}"


def test_annotations_are_findings_and_never_hidden_tests(github_app: World) -> None:
    world = github_app
    world.link(feedback=Feedback.FULL)
    commit = world.push()
    world.fetch()
    world.grade(commit)
    world.tell()

    output = world.forge.last(commit).body["output"]
    [line] = output["annotations"]
    assert (line["path"], line["start_line"], line["title"]) == ("flatten.py", 1, "UP035")
    told = json.dumps(world.forge.last(commit).body)
    evidence = json.loads(RECORDED.joinpath("flatten-middling.json").read_text("utf-8"))
    for test in evidence["hidden_tests"]["tests"]:
        assert test["id"] not in told
        assert not test.get("message") or test["message"] not in told
    assert "of our tests pass." in output["summary"]


@pytest.mark.parametrize("level", [Feedback.NONE, Feedback.SUMMARY, Feedback.CRITERIA])
def test_without_full_feedback_there_are_no_lines(github_app: World, level: Feedback) -> None:
    world = github_app
    world.link(feedback=level)
    commit = world.push()
    world.fetch()
    world.grade(commit, "poor")
    world.tell()

    output = world.forge.last(commit).body["output"]
    assert "annotations" not in output
    assert ("| Criterion |" in output["summary"]) is (level is Feedback.CRITERIA)


def test_the_token_is_for_one_repository_and_is_kept_until_shortly_before_it_runs_out(
    github_app: World, clock: Clock
) -> None:
    world = github_app
    world.link()
    given = world.forge.tokens_given
    commit = world.push()
    world.fetch()
    world.tell()
    clock.advance(minutes=50)
    world.grade(commit)
    world.tell()
    assert world.forge.tokens_given == given + 1

    clock.advance(minutes=6)
    world.push()
    world.fetch()

    assert world.forge.tokens_given == given + 2
    asked = [one.body for one in world.forge.requests if one.path.endswith("/access_tokens")]
    assert asked[0] == {
        "repositories": ["ada"],
        "permissions": {"checks": "write", "contents": "read"},
    }
    credential = world.git.asked[-1].credential
    assert credential is not None
    assert (credential.user, credential.secret) == (
        "x-access-token",
        f"{INSTALLATION_TOKEN}{world.forge.tokens_given}",
    )


def test_a_token_that_was_revoked_is_replaced(github_app: World, clock: Clock) -> None:
    world = github_app
    world.link()
    commit = world.push()
    world.fetch()
    world.forge.answers = [(401, {"message": "Bad credentials"}, {})]
    world.tell()
    clock.advance(seconds=12)
    world.tell()

    assert world.forge.of(commit) == ["queued"]


def test_the_installation_is_asked_for_where_the_delivery_does_not_name_it(github_app: World) -> None:
    world = github_app
    world.link()
    commit = world.commit()
    push = world.sender.push(world.repository, commit, "main")
    payload = {name: value for name, value in push.payload.items() if name != "installation"}
    world.deliver(Delivery(push.event, payload))
    world.fetch()

    assert any(one.path.endswith("/repos/take-homes/ada/installation") for one in world.forge.requests)
    assert len(world.submissions()) == 1


def test_a_rerun_makes_a_new_check_run(github_app: World) -> None:
    world = github_app
    world.link()
    commit = world.push()
    world.fetch()
    world.grade(commit)
    world.tell()
    button = {
        "action": "requested_action",
        "requested_action": {"identifier": "grade_again"},
        "check_run": {"head_sha": commit},
    }
    base = world.sender.rerun(world.repository, commit).payload

    assert world.deliver(Delivery("check_run", {**base, **button})).json()["result"] == "accepted"
    world.tell()
    world.grade(commit)
    world.tell()

    first, second, third = (one for one in world.forge.shown if one.commit == commit)
    assert first.check_id != second.check_id == third.check_id
    assert [first.state, second.state, third.state] == ["success", "queued", "success"]


def test_a_check_suite_that_is_requested_again_is_graded_again(github_app: World) -> None:
    world = github_app
    world.link()
    commit = world.push()
    world.fetch()
    world.grade(commit)
    base = world.sender.rerun(world.repository, commit).payload
    suite = Delivery("check_suite", {**base, "check_suite": {"head_sha": commit}})

    assert world.deliver(suite).json()["reason"] == "It is graded again."


@pytest.mark.parametrize("kind", ["not_allowed", "refused", "broken"])
def test_our_failure_is_no_failure_of_the_candidate(github_app: World, kind: Kind) -> None:
    world = github_app
    world.link()
    commit = world.push()
    world.git.failures = [FetchFailed(kind, "10.0.0.1 is not a public address.", ours=False)]
    world.fetch()
    world.tell()

    shown = world.forge.last(commit)
    assert shown.state == "neutral"
    assert "10.0.0.1" not in json.dumps(shown.body)


def test_a_rate_limit_is_waited_for(github_app: World, clock: Clock) -> None:
    world = github_app
    world.link()
    commit = world.push()
    world.fetch()
    world.forge.answers = [(403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0"})]
    world.tell()
    clock.advance(seconds=12)
    world.tell()

    assert world.forge.of(commit) == ["queued"]


def test_a_redirect_is_not_followed_and_said(github_app: World) -> None:
    world = github_app
    world.link()
    commit = world.push()
    world.fetch()
    world.forge.answers = [(301, {}, {"location": "http://127.0.0.1:1/"})]
    world.tell()

    assert "redirects are not followed" in world.row(commit).tell_problem
    assert world.row(commit).settled


def test_installations_and_pings_are_noted(github_app: World) -> None:
    world = github_app
    assert (
        world.deliver(Delivery("ping", {"zen": "Keep it simple.", "hook_id": 1})).json()["result"] == "pong"
    )
    removed = world.deliver(Delivery("installation", {"action": "deleted", "installation": {"id": 99}}))
    assert "The App was removed" in removed.json()["reason"]


def test_a_delivery_may_be_a_form(github_app: World) -> None:
    world = github_app
    world.link()
    push = world.sender.push(world.repository, world.commit(), "main")
    body = urlencode({"payload": push.body.decode()}).encode()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-github-event": "push",
        "x-github-delivery": "form",
        "x-hub-signature-256": f"sha256={signature(world.secret, body)}",
    }

    answer = world.client.post(f"/hooks/in/{world.connection_id}", content=body, headers=headers)

    assert answer.json()["result"] == "accepted"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nothing", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000, b"1" * 5000]
)
def test_what_is_no_object_is_refused_however_well_it_is_signed(github_app: World, body: bytes) -> None:
    headers = {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-hub-signature-256": f"sha256={signature(github_app.secret, body)}",
    }
    answer = github_app.client.post(f"/hooks/in/{github_app.connection_id}", content=body, headers=headers)

    assert answer.status_code == 400


def test_a_body_that_is_too_large_is_not_read(github_app: World) -> None:
    body = b"x" * (github_app.service.settings.bounds.delivery_bytes + 1)

    assert github_app.client.post(f"/hooks/in/{github_app.connection_id}", content=body).status_code == 413


def test_the_older_signature_is_not_taken(github_app: World) -> None:
    delivery = github_app.sender.unknown(github_app.repository)
    headers = {"x-github-event": "watch", "x-hub-signature": "sha1=" + "0" * 40}
    answer = github_app.client.post(
        f"/hooks/in/{github_app.connection_id}", content=delivery.body, headers=headers
    )

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish("github", app_id="1"), "private_key"),
        (Wish("github", app_id="1", private_key="-----BEGIN RSA PRIVATE KEY-----"), "private_key"),
        (Wish("gitlab", app_id="1", private_key=""), "app_id"),
        (Wish("sourceforge"), "kind"),
        (Wish("gitea", web_url="https://169.254.169.254"), "web_url"),
        (Wish("gitea", api_url="ftp://x.example"), "api_url"),
        (Wish("gitea", triggers=()), "triggers"),
        (Wish("gitea", token="a\nb"), "token"),
    ],
)
def test_a_wrong_connection_is_refused_with_the_field(github_app: World, wish: Wish, field: str) -> None:
    service = github_app.service
    outside, safe = Outside(service.settings.outside), Safe(secret_key(service.settings))
    with service.sessions() as session, pytest.raises(Invalid) as refused:
        add_connection(session, outside, safe, wish, TESTER, service.now())
    assert field in refused.value.errors


def test_signing_in_leaves_time_for_clocks_that_differ(github_app: World) -> None:
    """The JWT is valid from a minute ago; the stand-in checks that it lasts ten minutes at most."""
    world = github_app
    world.link()
    world.push()
    ahead = world.forge.now
    world.forge.now = lambda: ahead() - timedelta(seconds=50)
    try:
        world.fetch()
    finally:
        world.forge.now = ahead
    assert len(world.submissions()) == 1
