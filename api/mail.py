"""Sending one e-mail by SMTP: plain text, and no header that somebody else's name could add."""

from __future__ import annotations

import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from typing import Final

from api.settings import Smtp

SECONDS: Final = 20


class MailNotSent(Exception):
    """The server did not take it. It can be tried again."""


class NoAddress(Exception):
    """This cannot be mailed to: trying again helps nothing."""


def compose(smtp: Smtp, name: str, email: str, subject: str, body: str) -> EmailMessage:
    """A message to one person. Line breaks and control characters in `name` and `subject` become spaces.

    Raises:
        NoAddress: `email` is not something that mail can go to.
    """
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = smtp.sender
        message["To"] = Address(_plain(name), addr_spec=email)
        message["Subject"] = _plain(subject)
        message["Message-ID"] = make_msgid(domain=smtp.sender.rpartition("@")[2].rstrip(">") or None)
        message["Auto-Submitted"] = "auto-generated"
    except (ValueError, IndexError, MessageError) as error:
        raise NoAddress(f"mail cannot go to {email!r}: {error}") from error
    message.set_content(body)
    return message


def send(smtp: Smtp, message: EmailMessage) -> None:
    """Hand a message to the server.

    Raises:
        MailNotSent: it does not answer, or refuses.
    """
    try:
        with smtplib.SMTP(smtp.host, smtp.port, timeout=SECONDS) as server:
            if smtp.starttls:
                server.starttls(context=ssl.create_default_context())
            if smtp.user:
                server.login(smtp.user, smtp.password.get_secret_value())
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise MailNotSent(f"{smtp.host}:{smtp.port}: {type(error).__name__}: {error}") from error


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
