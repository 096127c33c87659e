"""Whether a request was signed with a secret that is known: Standard Webhooks, the other way round. Pure.

The signature is made over the bytes as they came, whatever they are: archives are no text, and the public library signs
text only. tests/api/ci/test_signatures.py compares the two.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.hooks.secrets import PREFIX

TOLERANCE: Final = timedelta(minutes=5)
"""How far the clocks may differ, as in the libraries of the specification."""
MOST_SIGNATURES: Final = 10
_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,200}")
"""Visible ASCII without a dot: a dot separates the parts of what is signed."""
_TIME = re.compile(r"[0-9]{1,11}")


class NotSigned(Exception):
    """The headers are missing, too old or wrong. The message is one sentence for people."""


@dataclass(frozen=True)
class Signed:
    """The headers of a request that says it is signed."""

    message_id: str
    timestamp: str
    signatures: tuple[bytes, ...]


def signed_headers_of(headers: Mapping[str, str], now: datetime) -> Signed:
    """Read the headers: cheap, and before the body is.

    Raises:
        NotSigned: they cannot be right, whatever the body is.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id):
        raise NotSigned("The header webhook-id is missing, or not 1 to 200 visible characters without a dot.")
    if not _TIME.fullmatch(timestamp):
        raise NotSigned("The header webhook-timestamp is missing, or no number of seconds since 1970.")
    if abs(datetime.fromtimestamp(int(timestamp), UTC) - now) > TOLERANCE:
        raise NotSigned(
            "The request was signed more than 5 minutes ago, or the clocks differ. Sign it again."
        )
    found = tuple(_signatures(headers.get("webhook-signature", "")))
    if not found:
        raise NotSigned("The header webhook-signature is missing, or holds no signature of version v1.")
    return Signed(message_id, timestamp, found)


def _signatures(header: str) -> Iterator[bytes]:
    for one in header.split()[:MOST_SIGNATURES]:
        version, _, encoded = one.partition(",")
        if version == "v1":
            try:
                yield base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                continue  # a wrong one beside a right one does no harm


def check_signature(signed: Signed, body: bytes, secrets: Sequence[str]) -> None:
    """Compare in constant time with what each valid secret makes of the body.

    Raises:
        NotSigned: none of them signed it.
    """
    start = f"{signed.message_id}.{signed.timestamp}.".encode("ascii")
    right = False
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix(PREFIX))
        made = hmac.digest(key, start + body, hashlib.sha256)
        for given in signed.signatures:
            right |= hmac.compare_digest(made, given)
    if not right:
        raise NotSigned("The signature is not that of the secret. Sign the very bytes of the body.")
