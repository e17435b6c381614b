"""Texts: what is shown of a charge's prices when it begins, and when it has ended."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import structs
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.pricing.model import Line
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.displays.table import shows_messages
from ohmstead.rooms.charging.facts import ChargeStarted, EndTaken, TagVerdict
from ohmstead.rooms.charging.pricing.final import price_ended
from ohmstead.rooms.charging.pricing.kept import kept_price
from ohmstead.rooms.charging.pricing.tables import session_price
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import user_price_known
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.tariffs.tables import tariff_snapshot

FEES = {
    "Energy": ("energy", "energy_flat_fee", "service_fee"),
    "Time": ("charging_time", "duration_flat_fee", "power_levels_time"),
    "Idle": ("idle_time", "idle_flat_fee"),
}

_key = bindparam("key", type_=BigInteger)
display_of_snapshot = tariff_snapshot.c.content["tariff"]["display"]
"""The texts of the tariff that a session is billed by, as the API shows them."""
_DISPLAY = Statement(select(display_of_snapshot.label("display")).where(tariff_snapshot.c.id == _key))
_SHOWING = Statement(
    select(display_of_snapshot.label("display"))
    .select_from(session)
    .join(tariff_snapshot, tariff_snapshot.c.id == session.c.tariff_snapshot_id)
    .join(charge_point, charge_point.c.id == session.c.station_id)
    .where(session.c.id == _key, shows_messages(charge_point.c.capabilities))
)
_CAME_TO = Statement(
    select(*session.c["amount_with_tax", "currency"], *session_price.c["lines", "periods"])
    .join(session_price, session_price.c.session_id == session.c.id)
    .where(session.c.id == _key)
)


async def with_price(tx: Tx, fact: ChargeStarted, place: Row, row: Row, verdict: TagVerdict) -> TagVerdict:
    """The verdict on who begins, with what his tariff says of its prices. A driver who ordered his charge from afar has
    held no tag to a reader of 1.6, which is told by itself."""
    if not place["shows_messages"] or verdict.status != "accepted" or row["tariff_snapshot_id"] is None:
        return verdict
    text = text_of(await tx.value(_DISPLAY, key=row["tariff_snapshot_id"]), "priceInformation")
    if text and row["remote"] and fact.transaction_ref is None:
        tx.after_commit(lambda: user_price_known.send(fact.charge_point_id, fact.id_tag, text))
    return structs.replace(verdict, message=text)


async def end_taken(tx: Tx, session_id: int, verdict: TagVerdict | None) -> EndTaken:
    """The answer to the end of a charge, with what it came to where its station shows that."""
    display = await tx.value(_SHOWING, key=session_id)
    if not has_texts(display):
        return EndTaken(verdict=verdict)
    await price_ended(tx, [session_id])
    row = await tx.one(_CAME_TO, key=session_id)
    if row is None or row["amount_with_tax"] is None:
        return EndTaken(verdict=verdict)
    lines = kept_price(row["lines"], row["periods"]).lines
    return EndTaken(
        verdict=verdict, cost=float(row["amount_with_tax"]), message=final_text(display, lines, row["currency"])
    )


def has_texts(display: Mapping[str, Any] | None) -> bool:
    """Whether a tariff wants anything shown."""
    return any((display or {}).values())


def text_of(display: Mapping[str, Any] | None, name: str) -> str | None:
    return (display or {}).get(name) or None


def final_text(display: Mapping[str, Any], lines: Iterable[Line], currency: str | None) -> str:
    """The fees for energy, time and idling, as far as there are any, and what the tariff says to that."""
    sums = {name: Decimal(0) for name in FEES}
    for line in lines:
        for name, types in FEES.items():
            sums[name] += line.price if line.type in types else 0
    fees = ", ".join(f"{name} {amount} {currency or ''}".rstrip() for name, amount in sums.items() if amount)
    return ". ".join(part for part in (fees, text_of(display, "totalCostInformation")) if part)
