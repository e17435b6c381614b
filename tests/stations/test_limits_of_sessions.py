"""Charges that nobody stops: the limits of their tariff and the hours of their location, at stations of both versions
that obey, that do not, and that call it what they like."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SetClock, SystemClock
from tests.live import Live, live
from tests.scenarios.waiting import becomes, shows
from tests.stations.charger import CARD, plugged
from tests.stations.talker import talker

SPEED = 60.0
TOKEN = {"idToken": CARD, "type": "ISO14443"}
EVSE = {"id": 1, "connectorId": 1}
SESSION = "/resources/sessions/v1.0/1"


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        await running.given.currency()
        await running.driver(CARD)
        yield running


async def limited(site: Live, point: dict[str, Any], **limits: float) -> None:
    """Everybody charges there for nothing, within these limits."""
    tariff = await site.given.made("/resources/tariffs/v1.0", {"name": "T", "type": "free", "stopSession": limits})
    group = await site.given.made("/resources/tariff-groups/v1.0", {"name": "G"})
    only = {"name": "G", "tariffIds": [tariff["id"]]}
    assert (await site.api.put(f"/resources/tariff-groups/v1.0/{group['id']}", only)).status == 200
    path = f"/resources/evses/v2.1/{point['evses'][0]['id']}"
    assert (await site.api.patch(path, {"tariffGroupId": group["id"]})).status == 200


def minutes(found: dict[str, Any]) -> float:
    """How long a session lasted."""
    began, ended = (datetime.fromisoformat(found[name]) for name in ("startedAt", "stoppedAt"))
    return (ended - began).total_seconds() / 60


async def test_a_charge_at_a_station_of_1_6_ends_after_its_time(site: Live) -> None:
    await limited(site, point := await site.charge_point("ODD"), timeLimitMinutes=3)
    async with plugged(site) as charger:
        await charger.boots()
        number = (await charger.starts())["transactionId"]
        assert await charger.hears("RemoteStopTransaction") == {"transactionId": number}
        await charger.stops(number, 1500, reason="Remote")
        ended = await shows(site.api, SESSION, lambda data: data["status"] == "finished")
    assert (ended["reason"], minutes(ended) >= 3) == ("time_limit", True)
    assert point["id"] == ended["chargePointId"]


async def test_a_charge_at_a_station_of_2_0_1_ends_with_its_energy(site: Live) -> None:
    await limited(site, await site.charge_point("S", version="2.0.1"), stopWhenEnergyExceedsKwh=2)
    async with talker(site, "S", site.clock.now() - timedelta(hours=1)) as station:
        station.answers["RequestStopTransaction"] = {"status": "Accepted"}
        await station.event("Started", 0, evse=EVSE, idToken=TOKEN, meterValue=[station.reading(0, 1000)])
        for minute, wh in ((20, 3000), (40, 3100)):
            assert "RequestStopTransaction" not in station.asked
            await station.event("Updated", minute, meterValue=[station.reading(minute, wh)])
            await site.clock.sleep(60)

        async def asked() -> list[Any]:
            return [payload for action, payload in station.told if action == "RequestStopTransaction"]

        assert (await becomes(asked, lambda all: len(all) > 0))[0] == {"transactionId": "tx-1"}
        await station.event("Ended", 50, {"stoppedReason": "Remote"}, triggerReason="RemoteStop")
        ended = await shows(site.api, SESSION, lambda data: data["status"] == "finished")
    assert (ended["reason"], ended["energy"]) == ("energy_exceeded", 2100)


async def test_a_station_that_agrees_and_goes_on_is_told_again(site: Live) -> None:
    await limited(site, await site.charge_point("ODD"), timeLimitMinutes=1)
    async with plugged(site) as charger:
        await charger.boots()
        number = (await charger.starts())["transactionId"]

        async def told() -> int:
            return sum(action == "RemoteStopTransaction" for action, _ in charger.heard)

        wh = 1000
        while await told() < 3:
            await site.clock.sleep(20)
            wh += 50
            await charger.meters(
                {"value": str(wh), "measurand": "Energy.Active.Import.Register"}, transactionId=number
            )  # fmt: skip
        moments = [at for (action, _), at in zip(charger.heard, charger.heard_at, strict=True)
                   if action == "RemoteStopTransaction"]  # fmt: skip
        pauses = [(later - earlier).total_seconds() / 60 for earlier, later in pairwise(moments)]
        assert [pause > least for pause, least in zip(pauses, (1.9, 3.9), strict=True)] == [True, True]
        await charger.stops(number, wh, reason="EVDisconnected")
        ended = await shows(site.api, SESSION, lambda data: data["status"] == "finished")
    assert ended["reason"] == "time_limit"


async def test_a_charge_ends_when_its_location_closes_wherever_that_is(system: System, tmp_path: Path) -> None:
    """At 20:00 in Tokyo it is noon in Berlin."""
    tokyo = datetime(2026, 7, 6, 10, 58, tzinfo=UTC)
    async with live(system.dsn, tmp_path, SetClock(tokyo, SPEED)) as site:
        await site.driver(CARD)
        hours = {"monday": [{"start": "08:00", "end": "20:00"}]}
        rules = {"isAlwaysOpen": False, "hours": hours, "stopSessionOutsideWorkingHours": True}
        there = await site.given.location(timezone="Asia/Tokyo", workingHours=rules)
        await site.charge_point("ODD", locationId=there["id"])
        async with plugged(site) as charger:
            await charger.boots()
            number = (await charger.starts())["transactionId"]
            await charger.hears("RemoteStopTransaction")
            assert site.clock.now() >= datetime(2026, 7, 6, 11, tzinfo=UTC)
            await charger.stops(number, 1500, reason="Local")
            ended = await shows(site.api, SESSION, lambda data: data["status"] == "finished")
    assert ended["reason"] == "working_hours_exceeded"
