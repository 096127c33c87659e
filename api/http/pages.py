"""Rendering pages: one environment, everything made visible and then escaped, styles and scripts by their hash."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from api.problems import NotFound
from grader.formats.html.page import shared_style
from grader.formats.html.shared import equip, loader

router = APIRouter(include_in_schema=False)


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Render `template`. What it prints is made visible (no control characters) and escaped."""
    user = getattr(request.state, "user", None)
    text = environment().get_template(template).render(request=request, user=user, **context)
    return HTMLResponse(text.encode("utf-8", "backslashreplace"), status, headers=dict(headers or {}))


@cache
def environment() -> Environment:
    """The templates of the service."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("api.http"), loader()]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    equip(made)
    made.filters.update(when=when, iso=iso, size=_size)
    made.globals.update(static=static_url)
    return made


def when(moment: datetime, zone: str = "UTC") -> str:
    """A time for people, in a zone that is named: `24 Nov 2026, 21:15 (Europe/Berlin)`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M} ({zone})"


def iso(moment: datetime) -> str:
    """A time for the `datetime` attribute."""
    return moment.isoformat(timespec="seconds")


def _size(count: int) -> str:
    from grader.intake.limits import size

    return size(count)


# -- static files -------------------------------------------------------------------------------------


@cache
def _static() -> dict[str, tuple[str, bytes]]:
    """Give (hash, content) of every file that pages load, by name."""
    folder = resources.files("api.http").joinpath("static")
    found = {}
    for file in folder.iterdir():
        if file.is_file():
            content = file.read_bytes()
            found[file.name] = (hashlib.sha256(content).hexdigest()[:16], content)
    style = shared_style().encode()
    found["report-parts.css"] = (hashlib.sha256(style).hexdigest()[:16], style)
    return found


def static_url(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for ever."""
    return f"/static/{_static()[name][0]}/{name}"


@router.get("/static/{digest}/{name}")
def static_file(digest: str, name: str) -> Response:
    """A style sheet, script or picture."""
    known = _static().get(name)
    if known is None or known[0] != digest:
        raise NotFound("There is no such file. Reload the page.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(
        known[1], media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )
