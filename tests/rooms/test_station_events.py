"""Events of 2.x stations: kept once, and followed where they tell of a state, a problem or a danger."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import func, select

from ohmstead.app.system import System
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.events import events_told, monitors_told, station_event
from ohmstead.rooms.devices.facts import (
    Booted,
    Connected,
    EventsTold,
    MonitorsTold,
    StationEvent,
    StationMonitor,
    StatusChanged,
)
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.store.partitions import prune
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import T0, Site, later, site


@pytest.fixture
async def here(given: Given) -> Site:
    found = await site(given, evses=2)
    connected = Connected(charge_point_id=found.id, version="2.0.1", remote_ip="::1", at=given.system.clock.now())
    await found.tells(presence.connected, connected)
    return found


def event(component: str, variable: str, value: str, number: int = 1, minute: float = 480, **told: Any) -> StationEvent:
    """One of EVSE 1, two hours from now: after what the site said."""
    given: dict[str, Any] = {"evse_network_id": 1, "trigger": "Alerting", "kind": "HardWiredNotification"} | told
    return StationEvent(number=number, at=later(minute), component=component, variable=variable, value=value, **given)


def problem(value: str = "true", number: int = 1, component: str = "EVSE", **told: Any) -> StationEvent:
    return event(component, "Problem", value, number, **told)


def state(status: Any, number: int = 50, **told: Any) -> StationEvent:
    return event("Connector", "AvailabilityState", status, number, status=status, **told)


async def tell(here: Site, *events: StationEvent) -> None:
    """By a clock that is ahead of all of them."""
    await here.tells(events_told, EventsTold(charge_point_id=here.id, events=events, received_at=later(600)))


async def shown(here: Site, number: int = 1) -> tuple[Any, ...]:
    async with here.system.database.read() as tx:
        own = evse.c
        wanted = select(own.hardware_status, own.error_code, own.vendor_error_code, own.error_info)
        return tuple((await tx.all(wanted.where(own.station_id == here.id, own.network_id == number)))[0])


async def kept(here: Site) -> int:
    async with here.system.database.read() as tx:
        return await tx.value(select(func.count()).select_from(station_event))


async def status(here: Site, status: Any, minute: float = 480, basis: Any = "availability", number: int = 1) -> None:
    fact = StatusChanged(
        charge_point_id=here.id, evse_network_id=number, status=status, error_code=None, vendor_error_code=None,
        vendor_id=None, info=None, at=later(minute), received_at=later(600), basis=basis,
    )  # fmt: skip
    await here.tells(presence.status_changed, fact)


async def test_a_state_is_taken_as_a_status_is(here: Site) -> None:
    await tell(here, state("unavailable"))
    assert await shown(here) == ("unavailable", None, None, None)
    assert (await shown(here, 2))[0] == "available"
    await tell(here, event("ChargingStation", "AvailabilityState", "x", status="faulted", evse_network_id=0))
    async with here.system.database.read() as tx:
        wanted = select(charge_point.c.hardware_status).where(charge_point.c.id == here.id)
        assert await tx.value(wanted) == "faulted"


async def test_a_problem_is_a_fault_until_it_is_over(here: Site, api: Client) -> None:
    await tell(here, problem(tech_code="GroundFailure", tech_info="RCD tripped"))
    assert await shown(here) == ("faulted", "GroundFailure", "GroundFailure", "RCD tripped")
    read = await api.get(f"/resources/charge-points/v1.0/{here.id}/status")
    assert [one["hardwareStatus"] for one in read.data["evses"]] == ["faulted", "available"]
    await tell(here, problem("false", 2, minute=481, cleared=True))
    assert await shown(here) == ("available", None, None, None)


async def test_the_last_of_several_problems_counts(here: Site) -> None:
    await tell(here, problem(tech_code="E17"), problem(number=2, component="Connector", tech_code="HighTemperature"))
    assert await shown(here) == ("faulted", "HighTemperature", "HighTemperature", None)
    await tell(here, problem("false", 3, component="Connector", minute=481))
    assert await shown(here) == ("faulted", "OtherError", "E17", None)
    await tell(here, problem("true", 4, cleared=True, minute=482))
    assert (await shown(here))[0] == "available"


async def test_the_stations_own_word_goes_before_ours(here: Site) -> None:
    """It said Faulted itself, so the end of the problem is not the end of the fault."""
    await tell(here, problem(tech_code="E17"), state("faulted", 2))
    assert await shown(here) == ("faulted", "OtherError", "E17", None)
    await tell(here, problem("false", 3, minute=481))
    assert (await shown(here))[0] == "faulted"
    await tell(here, state("occupied", 4, minute=482))
    assert await shown(here) == ("occupied", None, None, None)


async def test_a_problem_of_the_station_itself(here: Site) -> None:
    await tell(here, problem(component="ChargingStation", evse_network_id=0, tech_code="E1"))
    async with here.system.database.read() as tx:
        own = charge_point.c
        [row] = await tx.all(
            select(own.hardware_status, own.error_code, own.vendor_error_code).where(own.id == here.id)
        )
    assert tuple(row) == ("faulted", "OtherError", "E1")
    await tell(here, problem("false", 2, component="ChargingStation", evse_network_id=0, minute=481))
    async with here.system.database.read() as tx:
        assert await tx.value(select(own.error_code).where(own.id == here.id)) is None


async def test_a_repetition_does_nothing(here: Site, api: Client) -> None:
    tamper = event("CaseAccessSensor", "Active", "true", 7, evse_network_id=0, tech_info="door")
    await tell(here, problem(), tamper, tamper)
    await tell(here, problem("false", 2, minute=481))
    await tell(here, problem(), tamper)  # its answer was lost
    assert (await shown(here))[0] == "available"
    assert await kept(here) == 3
    found = (await api.get("/resources/security-events/v2.0", f"filter[chargePoint]={here.id}")).data
    assert [(one["type"], one["techInfo"]) for one in found] == [
        ("TamperDetectionActivated", "CaseAccessSensor.Active: true door")
    ]


async def test_after_a_boot_numbers_begin_anew(here: Site) -> None:
    await tell(here, event("TemperatureSensor", "Temperature", "71", 1))
    await tell(here, event("TemperatureSensor", "Temperature", "71", 1, minute=530))
    assert await kept(here) == 2


@pytest.mark.parametrize(
    ("component", "variable", "value", "type"),
    [("ShockSensor", "Active", "true", "TamperDetectionActivated"), ("ShockSensor", "Active", "false", None),
     ("SecurityCtrlr", "Identity", "CP9", "ReconfigurationOfSecurityParameters"),
     ("TemperatureSensor", "Temperature", "80", None), ("TiltSensor", "Angle", "1", None)],
)  # fmt: skip
async def test_dangers_are_security_events(
    here: Site, api: Client, component: str, variable: str, value: str, type: str | None
) -> None:
    await tell(here, event(component, variable, value, transaction_ref="tx", monitor=3, cause=1))
    found = (await api.get("/resources/security-events/v2.0", f"filter[chargePoint]={here.id}")).data
    assert [one["type"] for one in found] == ([type] if type else [])
    assert (await shown(here))[0] == "available"


async def test_events_are_kept_by_a_believable_time_and_not_for_ever(here: Site, system: System) -> None:
    await tell(here, event("Connector", "PlugRetentionLock", "1", minute=-1_000_000), event("A", "B", "2", 2))
    async with system.database.begin() as tx:
        times = [row["at"] for row in await tx.all(select(station_event.c.at).order_by(station_event.c.number))]
        assert times == [later(600), later(480)]
        await prune(tx, station_event, T0 + timedelta(days=70))
    assert await kept(here) == 0


async def test_what_is_known_of_a_cable_is_not_coarsened(here: Site) -> None:
    for finer in ("preparing", "charging", "suspendedEV", "finishing"):
        await status(here, finer, basis="transaction")
        await status(here, "occupied")
        assert (await shown(here))[0] == finer
    await status(here, "available")
    await status(here, "occupied")
    assert (await shown(here))[0] == "occupied"


async def test_a_transaction_says_less_than_the_station(here: Site) -> None:
    await status(here, "faulted")
    await status(here, "charging", basis="transaction")
    assert (await shown(here))[0] == "faulted"
    await status(here, "available")
    await status(here, "finishing", basis="transaction")  # the cable was out before the end was told
    assert (await shown(here))[0] == "available"
    await status(here, "charging", basis="transaction")
    assert (await shown(here))[0] == "charging"


async def test_nothing_flows_after_a_boot(here: Site) -> None:
    for number in (1, 2):
        await status(here, "charging" if number == 1 else "preparing", basis="transaction", number=number)
    boot = Booted(charge_point_id=here.id, vendor="V", model="M", received_at=later(530))
    async with here.system.database.begin() as tx:
        await presence.booted(tx, boot, interval_s=60)
    assert ((await shown(here))[0], (await shown(here, 2))[0]) == ("occupied", "preparing")


async def test_the_severity_is_that_of_the_monitor(here: Site, system: System) -> None:
    watch = StationMonitor(
        number=3, component="TemperatureSensor", variable="Temperature", kind="UpperThreshold", value=60, severity=7
    )
    for monitor in (watch, structs.replace(watch, severity=4)):
        fact = MonitorsTold(charge_point_id=here.id, monitors=(monitor,), received_at=later(1))
        await here.tells(monitors_told, fact)
    known = event("TemperatureSensor", "Temperature", "61", 1, monitor=3)
    await tell(here, known, event("TemperatureSensor", "Temperature", "62", 2, monitor=4))
    async with system.database.read() as tx:
        rows = await tx.all(select(station_event.c.severity).order_by(station_event.c.number))
    assert [row["severity"] for row in rows] == [4, None]


PATH = "/internal/station-events/v1.0"


@pytest.fixture
async def told(here: Site) -> Site:
    """A problem and its end, seen by a monitor that is known, and a measurement of another that is not."""
    watched = StationMonitor(
        number=7, component="EVSE", variable="Problem", evse_network_id=1, kind="Delta", value=1, severity=2
    )
    await here.tells(monitors_told, MonitorsTold(charge_point_id=here.id, monitors=(watched,), received_at=later(470)))
    await tell(
        here,
        problem(number=1, monitor=7, tech_code="GroundFailure", tech_info="L2"),
        event("Controller", "Temperature", "71.5", number=2, minute=481, evse_network_id=0, monitor=8),
        problem("false", number=3, minute=482, monitor=7, cleared=True, cause=1),
    )
    return here


async def test_events_are_read_newest_first(api: Client, told: Site) -> None:
    rows = (await api.get(PATH, f"filter[chargePoint]={told.id}")).data
    assert [row["number"] for row in rows] == [3, 2, 1]
    assert rows[2] == {
        "chargePoint": told.id, "at": later(480).isoformat(timespec="microseconds"),
        "receivedAt": later(600).isoformat(timespec="microseconds"), "number": 1, "component": "EVSE",
        "componentInstance": None, "evseNetworkId": 1, "connectorNetworkId": None, "variable": "Problem",
        "variableInstance": None, "value": "true", "trigger": "Alerting", "kind": "HardWiredNotification",
        "cleared": False, "techCode": "GroundFailure", "techInfo": "L2", "cause": None, "transactionRef": None,
        "monitor": 7, "severity": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "numbers"),
    [("", [3, 2, 1]), ("filter[component]=Controller", [2]), ("filter[variable]=Problem", [3, 1]),
     ("filter[evseNetworkId]=0", [2]), ("filter[cleared]=true", [3]), ("filter[maxSeverity]=2", [3, 1]),
     ("filter[maxSeverity]=1", []), ("filter[transactionRef]=T", []), ("filter[from]={second}", [3, 2]),
     ("filter[to]={second}", [2, 1])],
)  # fmt: skip
async def test_events_by_each_filter(api: Client, told: Site, query: str, numbers: list[int]) -> None:
    second = later(481).isoformat().replace("+00:00", "Z")
    asked = f"chargePointId={told.id}&{query.format(second=second)}"
    assert [row["number"] for row in (await api.get(PATH, asked)).data] == numbers


async def test_events_page_by_page_and_for_whom_they_are(api: Client, given: Given, told: Site) -> None:
    seen, link = [], f"{PATH}?per_page=2&chargePointId={told.id}"
    while link:
        answer = await api.get(link)
        seen += [row["number"] for row in answer.data]
        link = answer.body["links"]["next"]
    assert seen == [3, 2, 1]
    assert (await api.get(PATH, "filter[maxSeverity]=10")).status == 422
    assert (await api.get(PATH, "chargePointId=one")).status == 422
    for scopes, partner, expected in (("communication-log.read", None, 403), ("station-events.read", 8, 200)):
        client = await given.client(scopes, partner_id=partner)
        answer = await client.get(PATH, f"chargePointId={told.id}")
        await client.close()
        assert (answer.status, answer.body.get("data", [])) == (expected, [])
