"""Composing: the message of an e-mail, of which nothing changes from one attempt to the next (RFC 5322)."""

import re
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ohmstead.kit.db import Row
from ohmstead.rooms.operator.mail.mailer import Letter, NotTaken

_BREAKING = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")  # what might end a header, and begin another
_MAILBOX = re.compile(r"(?P<name>.*)<(?P<in>[^<>\s,]+@[^<>\s,]+)>|(?P<bare>[^<>\s,]+@[^<>\s,]+)")


def mailbox(text: str) -> Address:
    """An address with or without a name; ValueError where there is none."""
    found = _MAILBOX.fullmatch(text)
    if found is None or _BREAKING.search(text):
        raise ValueError(f"{text!r} is no e-mail address")
    return Address((found["name"] or "").strip(' "'), addr_spec=found["in"] or found["bare"])


def compose(email: Row, attachments: Sequence[Row], sender: str) -> Letter:
    """What is sent for a row of `email_message`. Its Message-ID and its date are those of its first attempt, so that
    who gets it twice sees one. NotTaken where it has no address."""
    made, by = email["created_at"], mailbox(sender)
    name = f"{made:%Y%m%dT%H%M%S%f}-{email['id']}"
    message = EmailMessage(policy=SMTP)
    message["From"] = by
    message["To"] = _address(email["to"])
    if email["reply_to"]:
        message["Reply-To"] = _address(email["reply_to"])
    message["Subject"] = _in_one_line(email["subject"])
    message["Date"] = format_datetime(made)
    message["Message-ID"] = f"<{name}@{by.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is answered
    message.set_content(email["body"], cte="quoted-printable")
    for one in attachments:
        kind, _, part = one["media_type"].partition("/")
        message.add_attachment(one["content"], maintype=kind, subtype=part, filename=_in_one_line(one["name"]))
    if attachments:
        message.set_boundary(f"=_{name}")  # else it is drawn anew each time
    return Letter(name, email["to"], message.as_bytes())


def _address(text: str) -> Address:
    try:
        return mailbox(text)
    except ValueError as error:
        raise NotTaken(str(error), for_good=True) from None


def _in_one_line(text: str) -> str:
    return _BREAKING.sub(" ", text).strip()
