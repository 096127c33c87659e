"""What every error of the API looks like."""

from __future__ import annotations

from typing import Any


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem that `answer` is; its id must be that of the request."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["error_id"] == answer.headers["x-request-id"]
    return found
