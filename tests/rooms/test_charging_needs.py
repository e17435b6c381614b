"""When a vehicle leaves and what it wants: set by an operator, told by the vehicle, or known from a booking."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select, update

from ohmstead.kit.facts import audit
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.needs.from_vehicles import the_vehicle_left
from ohmstead.rooms.charging.needs.table import vehicle_needs
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.charging.signals import schedule_awaited, session_changed
from ohmstead.rooms.devices.durable_facts import EvseStatusChanged
from ohmstead.rooms.network.charge_points import charge_point
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import T0, Site, energy, later, site, tag
from tests.rooms.told_needs import booked, path, vehicle

LEAVES = later(600)


@pytest.fixture
def told() -> Iterator[list[tuple[int, int, int]]]:
    """What load management hears at once."""
    heard: list[tuple[int, int, int]] = []
    end = session_changed.connect(lambda *of: heard.append(of))
    yield heard
    end()


async def charging(given: Given, wh: float = 0) -> tuple[Site, int, Any]:
    """A site, its session's id and its transaction."""
    here = await site(given)
    number, _ = await here.starts(await tag(given))
    if wh:
        await here.meters(energy(later(10), 1000 + wh), transaction=number)
    return here, (await here.only_session())["id"], number


async def starts_by_name(here: Site, tag: str, minute: float, name: str = "tx") -> None:
    start = structs.replace(here.start(tag, later(minute)), transaction_ref=name, ref=f"{name}/{minute}")
    await here.tells(flow.charge_started, start)


async def shown(api: Client, id: Any) -> list[dict[str, Any]]:
    return (await api.get(path(id))).data


async def test_an_operator_says_when_it_leaves_and_what_it_wants(
    api: Client, given: Given, told: list[tuple[int, int, int]]
) -> None:
    here, id, number = await charging(given, wh=2000)
    told.clear()
    assert await shown(api, id) == []
    answer = await api.put(path(id), {"departureAt": LEAVES.isoformat(), "energyWh": 9000})
    assert answer.status == 200
    one = answer.data[0]
    assert (one["source"], one["departureAt"], one["energyWh"]) == ("operator", LEAVES.isoformat(), 9000)
    assert told == [(id, here.id, here.evses[0])]
    await here.meters(energy(later(50), 1000 + 5000), transaction=number)
    assert [one["energyWh"] for one in await shown(api, id)] == [6000]  # 3000 more were delivered
    assert (await api.put(path(id), {"energyWh": 100})).data[0]["departureAt"] is None  # it stands for all before
    assert (await api.delete(path(id))).status == 204
    assert await shown(api, id) == []
    assert (await api.delete(path(id))).status == 404
    assert len(told) >= 3


async def test_each_change_is_audited(api: Client, given: Given) -> None:
    _, id, _ = await charging(given)
    await api.put(path(id), {"energyWh": 9000})
    await api.delete(path(id))
    async with given.system.database.read() as tx:
        rows = await tx.all(select(audit.c.action, audit.c.changes).order_by(audit.c.id.desc()).limit(2))
    assert [row["changes"] for row in rows] == [{"id": id, "fields": []}, {"id": id, "fields": ["energy_wh"]}]
    words = [f"{verb} Session / Charging needs / {word}" for verb, word in (("DELETE", "Delete"), ("PUT", "Update"))]
    assert [row["action"] for row in rows] == words


async def test_a_state_of_charge_becomes_an_energy(api: Client, given: Given) -> None:
    here, id, _ = await charging(given)
    body = {"targetSocPercent": 80, "batteryCapacityWh": 50_000}
    answer = await api.put(path(id), body)
    assert answer.status == 422
    assert list(answer.body["errors"]) == ["targetSocPercent"]
    async with here.system.database.begin() as tx:
        await tx.run(update(session).values(soc_percent=30))
    assert [one["energyWh"] for one in (await api.put(path(id), body)).data] == [25_000]
    async with here.system.database.begin() as tx:
        await tx.run(update(session).values(soc_percent=90))
    assert [one["energyWh"] for one in (await api.put(path(id), body)).data] == [0]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "departureAt"),
        ({"departureAt": None, "energyWh": None}, "departureAt"),
        ({"departureAt": "2020-01-01T00:00:00Z"}, "departureAt"),
        ({"departureAt": "soon"}, "departureAt"),
        ({"energyWh": 0}, "energyWh"),
        ({"energyWh": 1e9}, "energyWh"),
        ({"energyWh": 100, "targetSocPercent": 80, "batteryCapacityWh": 1000}, "targetSocPercent"),
        ({"targetSocPercent": 80}, "batteryCapacityWh"),
        ({"energyWh": 100, "batteryCapacityWh": 1000}, "targetSocPercent"),
        ({"targetSocPercent": 101, "batteryCapacityWh": 1000}, "targetSocPercent"),
    ],
)
async def test_what_cannot_be_meant_names_its_field(
    api: Client, given: Given, body: dict[str, Any], field: str
) -> None:
    _, id, _ = await charging(given)
    answer = await api.put(path(id), body)
    assert (answer.status, list(answer.body["errors"])) == (422, [field])


async def test_of_a_session_that_is_over_nothing_is_wanted(api: Client, given: Given) -> None:
    here, id, number = await charging(given)
    await api.put(path(id), {"energyWh": 9000})
    await here.stops(number, later(60), 2000)
    assert (await api.put(path(id), {"energyWh": 100})).status == 409
    assert (await api.delete(path(id))).status == 409
    assert [one["energyWh"] for one in await shown(api, id)] == [8000]
    assert (await api.put(path(id + 1), {"energyWh": 100})).status == 404


async def test_a_partner_says_so_of_its_own_sessions(api: Client, given: Given) -> None:
    _, id, _ = await charging(given)
    async with given.system.database.begin() as tx:
        await tx.run(update(session).values(partner_id=8))
    for scopes, partner, statuses in (
        ("*", 8, (200, 200, 204)), ("*", 9, (404, 404, 404)), ("sessions.read", None, (403, 200, 403)),
    ):  # fmt: skip
        client = await given.client(scopes, partner_id=partner)
        found = (
            (await client.put(path(id), {"energyWh": 9000})).status, (await client.get(path(id))).status,
            (await client.delete(path(id))).status,
        )  # fmt: skip
        await client.close()
        assert found == statuses


async def test_the_listing_shows_them_where_it_is_asked_to(api: Client, given: Given) -> None:
    here, id, _ = await charging(given)
    await vehicle(here, energy_wh=5000)
    await api.put(path(id), {"departureAt": LEAVES.isoformat()})
    listed = (await api.get("/internal/sessions/v1.0", "withChargingNeeds=true")).data
    assert [one["source"] for one in listed[0]["chargingNeeds"]] == ["operator", "vehicle"]
    assert "chargingNeeds" not in (await api.get("/internal/sessions/v1.0")).data[0]


async def test_a_vehicle_says_so_for_its_session(api: Client, given: Given, told: list[tuple[int, int, int]]) -> None:
    here, id, number = await charging(given, wh=1000)
    told.clear()
    needs = {"departure_at": LEAVES, "energy_wh": 20_000, "min_current": 6, "max_current": 16, "soc_percent": 40}
    assert await vehicle(here, **needs) == "rejected"  # nobody makes schedules here
    assert told == [(id, here.id, here.evses[0])]
    assert await shown(api, id) == [
        {
            "source": "vehicle", "toldAt": later(5).isoformat(), "departureAt": LEAVES.isoformat(), "energyWh": 20_000,
            "socPercent": 40, "minCurrent": 6, "maxCurrent": 16,
        }
    ]  # fmt: skip
    await vehicle(here, minute=4, energy_wh=1)  # told before the other
    await here.meters(energy(later(50), 1000 + 3000), transaction=number)
    assert [one["energyWh"] for one in await shown(api, id)] == [18_000]
    await vehicle(here, minute=60, energy_wh=7000)  # it asks anew
    assert [(one["energyWh"], one["departureAt"]) for one in await shown(api, id)] == [(7000, None)]


async def test_on_a_circuit_a_schedule_follows(given: Given) -> None:
    here, _, number = await charging(given)
    smart = {
        "mode": "dynamic", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
        "phaseRotation": "RST", "electricalConfiguration": "star",
    }  # fmt: skip
    await given.made(f"/resources/charge-points/v2.0/{here.id}/smart-charging", smart)
    circuit = await given.circuit()
    attach = f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point"
    assert (await given.api.post(attach, {"chargePointId": here.id})).status == 202
    heard: list[tuple[int, int]] = []
    end = schedule_awaited.connect(lambda *of: heard.append(of))
    assert await vehicle(here) == "accepted"
    assert heard == [(here.id, here.evses[0])]
    assert await vehicle(here, number=7) == "unknown"
    assert await vehicle(here, number=0) == "unknown"
    await here.stops(number, later(60), 2000)
    assert await vehicle(here, minute=70) == "processing"
    assert len(heard) == 1
    end()


async def test_before_its_session_it_waits_for_it(api: Client, given: Given) -> None:
    here, card = await site(given), await tag(given)
    await vehicle(here, minute=0, energy_wh=5000)
    await vehicle(here, minute=1, energy_wh=8000)
    await starts_by_name(here, card, 3)
    id = (await here.only_session())["id"]
    assert [one["energyWh"] for one in await shown(api, id)] == [8000]
    await starts_by_name(here, card, 200, "another")
    assert await shown(api, (await here.sessions())[1]["id"]) == []


async def test_what_was_told_long_before_is_not_of_this_vehicle(api: Client, given: Given) -> None:
    here, card = await site(given), await tag(given)
    await vehicle(here, minute=0, energy_wh=5000)
    await starts_by_name(here, card, 62)
    assert await shown(api, (await here.only_session())["id"]) == []


@pytest.mark.parametrize(("minute", "left"), [(2, 0), (0, 1)])
async def test_a_vehicle_that_leaves_takes_its_needs_along(given: Given, minute: float, left: int) -> None:
    """A status that is heard late says nothing of who came since."""
    here = await site(given)
    await vehicle(here, minute=1, energy_wh=5000)
    fact = EvseStatusChanged(
        id=here.evses[0], charge_point_id=here.id, before="preparing", hardware_status="available", error_code=None,
        vendor_id=None, vendor_error_code=None, info=None, at=later(minute).isoformat(),
    )  # fmt: skip
    await here.tells(the_vehicle_left, structs.replace(fact, hardware_status="preparing"))
    await here.tells(the_vehicle_left, fact)
    async with here.system.database.read() as tx:
        assert len(await tx.all(select(vehicle_needs))) == left


async def test_what_was_kept_while_the_station_was_offline_is_of_the_session_of_then(api: Client, given: Given) -> None:
    here, card = await site(given), await tag(given)
    await starts_by_name(here, card, 0, "first")
    await starts_by_name(here, card, 60, "second")
    first, second = await here.sessions()
    await vehicle(here, minute=90, asked_at=later(5), energy_wh=5000)
    await vehicle(here, minute=90, asked_at=later(70), energy_wh=6000)
    assert [one["energyWh"] for one in await shown(api, first["id"])] == [5000]
    assert [one["energyWh"] for one in await shown(api, second["id"])] == [6000]
    await vehicle(here, minute=91, energy_wh=7000)  # it does not say when: it is of now
    assert [one["energyWh"] for one in await shown(api, second["id"])] == [7000]


async def test_what_goes_on_after_its_line_was_lost_is_wanted_still(api: Client, given: Given) -> None:
    here, id, number = await charging(given, wh=1000)
    assert (await api.put(path(id), {"energyWh": 9000})).status == 200
    await vehicle(here, energy_wh=7000)
    await here.meters(energy(later(60), 1000 + 3000), transaction=number)
    async with here.system.database.begin() as tx:
        gone = tx.now - timedelta(days=2)
        await tx.run(update(charge_point).values(connected=False, last_seen_at=gone))
    await here.tells(flow.close_lost)
    await here.meters(energy(later(70), 1000 + 4000), transaction=number)
    _, extending = await here.sessions()
    assert [one["energyWh"] for one in await shown(api, extending["id"])] == [6000, 4000]
    assert await shown(api, id) == []


async def test_a_booking_ends_when_its_vehicle_leaves(api: Client, given: Given) -> None:
    here, id, _ = await charging(given)
    await booked(given, here, await here.only_session(), T0 + timedelta(hours=9))
    assert [(one["source"], one["departureAt"], one["energyWh"]) for one in await shown(api, id)] == [
        ("booking", later(540).isoformat(), None)
    ]
