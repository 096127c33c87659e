"""One suite for every forge: from a delivery to the submission, and to what the commit shows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.fetching import FetchFailed
from api.forges.managing import rotate
from api.forges.reading import connection_by_id
from api.forges.receiving import RERUNS, UNKNOWN
from api.forges.tables import CommitState
from api.hooks.secrets import Safe
from api.invitations.changing import extend
from api.invitations.erasing import erase_candidate
from api.invitations.lists import by_id
from api.invitations.tables import Candidate
from api.service import secret_key
from api.submissions.receiving import grade_again
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Feedback
from tests.api.conftest import TESTER, Clock
from tests.api.forges.conftest import World
from tests.api.forges.payloads import NO_COMMIT, Repository

OURS = {"github": "error", "gitlab": "failed", "gitea": "error"}
THEIRS = {"github": "failure", "gitlab": "failed", "gitea": "failure"}


def test_a_push_is_graded_and_answered(world: World) -> None:
    world.link(feedback=Feedback.FULL)

    commit = world.push()
    assert world.submissions() == [], "the answer comes before the work"
    world.tell()
    assert world.forge.of(commit) == ["pending"]
    assert world.fetch() == 1
    world.tell()
    world.grade(commit)
    world.tell()
    world.tell()

    [submission] = world.submissions()
    assert submission.source == "webhook"
    assert submission.state == State.GRADED
    assert submission.file_name == f"ada-{commit[:12]}.tar"
    assert world.forge.of(commit) == ["pending", "success"], "nothing is told twice"
    shown = world.forge.last(commit)
    assert shown.title.startswith("Graded: ")
    assert shown.body["target_url"].endswith(f"/submissions/{submission.id}")
    [asked] = world.git.asked
    assert asked.url == f"{world.forge.url}/take-homes/ada.git"
    assert asked.ref == "refs/heads/main"
    assert asked.credential is not None
    assert asked.credential.secret not in repr(asked)


def test_forged_and_changed_deliveries_are_refused_and_leave_no_trace(world: World) -> None:
    world.link()
    delivery = world.sender.push(world.repository, world.commit(), "main")

    assert world.deliver(delivery, secret="x" * 40).status_code == 401
    plain = world.client.post(f"/hooks/in/{world.connection_id}", content=delivery.body)
    assert plain.status_code == 401
    assert world.client.post(f"/hooks/in/{world.takehome.id}", content=b"{}").status_code == 404
    assert world.client.post("/hooks/in/nothing", content=b"{}").status_code == 404
    if world.sender.kind != "gitlab":  # whose token signs nothing
        assert world.deliver(delivery, body=delivery.body + b" ").status_code == 401

    assert world.log() == []
    assert world.commits() == []


def test_two_secrets_are_valid_while_one_replaces_the_other(world: World, clock: Clock) -> None:
    world.link()
    old = world.secret
    with world.service.sessions.begin() as session:
        connection = connection_by_id(session, world.connection_id, lock=True)
        safe = Safe(secret_key(world.service.settings))
        world.secret = rotate(session, safe, connection, 24, TESTER, clock.now)
    unknown = world.sender.unknown(world.repository)

    assert world.deliver(unknown).status_code == 202
    assert world.deliver(unknown, secret=old).status_code == 202
    clock.advance(hours=25)
    assert world.deliver(unknown, secret=old).status_code == 401
    assert world.deliver(unknown).status_code == 202


def test_the_same_delivery_twice_is_one_submission(world: World) -> None:
    world.link()
    delivery = world.sender.push(world.repository, world.commit(), "main")

    first = world.deliver(delivery, name="one")
    again = world.deliver(delivery, name="one")
    caught = world.deliver(delivery, name="two")

    assert (first.json()["result"], first.json()["duplicate"]) == ("accepted", False)
    assert (again.status_code, again.json()["duplicate"]) == (202, True)
    assert caught.json()["reason"] == "The same body came before, under another id."
    assert world.fetch() == 1
    assert len(world.submissions()) == 1
    assert [row.delivery_id for row in world.log()] == ["one", "two"]


def test_a_commit_is_one_submission_however_often_it_is_named(world: World) -> None:
    world.link()
    commit = world.push()
    pull = world.deliver(world.sender.pull(world.repository, commit, "main", False))
    assert pull.json()["reason"] == "This commit came before."
    world.fetch()

    world.push(commit)
    world.fetch_again(commit)

    assert len(world.submissions()) == 1


def test_a_commit_that_is_received_twice_at_once_by_two_workers_is_one_submission(world: World) -> None:
    world.link()
    commit = world.push()
    first = world.git

    def fetch_while_another_does(source: object, hosts: object) -> bytes:
        world.git = first
        world.fetch_again(commit)
        return first(source, hosts)  # type: ignore[arg-type]

    world.git = fetch_while_another_does  # type: ignore[assignment]
    world.fetch_again(commit)

    assert len(world.submissions()) == 1


def test_a_pull_request_counts_and_one_from_a_fork_does_not(world: World) -> None:
    world.link()
    own, foreign = world.commit(), world.commit()

    assert (
        world.deliver(world.sender.pull(world.repository, own, "main", False)).json()["result"] == "accepted"
    )
    fork = world.deliver(world.sender.pull(world.repository, foreign, "main", True)).json()

    assert (fork["result"], fork["commit"]) == ("ignored", foreign)
    assert "fork" in fork["reason"]
    assert world.fetch() == 1


def test_a_green_pipeline_counts_where_the_connection_says_so(world: World) -> None:
    world.link()
    commit = world.commit()
    ci = world.sender.ci(world.repository, commit, "main")

    assert "no submission of this: ci" in world.deliver(ci).json()["reason"]
    world.change(triggers=["ci"])
    other = world.sender.ci(world.repository, commit, "main")
    assert world.deliver(other).json()["result"] == "accepted"
    assert (
        "no submission of this: push"
        in (world.deliver(world.sender.push(world.repository, world.commit(), "main")).json()["reason"])
    )


@pytest.mark.parametrize(
    ("branch", "pushed", "accepted"),
    [("", "main", True), ("", "work", False), ("work", "work", True), ("work", "main", False)],
)
def test_one_branch_counts(world: World, branch: str, pushed: str, accepted: bool) -> None:
    world.link(branch=branch)

    answer = world.deliver(world.sender.push(world.repository, world.commit(), pushed)).json()

    assert (answer["result"] == "accepted") is accepted
    if not accepted:
        assert answer["reason"] == f"Only the branch {branch or 'main'} counts."


def test_what_nobody_set_up_is_ignored_and_the_log_says_why(world: World) -> None:
    commit = world.commit()
    world.deliver(world.sender.push(world.repository, commit, "main"))
    world.deliver(world.sender.unknown(world.repository))
    world.deliver(world.sender.push(world.repository, NO_COMMIT, "main"))
    strange = world.deliver(world.sender.push(Repository("a/../b"), commit, "main"))
    assert strange.status_code == 202

    first, second, third, fourth = world.log()
    assert (first.result, first.reason, first.commit) == ("ignored", UNKNOWN, commit)
    assert first.repository == "take-homes/ada"
    assert second.reason == "Nothing is done with this kind of event."
    assert third.reason == "A branch was deleted."
    assert "does not look like" in fourth.reason
    assert world.commits() == []


def test_a_repository_keeps_its_number_when_it_is_renamed_and_another_takes_its_name(world: World) -> None:
    world.link()
    world.push()

    stranger = Repository(number=666)
    taken_over = world.deliver(world.sender.push(stranger, world.commit(), "main")).json()
    renamed = Repository("take-homes/ada-2")
    world.push(world.commit(renamed), renamed)

    assert taken_over["reason"] == UNKNOWN
    [row] = world.repositories()
    assert (row.name, row.forge_id) == ("take-homes/ada-2", "4711")
    assert len(world.commits()) == 2


def test_names_of_repositories_have_no_case(world: World) -> None:
    world.link(Repository("Take-Homes/Ada"))

    assert world.deliver(world.sender.push(world.repository, world.commit(), "main")).json()["result"] == (
        "accepted"
    )


def test_what_comes_after_the_end_is_refused_and_the_commit_says_so(world: World, clock: Clock) -> None:
    world.link(closes_at=clock.now + timedelta(hours=1))
    clock.advance(hours=2)

    commit = world.push()
    world.tell()

    assert world.fetch() == 0
    assert world.row(commit).state == CommitState.REFUSED
    shown = world.forge.last(commit)
    assert shown.state == THEIRS[world.sender.kind]
    assert shown.title.startswith("Not taken: The time for this take-home is over.")


def test_what_was_pushed_in_time_counts_however_long_fetching_takes(world: World, clock: Clock) -> None:
    world.link(closes_at=clock.now + timedelta(hours=1))
    commit = world.push()
    world.git.failures = [FetchFailed("too_slow", "The server did not answer in time.", ours=True)]

    later = world.fetch_again(commit)
    assert later is not None
    clock.advance(hours=3)
    assert world.fetch_again(commit) is None

    assert len(world.submissions()) == 1


def test_a_push_starts_the_window_of_a_link_that_was_never_opened(world: World, clock: Clock) -> None:
    invitation = world.link(window_minutes=60)
    pushed_at = clock.now
    commit = world.push()
    clock.advance(minutes=5)
    world.fetch_again(commit)

    with world.service.sessions() as session:
        assert session.get_one(type(invitation), invitation.id).opened_at == pushed_at


def test_attempts_are_used_up_by_commits(world: World) -> None:
    world.link(max_attempts=1)
    world.push()
    world.fetch()

    late = world.push()
    world.tell()

    assert len(world.submissions()) == 1
    assert "All 1 attempts are used" in world.forge.last(late).title


def test_when_fetching_fails_because_of_us_it_is_tried_again_and_in_the_end_the_commit_says_so(
    world: World,
) -> None:
    world.link()
    commit = world.push()
    world.tell()
    world.git.failures = [FetchFailed("too_slow", "secret host did not answer", ours=True)] * 9
    waits = []
    while (later := world.fetch_again(commit)) is not None:
        waits.append(later.seconds)
    world.tell()

    assert waits == sorted(waits)
    assert len(waits) == 8
    assert world.submissions() == []
    shown = world.forge.last(commit)
    assert shown.state == OURS[world.sender.kind]
    assert "our fault" in shown.title
    assert "secret host" not in str(shown.body)
    assert "secret host" in world.row(commit).problem


def test_when_the_commit_cannot_be_had_the_commit_says_why(world: World) -> None:
    world.link()
    commit = world.push()
    world.git.failures = [FetchFailed("too_large", "The repository is larger than 20 MiB.", ours=False)]
    world.fetch()
    world.tell()

    assert world.forge.last(commit).title == "Not taken: The repository is larger than 20 MiB."


def test_a_rerun_grades_again_and_is_bounded(world: World) -> None:
    world.link()
    commit = world.push()
    world.fetch()
    world.grade(commit)
    world.tell()

    again = world.deliver(world.sender.rerun(world.repository, commit)).json()
    assert again["result"] == "accepted", again
    while_queued = world.deliver(world.sender.rerun(world.repository, commit)).json()
    assert "being graded already" in while_queued["reason"]
    world.tell()
    world.grade(commit)
    world.tell()

    assert world.forge.of(commit) == ["success", "pending", "success"]
    assert len(world.submissions()) == 1
    for _ in range(RERUNS):
        world.deliver(world.sender.rerun(world.repository, commit))
    assert "Too many attempts" in world.log()[-1].reason


def test_a_rerun_fetches_what_was_refused_before(world: World, clock: Clock) -> None:
    invitation = world.link(closes_at=clock.now + timedelta(hours=1))
    clock.advance(hours=2)
    commit = world.push()
    world.tell()
    with world.service.sessions.begin() as session:
        extend(session, by_id(session, invitation.id, lock=True), 300, "was ill", TESTER, clock.now)

    assert world.deliver(world.sender.rerun(world.repository, commit)).json()["result"] == "accepted"
    world.fetch()
    world.tell()

    assert len(world.submissions()) == 1
    assert world.forge.last(commit).state == "pending"


def test_a_regrade_by_a_person_reaches_the_commit_too(world: World, clock: Clock) -> None:
    world.link()
    commit = world.push()
    world.fetch()
    world.grade(commit)
    world.tell()
    assert world.look_again() == 0
    clock.advance(minutes=1)
    submission = world.submission(commit)
    assert submission is not None
    with world.service.sessions.begin() as session:
        row = session.get_one(Submission, submission.id, with_for_update=True)
        grade_again(session, world.service.queue, row, row.suite_id, TESTER, clock.now)

    assert world.look_again() == 1
    world.tell()
    world.grade(commit)
    world.tell()

    assert world.forge.of(commit) == ["success", "pending", "success"]


def test_a_forge_that_is_down_is_told_later_once(world: World, clock: Clock) -> None:
    world.link()
    commit = world.push()
    world.forge.answers = [(502, {"message": "Bad Gateway"}, {})]
    world.tell()
    row = world.row(commit)
    assert row.told == ""
    assert row.tell_problem.startswith("It answered 502. It said: ")
    world.tell()
    assert world.forge.of(commit) == [], "not before its time"

    clock.advance(seconds=12)
    world.tell()

    assert world.forge.of(commit) == ["pending"]
    assert world.row(commit).tell_problem == ""


def test_what_the_forge_refuses_for_good_is_not_tried_again(world: World, clock: Clock) -> None:
    world.link()
    commit = world.push()
    world.forge.answers = [(403, {"message": "Resource not accessible"}, {})]
    world.tell()
    clock.advance(hours=1)
    world.tell()

    assert world.forge.of(commit) == []
    assert world.row(commit).settled
    assert "Resource not accessible" in world.row(commit).tell_problem


def test_without_access_the_commit_is_graded_and_nobody_is_told(world: World) -> None:
    world.change(token=None)
    world.link()
    commit = world.push()
    world.fetch()
    world.tell()

    assert world.forge.requests == []
    assert world.git.asked[0].credential is None
    assert "neither an App nor a token" in world.row(commit).tell_problem
    assert len(world.submissions()) == 1


@pytest.mark.parametrize("level", list(Feedback))
def test_a_commit_shows_no_more_than_the_invitation_releases(world: World, level: Feedback) -> None:
    world.link(feedback=level)
    commit = world.push()
    world.fetch()
    world.grade(commit, "poor")
    world.tell()

    shown = world.forge.last(commit)
    assert shown.state == "success"
    assert (shown.title == "Graded. The reviewers have the report.") is (level is Feedback.NONE)


def test_erasing_a_candidate_takes_the_names_of_their_repository_too(world: World) -> None:
    invitation = world.link()
    world.push()
    world.fetch()
    with world.service.sessions.begin() as session:
        candidate = session.get_one(Candidate, invitation.candidate_id)
        erase_candidate(session, world.service.blobs, candidate, TESTER, world.service.now())

    assert world.repositories() == []
    assert world.commits() == []
    assert world.log() == []
    world.tell()
