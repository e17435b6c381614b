"""Security events: told by charge points, recorded at the handshake, listed under both names."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ohmstead.app.admitted import StationDefaults
from ohmstead.app.fact_intake import FactIntake
from ohmstead.app.system import System
from ohmstead.kit.clock import Clock, ManualClock, SystemClock
from ohmstead.kit.facts import outbox
from ohmstead.ocpp.connection_identity import Refused
from ohmstead.rooms.devices.communication.security_events import QUIET, security_event, security_event_told
from ohmstead.rooms.devices.facts import SecurityEvent
from tests.client import Client
from tests.given import Given
from tests.live import PASSWORD, Live, live
from tests.rooms.charges import Site, site
from tests.scenarios.waiting import shows

NAMES = ("security-events", "security-events-log")


@pytest.fixture
async def here(given: Given) -> Site:
    return await site(given)


def event(here: Site, type: str, at: datetime, info: str | None = None) -> SecurityEvent:
    return SecurityEvent(charge_point_id=here.id, type=type, tech_info=info, at=at, received_at=here.system.clock.now())


@pytest.mark.parametrize("name", NAMES)
async def test_what_charge_points_tell_is_listed_and_filtered(api: Client, here: Site, given: Given, name: str) -> None:
    now = here.system.clock.now().replace(microsecond=0)
    other = await site(given)
    told = [event(here, "TamperDetectionActivated", now - timedelta(hours=2), "door\0 open"),
            event(here, "VendorsOwn", now - timedelta(hours=1)), event(other, "FirmwareUpdated", now)]  # fmt: skip
    for one in told:
        await here.tells(security_event_told, one)
    path = f"/resources/{name}/v2.0"
    rows = (await api.get(path)).data
    assert rows[0] == {
        "id": rows[0]["id"], "chargePoint": here.id, "type": "TamperDetectionActivated", "techInfo": "door open",
        "timestamp": told[0].at.isoformat(),
    }  # fmt: skip
    assert "techInfo" not in rows[1]
    assert (await api.get(f"{path}/{rows[1]['id']}")).data == rows[1]
    earlier = (now - timedelta(minutes=90)).isoformat().replace("+00:00", "Z")
    for query, types in (
        ("filter[type]=FirmwareUpdated", {"FirmwareUpdated"}),
        (f"filter[chargePoint]={here.id}", {"TamperDetectionActivated", "VendorsOwn"}),
        (f"filter[timestampFrom]={earlier}", {"VendorsOwn", "FirmwareUpdated"}),
        (f"filter[timestampTo]={earlier}", {"TamperDetectionActivated"}),
    ):
        assert {row["type"] for row in (await api.get(path, query)).data} == types
    page = await api.get(path, "per_page=2")
    assert len((await api.get(page.body["links"]["next"])).data) == 1
    assert (await api.get(path, "filter[nonsense]=1")).status == 422
    assert (await api.get(f"{path}/999")).status == 404


@pytest.mark.parametrize("name", NAMES)
async def test_only_with_its_scope_and_for_its_partner(here: Site, given: Given, name: str) -> None:
    await here.tells(security_event_told, event(here, "ResetOrReboot", here.system.clock.now()))
    for scope, partner, status in (("nothing.read", None, 403), (f"{name}.read", None, 200), (f"{name}.read", 7, 200)):
        client = await given.client(scope, partner_id=partner)
        answer = await client.get(f"/resources/{name}/v2.0")
        await client.close()
        assert answer.status == status
        if status == 200:
            assert len(answer.data) == (1 if partner is None else 0)


async def test_a_time_that_cannot_be_is_that_of_the_receipt(api: Client, here: Site) -> None:
    now = here.system.clock.now()
    for at in (datetime(1970, 1, 1, tzinfo=UTC), now + timedelta(days=1)):
        await here.tells(security_event_told, event(here, "SettingSystemTime", at))
    for row in (await api.get("/resources/security-events/v2.0")).data:
        assert abs(datetime.fromisoformat(row["timestamp"]) - now) < timedelta(minutes=1)


async def test_an_event_is_a_fact(here: Site) -> None:
    await here.tells(security_event_told, event(here, "MemoryExhaustion", here.system.clock.now(), "heap"))
    async with here.system.database.read() as tx:
        [row] = await tx.all(select(outbox.c.payload).where(outbox.c.topic == "securityEvent.received"))
    assert (row[0]["charge_point_id"], row[0]["type"], row[0]["tech_info"]) == (here.id, "MemoryExhaustion", "heap")


def doorway(system: System, clock: Clock) -> FactIntake:
    usual = StationDefaults(heartbeat_interval_s=60, call_timeout_s=60, boot_timeout_s=30)
    return FactIntake(system.database, clock, usual)


async def events(system: System) -> list[tuple[Any, ...]]:
    own = security_event.c
    async with system.database.read() as tx:
        rows = await tx.all(select(own.charge_point_id, own.type, own.tech_info).order_by(own.id))
        return [tuple(row) for row in rows]


async def test_who_is_turned_away_is_kept_once_a_minute(system: System, given: Given) -> None:
    point = await given.charge_point(network={"id": "DOOR", "password": PASSWORD})
    clock = ManualClock(system.clock.now())
    door = doorway(system, clock)
    for _ in range(3):
        assert isinstance(await door.admit("DOOR", b"wrong", [], "10.0.0.1"), Refused)
        assert isinstance(await door.admit("NOBODY", None, [], "10.0.0.1"), Refused)
    await door.admit("DOOR", b"wrong", [], "10.0.0.2")
    await door.admit("DOOR", PASSWORD.encode(), [], "10.0.0.1")  # comes in
    wrong, unknown = "FailedToAuthenticateAtCentralSystem", "UnknownChargePoint"
    first = [(point["id"], wrong, "DOOR from 10.0.0.1"), (None, unknown, "NOBODY from 10.0.0.1"),
             (point["id"], wrong, "DOOR from 10.0.0.2")]  # fmt: skip
    assert await events(system) == first
    await clock.advance(QUIET.total_seconds())
    await door.admit("NOBODY", None, [], "10.0.0.1")
    assert await events(system) == [*first, (None, unknown, "NOBODY from 10.0.0.1")]


async def test_a_handshake_that_was_refused_is_found_at_its_charge_point(
    system: System, given: Given, api: Client
) -> None:
    point = await given.charge_point(network={"id": "DOOR", "password": PASSWORD})
    door = doorway(system, ManualClock(system.clock.now()))
    for _ in range(3):
        door.handshake_refused("DOOR", "10.0.0.1", "missing Sec-WebSocket-Key header")
        door.handshake_refused("", "10.0.0.1", "TLS, on the port that does not speak it")
    while door._noting:
        await asyncio.wait(door._noting)
    found = (await api.get("/resources/security-events/v2.0", "filter[type]=HandshakeRefused")).data
    assert sorted((one["chargePoint"], one["techInfo"]) for one in found if "chargePoint" in one) == [
        (point["id"], "DOOR from 10.0.0.1: missing Sec-WebSocket-Key header")
    ]
    assert [one["techInfo"] for one in found if "chargePoint" not in one] == [
        "somebody without a name from 10.0.0.1: TLS, on the port that does not speak it"
    ]


async def test_a_flood_of_identities_floods_no_table(system: System, monkeypatch: Any) -> None:
    monkeypatch.setattr("ohmstead.rooms.devices.communication.security_events.MOST_SEEN", 5)
    clock = ManualClock(system.clock.now())
    door = doorway(system, clock)
    for number in range(20):
        await door.admit(f"X{number}", None, [], "10.0.0.1")
    assert len(await events(system)) == 5
    await clock.advance(QUIET.total_seconds())
    await door.admit("LATER", None, [], "10.0.0.1")
    async with system.database.read() as tx:
        assert await tx.value(select(func.count()).select_from(security_event)) == 6


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(20.0)) as running:
        yield running


async def test_a_station_reports_over_its_socket(place: Live) -> None:
    point = await place.charge_point("REPORTS")
    station = await place.station("REPORTS")
    said = {"type": "StartupOfTheDevice", "timestamp": place.clock.now().isoformat(), "techInfo": "mains"}
    assert await station.uplink.call("SecurityEventNotification", said) == {}
    [row] = await shows(place.api, "/resources/security-events/v2.0", bool)
    assert (row["chargePoint"], row["type"], row["techInfo"]) == (point["id"], "StartupOfTheDevice", "mains")
