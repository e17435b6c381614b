"""The receipt of a charge without an account: its PDF, and by e-mail once, to the address that the driver gives."""

from sqlalchemy import LargeBinary, Text, bindparam, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.rooms.billing.documents.mailing import mail_document
from ohmstead.rooms.billing.documents.table import document, document_file
from ohmstead.rooms.billing.drive.table import ad_hoc_charge
from ohmstead.rooms.billing.transactions.table import payment_transaction

_own, _receipt = ad_hoc_charge.c, document.c
MADE = select(document_file.c.id).where(document_file.c.document_id == _receipt.id).correlate(document).exists()
SENT = _receipt.email.is_not(None) | _receipt.mailed_at.is_not(None)
"""Of a receipt: whether its PDF is there, and whether it was sent or is about to be."""

_OF_CHARGE = Statement(
    select(_own.id, _receipt.id.label("receipt_id"))
    .outerjoin(payment_transaction, payment_transaction.c.id == _own.transaction_id)
    .outerjoin(document, (_receipt.id == payment_transaction.c.receipt_id) & MADE)
    .where(_own.key_hash == bindparam("hash", type_=LargeBinary))
)
_ADDRESS = Statement(
    update(document)
    .where(_receipt.id == bindparam("key", type_=_receipt.id.type), ~SENT)
    .values(email=bindparam("email", type_=Text), updated_at=bindparam("now"))
    .returning(_receipt.id)
)


async def mail_receipt(tx: Tx, key_hash: bytes, address: str) -> bool:
    """Have it sent; whether there is such a charge. Conflict where there is nothing to send, or it was sent: nobody
    writes to many by a key."""
    row = await tx.one(_OF_CHARGE, hash=key_hash)
    if row is None:
        return False
    if row["receipt_id"] is None:
        raise Conflict("There is no receipt yet.")
    if await tx.one(_ADDRESS, key=row["receipt_id"], email=address, now=tx.now) is None:
        raise Conflict("The receipt was sent already.")
    await mail_document(tx, row["receipt_id"])
    return True
