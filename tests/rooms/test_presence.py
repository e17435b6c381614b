"""Presence: what charge points say of themselves, and what the API shows of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from ohmstead.app.admitted import StationDefaults
from ohmstead.app.fact_intake import FactIntake
from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Booted, Connected, Disconnected, StatusChanged
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.hardware_status import HardwareStatus
from ohmstead.rooms.network.signals import evse_status_changed, presence_changed
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import site
from tests.scenarios.waiting import becomes

BASE = "/resources/charge-points"


@pytest.fixture
async def now(system: System) -> datetime:
    """The present, cut to seconds."""
    return system.clock.now().replace(microsecond=0)


@pytest.fixture
async def signals() -> AsyncIterator[list[tuple[int, ...]]]:
    """What is told inside the process."""
    told: list[tuple[int, ...]] = []
    listener = lambda *arguments: told.append(arguments)  # noqa: E731
    ends = [presence_changed.connect(listener), evse_status_changed.connect(listener)]
    yield told
    for end in ends:
        end()


async def _connect(system: System, key: int, at: datetime, version: str = "1.6") -> None:
    async with system.database.begin() as tx:
        await presence.connected(tx, Connected(charge_point_id=key, version=version, remote_ip="10.0.0.1", at=at))


async def _disconnect(system: System, key: int, at: datetime) -> None:
    async with system.database.begin() as tx:
        await presence.disconnected(tx, Disconnected(charge_point_id=key, at=at))


async def _say(system: System, key: int, number: int, status: Any, at: datetime, **facts: Any) -> None:
    said: dict[str, Any] = {"error_code": None, "vendor_error_code": None, "vendor_id": None, "info": None}
    said |= {"received_at": at} | facts
    async with system.database.begin() as tx:
        await presence.status_changed(
            tx, StatusChanged(charge_point_id=key, evse_network_id=number, status=status, at=at, **said)
        )


async def _status(api: Client, key: int) -> dict[str, Any]:
    answer = await api.get(f"{BASE}/v1.0/{key}/status")
    assert answer.status == 200
    return answer.data


async def _facts(system: System, topic: str) -> list[dict[str, Any]]:
    async with system.database.begin() as tx:
        rows = await tx.all(select(outbox.c.payload).where(outbox.c.topic == topic).order_by(outbox.c.id))
        return [row["payload"] for row in rows]


async def test_network_status_follows_the_connection(
    system: System, api: Client, given: Given, now: datetime, signals: list[tuple[int, ...]]
) -> None:
    key = (await given.charge_point())["id"]
    read = f"{BASE}/v2.0/{key}"
    assert (await api.get(read)).data["networkStatus"] == "never_connected"
    assert (await _status(api, key))["networkStatus"] == "never connected"
    await _connect(system, key, now)
    shown = (await api.get(read)).data
    assert (shown["networkStatus"], shown["firstContactAt"]) == ("available", now.isoformat())
    await _connect(system, key, now + timedelta(seconds=2))
    await _disconnect(system, key, now + timedelta(seconds=1))
    assert (await _status(api, key))["networkStatus"] == "available", "an older socket's end counts for nothing"
    await _disconnect(system, key, now + timedelta(seconds=3))
    assert (await _status(api, key))["networkStatus"] == "temporarily unavailable"
    assert signals == [(key,)] * 3
    told = await _facts(system, "chargePoint.networkStatusChanged")
    assert [one["network_status"] for one in told] == ["available", "temporarily_unavailable"]


async def test_when_it_came_and_was_gone_is_kept(system: System, api: Client, given: Given, now: datetime) -> None:
    key, other = (await given.charge_point())["id"], (await given.charge_point())["id"]
    path, newest = f"{BASE}/v2.0/{key}/network-status-logs", f"{BASE}/v2.0/{key}/latest-network-status-log"
    assert ((await api.get(path)).data, (await api.get(newest)).status) == ([], 404)
    moments = [now + timedelta(seconds=each) for each in range(4)]
    await _connect(system, key, moments[0])
    await _connect(system, key, moments[1])  # anew: it was there
    await _disconnect(system, key, moments[2])
    await _connect(system, other, moments[2])
    await _connect(system, key, moments[3])
    told = [("available", 0), ("temporarily unavailable", 2), ("available", 3)]
    expected = [{"status": status, "timestamp": moments[each].isoformat()} for status, each in told]
    assert (await api.get(path)).data == expected
    since = moments[1].isoformat().replace("+", "%2B")
    assert (await api.get(path, f"filter[createdAfter]={since}")).data == expected[1:]
    assert (await api.get(newest)).data == expected[2]
    partner = await given.client("*", partner_id=71)
    assert [(await partner.get(one)).status for one in (path, newest)] == [404, 404]
    await partner.close()


async def test_what_is_too_old_of_network_statuses_goes(
    system: System, api: Client, given: Given, now: datetime
) -> None:
    key = (await given.charge_point())["id"]
    await _connect(system, key, now - timedelta(days=91))
    await _disconnect(system, key, now - timedelta(days=89))
    await _connect(system, key, now)
    statuses = [one["status"] for one in (await api.get(f"{BASE}/v2.0/{key}/network-status-logs")).data]
    assert statuses == ["temporarily unavailable", "available"]


async def test_who_is_long_gone_is_not_expected_back(system: System, api: Client, given: Given, now: datetime) -> None:
    key = (await given.charge_point())["id"]
    for hours, status in ((23, "temporarily unavailable"), (25, "long-term unavailable")):
        at = now - timedelta(hours=hours)
        await _connect(system, key, at)
        await _disconnect(system, key, at)
        assert (await _status(api, key))["networkStatus"] == status


async def test_after_a_crash_nobody_is_here(system: System, api: Client, given: Given, now: datetime) -> None:
    keys = [(await given.charge_point())["id"] for _ in range(2)]
    for key in keys:
        await _connect(system, key, now)
    async with system.database.begin() as tx:
        assert await presence.disconnect_forsaken(tx) == 2
        assert await presence.disconnect_forsaken(tx) == 0
    for key in keys:
        assert (await _status(api, key))["networkStatus"] == "temporarily unavailable"


async def test_a_boot_is_shown(system: System, api: Client, given: Given, now: datetime) -> None:
    key = (await given.charge_point())["id"]
    boot = Booted(charge_point_id=key, vendor="Volt", model="One", serial_number="S1", received_at=now)
    async with system.database.begin() as tx:
        verdict = await presence.booted(tx, boot, interval_s=77)
    assert (verdict.status, verdict.interval_s) == ("accepted", 77)
    shown = (await api.get(f"{BASE}/v2.0/{key}", "include[]=lastBootNotification")).data["lastBootNotification"]
    assert (shown["vendor"], shown["model"], shown["chargePointSerialNumber"]) == ("Volt", "One", "S1")
    assert shown["lastUpdatedAt"] == now.isoformat()
    found = await api.get(f"{BASE}/v2.0", "filter[bootNotificationSerialNumber]=S1")
    assert [row["id"] for row in found.data] == [key]
    assert (await _facts(system, "chargePoint.booted"))[0]["id"] == key


async def test_a_crowd_is_taken_in_together(system: System, api: Client, given: Given, now: datetime) -> None:
    """Each with what it said itself, in however few statements."""
    keys = [(await given.charge_point())["id"] for _ in range(3)]
    model = await given.model(name="Two", vendorId=(await given.vendor(name="Acme"))["id"])
    async with system.database.begin() as tx:
        facts = (Connected(charge_point_id=key, version=version, remote_ip="::1", at=now + timedelta(seconds=key))
                 for key, version in zip(keys, ("1.6", "2.0.1", "1.6"), strict=True))  # fmt: skip
        assert await presence.connected(tx, *facts, node_id=7) == [None, None, None]
        boots = (Booted(charge_point_id=key, vendor="Acme", model=name, received_at=now)
                 for key, name in zip(keys, ("Two", "two ", "Three"), strict=True))  # fmt: skip
        await presence.booted(tx, *boots, interval_s=60)
        states: list[tuple[int, int, HardwareStatus]] = [
            (keys[0], 1, "available"), (keys[1], 0, "faulted"), (keys[2], 2, "charging"),
        ]  # fmt: skip
        said = (
            StatusChanged(
                charge_point_id=key, evse_network_id=number, status=status, error_code=None, vendor_error_code=None,
                vendor_id=None, info=None, at=now, received_at=now,
            )
            for key, number, status in states
        )  # fmt: skip
        await presence.status_changed(tx, *said)
    async with system.database.read() as tx:
        rows = await tx.all(select(charge_point).where(charge_point.c.id.in_(keys)).order_by(charge_point.c.id))
        outlets = await tx.all(select(evse).where(evse.c.station_id.in_(keys)).order_by(evse.c.station_id))
    assert [(row["connected_at"] - now).total_seconds() for row in rows] == keys
    assert [(row["ocpp_version"], row["hardware_status"], row["model_id"]) for row in rows] == [
        ("1.6", None, model["id"]), ("2.0.1", "faulted", model["id"]), ("1.6", None, None),
    ]  # fmt: skip
    assert [(row["station_id"], row["network_id"], row["hardware_status"]) for row in outlets] == [
        (keys[0], 1, "available"), (keys[2], 2, "charging"),
    ]  # fmt: skip
    async with system.database.begin() as tx:
        gone = [Disconnected(charge_point_id=key, at=now + timedelta(seconds=keys[1])) for key in keys]
        await presence.disconnected(tx, *gone, node_id=7)
    told = [one["id"] for one in await _facts(system, "chargePoint.networkStatusChanged")]
    assert told == [*keys, keys[0], keys[1]], "the third came later than it went"


async def test_a_satellite_with_a_line_of_its_own_speaks_for_itself(
    system: System, given: Given, now: datetime
) -> None:
    master = (await given.charge_point())["id"]
    satellite = (await given.charge_point())["id"]
    async with system.database.begin() as tx:
        await tx.run(update(charge_point).where(charge_point.c.id == satellite).values(
            ocpp_connected_charge_point_id=master))  # fmt: skip
        facts = (Connected(charge_point_id=key, version=version, remote_ip="::1", at=now)
                 for key, version in ((master, "1.6"), (satellite, "2.0.1")))  # fmt: skip
        await presence.connected(tx, *facts)
        rows = await tx.all(select(charge_point.c.ocpp_version).order_by(charge_point.c.id))
    assert [row[0] for row in rows] == ["1.6", "2.0.1"]


async def test_being_heard_is_remembered(system: System, given: Given) -> None:
    key = (await given.charge_point())["id"]
    async with system.database.begin() as tx:
        await presence.heard(tx, key)
        seen = await tx.value(select(charge_point.c.last_seen_at).where(charge_point.c.id == key))
        assert seen == tx.now


async def test_a_status_is_shown_told_and_told_once(
    system: System, api: Client, given: Given, now: datetime, signals: list[tuple[int, ...]]
) -> None:
    point = await given.charge_point()
    outlet = (await given.evse(point))["id"]
    for status in ("preparing", "preparing", "charging"):
        await _say(system, point["id"], 1, status, now)
    assert (await _status(api, point["id"]))["evses"] == [{"id": outlet, "hardwareStatus": "charging"}]
    read = await api.get(f"{BASE}/v2.0/{point['id']}/evses/{outlet}")
    assert read.data["hardwareStatus"] == "charging"
    told = await _facts(system, "evse.statusChanged")
    assert [(one["before"], one["hardware_status"]) for one in told] == [(None, "preparing"), ("preparing", "charging")]
    assert signals == [(point["id"], outlet)] * 2


async def test_what_was_is_not_undone(system: System, api: Client, given: Given, now: datetime) -> None:
    point = await given.charge_point()
    await given.evse(point)

    async def shown() -> str:
        return (await _status(api, point["id"]))["evses"][0]["hardwareStatus"]

    await _say(system, point["id"], 1, "charging", now)
    await _say(system, point["id"], 1, "preparing", now - timedelta(minutes=1), received_at=now)
    assert await shown() == "charging"
    await _say(system, point["id"], 1, "finishing", now - timedelta(milliseconds=900), received_at=now)
    assert await shown() == "finishing", "times cut to seconds are no reason to miss a status"
    await _say(system, point["id"], 1, "available", datetime(1970, 1, 1, tzinfo=UTC), received_at=now)
    assert await shown() == "available", "a clock that was never set"
    await _say(system, point["id"], 1, "reserved", datetime(2099, 1, 1, tzinfo=UTC), received_at=now)
    await _say(system, point["id"], 1, "preparing", now + timedelta(seconds=1))
    assert await shown() == "preparing", "a clock in the future blocks nothing"


async def test_an_unknown_evse_is_made(system: System, api: Client, given: Given, now: datetime) -> None:
    point = await given.charge_point(network={"id": "NEW"})
    await _say(system, point["id"], 2, "available", now)
    await _say(system, point["id"], 10_000, "available", now)
    rows = (await api.get(f"{BASE}/v2.0/{point['id']}/evses")).data
    made = [(row["networkId"], row["physicalReference"], row["hardwareStatus"], row["status"]) for row in rows]
    assert made == [("2", "NEW-2", "available", "enabled")]
    assert [one["action"] for one in await _facts(system, "evse.changed")] == ["created"]
    await _say(system, 999_999, 1, "available", now)  # nobody: nothing happens


async def test_a_charge_point_has_a_status_of_its_own(system: System, api: Client, given: Given, now: datetime) -> None:
    key = (await given.charge_point())["id"]
    assert (await _status(api, key))["hardwareStatus"] is None
    await _say(system, key, 0, "faulted", now, error_code="OtherError", vendor_error_code="E42")
    shown = (await api.get(f"{BASE}/v2.0/{key}")).data
    assert (shown["hardwareStatus"], shown["vendorErrorCode"]) == ("faulted", "E42")
    await _say(system, key, 0, "charging", now)
    shown = (await api.get(f"{BASE}/v2.0/{key}")).data
    assert shown["hardwareStatus"] == "available"
    assert "vendorErrorCode" not in shown
    assert len(await _facts(system, "chargePoint.statusChanged")) == 2


async def test_a_satellite_is_where_its_master_is(
    system: System, api: Client, given: Given, now: datetime, signals: list[tuple[int, ...]]
) -> None:
    master = await given.charge_point()
    mode = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": master["id"]}
    satellite = await given.made(f"{BASE}/v2.0", {"type": "public", "locationId": master["locationId"]} | mode)
    outlet = await given.evse(satellite, networkId="5")
    await _connect(system, master["id"], now)
    await _say(system, master["id"], 5, "charging", now)
    shown = await _status(api, satellite["id"])
    assert shown["networkStatus"] == "available"
    assert shown["evses"] == [{"id": outlet["id"], "hardwareStatus": "charging"}]
    assert signals == [(master["id"],), (satellite["id"],), (satellite["id"], outlet["id"])]
    assert (await api.get(f"{BASE}/v2.0/{master['id']}/evses")).data == []


async def test_who_may_come_in(system: System, api: Client, given: Given) -> None:
    key = "00FFaa" + "5c" * 13
    open_one = await given.charge_point(network={"id": "OPEN"})
    await given.charge_point(network={"id": "LOCKED", "password": key})
    await given.charge_point(network={"id": "PLAIN", "password": "correct horse"})
    await given.charge_point(network={"id": "APART"}, communicationMode="none")

    async def admitted(identity: str, password: bytes | None) -> Any:
        async with system.database.begin() as tx:
            [found] = await presence.admit(tx, presence.ConnectionAttempt(identity, password))
        return found.kind if isinstance(found, presence.Refusal) else found.charge_point["network_id"]

    assert await admitted("OPEN", None) == await admitted("OPEN", b"left over") == "OPEN"
    for password in (key.encode(), key.lower().encode(), bytes.fromhex(key)):
        assert await admitted("LOCKED", password) == "LOCKED"
    assert await admitted("PLAIN", b"correct horse") == "PLAIN"
    assert await admitted("PLAIN", b"correct horse".hex().encode()) == "PLAIN"
    for wrong in (None, b"", b"wrong", b"\xff\xfe"):
        assert await admitted("LOCKED", wrong) == "password"
    assert await admitted("APART", None) == await admitted("NOBODY", b"x") == "unknown"
    await api.delete(f"{BASE}/v2.0/{open_one['id']}")
    assert await admitted("OPEN", None) == "unknown"


@pytest.mark.parametrize(
    ("changes", "free", "reserved"),
    [
        ({}, True, True),
        ({"hardware_status": "reserved"}, False, True),
        ({"hardware_status": "charging"}, False, False),
        ({"hardware_status": None}, False, False),
        ({"connected": False}, False, False),
        ({"status": "out of order"}, False, False),
        ({"charge_point_status": "demo"}, False, False),
    ],
)
def test_when_an_evse_can_charge(changes: dict[str, Any], free: bool, reserved: bool) -> None:
    outlet = {"status": "enabled", "charge_point_status": "enabled", "connected": True, "hardware_status": "available"}
    assert presence.can_charge(outlet | changes) is free
    assert presence.can_charge(outlet | changes, reserved_for_user=True) is reserved


async def test_presence_is_no_change_of_master_data(system: System, api: Client, given: Given, now: datetime) -> None:
    key = (await given.charge_point())["id"]
    async with system.database.begin() as tx:
        old = now - timedelta(days=1)
        await tx.run(update(charge_point).values(updated_at=old).where(charge_point.c.id == key))
        await tx.run(text("DELETE FROM outbox"))
    await _connect(system, key, now)
    await _say(system, key, 0, "available", now)
    assert (await api.get(f"{BASE}/v2.0/{key}")).data["lastUpdatedAt"] == old.isoformat()
    assert await _facts(system, "chargePoint.changed") == []


async def test_a_state_told_with_every_reading_is_written_once_a_minute(given: Given, system: System) -> None:
    here = await site(given)
    usual = StationDefaults(heartbeat_interval_s=60, call_timeout_s=60, boot_timeout_s=30)
    rooms = FactIntake(system.database, system.clock, usual)
    start = system.clock.now() - timedelta(minutes=30)

    async def told(status: HardwareStatus, seconds: float) -> datetime:
        """When the EVSE was in its state by what is written, after this was told."""
        at = start + timedelta(seconds=seconds)
        fact = StatusChanged(
            charge_point_id=here.id, evse_network_id=1, status=status, error_code=None, vendor_error_code=None,
            vendor_id=None, info=None, at=at, received_at=at,
        )  # fmt: skip
        await rooms.status_changed(fact)
        async with system.database.read() as tx:
            return await tx.value(select(evse.c.hardware_status_at).where(evse.c.id == here.evses[0]))

    async with system.database.begin() as tx:
        await tx.run(update(evse).values(hardware_status_at=None))
    for status, seconds, written in (
        ("charging", 0, 0), ("charging", 30, 0), ("suspendedEV", 40, 40), ("charging", 50, 50), ("charging", 109, 50),
        ("charging", 110, 110), ("preparing", 120, 120), ("preparing", 130, 130),
    ):  # fmt: skip
        assert await told(status, seconds) == start + timedelta(seconds=written)
    await told("charging", 140)
    gone = Disconnected(charge_point_id=here.id, at=start)
    await rooms.disconnected(gone)
    assert await told("charging", 150) == start + timedelta(seconds=150)


@pytest.mark.parametrize("change", [{"network": {"password": "another"}}, {"status": "disabled"}, None])
async def test_who_is_changed_while_it_connects_does_not_stay(
    system: System, api: Client, given: Given, now: datetime, change: dict[str, Any] | None
) -> None:
    """Between the handshake and what is noted of it there is a moment."""
    point = await given.charge_point(network={"id": "QUICK"})
    path = f"{BASE}/v2.0/{point['id']}"

    async def handshake() -> presence.AdmittedChargePoint:
        async with system.database.begin() as tx:
            [entry] = await presence.admit(tx, presence.ConnectionAttempt("QUICK"))
        assert isinstance(entry, presence.AdmittedChargePoint)
        return entry

    async def enters(entry: presence.AdmittedChargePoint) -> None:
        fact = Connected(charge_point_id=point["id"], version="1.6", remote_ip="::1", at=now, proof=entry.proof)
        async with system.database.begin() as tx:
            await presence.connected(tx, fact)

    await enters(await handshake())
    assert await _facts(system, "chargePoint.dismissed") == []
    entry = await handshake()
    assert (await (api.patch(path, change) if change else api.delete(path))).status in (200, 204)
    before = len(await _facts(system, "chargePoint.dismissed"))
    await enters(entry)
    assert len(await _facts(system, "chargePoint.dismissed")) == before + 1
    if change and "network" in change:
        assert (await api.get(path)).data["security"]["currentProfile"] == 1, "it has to present the new password"


@pytest.mark.parametrize("alone", [False, True])
async def test_whose_row_somebody_holds_keeps_nobody_else_from_coming(
    system: System, given: Given, now: datetime, alone: bool
) -> None:
    rooms = FactIntake(
        system.database, system.clock, StationDefaults(heartbeat_interval_s=60, call_timeout_s=60, boot_timeout_s=60)
    )
    held, *others = [(await given.charge_point())["id"] for _ in range(3)]

    def comes(key: int) -> asyncio.Task[None]:
        fact = Connected(charge_point_id=key, version="1.6", remote_ip="::1", at=now)
        return asyncio.create_task(rooms.connected(fact))

    async def blocked() -> int:
        async with system.database.read() as tx:
            return await tx.value(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))

    async with system.database.begin() as tx:
        await tx.run(update(charge_point).where(charge_point.c.id == held).values(name="held"))
        waiting = comes(held)
        if alone:
            await becomes(blocked, bool)
        async with asyncio.timeout(10):
            await asyncio.gather(*map(comes, others))
        assert not waiting.done()
    await waiting
    async with system.database.read() as tx:
        rows = await tx.all(select(charge_point.c.connected))
    assert [row[0] for row in rows] == [True] * 3
