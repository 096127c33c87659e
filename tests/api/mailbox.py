"""A real SMTP server on loopback that keeps what comes in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from api.service import Service
from api.settings import Smtp


class Box(Message):
    """Keeps what comes in."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[EmailMessage] = []

    def handle_message(self, message: EmailMessage) -> None:  # type: ignore[override]
        """Keep one."""
        self.mails.append(message)


@contextmanager
def mailbox() -> Iterator[tuple[Box, int]]:
    """A server on loopback, and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = Box()
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    yield kept, port
    server.stop()


def mailing(service: Service, port: int) -> Service:
    """The service with that server."""
    smtp = Smtp(host="127.0.0.1", port=port, starttls=False, sender="Hiring <hiring@example.com>")
    return replace(service, settings=service.settings.model_copy(update={"smtp": smtp}))


def body_of(mail: EmailMessage) -> str:
    """Its text."""
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")
