"""Only repositories on the list are fetched, whatever way their address is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ci.addresses import BadAddress, allowed_beginnings, plain_address
from api.ci.asked import repository
from api.settings import BadSettings, read_settings

ALLOWED = allowed_beginnings("https://git.example.com/hiring/, http://forge.internal:8080/")
COMMIT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/hiring/ada.git",
        "HTTPS://Git.Example.COM:443/hiring/ada.git/",
        "http://forge.internal:8080/any/thing",
    ],
)
def test_what_is_on_the_list_may_be_fetched(url: str) -> None:
    named, errors = repository(url, COMMIT.upper(), "feature/x", ALLOWED)
    assert errors == {}
    assert named.commit == COMMIT


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/hiring-other/ada.git",
        "https://git.example.com/hiring",
        "https://git.example.com/",
        "https://git.example.com.evil.example/hiring/ada.git",
        "https://git.example.com@evil.example/hiring/ada.git",
        "https://user:secret@git.example.com/hiring/ada.git",
        "https://git.example.com/hiring/../secret/ada.git",
        "https://git.example.com/hiring/%2e%2e/secret/ada.git",
        "https://git.example.com/hiring//ada.git",
        "https://git.example.com/hiring/ada.git?x=1",
        "https://git.example.com/hiring/ada.git#x",
        "https://git.example.com:8443/hiring/ada.git",
        "http://git.example.com/hiring/ada.git",
        "http://forge.internal/any/thing",
        "https://evil.example\\@git.example.com/hiring/ada.git",
        "https://git.example.com/hiring/ada.git\n",
        "https://git.example.com/hiring/ada git",
        "ssh://git.example.com/hiring/ada.git",
        "file:///hiring/ada.git",
        "ext::sh -c id",
        "git@git.example.com:hiring/ada.git",
        "--upload-pack=id",
        "",
        "https://git.example.com/hiring/" + "x" * 500,
    ],
)
def test_what_is_not_on_the_list_may_not(url: str) -> None:
    assert "url" in repository(url, COMMIT, "", ALLOWED)[1]


def test_without_a_list_nothing_may_be_fetched() -> None:
    assert "url" in repository("https://git.example.com/hiring/ada.git", COMMIT, "", ())[1]


@pytest.mark.parametrize("commit", ["", "main", COMMIT[:39], COMMIT + "0", "-" * 40, COMMIT[:39] + "g"])
def test_a_commit_is_named_whole(commit: str) -> None:
    assert "commit" in repository("https://git.example.com/hiring/a", commit, "", ALLOWED)[1]


@pytest.mark.parametrize(
    "ref", ["-x", "--upload-pack=id", "a..b", "a b", "a\n", "x.lock", "@{1}", "/x", "x" * 201]
)
def test_a_ref_is_the_name_of_a_branch(ref: str) -> None:
    assert "ref" in repository("https://git.example.com/hiring/a", COMMIT, ref, ALLOWED)[1]


@given(st.text(alphabet="htps:/.@%?#-gitexamplcom\\ \n0", max_size=60))
def test_an_address_has_one_form(url: str) -> None:
    try:
        plain = plain_address(url)
    except BadAddress:
        return
    assert plain_address(plain) == plain


@pytest.mark.parametrize(
    "setting", ["https://git.example.com/hiring", "git.example.com/", "https://a@b.example/x/"]
)
def test_a_list_that_would_allow_more_than_it_says_is_refused(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_CI__REPOSITORIES", setting)
    with pytest.raises(BadSettings, match="GRADER_CI__REPOSITORIES"):
        read_settings()
