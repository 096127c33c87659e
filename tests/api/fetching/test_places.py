"""Addresses of repositories: what is none, where we do not go, and what is taken apart how."""

from __future__ import annotations

import pytest

from api.fetching import FetchFailed, Login, Repository, SshKey
from api.fetching.repository import Place, place_of
from api.hooks.outside import Outside
from api.settings import Outside as Settings

HOSTS = {"github.com", "git.example.com:8443", "git.example.com:2222"}
KEY = SshKey("key", "hosts")


def place(url: str, credential: SshKey | Login | None = None) -> Place:
    return place_of(Repository(url, credential=credential), Outside(Settings()), HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch /tmp/owned",
        "-oProxyCommand=touch /tmp/owned",
        "ext::sh -c touch% /tmp/owned",
        "fd::17",
        "file:///etc/passwd",
        "/etc/passwd",
        "../work",
        "git://github.com/o/r",
        "ftp://github.com/o/r",
        "http://github.com/o/r",
        "https://github.com",
        "https://github.com/",
        "https://github.com/o/r?x=1",
        "https://github.com/o/r#x",
        "https://user:password@github.com/o/r",
        "https://github.com@evil.example/o/r",
        "https://github.com.evil.example/o/r",
        "https://github.com:8443/o/r",
        "https://git.example.com/o/r",
        "https://evil.example/github.com/o/r",
        "https://127.0.0.1/o/r",
        "https://[::1]/o/r",
        "https://github.com\\@evil.example/o/r",
        "https://github.com/o/r\nHost: evil.example",
        "https://github.com/o /r",
        "https://github.com/ö/r",
        "https://github.com:0/o/r",
        "https://github.com:99999/o/r",
        "https:///o/r",
        "https://github.com/" + "a" * 2000,
        "",
        "ssh://-oProxyCommand=x/o/r",
        "ssh://git@-oProxyCommand=x/o/r",
        "ssh://git@github.com:0/o/r",
        "ssh://git@github.com:22",
        "ssh://git@evil.example/o/r",
        "ssh://git@github.com/o/r';touch /tmp/owned;'",
        "git@github.com:o/$(touch /tmp/owned)",
        "git@github.com:-o/r",
        "-oProxyCommand=x@github.com:o/r",
        "git@github.com:o/r\nx",
        "git@evil.example:o/r",
    ],
)
def test_other_addresses_are_not_allowed(url: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        place(url, KEY if "ssh" in url or url.startswith(("git@", "-o")) else None)
    assert (failed.value.kind, failed.value.ours) == ("not_allowed", False)
    assert "password" not in failed.value.message or "must not hold" in failed.value.message


def test_addresses_are_taken_apart() -> None:
    assert place("https://GitHub.com/o/r.git/") == Place("https", "", "github.com", 443, "/o/r.git")
    assert place("https://git.example.com:8443/r") == Place("https", "", "git.example.com", 8443, "/r")
    assert place("git@github.com:o/r.git", KEY) == Place("ssh", "git", "github.com", 22, "o/r.git")
    assert place("ssh://me@git.example.com:2222/o/r", KEY) == Place(
        "ssh", "me", "git.example.com", 2222, "/o/r"
    )
    assert place("ssh://github.com/o/r", KEY) == Place("ssh", "git", "github.com", 22, "/o/r")


def test_a_key_is_for_ssh_and_a_token_for_https() -> None:
    for url, credential in [("https://github.com/o/r", KEY), ("git@github.com:o/r", Login("u", "s"))]:
        with pytest.raises(FetchFailed, match="does not fit"):
            place(url, credential)


def test_where_no_host_is_named_nothing_is_fetched() -> None:
    with pytest.raises(FetchFailed, match=r"from github\.com, which is no place"):
        place_of(Repository("https://github.com/o/r"), Outside(Settings()), frozenset())
