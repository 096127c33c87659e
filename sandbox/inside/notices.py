"""Warnings and log records of the candidate's code reach the test's own `warnings` and `logging`.

A warning is a request, because the test's filters may turn it into an exception in the line that gave it. Log
records ride on the next message; the levels that a test sets (`caplog.at_level`) are mirrored the other way.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from .peer import Peer
from .plain import logging

_MOST_RECORDS = 1000
_TEXT = 20_000
_NAME = 200
_ATOMS = (str, int, float, bool, type(None))
_OWN_FIELDS = frozenset({*vars(logging.makeLogRecord({})), *dir(logging.LogRecord), "message", "asctime"})
_MOST_EXTRAS = 20


class Notices:
    """The candidate's side: collects log records."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._records: list[dict[str, Any]] = []
        self._room = limit
        logging.getLogger().addHandler(logging.NullHandler())
        original = logging.Logger.callHandlers

        def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
            self._note(record)
            original(logger, record)

        logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign, assignment]

    def _note(self, record: logging.LogRecord) -> None:
        if len(self._records) >= _MOST_RECORDS or self._room <= 0:
            return
        facts = _facts(record)
        self._room -= len(facts["msg"])
        self._records.append(facts)

    def outgoing(self, extras: dict[str, Any], encode_error: Callable[[BaseException], Any]) -> None:
        """Ride on a message to the driver."""
        if self._records:
            records, self._records = self._records, []
            self._room = self._limit
            for facts in records:
                error = facts["error"]
                if error is not None:
                    traceback = (
                        error.__traceback__
                    )  # which encoding takes away, and the error may be raised again
                    facts["error"] = encode_error(error)
                    error.__traceback__ = traceback
            extras["lg"] = records


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """The plain fields of a record; the message is put together here unless its arguments are plain."""
    message, arguments = record.msg, record.args
    if (
        not isinstance(message, str)
        or not isinstance(arguments, tuple)
        or not all(type(a) in _ATOMS for a in arguments)
    ):
        message, arguments = record.getMessage(), ()
    if record.exc_info and record.exc_text is None:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    return {
        "name": record.name[:_NAME],
        "levelno": int(record.levelno),
        "levelname": str(record.levelname)[:_NAME],
        "msg": str(message)[:_TEXT],
        "args": list(arguments),
        "funcName": record.funcName,
        "lineno": record.lineno,
        "filename": record.filename,
        "module": record.module,
        "created": record.created,
        "exc_text": record.exc_text[:_TEXT] if record.exc_text else None,
        "error": record.exc_info[1] if record.exc_info else None,
        "extra": dict(itertools.islice(_extras(vars(record)), _MOST_EXTRAS)),
    }


def _extras(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What `extra=` put on a record: plain values under names that no record has anyway."""
    for name, value in fields.items():
        if (
            name.isidentifier()
            and not name.startswith("_")
            and name not in _OWN_FIELDS
            and type(value) in _ATOMS
        ):
            yield (name[:_NAME], value[:_TEXT] if isinstance(value, str) else value)


def set_levels(levels: Any) -> None:
    """Take over the levels that a test set."""
    for name, level in levels:
        if name is None:
            logging.disable(level)
        else:
            logging.getLogger(name or None).setLevel(level)


def forward_warnings(peer: Peer) -> None:
    """Have every warning of this process given again on the driver's side, under the test's filters."""

    def show(message: Any, category: Any, filename: str, lineno: int, *_: Any, **__: Any) -> None:
        peer.request("warn", message, category, filename.rpartition("/")[2], lineno)

    warnings.simplefilter("always")
    warnings.showwarning = show


class Levels:
    """The driver's side: which levels the test's loggers have that the candidate's side was not told."""

    def __init__(self) -> None:
        self._told: dict[str | None, int] = self._now()

    @staticmethod
    def _now() -> dict[str | None, int]:
        manager = logging.root.manager
        found: dict[str | None, int] = {None: manager.disable, "": logging.root.level}
        for name, logger in list(manager.loggerDict.items()):
            if isinstance(logger, logging.Logger) and logger.level:
                found[name] = logger.level
        return found

    def forget(self) -> None:
        """A fresh process has the levels that Python starts with."""
        self._told = {None: 0, "": logging.WARNING}

    def outgoing(self, extras: dict[str, Any]) -> None:
        """Add what changed since the last message."""
        now = self._now()
        if now != self._told:
            changed = [[name, level] for name, level in now.items() if self._told.get(name) != level]
            changed += [[name, 0] for name in self._told if name not in now]
            extras["lv"] = changed
            self._told = now


def give_records(records: Any, decode_error: Callable[[Any], BaseException]) -> None:
    """Handle the candidate's log records with the test's loggers."""
    for facts in records[:_MOST_RECORDS]:
        error = None if facts["error"] is None else decode_error(facts["error"])
        record = logging.makeLogRecord(
            {
                **dict(_extras(facts["extra"])),
                "exc_info": None if error is None else (type(error), error, None),
                **{name: facts[name] for name in ("levelno", "lineno", "created")},
                **{
                    name: str(facts[name])
                    for name in ("name", "levelname", "msg", "funcName", "filename", "module")
                },
                "args": tuple(a for a in facts["args"] if type(a) in _ATOMS),
                "exc_text": facts["exc_text"],
                "pathname": str(facts["filename"]),
            }
        )
        logging.getLogger(record.name).callHandlers(record)


def give_warning(message: Any, category: Any, filename: str, lineno: int) -> None:
    """Give the candidate's warning here; a filter of the test may raise it.

    Raises:
        Warning: as the test's filters say.
        TypeError: it is no warning.
    """
    if not (isinstance(category, type) and issubclass(category, Warning)):
        raise TypeError("category must be a Warning subclass")
    warnings.warn_explicit(message, category, str(filename)[:_NAME], int(lineno), registry=None)
