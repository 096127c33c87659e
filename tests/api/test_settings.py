"""What settings are refused, and how the message helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import BadSettings, Settings, read_settings, variables
from api.settings_page import text

REPOSITORY = Path(__file__).parents[2]
RANDOM = "q0Zb7YtVn3xKfJw9RmLdUo5sPcHa1EgI"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def refused(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """The message with which these variables are refused."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as caught:
        read_settings()
    return str(caught.value)


def test_nothing_has_to_be_set() -> None:
    settings = read_settings()

    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.database_url is None


@pytest.mark.parametrize(
    "secret", ["short", "changeme-changeme-changeme-changeme", "a" * 40, "12345678" * 5, "MySecretKey" * 4]
)
@pytest.mark.parametrize("name", ["GRADER_SECRET_KEY", "GRADER_METRICS_TOKEN"])
def test_secrets_that_can_be_guessed_are_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, secret: str
) -> None:
    message = refused(monkeypatch, **{name: secret})

    assert f"{name}: must be random and at least 32 characters long" in message
    assert "secrets.token_urlsafe(48)" in message
    assert secret not in message


def test_a_random_secret_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_SECRET_KEY", RANDOM)

    settings = read_settings()

    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == RANDOM
    assert RANDOM not in repr(settings)


@pytest.mark.parametrize("url", ["http://grader.example.com", "http://10.0.0.7:8000", "http://grader"])
def test_an_address_in_the_clear_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    message = refused(monkeypatch, GRADER_BASE_URL=url)

    assert f"base_url {url} would send passwords and private links in the clear" in message
    assert "GRADER_INSECURE_HTTP=true" in message


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:80", "https://grader.example.com/"])
def test_this_machine_and_https_are_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("GRADER_BASE_URL", url)

    assert read_settings().base_url == url.rstrip("/")


def test_the_clear_can_be_insisted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_BASE_URL", "http://grader.lan")
    monkeypatch.setenv("GRADER_INSECURE_HTTP", "true")

    assert not read_settings().secure


@pytest.mark.parametrize(
    "url", ["grader.example.com", "ftp://x", "https://x/grader", "https://x?y=1", "http://"]
)
def test_an_address_is_an_origin(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert "GRADER_BASE_URL: must " in refused(monkeypatch, GRADER_BASE_URL=url)


@pytest.mark.parametrize("password", ["postgres", "changeme", "Password", "ada"])
def test_a_database_elsewhere_has_a_password_of_its_own(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    message = refused(monkeypatch, GRADER_DATABASE_URL=f"postgresql://ada:{password}@db:5432/grader")

    assert "the password can be guessed at once: give the database at db another" in message


@pytest.mark.parametrize(
    "url", ["postgresql://postgres:postgres@127.0.0.1/grader", "postgresql:///grader?host=/run/postgresql"]
)
def test_a_database_of_this_machine_is_its_own_business(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("GRADER_DATABASE_URL", url)

    assert read_settings().database_url is not None


@pytest.mark.parametrize("url", ["mysql://x/y", "db.example.com", "postgresql://[x"])
def test_another_kind_of_database_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    message = refused(monkeypatch, GRADER_DATABASE_URL=url)

    assert "GRADER_DATABASE_URL: must look like postgresql://user:password@host:5432/name" in message


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SMTP__HOST": "mail"}, "GRADER_SMTP__SENDER is missing"),
        ({"SMTP__SENDER": "a@example.com"}, "GRADER_SMTP__HOST is missing"),
        ({"SMTP__PASSWORD": RANDOM}, "GRADER_SMTP__HOST is missing"),
        (
            {"SMTP__HOST": "mail", "SMTP__SENDER": "a@example.com", "SMTP__USER": "a"},
            "GRADER_SMTP__USER and GRADER_SMTP__PASSWORD belong together",
        ),
        ({"OIDC__ISSUER": "https://id"}, "GRADER_OIDC__CLIENT_ID and GRADER_OIDC__CLIENT_SECRET are missing"),
        ({"OIDC__CLIENT_ID": "x"}, "GRADER_OIDC__ISSUER is missing"),
        ({"OIDC__DEFAULT_ROLE": "root"}, "GRADER_OIDC__DEFAULT_ROLE: reviewer, author, admin"),
    ],
)
def test_half_of_a_group_is_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str
) -> None:
    message = refused(monkeypatch, **{f"GRADER_{name}": value for name, value in given.items()})

    assert missing in message
    assert RANDOM not in message


def test_a_worker_is_not_taken_for_dead_between_two_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refused(monkeypatch, GRADER_HEARTBEAT_SECONDS="20", GRADER_STALLED_SECONDS="30")

    assert "at least twice GRADER_HEARTBEAT_SECONDS" in message


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GRADER_DATABSE_URL", "GRADER_DATABASE_URL"),
        ("GRADER_SMTP_HOST", "GRADER_SMTP__HOST"),
        ("GRADER_SMTP__HOSTNAME", "GRADER_SMTP__HOST"),
        ("GRADER_RETENTION_DAYS", "GRADER_RETENTION__AUDIT_DAYS"),
    ],
)
def test_a_name_that_is_no_setting_is_refused_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    message = refused(monkeypatch, **{name: "x"})

    assert f"  {name}: there is no such setting. Did you mean {meant}?" in message
    assert message.count(name) == 1


def test_everything_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refused(
        monkeypatch, GRADER_PORT="http", GRADER_WARM="-1", GRADER_LOG_FORMAT="xml", GRADER_X="1"
    )

    assert all(name in message for name in ("GRADER_PORT", "GRADER_WARM", "GRADER_LOG_FORMAT", "GRADER_X"))


def test_variables_of_the_sandbox_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_PYTHON_IMAGE", "registry.example/python:3.13-slim")

    assert read_settings() == Settings()


def test_the_page_of_settings_is_what_the_code_says() -> None:
    assert (REPOSITORY / "docs" / "settings.md").read_text("utf-8") == text(), (
        "run `python -m api.settings_page > docs/settings.md`"
    )


def test_every_setting_says_what_it_is_for() -> None:
    rows = [line for line in text().splitlines() if line.startswith("| `GRADER_")]

    assert len(rows) == len(list(variables()))
    assert [row for row in rows if row.endswith("|  |")] == []
