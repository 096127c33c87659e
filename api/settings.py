"""Everything that can be set, typed, and refused where it would be unsafe. Built once, passed as an argument.

Each field is an environment variable with the prefix GRADER_: `database_url` is GRADER_DATABASE_URL, and a field of
a group is reached with two underscores: GRADER_SMTP__HOST. docs/settings.md lists all of them.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import unquote, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from api.ci.addresses import BadAddress, allowed_beginnings

Positive = Annotated[int, Field(gt=0)]
PREFIX: Final = "GRADER_"
SHORTEST_SECRET: Final = 32
FEWEST_CHARACTERS: Final = 12
"""Different ones, of a secret: `aaaa…` and `1234567812345678…` are long and guessable."""
KNOWN_SECRETS: Final = ("changeme", "secret", "password", "default", "example")
OTHERS: Final = frozenset({"GRADER_PYTHON_IMAGE", "GRADER_SERVER", "GRADER_TOKEN"})
"""Variables with our prefix that are no settings of the service (docs/operations.md, docs/ci.md)."""


class BadSettings(Exception):
    """The settings cannot be used. The message names each variable and what to do."""


def data_folder() -> Path:
    """Where one machine keeps its database and uploads when nothing is set."""
    if os.geteuid() == 0:
        return Path("/var/lib/takehome-grader")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "takehome-grader"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Smtp(_Group):
    """Where e-mail goes out. Without a host no e-mail is sent, and pages offer links to copy instead."""

    host: str = ""
    """Name of the mail server."""
    port: Positive = 587
    """Of the mail server."""
    user: str = ""
    """Who signs in at the mail server; empty: nobody does."""
    password: SecretStr = SecretStr("")
    """Of that user."""
    starttls: bool = True
    """Encrypt the connection before anything is sent; refused where the server cannot."""
    sender: str = ""
    """The address that e-mails come from."""


class Oidc(_Group):
    """Sign-in of reviewers through an identity provider. Without an issuer there is only the password."""

    issuer: str = ""
    """https://… of the provider; its configuration is read from /.well-known/openid-configuration."""
    client_id: str = ""
    """As registered with the provider."""
    client_secret: SecretStr = SecretStr("")
    """As registered with the provider."""
    label: str = "Single sign-on"
    """What the button on the sign-in page says."""
    default_role: str = ""
    """Role of people who sign in for the first time; empty: only people who were added can sign in."""


class Bounds(_Group):
    """Limits of the service. What exceeds one is answered with 413, 429 or 503, and says which it was."""

    upload_bytes: Positive = 20 * 2**20
    """Of one submission, as it is uploaded."""
    chunk_bytes: Positive = 4 * 2**20
    """Of a resumable upload."""
    takehome_bytes: Positive = 64 * 2**20
    """Of a take-home that is published."""
    delivery_bytes: Positive = 10 * 2**20
    """Of one delivery of a forge's webhook."""
    queue_jobs: Positive = 20_000
    """Submissions waiting; beyond it uploads are answered 503."""
    free_disk_bytes: Positive = 512 * 2**20
    """With less than this left on the disk of the blobs, uploads are answered 503."""
    uploads_per_hour: Positive = 60
    """For one invitation or token."""
    requests_per_minute: Positive = 600
    """For one token, session or address."""
    sign_ins_per_quarter: Positive = 10
    """Failed ones, for one account and for one address."""


class Outside(_Group):
    """Where we connect to when people type addresses: endpoints of webhooks, forges."""

    allow_http: bool = False
    """Also addresses with http://, where bodies and answers can be read on the way."""
    allowed_networks: str = ""
    """Networks of your own that may be reached, separated by commas: 10.20.0.0/16, fd12::/48. Without it only public
    addresses are."""
    ca_file: str = ""
    """PEM file of authorities that are trusted beside the system's."""

    @field_validator("allowed_networks")
    @classmethod
    def _networks(cls, given: str) -> str:
        for one in filter(None, (part.strip() for part in given.split(","))):
            try:
                ipaddress.ip_network(one)
            except ValueError as error:
                raise ValueError(f"{one} is no network such as 10.20.0.0/16") from error
        return given

    @field_validator("ca_file")
    @classmethod
    def _readable(cls, path: str) -> str:
        if path and not Path(path).is_file():
            raise ValueError(f"there is no file {path}")
        return path


class Fetch(_Group):
    """Repositories that are fetched for pipelines and forges. GRADER_OUTSIDE__… says which addresses may be reached."""

    seconds: Positive = 60
    """For one repository, everything included."""


class Ci(_Group):
    """What pipelines may ask for over `POST /api/v1/ci/submissions`."""

    repositories: str = ""
    """What the addresses of repositories that we fetch may begin with, separated by commas, each with a slash at the
    end: https://git.example.com/hiring/, or ssh://git@…. Empty: none is fetched, pipelines send archives."""

    @field_validator("repositories")
    @classmethod
    def _beginnings(cls, given: str) -> str:
        try:
            allowed_beginnings(given)
        except BadAddress as wrong:
            raise ValueError(str(wrong)) from wrong
        return given


class Retention(_Group):
    """When personal data goes. 0 means never."""

    submission_days: int = Field(default=365, ge=0)
    """After the decision, or after the upload where there is none."""
    audit_days: int = Field(default=0, ge=0)
    """Entries of the audit log go after so many days; 0 keeps them for ever."""
    hook_log_days: int = Field(default=30, ge=0)
    """Deliveries of webhooks, in both directions, with the bodies and answers of those that we send."""


class Settings(BaseSettings):
    """All settings of the service."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    data: Path = Field(default_factory=data_folder)
    """Folder of the embedded database and of the blobs."""
    database_url: SecretStr | None = None
    """postgresql://… ; not set: PostgreSQL is started from the installed package."""
    database_connections: Positive = 20
    """The most that one process opens."""
    blob_url: str = ""
    """s3://bucket/prefix (credentials as usual in AWS_* variables); empty: files under `data`."""
    base_url: str = "http://127.0.0.1:8000"
    """The address that people and forges use, without a slash at the end. Links are made from it."""
    host: str = "127.0.0.1"
    """The address that the service listens on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port that it listens on."""
    secret_key: SecretStr | None = None
    """Signs the hand-shake with the identity provider; not set: made once and kept under `data`."""
    proxies: str = ""
    """Addresses, separated by commas, of proxies whose X-Forwarded-For is believed."""
    runtime: str = ""
    """Container runtime, for example runsc; asked for and missing, workers refuse to start."""
    grades_at_once: int = Field(default=0, ge=0)
    """By one worker; 0: one for each core."""
    warm: int = Field(default=2, ge=0)
    """Containers of a kind that wait ready."""
    heartbeat_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often a worker says that it lives."""
    stalled_seconds: Annotated[float, Field(gt=0)] = 30.0
    """A worker that has been silent for so long is taken for dead, and its jobs are given to others."""
    retry_seconds: Annotated[float, Field(gt=0)] = 15.0
    """How long a grading that failed because of us waits for its second try; twice as long for each further one."""
    drain_seconds: Annotated[float, Field(ge=0)] = 120.0
    """When asked to stop, a worker finishes the gradings that are under way for at most so long."""
    session_hours: Positive = 12
    """A reviewer who has done nothing for so long is signed out."""
    log_format: Annotated[str, Field(pattern="^(json|console)$")] = "console"
    """One JSON object a line, or text for people."""
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    """The least important events that are still written."""
    metrics_token: SecretStr | None = None
    """Bearer token of /metrics; not set: /metrics answers to loopback addresses only."""
    worker_metrics_port: int = Field(default=0, ge=0, le=65535)
    """Where a worker answers /metrics, on `host`; 0: nowhere."""
    telemetry: bool = False
    """OpenTelemetry; configured by the usual OTEL_* variables. Needs the extra `telemetry`."""
    insecure_http: bool = False
    """Allow a base_url with http:// on an address that is not this machine."""
    smtp: Smtp = Smtp()
    oidc: Oidc = Oidc()
    bounds: Bounds = Bounds()
    retention: Retention = Retention()
    outside: Outside = Outside()
    fetch: Fetch = Fetch()
    ci: Ci = Ci()

    @property
    def session_time(self) -> timedelta:
        """How long a reviewer stays signed in without doing anything."""
        return timedelta(hours=self.session_hours)

    @property
    def secure(self) -> bool:
        """Whether browsers reach us encrypted."""
        return self.base_url.startswith("https://")

    @field_validator("base_url")
    @classmethod
    def _plain_origin(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must look like https://grader.example.com")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must be an origin alone, without a path: the service lives at its root")
        return url.rstrip("/")

    @field_validator("secret_key", "metrics_token")
    @classmethod
    def _hard_to_guess(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None:
            return None
        text = secret.get_secret_value()
        short = len(text) < SHORTEST_SECRET or len(set(text)) < FEWEST_CHARACTERS
        if short or any(word in text.lower() for word in KNOWN_SECRETS):
            raise ValueError(
                f"must be random and at least {SHORTEST_SECRET} characters long: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))" makes one'
            )
        return secret

    @field_validator("database_url")
    @classmethod
    def _database_password(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        try:
            parts = urlsplit(url.get_secret_value())
            password, host = unquote(parts.password or ""), parts.hostname or "localhost"
        except ValueError as error:
            raise ValueError("must look like postgresql://user:password@host:5432/name") from error
        if parts.scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
            raise ValueError("must look like postgresql://user:password@host:5432/name")
        guessable = {*KNOWN_SECRETS, "postgres", "grader", parts.username or ""} - {""}
        if password.lower() in guessable and not is_this_machine(host):
            raise ValueError(f"the password can be guessed at once: give the database at {host} another")
        return url

    @model_validator(mode="after")
    def _not_in_the_clear(self) -> Self:
        host = urlsplit(self.base_url).hostname or ""
        if not self.secure and not self.insecure_http and not is_this_machine(host):
            raise ValueError(
                f"base_url {self.base_url} would send passwords and private links in the clear: use https:// (behind "
                "a proxy that ends TLS), or set GRADER_INSECURE_HTTP=true if this network is yours alone"
            )
        return self

    @model_validator(mode="after")
    def _patient_with_workers(self) -> Self:
        if self.stalled_seconds < 2 * self.heartbeat_seconds:
            raise ValueError(
                "GRADER_STALLED_SECONDS must be at least twice GRADER_HEARTBEAT_SECONDS: "
                "otherwise workers that live are taken for dead"
            )
        return self

    @model_validator(mode="after")
    def _whole_groups(self) -> Self:
        smtp, oidc = self.smtp, self.oidc
        if smtp.host and not smtp.sender:
            raise ValueError("GRADER_SMTP__SENDER is missing: the address that e-mails come from")
        if not smtp.host and (smtp.sender or smtp.user or smtp.password.get_secret_value()):
            raise ValueError("GRADER_SMTP__HOST is missing: without it no e-mail is sent")
        if bool(smtp.user) != bool(smtp.password.get_secret_value()):
            raise ValueError("GRADER_SMTP__USER and GRADER_SMTP__PASSWORD belong together: one is missing")
        client = (oidc.client_id, oidc.client_secret.get_secret_value())
        if oidc.issuer and not all(client):
            raise ValueError("GRADER_OIDC__CLIENT_ID and GRADER_OIDC__CLIENT_SECRET are missing")
        if any(client) and not oidc.issuer:
            raise ValueError("GRADER_OIDC__ISSUER is missing: without it nobody signs in through a provider")
        if oidc.default_role not in {"", "reviewer", "author", "admin"}:
            raise ValueError("GRADER_OIDC__DEFAULT_ROLE: reviewer, author, admin or nothing")
        return self


def variables(model: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[str]:
    """The names of all variables."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from variables(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def read_settings(**given: Any) -> Settings:
    """The settings from the environment; `given` wins over it.

    Raises:
        BadSettings: a variable is wrong, or there is no setting of its name; the message names each.
    """
    unknown = _unknown(os.environ)
    lines = list(unknown.values())
    settings = None
    try:
        settings = Settings(**given)
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = PREFIX + "__".join(str(part) for part in problem["loc"]).upper()
            message = problem["msg"].removeprefix("Value error, ")
            if name not in unknown:
                lines.append(f"  {name}: {message}" if problem["loc"] else f"  {message}")
    except SettingsError as error:
        lines.append(f"  {error}")
    if settings is None or lines:
        raise BadSettings(
            "These settings cannot be used (docs/settings.md has them all):\n" + "\n".join(lines)
        )
    return settings


def _unknown(environment: Mapping[str, str]) -> dict[str, str]:
    """A line for each variable that looks like ours and is not: a typing error must not go unseen."""
    known = sorted({*variables(), *OTHERS})
    lines = {}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            lines[name.upper()] = f"  {name}: there is no such setting.{hint}"
    return lines


def as_environment(settings: BaseModel, prefix: str = "GRADER_") -> dict[str, str]:
    """The variables that make the same settings in another process; secrets are in them."""
    found: dict[str, str] = {}
    for name in sorted(settings.model_fields_set):
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            found |= as_environment(value, f"{prefix}{name.upper()}__")
        elif isinstance(value, SecretStr):
            found[prefix + name.upper()] = value.get_secret_value()
        elif value is not None:
            found[prefix + name.upper()] = str(value)
    return found


def is_this_machine(host: str) -> bool:
    """Whether what is sent to `host` never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
