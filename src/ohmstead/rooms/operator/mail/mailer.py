"""Where e-mails are handed over: to an SMTP server, or to files; the app provides which."""

from typing import Protocol

from msgspec import Struct

from ohmstead.kit.ports import Port


class NotTaken(Exception):
    """It was not taken, for this reason; `for_good`: nor would it be if it came again."""

    def __init__(self, reason: str, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Letter(Struct, frozen=True):
    """A message as it is sent, the same to the byte each time: what it is called, whom it goes to, and RFC 5322."""

    name: str
    to: str
    raw: bytes


class Mailer(Protocol):
    """Takes letters, each from `sender`: a mailbox, or one with a name (`Ohmstead <mail@example.org>`)."""

    sender: str

    async def take(self, letter: Letter) -> None:
        """Hand it over; NotTaken says why it was not."""
        ...


mailer: Port[Mailer] = Port("mailer")
