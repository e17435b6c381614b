"""Redeeming: a voucher, or an amount of the operator's, becomes money on a user's balance.

Whoever redeems holds the user's row and then takes the voucher by one UPDATE that says all its conditions: of many
hands one gets it.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, field
from sqlalchemy import Text, bindparam, select, text

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import BadRequest, Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.money import Price
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.billing.balance import account
from ohmstead.rooms.billing.balance.codes import as_stored
from ohmstead.rooms.billing.balance.features import OFF, is_off
from ohmstead.rooms.billing.balance.spending import credit
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.partners import require_option
from ohmstead.rooms.people.users import users

actions = Group("action / user", "actions/users/", "users", access=PARTNERS)

_REDEEM = Statement(
    text("""
UPDATE voucher SET redeemed_at = :now, updated_at = :now, user_id = CAST(:user AS bigint), expire_date = last.day,
    expires_at = CAST(last.day + 1 AS timestamp) AT TIME ZONE CAST(:zone AS text),
    remaining_amount = amount - LEAST(amount, CAST(:owed AS numeric))
FROM (
    SELECT id AS of, CAST(
        COALESCE(expire_date, CAST(:today AS date) + CAST(validity_period AS interval)) AS date) AS day
    FROM voucher WHERE code = CAST(:code AS text)
) AS last
WHERE id = last.of AND redeemed_at IS NULL AND status = 'enabled' AND currency = CAST(:currency AS text)
  AND (expire_date IS NULL OR expire_date >= CAST(:today AS date))
  AND (assign_before_date IS NULL OR assign_before_date > CAST(:today AS date))
RETURNING voucher.*""")
)
_BY_CODE = Statement(select(voucher).where(voucher.c.code == bindparam("code", type_=Text)))


class Code(View):
    code: Annotated[str, Meta(min_length=1, max_length=64)]


@actions.post("v2.0/{user}/redeem-voucher", "User / Redeem Voucher", body=Code, errors=(401, 403, 404, 406, 422, 429))
async def redeem_voucher(call: Call, body: Code) -> None:
    """Put a voucher on a user's balance: 406 with the reason where it cannot be."""
    user = await users.find(call)
    if await is_off(call.tx, "vouchers"):
        raise Invalid(code=OFF)
    row = await redeem(call.tx, user["id"], as_stored(body.code))
    call.changes = {"id": user["id"], "voucher_id": row["id"], "amount": str(row["amount"])}


async def redeem(tx: Tx, user_id: int, code: str) -> Row:
    """The voucher, which is the user's now; Rejected where it can be nobody's, or is somebody's already."""
    before, base = await account.balance(tx, user_id, lock=True), await settings.base_currency_code(tx)
    zone = await settings.time_zone(tx)
    today = tx.now.astimezone(zone).date()
    owed = max(Decimal(0), -before)
    row = await tx.one(
        _REDEEM, code=code, user=user_id, today=today, zone=zone.key, owed=owed, currency=base, now=tx.now
    )
    if row is None:
        raise Rejected(_why(await tx.one(_BY_CODE, code=code), today, base))
    mine, amount = Account("user_balance", row["currency"], user_id), row["amount"]
    source = account.given_by(row["type"], row["currency"])
    key = f"voucher:{row['id']}:redeemed"
    await post(tx, Entry(key=key, debit=source, credit=mine, amount=amount, voucher_id=row["id"]))
    await account.move(tx, user_id, amount, row["currency"], account.CHANGE_OF[row["type"]])
    return row


def _why(row: Row | None, today: date, base: str | None) -> str:
    """Why a voucher was not redeemed."""
    if row is None:
        return "There is no such voucher."
    if row["redeemed_at"] is not None:
        return "The voucher was redeemed already."
    if row["status"] != "enabled":
        return "The voucher is disabled."
    if row["currency"] != base:
        return f"The voucher is in {row['currency']}, which balances are not in."
    if row["expire_date"] is not None and row["expire_date"] < today:
        return "The voucher has expired."
    return "The voucher had to be redeemed before."


class Amount(View):
    amount: Price
    reason: Annotated[str, Meta(min_length=1, max_length=2000, description="Kept as the voucher's description.")]
    app_info: Opt[Annotated[str, Meta(max_length=2000)]] = field(name="app_info", default=UNSET)


@actions.post("v1.0/{user}/add-balance", "User / Add Balance", body=Amount, errors=(400, 401, 403, 404, 422, 429))
async def add_balance(call: Call, body: Amount) -> None:
    """Put an amount in base currency on a user's balance. It shows as a voucher of type api_top_up. A partner's token
    needs the option addUserBalance of its partner."""
    tx, user = call.tx, await users.find(call)
    await require_option(tx, call.actor, "addUserBalance", user["partner_id"])
    base = await settings.base_currency_code(tx)
    if base is None:
        raise BadRequest("Currency is not set.")
    places = (await settings.base_precision(tx)).amounts
    if await is_off(tx, "vouchers"):
        raise Invalid(amount=OFF)
    if body.amount <= 0:
        raise Invalid(amount="The amount must be greater than 0.")
    if body.amount != round(body.amount, places):
        raise Invalid(amount=f"The amount may not have more than {places} decimals.")
    info = None if body.app_info is UNSET else body.app_info
    key = await credit(
        tx, user["id"], Money(body.amount, base), "api_top_up", description=body.reason, app_info=info,
        created_by_admin_id=call.actor.admin_id,
    )  # fmt: skip
    call.changes = {"id": user["id"], "voucher_id": key, "amount": str(body.amount)}
