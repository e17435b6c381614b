"""An SMTP server for tests, by aiosmtpd: it takes what it gets, unless it is told to answer otherwise."""

import asyncio
import email
import email.policy
import ssl
import warnings
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword


class SmtpServer:
    """`async with SmtpServer() as server`: `taken` is what it took, whole; `of_recipient` and `of_data` are answered to
    the next ones instead of OK, `silent` holds back the answer to a message that was taken."""

    def __init__(self, tls: ssl.SSLContext | None = None, password: str | None = None) -> None:
        self._tls, self._password = tls, password
        self.taken: list[bytes] = []
        self.envelopes: list[tuple[str | None, list[str]]] = []
        self.secure: list[bool] = []
        self.of_recipient: list[str] = []
        self.of_data: list[str] = []
        self.silent: asyncio.Event | None = None
        self.port = 0

    @property
    def messages(self) -> list[EmailMessage]:
        """As a mail program reads them."""
        return [read(raw) for raw in self.taken]

    async def __aenter__(self) -> "SmtpServer":
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {"tls_context": self._tls, "auth_require_tls": False}
        if self._password is not None:
            options |= {"authenticator": self._knows, "auth_required": True}
        warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
        self._server = await loop.create_server(lambda: SMTP(self, loop=loop, **options), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: Any) -> None:
        if self.silent is not None:
            self.silent.set()
        self._server.close()
        await self._server.wait_closed()

    def _knows(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given.password.decode() == self._password, handled=False)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if self.of_recipient:
            return self.of_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.of_data:
            return self.of_data.pop(0)
        assert isinstance(envelope.original_content, bytes)
        self.taken.append(envelope.original_content)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.secure.append(session.ssl is not None)
        if self.silent is not None:
            await self.silent.wait()
        return "250 taken"


def read(raw: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found
