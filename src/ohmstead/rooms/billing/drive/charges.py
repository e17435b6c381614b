"""Charges of drivers without an account, as their pages see them: begun by a code, and open to whoever has the key."""

import hashlib
import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import LargeBinary, bindparam, cast, func, insert, select, update

from ohmstead.engines.languages import Language, text_in
from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.kit.errors import Conflict, Unavailable
from ohmstead.rooms.billing.documents.links import download_url
from ohmstead.rooms.billing.documents.table import document
from ohmstead.rooms.billing.drive.place import asked_at, place_of, standing
from ohmstead.rooms.billing.drive.receipts import MADE, SENT
from ohmstead.rooms.billing.drive.table import ad_hoc_charge
from ohmstead.rooms.billing.drive.views import Begun, Charge
from ohmstead.rooms.billing.gateways.gateway import GatewayError, Money, Refused
from ohmstead.rooms.billing.methods.setup import begin_setup, finish_setup
from ohmstead.rooms.billing.methods.table import setup_request
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location

ENTERING = timedelta(minutes=30)  # for a card
PLUGGING = timedelta(minutes=3)  # from the hold on
_KEY_BYTES = 16

_own = ad_hoc_charge.c
_hash = bindparam("hash", type_=LargeBinary)
_CHARGE = Statement(
    select(
        *_own["id", "state", "reason", "setup_id", "method_id", "amount", "currency", "until", "transaction_id"],
        evse.c.physical_reference, charge_point.c.name.label("charge_point_name"),
        location.c.name.label("location_name"), setup_request.c.client,
        *payment_transaction.c["captured", "refunded"], payment_transaction.c.status.label("paid"),
        *session.c["started_at", "stopped_at", "energy_wh", "power_w", "amount_with_tax"],
        document.c.id.label("receipt_id"), SENT.label("receipt_sent"),
        session.c.status.label("charge"), cast(bindparam("now", type_=_own.until.type), _own.until.type).label("at"),
    )
    .join(evse, evse.c.id == _own.evse_id)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .outerjoin(setup_request, setup_request.c.id == _own.setup_id)
    .outerjoin(payment_transaction, payment_transaction.c.id == _own.transaction_id)
    .outerjoin(document, (document.c.id == payment_transaction.c.receipt_id) & MADE)
    .outerjoin(session, session.c.id == _own.session_id)
    .where(_own.key_hash == _hash)
)  # fmt: skip
_NEW_SESSION = Statement(select(func.nextval(func.pg_get_serial_sequence("session", "id"))))
_STOP = Statement(
    update(ad_hoc_charge)
    .where(_own.key_hash == _hash, _own.over_at.is_(None), _own.stop_asked_at.is_(None))
    .values(stop_asked_at=bindparam("now"), due_at=bindparam("now"), updated_at=bindparam("now"))
)
_FAIL = Statement(
    update(ad_hoc_charge)
    .where(_own.id == bindparam("key"), _own.state == "entering", _own.method_id.is_(None))
    .values(state="failed", reason="declined", **dict.fromkeys(("over_at", "updated_at", "due_at"), bindparam("now")))
)


async def begin(database: Database, code: str, language: Language, public_url: str) -> Begun | None:
    """Begin a charge at the place of a code: where nothing is to be paid at once, else with the card. None where there
    is no such place; Conflict says why it cannot be now."""
    async with database.read() as tx:
        place = await place_of(tx, code)
        asked = await asked_at(tx, place, language) if place else None
    if place is None:
        return None
    if asked is None:
        raise Conflict("Nobody charges here without an account.")
    if standing(place) not in ("available", "plugged"):
        raise Conflict("Nobody can charge here now.")
    key = secrets.token_urlsafe(_KEY_BYTES)
    setup: Any = None
    if asked.hold is not None:
        setup = await _begin_setup(database, f"{public_url}/drive/{code}?charge={key}&lang={language}", asked.hold)
    async with database.begin() as tx:
        await _note(tx, key, place["id"], asked.hold, asked.currency, setup, language)
    return Begun(key=key, redirect_url=setup and urljoin(public_url, setup["client"]["redirectUrl"]))


async def _begin_setup(database: Database, return_url: str, hold: Money) -> Row:
    try:
        return await begin_setup(database, user_id=None, kind="card", return_url=return_url, shown=hold)
    except (GatewayError, Refused):
        raise Unavailable("Cards cannot be taken at the moment.") from None


async def _note(
    tx: Tx, key: str, evse_id: int, hold: Money | None, currency: str, setup: Row | None, language: Language
) -> None:
    """With nothing to be paid the vehicle may be plugged in at once."""
    until = tx.now + (ENTERING if setup else PLUGGING)
    row = {
        "key_hash": hashed(key), "evse_id": evse_id, "state": "entering" if setup else "held", "currency": currency,
        "amount": hold and hold.amount, "setup_id": setup and setup["id"], "session_id": await new_session(tx),
        "language": language,
        "until": until, "due_at": until if setup else tx.now, "created_at": tx.now, "updated_at": tx.now,
    }  # fmt: skip
    await tx.run(insert(ad_hoc_charge).values(row))


async def new_session(tx: Tx) -> int:
    """The id that a session will have."""
    return await tx.value(_NEW_SESSION)


async def look(tx: Tx, key: str, language: Language, reached_at: str) -> Charge | None:
    """How a charge stands. `reached_at` is any URL by which the API was just reached."""
    row = await tx.one(_CHARGE, hash=hashed(key), now=tx.now)
    return row and _told(row, language, reached_at)


async def card_entered(database: Database, key: str) -> bool:
    """Ask the provider for the card, for its page leads back sooner than its event comes; whether there is such a
    charge."""
    async with database.read() as tx:
        row = await tx.one(_CHARGE, hash=hashed(key), now=tx.now)
    if row is not None and row["state"] == "entering" and row["method_id"] is None:
        await _finish_setup(database, row)
    return row is not None


async def ask_stop(database: Database, key: str) -> bool:
    """Have a charge end, or not begin; whether there is such a charge. What follows is done in the background."""
    async with database.begin() as tx:
        await tx.run(_STOP, hash=hashed(key), now=tx.now)
        return await tx.one(_CHARGE, hash=hashed(key), now=tx.now) is not None


def hashed(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).digest()


async def _finish_setup(database: Database, row: Row) -> None:
    try:
        await finish_setup(database, row["setup_id"])
    except GatewayError:
        return  # who waits asks again, or its event comes
    except Refused:
        async with database.begin() as tx:
            await tx.run(_FAIL, key=row["id"], now=tx.now)


def _told(row: Row, language: Language, reached_at: str) -> Charge:
    began = row["started_at"] if row["charge"] in ("active", "finished") else None
    now: datetime = row["at"]
    cost, hold = _cost(row) if began else None, row["amount"]
    captured = (row["captured"] or Decimal(0)) - (row["refunded"] or Decimal(0))
    return Charge(
        state=row["state"],
        reason=row["reason"],
        station=text_in(row["location_name"], language) or row["charge_point_name"],
        physical_reference=row["physical_reference"],
        currency=row["currency"],
        hold=hold,
        redirect_url=_page(row),
        seconds_left=ceil((row["until"] - now).total_seconds()) if row["state"] in ("held", "starting") else None,
        started_at=began,
        stopped_at=row["stopped_at"] if began else None,
        duration=int(((row["stopped_at"] or now) - began).total_seconds()) if began else None,
        energy=(row["energy_wh"] or 0) / 1000 if began else 0.0,
        power=row["power_w"] / 1000 if row["charge"] == "active" and row["power_w"] is not None else None,
        cost=cost,
        left=None if hold is None or cost is None else max(hold - cost, Decimal(0)),
        captured=captured,
        released=hold - captured if row["state"] in ("captured", "released") and hold is not None else Decimal(0),
        receipt_url=None if row["receipt_id"] is None else download_url(row["receipt_id"], reached_at),
        receipt_sent=bool(row["receipt_sent"]),
    )


def _cost(row: Row) -> Decimal:
    return row["amount_with_tax"] or Decimal(0)


def _page(row: Row) -> str | None:
    """The provider's page, for who left it."""
    client: dict[str, Any] = row["client"] or {}
    return client.get("redirectUrl") if row["state"] == "entering" and row["method_id"] is None else None
