"""An SMTP server that takes our e-mails, by aiosmtplib (RFC 5321, 3207, 8314)."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from ohmstead.rooms.operator.mail.composing import mailbox
from ohmstead.rooms.operator.mail.mailer import Letter, NotTaken

AT_ONCE = 5  # connections: many servers take no more of one client
TIMEOUT_S = 30.0  # real s, of each answer
_PORTS = {"smtp": 587, "smtps": 465}
_HERE = ("localhost", "127.0.0.1", "::1")
_LETTERS_FAULT = (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)  # else it is the server's, or ours


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where it is, and who we are there."""

    host: str
    port: int
    tls: bool  # from the start; else by STARTTLS
    user: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Of `smtp[s]://user:password@host:port`; ValueError says what is wrong, and not the password."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("it must be smtp[s]://user:password@host:port")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("nothing may follow its port")
        user, password = (text and unquote(text) for text in (parts.username, parts.password))
        if bool(user) != bool(password):
            raise ValueError("a user needs a password, and a password a user")
        return cls(parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)

    def options(self) -> dict[str, Any]:
        """For aiosmtplib. STARTTLS is used where it is offered, and has to be where a password goes over a network;
        whose certificate it is does not matter on this machine alone."""
        here = self.host in _HERE
        return {
            "hostname": self.host,
            "port": self.port,
            "username": self.user,
            "password": self.password,
            "use_tls": self.tls,
            "start_tls": False if self.tls else True if self.user and not here else None,
            "validate_certs": not here,
        }


class SmtpMailer:
    """Hands letters to a server, each on a connection of its own."""

    def __init__(self, server: SmtpServer, sender: str, timeout_s: float = TIMEOUT_S) -> None:
        self.sender = sender
        by = mailbox(sender)
        self._options = server.options() | {"sender": by.addr_spec, "local_hostname": by.domain, "timeout": timeout_s}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def take(self, letter: Letter) -> None:
        async with self._room:
            try:
                await aiosmtplib.send(letter.raw, recipients=[letter.to], **self._options)
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                raise _not_taken(error) from error


def _not_taken(error: Exception) -> NotTaken:
    """With the status of the server's answer (RFC 5321, section 4.2), where there was one."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]  # the only one
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return NotTaken(f"{error.code} {error.message}", isinstance(error, _LETTERS_FAULT) and error.code >= 500)
    return NotTaken(f"{type(error).__name__}: {error}")
