"""What stations say of a charge, as it stands in the session's periods: vehicles that take nothing are idle, those that
get nothing are not."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.rooms.charging.pricing.tables import charging_mark
from tests.scenarios.waiting import becomes
from tests.stations.charger import CARD, Charger, plugged, stamp
from tests.stations.conftest import Yard
from tests.stations.talker import Talker, talker

EVSE = {"id": 1, "connectorId": 1}
TOKEN = {"idToken": CARD, "type": "ISO14443"}
NIGHT = [(0, "Charging"), (20, "SuspendedEVSE"), (35, "Charging"), (60, "SuspendedEV"), (68, "Charging"),
         (72, "SuspendedEV")]  # fmt: skip
"""E3: throttled for a quarter of an hour, then twice without appetite; 100 minutes, 11.4 kWh."""
SHOWN = [(0, 60, "charging"), (60, 68, "idle"), (68, 72, "charging"), (72, 100, "idle")]
KINDS = {"Charging": "charging", "SuspendedEV": "suspended_ev", "SuspendedEVSE": "suspended_evse"}


@pytest.fixture
def began(yard: Yard) -> datetime:
    return (yard.site.clock.now() - timedelta(hours=3)).replace(microsecond=0)


@pytest.fixture(params=["2.0.1", "2.1"])
async def station(yard: Yard, began: datetime, request: pytest.FixtureRequest) -> AsyncIterator[Talker]:
    await yard.site.charge_point("LATER", version=request.param)
    async with talker(yard.site, "LATER", began, (f"ocpp{request.param}",)) as found:
        yield found


async def marks(yard: Yard, began: datetime) -> list[tuple[float, str]]:
    """Minute and kind of each that is kept, in order."""
    async with yard.site.system.database.read() as tx:
        rows = await tx.all(select(charging_mark).order_by(charging_mark.c.at, charging_mark.c.id))
    return [((row["at"] - began).total_seconds() / 60, row["kind"]) for row in rows]


async def periods(yard: Yard, began: datetime) -> list[tuple[float, float, str]]:
    """Of the only session."""
    key = (await yard.session("finished"))["id"]
    shown = (await yard.site.api.get(f"/resources/sessions/v1.0/{key}", "withChargingPeriods=true")).data
    assert sum(one["energy"] for one in shown["chargingPeriods"]) == shown["energy"]
    return [(_minute(one["startedAt"], began), _minute(one["stoppedAt"], began), one["state"])
            for one in shown["chargingPeriods"]]  # fmt: skip


def _minute(told: str, began: datetime) -> float:
    return (datetime.fromisoformat(told) - began).total_seconds() / 60


async def _says(charger: Charger, status: str, at: datetime) -> None:
    said = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": stamp(at)}
    await charger.ask("StatusNotification", **said)


async def test_statuses_of_1_6_with_their_own_times(yard: Yard, began: datetime) -> None:
    """All of it is told afterwards; what is told again changes nothing."""
    async with plugged(yard.site) as charger:
        await charger.boots()
        number = (await charger.starts(0, at=stamp(began)))["transactionId"]
        for minute, status in NIGHT:
            for _ in range(2):
                await _says(charger, status, began + timedelta(minutes=minute))
        await charger.stops(number, 11_400, at=stamp(began + timedelta(minutes=100)))
        assert await marks(yard, began) == [(minute, KINDS[status]) for minute, status in NIGHT]
        assert await periods(yard, began) == SHOWN


async def test_charging_states_of_2_x_told_after_an_outage(yard: Yard, began: datetime, station: Talker) -> None:
    first, *rest = NIGHT
    told = {"chargingState": first[1]}
    await station.event("Started", 0, told, evse=EVSE, idToken=TOKEN, offline=True, meterValue=[station.reading(0, 0)])
    for minute, status in rest:
        for later in (0, 1):  # with the next reading it is told again
            await station.event("Updated", minute + later, {"chargingState": status}, offline=True)
    await station.event("Ended", 100, {"chargingState": "EVConnected"}, meterValue=[station.reading(100, 11_400)])
    assert await marks(yard, began) == [(minute, KINDS[status]) for minute, status in NIGHT]
    assert await periods(yard, began) == SHOWN


async def test_a_state_told_before_anybody_might_charge_counts_once_somebody_does(
    yard: Yard, began: datetime, station: Talker
) -> None:
    waits = {"chargingState": "SuspendedEVSE"}
    await station.event("Started", 0, waits, evse=EVSE, triggerReason="CablePluggedIn")
    await station.event("Updated", 1, waits, idToken=TOKEN, triggerReason="Authorized")
    await station.event("Updated", 30, waits)
    await _until(yard, began, ["suspended_evse"])


async def test_a_status_of_1_6_just_before_the_start_counts(yard: Yard, began: datetime) -> None:
    async with plugged(yard.site) as charger:
        await charger.boots()
        at = yard.site.clock.now().replace(microsecond=0)
        await _says(charger, "SuspendedEVSE", at)
        await charger.starts(0, at=stamp(at + timedelta(seconds=20)))
        await _until(yard, began, ["suspended_evse"])


async def _until(yard: Yard, began: datetime, kinds: list[str]) -> None:
    async def found() -> Any:
        return [kind for _, kind in await marks(yard, began)]

    assert await becomes(found, lambda all: all == kinds) == kinds
