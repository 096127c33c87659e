"""Signatures of pipelines are those of the public library."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from api.ci.signatures import MOST_SIGNATURES, NotSigned, check_signature, signed_headers_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def headers(
    body: str, *, message_id: str = "msg_1", at: datetime = NOW, secret: str = SECRET
) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body),
    }


@given(st.text(), st.binary(min_size=24, max_size=64))
def test_what_the_library_signs_is_believed(body: str, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    data = body.encode("utf-8", "surrogatepass")
    signed = signed_headers_of(headers(data.decode("utf-8", "replace"), secret=secret), NOW)

    check_signature(signed, data.decode("utf-8", "replace").encode(), [secret])


def test_a_body_of_any_bytes_can_be_signed() -> None:
    """The library signs text; an archive is none. Latin-1 text of one byte a character would be two in UTF-8."""
    ascii_body = headers("PK\x03\x04")
    check_signature(signed_headers_of(ascii_body, NOW), b"PK\x03\x04", [SECRET])
    with pytest.raises(NotSigned, match="not that of the secret"):
        check_signature(signed_headers_of(ascii_body, NOW), b"PK\x03\x04\xff", [SECRET])


def test_both_secrets_of_a_rotation_are_valid_and_a_third_is_not() -> None:
    new, third = ("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    for secret in (SECRET, new):
        check_signature(signed_headers_of(headers("x", secret=secret), NOW), b"x", [new, SECRET])
    with pytest.raises(NotSigned):
        check_signature(signed_headers_of(headers("x", secret=third), NOW), b"x", [new, SECRET])


def test_one_right_signature_of_several_is_enough() -> None:
    right = headers("x")
    right["webhook-signature"] = f"v1,!!! v2,AAAA v1,{'A' * 44} {right['webhook-signature']}"

    check_signature(signed_headers_of(right, NOW), b"x", [SECRET])


WRONG = [
    ({"webhook-id": ""}, "webhook-id"),
    ({"webhook-id": "a.b"}, "webhook-id"),
    ({"webhook-id": "x" * 201}, "webhook-id"),
    ({"webhook-id": "mäßig"}, "webhook-id"),
    ({"webhook-timestamp": "soon"}, "webhook-timestamp"),
    ({"webhook-timestamp": "-1"}, "webhook-timestamp"),
    ({"webhook-timestamp": "9" * 30}, "webhook-timestamp"),
    ({"webhook-timestamp": "99999999999"}, "5 minutes"),
    ({"webhook-signature": ""}, "webhook-signature"),
    ({"webhook-signature": "v1"}, "not that"),
    ({"webhook-signature": "v2,AAAA"}, "webhook-signature"),
    ({"webhook-signature": " ".join(["v1,AAAA"] * (MOST_SIGNATURES + 1))}, "not that"),
]


@pytest.mark.parametrize(("changed", "words"), WRONG)
def test_what_is_wrong_is_refused_in_words(changed: dict[str, str], words: str) -> None:
    with pytest.raises(NotSigned, match=words):
        check_signature(signed_headers_of({**headers("x"), **changed}, NOW), b"x", [SECRET])


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_is_old_or_of_the_future_is_refused(minutes: int) -> None:
    with pytest.raises(NotSigned, match="5 minutes"):
        signed_headers_of(headers("x", at=NOW + timedelta(minutes=minutes)), NOW)


def test_no_part_of_the_body_can_be_taken_for_a_header() -> None:
    """`id.time.body` is signed: an id that ended in another time would make it a request of another id."""
    signed = headers("1772442000.body")
    moved = {**signed, "webhook-id": f"msg_1.{signed['webhook-timestamp']}"}
    with pytest.raises(NotSigned, match="without a dot"):
        signed_headers_of(moved, NOW)
