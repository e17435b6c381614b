"""The tariff of a session: which snapshot it is priced by, decided once, when its charge begins."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.tariffs.resolution import driver_of, tariff_for
from ohmstead.rooms.tariffs.snapshot_terms import terms_of_snapshots
from ohmstead.rooms.tariffs.snapshots import snapshot_of

COLUMNS = ("tariff_snapshot_id", "currency", "tax_id", "tax_percentage")
"""What a session says of its tariff; what extends another says the same."""


async def tariff_columns(tx: Tx, place: Row, user_id: int | None, at: datetime) -> dict[str, Any]:
    """The columns of a session that begins at an EVSE, a row of `flow/outlets.py`: the tariff in force there now, of
    those for the day on which it began. Nothing where the EVSE has no tariffs, for there is nothing to pay."""
    if place["tariff_group_id"] is None:
        return {}
    driver = await driver_of(tx, user_id)
    day = at.astimezone(ZoneInfo(place["timezone"]) if place["timezone"] else UTC).date()
    tariff = await tariff_for(tx, place["tariff_group_id"], driver, place["partner_id"], day)
    snapshot = await snapshot_of(tx, tariff, place["timezone"], at, place["electricity_rate_id"])
    said = (await terms_of_snapshots(tx, [snapshot]))[snapshot]
    tax = said.content["tax"] or {"id": None, "percentage": None}
    values = (snapshot, said.currency, tax["id"], tax["percentage"])
    return dict(zip(COLUMNS, values, strict=True))
