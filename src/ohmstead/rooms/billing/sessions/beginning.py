"""Beginning: what is held before a session begins, or once its station has begun it, and what pays it as things are."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.methods.installments import subscription_that_pays, subscription_there
from ohmstead.rooms.billing.methods.means import AUTO, Means
from ohmstead.rooms.billing.sessions.holds import PURCHASE, NeededHold, open_hold
from ohmstead.rooms.billing.sessions.ways import BALANCE, means_in_turn, wish_of
from ohmstead.rooms.billing.transactions.states import moved
from ohmstead.rooms.charging.control import hold_needed, stop_for
from ohmstead.rooms.charging.durable_facts import SessionStarted
from ohmstead.rooms.charging.tariffs_in_force import tariff_there
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import precision_of

FREE = "free"
"""The type of a tariff by which nothing is ever due."""

_BEGUN = Statement(
    text(f"""
SELECT session.*, snapshot.content #> '{{tariff}}' AS tariff,
    {subscription_there("session.user_id", "session.charge_point_id", "session.started_at")} AS subscription_id,
    EXISTS (SELECT FROM payment_transaction AS held WHERE session_id = session.id
        AND purchase_type = 'payment_authorisation' AND held.status NOT IN ('failed', 'reversed')) AS is_held,
    ARRAY(SELECT payment_method_id FROM payment_transaction AS held WHERE session_id = session.id
        AND purchase_type = 'payment_authorisation' AND held.status = 'failed') AS refused
FROM session LEFT JOIN tariff_snapshot AS snapshot ON snapshot.id = session.tariff_snapshot_id
WHERE session.id = CAST(:session AS bigint)""")
)
_PAYS = Statement(
    text("""
UPDATE session SET payment_type = :type, payment_method_id = :method, updated_at = :now
WHERE id = CAST(:session AS bigint) AND payment_status IS NULL""")
)


@hold_needed.answer
async def what_is_held_first(
    tx: Tx, there: Row, user_id: int | None, wish: str | None, session_id: int
) -> NeededHold | None:
    """Of a start that is to be paid by card, through the API, and whose tariff or the operator wants it."""
    if user_id is None or wish in (None, BALANCE):
        return None
    tariff = await tariff_there(tx, there["id"], user_id)
    money = None if tariff is None else await _to_hold(tx, tariff, tariff["currency"])
    if money and wish == AUTO and await subscription_that_pays(tx, user_id, there["charge_point_id"]):
        return None
    cards = _cards(await means_in_turn(tx, user_id, str(wish), there["partner_id"], None)) if money else []
    if money is None or not cards:
        return None
    facts = {"user_id": user_id, "session_id": session_id, "partner_id": there["partner_id"]}
    call = await open_hold(tx, cards[0], money, inline=True, **facts)
    return NeededHold(**facts, money=money, cards=cards, call=call)


async def _to_hold(tx: Tx, tariff: Mapping[str, Any], currency: str) -> Money | None:
    """On the card of a user: what the tariff says, else the operator where a hold is asked of everybody."""
    own = tariff["pricing"].get("preAuthorizeAmount")
    billing = await settings.billing(tx) if own is None and tariff["type"] != FREE else None
    if billing is not None and billing.strategy == "payment_method_and_authorization":
        own = billing.authorize_amount
    amount = (await precision_of(tx, currency)).amount(Decimal(str(own))) if own else None
    return Money(amount, currency) if amount else None


def _cards(means: list[Means]) -> list[Means]:
    """Those on which something may be held: none, where another means goes first."""
    return [one for one in means if one.type == "tokenized"] if means and means[0].type == "tokenized" else []


@on(SessionStarted)
async def it_is_known_who_pays(tx: Tx, fact: SessionStarted) -> None:
    """By what its means is as things are. What its station began by itself is held now."""
    row = await tx.one(_BEGUN, session=fact.id, now=tx.now)
    if row is None:
        return
    if row["user_id"] is None and row["is_held"]:
        await tx.run(_PAYS, session=row["id"], type="tokenized", method=row["payment_method_id"], now=tx.now)
    means = await means_in_turn(tx, row["user_id"], wish_of(row), row["partner_id"], row["subscription_id"])
    if means:
        by_balance = row["remote"] and means[0].type == "balance"
        pays = row["payment_method_id"] or (BALANCE if by_balance else None)
        await tx.run(_PAYS, session=row["id"], type=means[0].type, method=pays, now=tx.now)
    if row["status"] == "active" and row["original_session_id"] is None and not row["is_held"]:
        await _hold(tx, row, means)


async def _hold(tx: Tx, row: Row, means: list[Means]) -> bool:
    """Begin to hold what is to be held on the first card that has not refused it, where there is one; the outcome comes
    by `moved`."""
    cards, tariff = [one for one in _cards(means) if one.id not in row["refused"]], row["tariff"]
    money = await _to_hold(tx, tariff, row["currency"]) if tariff and cards else None
    if money is None:
        return False
    facts = {"user_id": row["user_id"], "session_id": row["id"], "partner_id": row["partner_id"]}
    await open_hold(tx, cards[0], money, **facts)
    return True


@moved.answer
async def what_is_not_held_is_not_charged(tx: Tx, row: Row) -> None:
    """The hold of a charge that runs is refused, or its provider let it go: another is tried, or the charge is
    stopped."""
    if row["purchase_type"] != PURCHASE or row["status"] not in ("failed", "reversed") or row["session_id"] is None:
        return
    begun = await tx.one(_BEGUN, session=row["session_id"], now=tx.now)
    if begun is None or begun["status"] != "active" or begun["is_held"]:
        return
    means = await means_in_turn(tx, begun["user_id"], wish_of(begun), begun["partner_id"], begun["subscription_id"])
    if not await _hold(tx, begun, means):
        await stop_for(tx, begun["id"], "pre_authorization_failed")
