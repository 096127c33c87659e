"""Everything that can be set, typed, and refused where it would be unsafe. Built once, passed as an argument.

Each field is an environment variable with the prefix GRADER_: `database_url` is GRADER_DATABASE_URL, and a field of
a group is reached with two underscores: GRADER_SMTP__HOST. docs/operations.md lists all of them.
"""

from __future__ import annotations

import ipaddress
import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

Positive = Annotated[int, Field(gt=0)]
SHORTEST_SECRET = 32
KNOWN_SECRETS = ("changeme", "secret", "password", "default", "example")


class BadSettings(Exception):
    """The settings cannot be used. The message names each variable and what to do."""


def data_folder() -> Path:
    """Where one machine keeps its database and uploads when nothing is set."""
    if os.geteuid() == 0:
        return Path("/var/lib/takehome-grader")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "takehome-grader"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Smtp(_Group):
    """Where e-mail goes out. Without a host no e-mail is sent, and pages offer links to copy instead."""

    host: str = ""
    port: Positive = 587
    user: str = ""
    password: SecretStr = SecretStr("")
    starttls: bool = True
    sender: str = ""


class Oidc(_Group):
    """Sign-in of reviewers through an identity provider. Without an issuer there is only the password."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    label: str = "Single sign-on"
    default_role: Annotated[str, Field(pattern="^(|reviewer|author|admin)$")] = ""
    """Role of people who sign in for the first time; empty: only people who were added can sign in."""


class Bounds(_Group):
    """Limits of the service. What exceeds one is answered with 413, 429 or 503, and says which it was."""

    upload_bytes: Positive = 20 * 2**20
    chunk_bytes: Positive = 4 * 2**20
    """Of a resumable upload."""
    takehome_bytes: Positive = 64 * 2**20
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


class Retention(_Group):
    """When personal data goes. 0 means never."""

    submission_days: int = Field(default=365, ge=0)
    """After the decision, or after the upload where there is none."""
    audit_days: int = Field(default=0, ge=0)


class Settings(BaseSettings):
    """All settings of the service."""

    model_config = SettingsConfigDict(
        env_prefix="GRADER_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    data: Path = Field(default_factory=data_folder)
    """Folder of the embedded database and of the blobs."""
    database_url: SecretStr | None = None
    """postgresql://… ; not set: PostgreSQL is started from the installed package."""
    database_connections: Positive = 20
    blob_url: str = ""
    """s3://bucket/prefix (credentials as usual in AWS_* variables); empty: files under `data`."""
    base_url: str = "http://127.0.0.1:8000"
    """The address that people and forges use, without a slash at the end. Links are made from it."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
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
    stalled_seconds: Annotated[float, Field(gt=0)] = 30.0
    """A worker that has been silent for so long is taken for dead, and its jobs are given to others."""
    session_hours: Positive = 12
    log_format: Annotated[str, Field(pattern="^(json|console)$")] = "console"
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    metrics_token: SecretStr | None = None
    """Bearer token of /metrics; not set: /metrics answers to loopback addresses only."""
    telemetry: bool = False
    """OpenTelemetry; configured by the usual OTEL_* variables. Needs the extra `telemetry`."""
    insecure_http: bool = False
    """Allow a base_url with http:// on an address that is not this machine."""
    smtp: Smtp = Smtp()
    oidc: Oidc = Oidc()
    bounds: Bounds = Bounds()
    retention: Retention = Retention()

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

    @field_validator("secret_key")
    @classmethod
    def _long_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None:
            return None
        text = secret.get_secret_value()
        if len(text) < SHORTEST_SECRET or any(word in text.lower() for word in KNOWN_SECRETS):
            raise ValueError(
                f"must be random and at least {SHORTEST_SECRET} characters long: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))" makes one'
            )
        return secret

    @model_validator(mode="after")
    def _not_in_the_clear(self) -> Self:
        host = urlsplit(self.base_url).hostname or ""
        if not self.secure and not self.insecure_http and not _is_this_machine(host):
            raise ValueError(
                f"base_url {self.base_url} would send passwords and private links in the clear: use https:// (behind "
                "a proxy that ends TLS), or set GRADER_INSECURE_HTTP=true if this network is yours alone"
            )
        if self.smtp.host and not self.smtp.sender:
            raise ValueError("smtp.sender is missing: the address that e-mails come from")
        if self.oidc.issuer and not (self.oidc.client_id and self.oidc.client_secret.get_secret_value()):
            raise ValueError("oidc.client_id and oidc.client_secret are missing")
        return self


def read_settings(**given: Any) -> Settings:
    """The settings from the environment; `given` wins over it.

    Raises:
        BadSettings: a variable is wrong; the message names each.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            name = "GRADER_" + "__".join(str(part) for part in problem["loc"]).upper()
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"  {name}: {message}" if problem["loc"] else f"  {message}")
        raise BadSettings("These settings cannot be used:\n" + "\n".join(lines)) from error


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
