"""The receipt of a charge without an account: a link to its PDF, and an e-mail, once."""

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.kit.facts import audit
from ohmstead.rooms.operator.files import files
from ohmstead.rooms.operator.mail.table import email_message
from tests.client import Answer
from tests.rooms.billing.issued import issued_for_charge, stored
from tests.rooms.billing.test_drive_charges import DRIVE, Phone, phone  # noqa: F401 - the fixture
from tests.rooms.booked import running  # noqa: F401 - the fixture

ADDRESS = "ada@example.org"


async def begun(phone: Phone, **values: Any) -> int:  # noqa: F811
    """A charge whose receipt was issued; the receipt's id."""
    await phone.begins()
    async with phone.system.database.begin() as tx:
        return await issued_for_charge(tx, phone.key, **values)


async def wishes(phone: Phone, email: str = ADDRESS, key: str | None = None) -> Answer:  # noqa: F811
    wish = {"charge": key or phone.key, "email": email}
    return await phone.stranger.post(f"{DRIVE}/receipt", wish)


async def sent(phone: Phone) -> list[Any]:  # noqa: F811
    async with phone.system.database.read() as tx:
        return await tx.all(select(email_message).order_by(email_message.c.id))


async def test_a_receipt_is_shown_once_its_pdf_is_there(phone: Phone) -> None:  # noqa: F811
    key = await begun(phone, file=None)
    found = await phone.shown()
    assert (found["receiptUrl"], found["receiptSent"]) == (None, False)
    refused = await wishes(phone)
    assert (refused.status, refused.body["message"]) == (409, "There is no receipt yet.")
    async with phone.system.database.begin() as tx:
        await stored(tx, key)
    found = await phone.shown()
    token = found["receiptUrl"].rpartition("/documents/")[2]
    assert found["receiptUrl"] == f"{phone.stranger.base}/documents/{token}"
    assert files.current.granted("documents", token) == key


async def test_it_is_sent_once(phone: Phone) -> None:  # noqa: F811
    await begun(phone, number="R-1")
    assert (await wishes(phone)).status == 202
    assert (await phone.shown())["receiptSent"]
    for email in (ADDRESS, "eve@example.org"):
        refused = await wishes(phone, email)
        assert (refused.status, refused.body["message"]) == (409, "The receipt was sent already.")
    (email,) = await sent(phone)
    assert (email["to"], email["subject"]) == (ADDRESS, "Your receipt R-1 – City Energy")


async def test_the_address_is_kept_nowhere_else(phone: Phone) -> None:  # noqa: F811
    await begun(phone)
    await wishes(phone)
    async with phone.system.database.read() as tx:
        kept = await tx.all(select(audit).where(audit.c.target.like("%receipt%")))
        tables = await tx.all(select(email_message.c.to))
    assert kept
    assert ADDRESS not in str([tuple(row) for row in kept])
    assert phone.key not in str([tuple(row) for row in kept])
    assert [row["to"] for row in tables] == [ADDRESS]


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@example", "ada@example.org\r\nBcc: eve@example.org", "a@example.org,b@example.org",
              "Ada <ada@example.org>", "a" * 250 + "@example.org"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(phone: Phone, email: str) -> None:  # noqa: F811
    await begun(phone)
    refused = await wishes(phone, email)
    assert (refused.status, list(refused.body["errors"])) == (422, ["email"])
    assert await sent(phone) == []


async def test_only_who_has_the_key_has_it_sent(phone: Phone) -> None:  # noqa: F811
    await begun(phone)
    assert (await wishes(phone, key="another")).status == 404
    assert await sent(phone) == []
