"""Private repositories are fetched with what was set for their addresses, which nobody else is sent or shown."""

from __future__ import annotations

import logging
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from api.audit.log import Actor
from api.audit.tables import Entry
from api.ci import credentials
from api.ci.asking import Sender, ask_with_repository
from api.ci.asking import Wish as Asked
from api.ci.credentials import Wish, all_credentials, credential_for, remove_credential, set_credential
from api.ci.fetching import fetch_for_ci
from api.ci.tables import CiCredential, CiRequest
from api.fetching import Login, SshKey, fetcher
from api.hooks.secrets import Safe
from api.problems import Conflict, Invalid, NotFound
from api.service import Service, secret_key
from api.settings import Ci, Outside
from api.submissions.grading import TryAgain
from api.takehomes.tables import Takehome
from tests.api.ci.test_git import pushed
from tests.api.conftest import TESTER
from tests.api.fetching.servers import (
    SSHD,
    GitServer,
    SshServer,
    git_over_http,
    git_over_library,
    git_over_sshd,
)

SENDER = Sender(Actor("token", str(uuid.uuid4()), "nightly"), None)
TOKEN = "glpat-a-token-that-nobody-sees"
KEY = asyncssh.generate_private_key("ssh-ed25519")
PEM = KEY.export_private_key().decode()
PUBLIC = KEY.export_public_key().decode().strip()
HTTPS = Wish("https://git.example.com/hiring/", "reader", TOKEN)
SSH = Wish("ssh://git@git.example.com:2222/", private_key=PEM, known_hosts=f"[git.example.com]:2222 {PUBLIC}")
ALLOWED = "https://git.example.com/hiring/,https://git.example.com/other/,ssh://git.example.com:2222/"


def change(service: Service, wish: Wish) -> uuid.UUID:
    with service.sessions.begin() as session:
        safe = Safe(secret_key(service.settings))
        allowed = service.settings.ci.repositories
        return set_credential(session, safe, wish, allowed, TESTER, service.now()).id


def found(service: Service, url: str) -> object:
    with service.sessions.begin() as session:
        return credential_for(session, Safe(secret_key(service.settings)), url, service.now())


def with_settings(service: Service, **changes: object) -> Service:
    return replace(service, settings=service.settings.model_copy(update=changes))


@pytest.fixture
def service(service: Service) -> Service:
    return with_settings(service, ci=Ci(repositories=ALLOWED))


# -- what is set, and for whom ------------------------------------------------------------------------


def test_it_goes_to_addresses_that_begin_so_and_to_no_other(service: Service) -> None:
    change(service, HTTPS)
    change(service, SSH)

    assert found(service, "https://git.example.com/hiring/ada.git") == Login("reader", TOKEN)
    key = found(service, "ssh://git@git.example.com:2222/hiring/ada.git")
    assert key == SshKey(PEM, f"{SSH.known_hosts}\n")
    for other in (
        "https://git.example.com/other/ada.git",
        "https://git.example.com/hiring",
        "https://git.example.com:8443/hiring/ada.git",
        "http://git.example.com/hiring/ada.git",
        "https://git.example.com.evil.example/hiring/ada.git",
        "ssh://git@git.example.com/hiring/ada.git",
        "ssh://ada@git.example.com:2222/hiring/ada.git",
    ):
        assert found(service, other) is None, other


def test_of_several_that_fit_the_longest_counts_and_an_underscore_is_one(service: Service) -> None:
    service = with_settings(service, ci=Ci(repositories="https://git.example.com/"))
    for beginning, token in (("", "wide"), ("a_b/", "narrow"), ("a_b/deep/", "deep")):
        change(service, Wish(f"https://git.example.com/{beginning}", "", token))

    for path, token in (("x/y", "wide"), ("axb/y", "wide"), ("a_b/y", "narrow"), ("a_b/deep/y", "deep")):
        assert found(service, f"https://git.example.com/{path}") == Login("", token)


def test_setting_it_again_replaces_it_and_removing_it_forgets_it(service: Service) -> None:
    first, second = (change(service, one) for one in (HTTPS, replace(HTTPS, user="", token="new")))

    assert first == second
    assert found(service, "https://git.example.com/hiring/ada.git") == Login("", "new")
    with service.sessions.begin() as session:
        remove_credential(session, first, TESTER, service.now())
        session.flush()
        with pytest.raises(NotFound):
            remove_credential(session, first, TESTER, service.now())
    assert found(service, "https://git.example.com/hiring/ada.git") is None
    with service.sessions() as session:
        entries = session.scalars(select(Entry).where(Entry.subject_kind == "credential")).all()
        assert [one.action for one in entries] == ["credential.set"] * 2 + ["credential.removed"]


@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [
        (Wish("https://git.example.com/hiring", "", "t"), "beginning", "slash"),
        (Wish("https://git.example.com/hiring/,https://b.example/", "", "t"), "beginning", "exactly one"),
        (Wish("", "", "t"), "beginning", "exactly one"),
        (Wish("https://elsewhere.example/", "", "t"), "beginning", "GRADER_CI__REPOSITORIES"),
        (Wish("http://git.example.com/hiring/", "", "t"), "beginning", "GRADER_CI__REPOSITORIES"),
        (replace(HTTPS, token=""), "token", "1 to"),
        (replace(HTTPS, token="a\nb"), "token", "1 to"),
        (replace(HTTPS, token="x" * 1001), "token", "1 to"),
        (replace(HTTPS, user="a:b"), "user", "colon"),
        (replace(HTTPS, private_key=PEM), "private_key", "ssh://"),
        (replace(SSH, token="t"), "token", "https://"),
        (replace(SSH, private_key="no key"), "private_key", "without a passphrase"),
        (
            replace(SSH, private_key=KEY.export_private_key("pkcs8-pem", passphrase="secret").decode()),
            "private_key",
            "without a passphrase",
        ),
        (replace(SSH, private_key=PUBLIC), "private_key", "without a passphrase"),
        (replace(SSH, known_hosts=""), "known_hosts", "[git.example.com]:2222"),
        (replace(SSH, known_hosts=f"other.example {PUBLIC}"), "known_hosts", "no key of"),
        (replace(SSH, known_hosts="not a line"), "known_hosts", "no key of"),
        (replace(SSH, known_hosts=f"{SSH.known_hosts} \0"), "known_hosts", "known_hosts"),
    ],
)
def test_what_cannot_work_is_not_set(service: Service, wish: Wish, field: str, words: str) -> None:
    with pytest.raises(Invalid) as wrong:
        change(service, wish)
    assert words in wrong.value.errors[field]
    with service.sessions() as session:
        assert session.scalars(select(CiCredential)).all() == []


def test_there_is_an_end_to_how_many_there_are(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "MOST_CREDENTIALS", 1)
    change(service, HTTPS)
    change(service, HTTPS)
    with pytest.raises(Conflict):
        change(service, SSH)


def test_secrets_are_sealed_and_in_no_text(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    change(service, HTTPS)
    change(service, SSH)

    secret = PEM.splitlines()[2]
    with service.sessions() as session:
        rows = all_credentials(session)
        assert [one.fingerprint for one in rows] == ["", KEY.get_fingerprint()]
        stored = b"".join(one.secret for one in rows)
        entries = [one.details for one in session.scalars(select(Entry))]
    texts = repr(HTTPS) + repr(SSH) + str(entries) + caplog.text
    for hidden in (TOKEN, secret):
        assert hidden not in texts
        assert hidden.encode() not in stored


# -- real servers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A git server, and how its repositories are fetched."""

    service: Service
    url: str
    commit: str
    credential: Wish
    other: Wish
    """Right in form, and of somebody else."""


def _ask(place: Place) -> uuid.UUID:
    with place.service.sessions.begin() as session:
        wish = Asked(take_home="flatten")
        return ask_with_repository(session, place.service, SENDER, wish, place.url, place.commit, "main").id


def _fetched(place: Place) -> CiRequest:
    """A request, after the job was done with the real fetcher."""
    asked = _ask(place)
    fetch_for_ci(place.service, fetcher(place.service.settings), asked)
    with place.service.sessions() as session:
        return session.get_one(CiRequest, asked)


def _reaching(service: Service, beginning: str) -> Service:
    reach = Outside(allow_http=True, allowed_networks="127.0.0.0/8")
    return with_settings(service, ci=Ci(repositories=beginning), outside=reach)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[GitServer]:
    (tmp_path / "served").mkdir()
    with git_over_http(tmp_path / "served") as server:
        server.let_in("reader", TOKEN)
        yield server


@pytest.fixture
def https(service: Service, web: GitServer, tmp_path: Path) -> Place:
    """Git's own program behind HTTP, which asks for a password."""
    beginning = f"http://{web.host}/"
    commit = pushed(tmp_path / "served", tmp_path / "work")
    wish = Wish(beginning, "reader", TOKEN)
    return Place(
        _reaching(service, beginning), web.url("ada.git"), commit, wish, replace(wish, token="another")
    )


@pytest.fixture(
    params=[
        git_over_library,
        pytest.param(
            git_over_sshd, marks=pytest.mark.skipif(SSHD is None, reason="OpenSSH's server is not installed")
        ),
    ]
)
def sshd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SshServer]:
    (tmp_path / "ssh").mkdir()
    with request.param(tmp_path / "ssh") as server:
        yield server


@pytest.fixture
def ssh(service: Service, sshd: SshServer, tmp_path: Path) -> Place:
    """OpenSSH's server and that of the ssh library."""
    (tmp_path / "served").mkdir()
    commit = pushed(tmp_path / "served", tmp_path / "work")
    beginning = f"ssh://{sshd.user}@{sshd.host}/"
    wish = Wish(beginning, private_key=sshd.private_key, known_hosts=sshd.known_hosts)
    other = replace(wish, private_key=PEM)
    return Place(
        _reaching(service, beginning), sshd.url(tmp_path / "served" / "ada.git"), commit, wish, other
    )


def test_a_private_repository_is_fetched_over_https_with_the_token_that_is_set(
    https: Place, flatten: Takehome
) -> None:
    takes_what_is_set(https)


def test_a_private_repository_is_fetched_over_ssh_with_the_key_that_is_set(
    ssh: Place, flatten: Takehome
) -> None:
    takes_what_is_set(ssh)


def takes_what_is_set(place: Place) -> None:
    """Refused with what is somebody else's, taken with what is right."""
    change(place.service, place.other)
    refused = _fetched(place)
    change(place.service, place.credential)
    taken = _fetched(place)

    assert (refused.stage, "does not" in refused.problem) == ("refused", True), refused.problem
    assert (taken.stage, taken.problem) == ("taken", "")
    with place.service.sessions() as session:
        [row] = all_credentials(session)
        assert row.last_used_at == place.service.now()


def test_without_any_a_private_repository_is_refused(https: Place, flatten: Takehome) -> None:
    assert _fetched(https).stage == "refused"


def test_an_ssh_address_without_a_key_is_refused_at_once(ssh: Place, flatten: Takehome) -> None:
    with pytest.raises(Invalid, match="needs a key"):
        _ask(ssh)


def test_a_host_with_another_key_gets_nothing(ssh: Place, flatten: Takehome) -> None:
    host = ssh.credential.known_hosts.partition(" ")[0]
    change(ssh.service, replace(ssh.credential, known_hosts=f"{host} {PUBLIC}"))

    row = _fetched(ssh)
    assert (row.stage, "none of its known keys" in row.problem) == ("refused", True)


def test_no_other_server_is_sent_the_token(https: Place, flatten: Takehome, tmp_path: Path) -> None:
    """Nor is the same server, for what lies beside the addresses that it was set for."""
    with git_over_http(tmp_path / "served") as stranger:
        stranger.let_in("reader", TOKEN)
        allowed = f"{https.credential.beginning},http://{stranger.host}/"
        both = replace(https, service=_reaching(https.service, allowed))
        change(both.service, https.credential)
        there = _fetched(replace(both, url=stranger.url("ada.git")))
        assert stranger.asked != []
    change(both.service, replace(https.credential, beginning=f"{https.credential.beginning}elsewhere/"))
    with both.service.sessions.begin() as session:
        at = select(CiCredential).where(CiCredential.beginning == https.credential.beginning)
        remove_credential(session, session.scalars(at).one().id, TESTER, both.service.now())
    beside = _fetched(both)

    assert (there.stage, beside.stage) == ("refused", "refused")


def test_another_secret_key_is_told_and_tried_again(
    https: Place, flatten: Takehome, caplog: pytest.LogCaptureFixture
) -> None:
    change(https.service, https.credential)
    other = with_settings(https.service, secret_key=SecretStr("another key, of 32 letters or more"))
    asked = _ask(https)
    with pytest.raises(TryAgain, match="set it again"):
        fetch_for_ci(other, fetcher(other.settings), asked)
    change(other, https.credential)
    fetch_for_ci(other, fetcher(other.settings), asked)

    with other.sessions() as session:
        assert session.get_one(CiRequest, asked).stage == "taken"
    assert TOKEN not in caplog.text


def test_the_command_that_the_page_shows_prints_known_hosts(sshd: SshServer, service: Service) -> None:
    """`ssh-keyscan` writes what the page asks for."""
    if shutil.which("ssh-keyscan") is None:
        pytest.skip("ssh-keyscan is not installed")
    scanned = subprocess.run(
        ["ssh-keyscan", "-p", str(sshd.port), "127.0.0.1"], capture_output=True, text=True, check=True
    )
    reach = _reaching(service, f"ssh://git@{sshd.host}/")
    change(reach, Wish(f"ssh://git@{sshd.host}/", private_key=sshd.private_key, known_hosts=scanned.stdout))
