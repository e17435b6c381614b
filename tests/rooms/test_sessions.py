"""Sessions as the API shows them: fields, filters, flags, consumption, and how energy is cut into periods."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlalchemy import update

from ohmstead.kit.operations import Actor, RenderContext, encoder
from ohmstead.kit.rendering import rendered
from ohmstead.rooms.charging.readings import Sample
from ohmstead.rooms.charging.reasons import told
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.charging.sessions.series import EnergySeries
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import T0, Site, energy, later, site, tag

PATH = "/resources/sessions/v1.0"


class TestSessions(ResourceContract):
    resource = sessions


async def charged(given: Given, here: Site | None = None, start: float = 0, **location: Any) -> tuple[Site, str]:
    """An hour's charge: 30 minutes at 8 kW, then nothing; the site and the session's id."""
    here, card = here or await site(given, **location), await tag(given)
    number, _ = await here.starts(card, later(start), 1000)
    power = "Power.Active.Import"
    for minute in range(1, 60):
        at, wh = later(start + minute), 1000 + 4000 * min(minute, 30) / 30
        await here.meters(energy(at, wh), Sample(at, power, 8000 if minute <= 30 else 0, "W"), transaction=number)
    await here.stops(number, later(start + 60), 5000, reason="EVDisconnected")
    return here, str((await here.sessions())[-1]["id"])


async def test_a_session_shows_what_was_metered(api: Client, given: Given) -> None:
    here, key = await charged(given)
    shown = (await api.get(f"{PATH}/{key}")).data
    assert (shown["id"], shown["chargePointId"], shown["evseId"]) == (key, here.id, here.evses[0])
    assert (shown["status"], shown["reason"], shown["energy"]) == ("finished", "evdisconnected", 4000)
    assert shown["power"] == {"latest": None, "peak": 8000, "average": 4000}
    assert shown["energyConsumption"] == {"total": 4000, "grid": 4000}
    assert shown["startedAt"] == later(0).isoformat(timespec="seconds")
    assert (shown["billingStatus"], shown["evsePhysicalReference"][:2]) == (None, "E-")
    assert not shown.keys() & {"authorization", "chargingPeriods", "priceBreakdown", "externalAppData", "socPercent"}


async def test_the_authorization_comes_along(api: Client, given: Given) -> None:
    _, key = await charged(given)
    shown = (await api.get(f"{PATH}/{key}", "withAuthorization=1")).data
    allowed = shown["authorization"]
    assert (allowed["id"], allowed["method"], allowed["status"]) == (shown["authorizationId"], "rfid_tag", "accepted")
    assert allowed["rfidTagUid"] == shown["idTag"]


async def test_charging_and_idle_periods(api: Client, given: Given) -> None:
    _, key = await charged(given)
    periods = (await api.get(f"{PATH}/{key}", "withChargingPeriods=true")).data["chargingPeriods"]
    assert [(one["id"], one["state"], one["chargingState"]) for one in periods] == [
        (1, "charging", "charging"), (2, "idle", "idle"),
    ]  # fmt: skip
    assert [one["energy"] for one in periods] == [4000, 0]
    assert periods[0]["stoppedAt"] == periods[1]["startedAt"] == later(34).isoformat(timespec="seconds")


@pytest.mark.parametrize(("minutes", "lengths"), [(15, [8, 15, 15, 15, 7]), (30, [23, 30, 7]), (60, [53, 7])])
async def test_consumption_between_the_marks_of_the_clock(
    api: Client, given: Given, minutes: int, lengths: list[int]
) -> None:
    _, key = await charged(given)
    query = f"withClockAlignedEnergyConsumption=true&clockAlignedInterval={minutes}"
    for shown in ((await api.get(f"{PATH}/{key}", query)).data, (await api.get(PATH, query)).data[0]):
        found = shown["clockAlignedEnergyConsumption"]
        spans = [datetime.fromisoformat(one["end"]) - datetime.fromisoformat(one["start"]) for one in found]
        assert spans == [timedelta(minutes=length) for length in lengths]
        assert sum(one["energyConsumption"]["total"] for one in found) == pytest.approx(4000)
        assert found[0]["energyConsumed"] == round(min(lengths[0], 30) * 4000 / 30)
    assert (await api.get(f"{PATH}/{key}", query.replace(str(minutes), "7"))).status == 422


async def test_a_session_is_rendered_without_a_request_as_a_get_answers_it(api: Client, given: Given) -> None:
    _, key = await charged(given)
    flags = dict.fromkeys(
        ("withAuthorization", "withChargingPeriods", "withClockAlignedEnergyConsumption", "withPriceBreakdown"), "1"
    ) | {"clockAlignedInterval": "30"}
    query = "&".join(["include[]=externalAppData", *(f"{name}={value}" for name, value in flags.items())])
    got = (await api.get(f"{PATH}/{key}", query)).data
    operator = Actor(admin_id=1, token_id=1, scopes=frozenset({"sessions.read"}))
    context = RenderContext(operator, api.base, include=["externalAppData"], flags=flags)
    async with given.system.database.read() as tx:
        found = await rendered(sessions, "v1.0", [int(key)], tx, context)
    assert msgspec.json.decode(encoder.encode(found[int(key)])) == got
    assert len(got["chargingPeriods"]) == 2
    assert len(got["clockAlignedEnergyConsumption"]) >= 2
    assert "externalAppData" in got
    assert "authorization" in got


async def test_consumption_stats(api: Client, given: Given) -> None:
    here, key = await charged(given)
    stats = (await api.get(f"{PATH}/{key}/consumption-stats")).data
    assert len(stats) == 59
    assert (stats[0]["energy"], stats[0]["power"]) == (pytest.approx(4000 / 30), 8000)
    assert [one["energy"] for one in stats] == sorted(one["energy"] for one in stats)
    assert stats[-1] == {"energy": 4000, "power": 0, "timestamp": later(59).isoformat(timespec="seconds")}
    number, _ = await here.starts(await tag(given), later(61), 5000)
    seconds = [energy(later(61) + timedelta(seconds=n), 5000 + n) for n in range(1, 900)]
    await here.meters(*seconds, transaction=number)
    running = (await here.sessions())[-1]["id"]
    assert len((await api.get(f"{PATH}/{running}/consumption-stats")).data) == 899
    await here.stops(number, later(76), 5900)
    stats = (await api.get(f"{PATH}/{running}/consumption-stats")).data
    assert 200 <= len(stats) <= 300
    assert stats[-1]["energy"] == 899
    assert (await api.get(f"{PATH}/999/consumption-stats")).status == 404


async def _found(api: Client, query: str) -> list[str]:
    answer = await api.get(PATH, query)
    assert answer.status == 200, answer.body
    return [one["id"] for one in answer.data]


async def test_filters(api: Client, given: Given) -> None:
    here, first = await charged(given)
    other, second = await charged(given, start=90)
    async with here.system.database.begin() as tx:
        values = {
            "external_app_data": {"a": {"b": "x"}}, "billing_status": "completed", "payment_type": "corporate",
            "payment_status": "paid", "payment_status_updated_at": T0, "tax_id": 3, "receipt_id": 4, "terminal_id": 5,
            "reason": "ev_not_connected_to_evse", "partner_id": 6, "roaming": {"roamingOperatorCpoId": 7},
        }  # fmt: skip
        await tx.run(update(session).where(session.c.id == int(first)).values(values))
    shown = (await api.get(f"{PATH}/{first}")).data
    point = (await api.get(f"/resources/charge-points/v2.0/{here.id}")).data
    moment = later(60).isoformat().replace("+00:00", "Z")
    for query in (
        f"filter[evseId]={here.evses[0]}", f"filter[chargePointId]={here.id}", f"filter[userId]={shown['userId']}",
        f"filter[evsePhysicalReference]={shown['evsePhysicalReference']}", f"filter[idTag]={shown['idTag']}",
        f"filter[chargePointNetworkId]={point['network']['id']}", "filter[reason]=ev_not_connect_to_evse",
        f"filter[startedBefore]={moment}", f"filter[endedBefore]={moment}", "filter[partnerId]=6",
        "filter[externalAppData.a.b]=x", "filter[billingStatus]=completed", "filter[paymentType]=corporate",
        "filter[paymentStatus]=paid", f"filter[paymentStatusUpdatedBefore]={moment}", "filter[taxId]=3",
        "filter[receiptId]=4", "filter[terminalId]=5", "filter[roaming][roamingOperatorCpoIds][]=7",
    ):  # fmt: skip
        assert await _found(api, query) == [first], query
    for query in (
        f"filter[startedAfter]={moment}", "filter[billingStatus]=null", f"filter[evseId]={other.evses[0]}",
        "filter[reason]=evdisconnected",
    ):  # fmt: skip
        assert await _found(api, query) == [second], query
    for query in (
        "filter[status]=finished",
        "filter[authorizationSource]=local",
        "filter[lastUpdatedAfter]=2020-01-01",
    ):
        assert await _found(api, query) == [first, second], query
    for query in (
        "filter[subOperatorId]=9", "filter[chargePointBootNotificationVendor]=x", "filter[authorizationSource]=roaming",
        "filter[chargePointBootNotificationSerialNumber]=x", f"filter[paymentStatusUpdatedAfter]={moment}",
        f"filter[endedAfter]={later(999).isoformat().replace('+', '%2B')}", "filter[status]=pending",
    ):  # fmt: skip
        assert await _found(api, query) == [], query
    assert (await api.get(PATH, "filter[reason]=bored")).status == 422
    assert (await api.get(f"{PATH}/{first}", "include[]=externalAppData")).data["externalAppData"] == {"a": {"b": "x"}}
    assert shown["roaming"] == {"roamingOperatorCpoId": 7}


async def test_pages(api: Client, given: Given) -> None:
    here, card = await site(given), await tag(given)
    for minute in range(0, 50, 10):
        await here.stops((await here.starts(card, later(minute), minute))[0], later(minute + 1), minute + 1)
    for first in ("per_page=2", "per_page=2&cursor=null"):
        answer, seen = await api.get(PATH, first), []
        while True:
            seen += [one["id"] for one in answer.data]
            if not (following := answer.body["links"]["next"]):
                break
            answer = await api.get(following)
        assert seen == sorted(set(seen), key=int)
        assert len(seen) == 5


async def test_extensions_know_each_other(api: Client, given: Given) -> None:
    here, card = await site(given), await tag(given)
    await here.stops((await here.starts(card))[0], later(1), 1001)
    await here.stops((await here.starts(card, later(2)))[0], later(3), 1002)
    async with here.system.database.begin() as tx:
        await tx.run(update(session).where(session.c.id == 2).values(original_session_id=1))
    older, newer = (await api.get(PATH)).data
    assert (older["extendedBySessionId"], "originalSessionId" in older) == (2, False)
    assert (newer["originalSessionId"], newer["extendingSessionId"]) == (1, 1)


async def test_a_partners_token_sees_its_own_sessions(given: Given) -> None:
    here, key = await charged(given)
    theirs = await given.client("sessions.read", partner_id=5)
    try:
        assert (await theirs.get(PATH)).data == []
        assert (await theirs.get(f"{PATH}/{key}/consumption-stats")).status == 404
        async with here.system.database.begin() as tx:
            await tx.run(update(session).values(partner_id=5))
        assert [one["id"] for one in (await theirs.get(PATH)).data] == [key]
    finally:
        await theirs.close()


@pytest.mark.parametrize(
    ("word", "reason"),
    [(None, "local"), ("EVDisconnected", "evdisconnected"), ("DeAuthorized", "deauthorized"), ("SOCLimitReached",
     "soclimitreached"), ("TimeLimitReached", "timeoutlimitreached"), ("BatteryOnFire", "other")],
)  # fmt: skip
def test_reasons(word: str | None, reason: str) -> None:
    assert told(word) == reason


steps = st.lists(st.tuples(st.integers(1, 3600), st.floats(0, 3000)), min_size=1, max_size=30)


@drawn(steps, st.sampled_from([15, 30, 60]))
def test_slices_lose_nothing(rises: list[tuple[int, float]], minutes: int) -> None:
    at, wh = datetime(2026, 3, 1, 10, 7, 13, tzinfo=UTC), 0.0
    points = [(at, wh)]
    for seconds, gained in rises:
        at, wh = at + timedelta(seconds=seconds), wh + gained
        points.append((at, wh))
    slices = EnergySeries.of(points, wh).slices(minutes)
    assert sum(one.energy_wh for one in slices) == pytest.approx(wh)
    assert [one.start for one in slices[1:]] == [one.end for one in slices[:-1]]
    assert (slices[0].start, slices[-1].end) == (points[0][0], at)
    assert all(one.end.minute % minutes == one.end.second == 0 for one in slices[:-1])
