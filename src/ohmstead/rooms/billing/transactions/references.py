"""The reference of a transaction: where it can be found at the payment provider or the terminal."""

from typing import Annotated

from msgspec import Meta

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View
from ohmstead.rooms.billing.transactions.resource import transactions
from ohmstead.rooms.billing.transactions.states import amend

at_transaction = Group("action / transaction", "actions/transactions/", "transactions", access=OPERATOR)


class Reference(View):
    ref: Annotated[str, Meta(min_length=1, max_length=255)]


@at_transaction.post(
    "v1.0/{transaction}/update-payment-reference", "Transaction / Update Payment Reference", body=Reference
)
async def update_payment_reference(call: Call, wanted: Reference) -> None:
    """Say by what the payment provider or the terminal knows a transaction, whatever its state."""
    row = await transactions.find(call, lock=True)
    await amend(call.tx, row["id"], ref=wanted.ref)
    call.changes = {"id": row["id"], "ref": wanted.ref}
