"""Readings that were told beside a transaction before an event of it carried them: they are its own all the same."""

import pytest
from sqlalchemy import func, select

from ohmstead.app.system import System
from ohmstead.rooms.charging.meter_values import meter_value
from ohmstead.rooms.charging.sessions import session
from tests.given import Given
from tests.rooms.test_thousand_charges import Teller, tellers  # noqa: F401 - a fixture
from tests.rooms.told_days import Charge, Told

CHARGE = Charge("1-0", 1, 22.0, 43.0, readings=(914, 997), offline=True, terse=True, cable=True)
"""2.0.1: it begins with the cable, and only that event carries the first reading."""


@pytest.mark.parametrize(
    "order",
    [
        ["start", "beside 0", "cable", "stop"],
        ["start", "beside 0", "cable", "cable", "stop"],
        ["start", "beside 0", "meter 1", "cable", "stop"],
        ["start", "beside 0", "meter 1", "cable", "beside 0", "cable", "stop"],
        ["beside 0", "start", "cable", "stop"],
        ["beside 0", "cable", "start", "stop"],
    ],
)
async def test_what_was_told_beside_a_transaction_may_be_where_it_began(
    system: System,
    given: Given,
    tellers: list[Teller],  # noqa: F811
    order: list[str],
) -> None:
    told = [Told(CHARGE, what, int(place or 0)) for what, _, place in (one.partition(" ") for one in order)]
    await tellers[1].tells(told)
    async with system.database.read() as tx:
        (row,) = await tx.all(select(session))
        stored = await tx.value(select(func.count(func.distinct(meter_value.c.at))).select_from(meter_value))
        rows = await tx.value(select(func.count()).select_from(meter_value))
    assert (row["energy_wh"], row["meter_start_wh"], row["anomalies"]) == (83, 914, 0)
    assert rows == stored
