"""What subscribers are told of charging: each payload whole, a start before its stop, a session as it then was; and
that it costs nothing while nobody subscribed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from ohmstead.kit.facts import outbox, wanted
from ohmstead.kit.views import stamp
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.durable_facts import ChargingProfileApplied
from ohmstead.rooms.charging.flow.changes import tell
from ohmstead.rooms.charging.pricing.final import price_ended
from ohmstead.rooms.charging.pricing.told_states import statuses_told
from ohmstead.rooms.charging.profiles.applied import tell_applied
from ohmstead.rooms.charging.readings import Sample
from ohmstead.rooms.charging.reservations import expire
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.sessions.progress import SessionProgress
from ohmstead.rooms.charging.tags import remote_tag
from ohmstead.rooms.charging.told_readings import MOST
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import StatusChanged
from ohmstead.rooms.devices.stations import ChargingProfile, SchedulePeriod
from tests.app.test_query_counts import Counted
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted, told
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway, energy
from tests.rooms.prices import MINUTES, Place, at, place

UPDATE = "SessionUpdateNotification"
STARTS = ("SessionStartStopNotification", "session.start.stop.notification")
HOURLY: dict[str, Any] = {"pricePerKwh": 0.4, "idleFeePerMinute": 0.2, "idleFeeGracePeriodMinutes": 10} | MINUTES


@pytest.fixture
async def there(api: Client, given: Given, gateway: Gateway) -> AsyncIterator[Place]:
    made = await place(api, given)
    await forget(made)
    with everything_wanted():
        yield made


async def forget(there: Place) -> None:
    async with there.system.database.begin() as tx:
        await tx.run(delete(outbox))


async def heard(there: Place, *names: str) -> list[dict[str, Any]]:
    return await told(there.system.database, *names)


async def test_a_start_and_its_stop(there: Place) -> None:
    number = await there.starts(wh=1000)
    row = await there.here.only_session()
    await there.stops(number, 60, 8000, reason="EVDisconnected")
    start_v1, start, stop_v1, stop = await heard(there, *STARTS)
    common = {
        "sessionId": row["id"], "chargePointId": there.here.id, "evseId": there.here.evses[0], "idTag": there.card,
        "startedAtTimestamp": stamp(at(0)), "meterStart": 1000, "externalAppData": None,
    }  # fmt: skip
    begun = common | {"action": "start", "meterStop": 1000, "lastUpdatedAt": stamp(at(0)), "userId": row["user_id"]}
    ended = common | {
        "action": "stop", "meterStop": 8000, "lastUpdatedAt": stamp(at(60)), "stoppedAtTimestamp": stamp(at(60)),
        "energyConsumed": 7000, "reason": "evdisconnected",
    }  # fmt: skip
    local = {"startedAtTimestampLocal": "2026-03-02T09:00:00+01:00"}
    local_end = local | {"stoppedAtTimestampLocal": "2026-03-02T10:00:00+01:00"}
    assert start_v1 == {"notification": STARTS[0]} | begun
    assert start == {"notification": STARTS[1]} | begun | local
    assert stop_v1 == {"notification": STARTS[0]} | ended | {"userId": None}
    assert stop == {"notification": STARTS[1]} | ended | local_end | {"userId": row["user_id"]}


async def test_nobody_known_is_left_out(there: Place) -> None:
    await there.starts(card="STRANGER")
    first, second = await heard(there, *STARTS)
    assert (first["userId"], "userId" in second) == (None, False)


async def test_what_is_stopped_again_is_corrected_and_not_stopped_twice(there: Place) -> None:
    number = await there.starts()
    row = await there.here.only_session()
    async with there.system.database.begin() as tx:
        gone = update(session).values(status="finished", reason="charge_point_timeout", stopped_at=at(30))
        await tx.run(gone)
        tell(tx, row, "stopped")
    await there.stops(number, 20, 4000)
    bodies = await heard(there, STARTS[1], UPDATE)
    assert [one.get("action", UPDATE) for one in bodies] == ["start", UPDATE, "stop", UPDATE, UPDATE]
    assert [one["session"]["energy"] for one in bodies if one["notification"] == UPDATE] == [0, 0, 3000]


async def test_a_start_that_is_told_late_comes_before_its_stop(there: Place) -> None:
    await there.starts(30)
    await there.starts(10, wh=500)
    of_late = [one for one in await heard(there) if one.get("sessionId") == 2]
    assert [one["action"] for one in of_late if one["notification"] == STARTS[1]] == ["start", "stop"]
    updates = [one["session"] for one in await heard(there, UPDATE) if one["session"]["id"] == "2"]
    assert [one["status"] for one in updates] == ["finished"]  # once, for it happened at once


async def test_what_was_ordered_and_never_began(there: Place) -> None:
    path = f"/actions/charge-point/v1.0/{there.here.id}/start/1"
    answer = await there.api.post(path, {})
    assert answer.status == 202, answer.body
    await there.time(5)
    await there.here.tells(flow.expire_pending)
    assert await heard(there, *STARTS) == []
    shown = [one["session"] for one in await heard(there, UPDATE)]
    assert [(one["status"], one.get("reason")) for one in shown] == [("pending", None), ("expired", "timeout")]
    assert shown[0]["idTag"] == remote_tag(1)


async def test_a_session_is_shown_as_a_get_shows_it(there: Place) -> None:
    await there.charges_by(await there.tariff(**HOURLY))
    number = await there.starts()
    await there.reads(number, (30, 4000))
    await there.stops(number, 60, 8000)
    flags = ("withAuthorization", "include[]=externalAppData")
    as_ended = await there.shown(1, *flags)
    await there.here.tells(price_ended, [1])
    priced = [one["session"] for one in await heard(there, UPDATE)]
    assert priced[1] == as_ended
    assert [(one["status"], one.get("amount"), one["billingStatus"]) for one in priced] == [
        ("active", None, None), ("finished", None, None), ("finished", 2.8, "completed"),
    ]  # fmt: skip
    whole = await there.shown(1, *flags, "withChargingPeriods", "withPriceBreakdown")
    assert priced[2] == whole
    assert [one["type"] for one in whole["priceBreakdown"]] == ["energy"]
    assert len(whole["chargingPeriods"]) == 1


async def test_what_comes_late_is_told_of_where_something_is_another(there: Place) -> None:
    await there.charges_by(await there.tariff(**HOURLY))
    number = await there.starts()
    await there.stops(number, 60, 8000)
    await there.here.tells(price_ended, [1])
    await forget(there)
    await there.reads(number, (30, 4500))  # as much an hour as was thought
    assert await there.here.tells(price_ended, [1]) == [1]
    assert await heard(there, UPDATE) == []
    await there.reads(number, (40, 8000))  # so it was idle from then on
    await there.here.tells(price_ended, [1])
    assert [one["session"]["amount"] for one in await heard(there, UPDATE)] == [4.8]


async def test_while_it_charges_it_is_told_of_once_a_minute(there: Place) -> None:
    progress = SessionProgress(there.system.database, there.system.clock)
    number = await there.starts()
    assert await progress.look() == 0
    await forget(there)
    told_at = []
    for half_minutes in range(1, 9):
        await there.reads(number, (half_minutes / 2, 1000 + 50 * half_minutes))
        told_at += [half_minutes / 2] * await progress.look()
    assert told_at == [1, 2, 3, 4]
    await there.time(20)
    assert await progress.look() == 0  # nothing was read
    shown = [one["session"]["energy"] for one in await heard(there, UPDATE)]
    assert shown == [100, 200, 300, 400]
    wanted.clear()
    await there.reads(number, (21, 3000))
    assert await progress.look() == 0


async def test_its_price_shows_no_jump_where_power_is_withheld(there: Place) -> None:
    await there.charges_by(await there.tariff(**HOURLY))
    progress = SessionProgress(there.system.database, there.system.clock)
    number = await there.starts()
    await forget(there)
    wh = 1000
    for minute in range(5, 41, 5):
        withheld = 20 < minute <= 35
        wh += 0 if withheld else 500
        await there.reads(number, (minute, wh))
        if minute in (20, 35):
            await _says(there, "suspendedEVSE" if minute == 20 else "charging")
        await there.running.price()
        await progress.look()
    amounts = [one["session"].get("amount") or 0 for one in await heard(there, UPDATE)]
    assert amounts[-1] == 1.0
    assert max(after - before for before, after in pairwise(amounts)) <= 0.2 + 1e-9


async def _says(there: Place, status: Any) -> None:
    now = there.system.clock.now()
    fact = StatusChanged(
        charge_point_id=there.here.id, evse_network_id=1, status=status, error_code=None, vendor_error_code=None,
        vendor_id=None, info=None, at=now, received_at=now,
    )  # fmt: skip

    async def write(tx: Any, one: StatusChanged) -> None:
        await presence.status_changed(tx, one)
        await statuses_told(tx, [one])

    await there.here.tells(write, fact)


async def test_readings_of_a_session(there: Place) -> None:
    number = await there.starts()
    await there.time(5)
    moment = at(4)
    others = (
        ("Current.Import", 10, "A", "L1"), ("Current.Import", 12, "A", "L2"), ("Voltage", 230, "V", None),
        ("SoC", 55, "Percent", None), ("Current.Offered", 16, "A", None), ("Zap.Fan", 3, "rpm", None),
        ("Power.Offered", 11000, "W", None),
    )  # fmt: skip
    samples = [Sample(moment, *one) for one in others]
    await there.here.meters(energy(moment, 1500), *samples, transaction=number)
    await there.here.meters(energy(moment, 70), number=2)  # of no session
    [body] = await heard(there, "SessionMeterValuesNotification")
    words = [
        ("Energy Active Import Register", 1500, "Wh"), ("State Of Charge", 55, "Percent"), ("Current Import", 12, "A"),
        ("Voltage", 230, "V"), ("Current Offered", 16, "A"), ("Power Offered", 11000, None),
    ]  # fmt: skip
    assert body == {
        "notification": "SessionMeterValuesNotification", "chargePointId": there.here.id,
        "evseId": there.here.evses[0], "sessionId": 1,
        "meterValues": [
            {"timestamp": stamp(moment), "measurand": name, "value": value} | ({"unit": unit} if unit else {})
            for name, value, unit in words
        ],
    }  # fmt: skip
    await forget(there)
    await there.stops(number, 60, 8000, samples=[energy(at(5 + n / 10), 1500 + n) for n in range(MOST + 1)])
    parts = await heard(there, "SessionMeterValuesNotification")
    assert [len(one["meterValues"]) for one in parts] == [MOST, 1]


async def test_authorizations(there: Place) -> None:
    await there.here.presents(there.card)
    await there.starts()
    await there.here.presents("STRANGER")
    old = await heard(there, "AuthorizationNotification")
    now = stamp(at(0))
    assert old == [
        {
            "notification": "AuthorizationNotification", "chargePointId": there.here.id, "authorizationId": key,
            "idTag": tag, "status": status, "lastUpdatedAt": now,
        }
        for key, tag, status in ((1, there.card, "Accepted"), (2, "STRANGER", "Invalid"))
    ]  # fmt: skip
    changed = {"notification": "authorization.changed", "chargePointId": there.here.id, "lastUpdatedAt": now}
    accepted = changed | {"authorizationId": 1, "idTag": there.card, "status": "accepted"}
    assert await heard(there, "authorization.changed") == [
        accepted | {"action": "created"},
        accepted | {"action": "updated"},
        changed | {"authorizationId": 2, "idTag": "STRANGER", "status": "rejected", "action": "created"},
    ]


async def test_reservations_and_tags(there: Place) -> None:
    user = int((await there.given.user())["id"])
    tag = await there.given.id_tag(userId=user)
    path = f"/actions/charge-point/v1.0/{there.here.id}/reserve/1"
    await there.api.patch(f"/resources/evses/v2.1/{there.here.evses[0]}", {"allowsReservation": True})
    answer = await there.api.post(path, {"userId": user})
    assert answer.status == 202, answer.body
    await there.time(24 * 60)
    await there.here.tells(expire)
    later = stamp(at(24 * 60))
    assert (await there.api.delete(f"/resources/users/v1.0/{user}")).status == 204
    named = {"notification": "reservation.changed", "reservationId": 1}
    assert await heard(there, "reservation.changed") == [
        named | {"status": "active", "lastUpdatedAt": stamp(at(0))},
        named | {"status": "expired", "lastUpdatedAt": later},
    ]
    named = {"notification": "idTag.changed", "idTagsId": int(tag["id"])}
    assert await heard(there, "idTag.changed") == [
        named | {"action": "created", "lastUpdatedAt": stamp(at(0))},
        named | {"action": "deleted", "lastUpdatedAt": later},
    ]


async def test_a_profile_that_was_taken(there: Place) -> None:
    profile = ChargingProfile(
        id=7, stack_level=1, purpose="transaction", kind="recurring", unit="A", recurrency="daily",
        periods=(SchedulePeriod(0, 16.0, 3),), duration_s=3600, starts_at=at(0), valid_to=at(0) + timedelta(days=1),
    )  # fmt: skip
    async with there.system.database.begin() as tx:
        for evse_id in (there.here.evses[0], None):
            tell_applied(tx, profile, charge_point_id=there.here.id, evse_id=evse_id, session_id=None)
    first, second = await heard(there, ChargingProfileApplied.topic)
    assert first == {
        "notification": "chargingProfile.applied", "chargePointId": there.here.id, "evseId": there.here.evses[0],
        "sessionId": None, "appliedAt": stamp(at(0)),
        "chargingProfile": {
            "id": 7, "schedulePeriods": [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}],
            "scheduleStart": stamp(at(0)), "chargingRateUnit": "A", "stackLevel": 1, "recurrencyKind": "daily",
            "chargingProfileKind": "Recurring", "purpose": "TxProfile", "validTo": "2026-03-03T08:00:00+00:00",
            "duration": 3600,
        },
    }  # fmt: skip
    assert second == first | {"evseId": None}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


async def test_what_nobody_wants_costs_nothing(there: Place, counted: Counted) -> None:
    wanted.clear()
    costs = []
    for minute in (0, 1):
        counted.statements.clear()
        number = await there.starts(minute, 1000 + minute)
        begun = len(counted.statements)
        await there.reads(number, (minute + 0.5, 1500))
        costs.append((begun, len(counted.statements) - begun))
        async with there.system.database.begin() as tx:
            rows = await tx.all(select(outbox.c.topic, outbox.c.payload).order_by(outbox.c.id))
        assert not any("content" in row["payload"] for row in rows) or minute
        assert ("session.metered" in {row["topic"] for row in rows}) is bool(minute)
        wanted.add("session.metered")
        wanted.add("session.started")
    (start, batch), (start_told, batch_told) = costs
    assert batch == 2
    assert batch_told == batch + 1
    assert start_told > start


async def test_many_sessions_take_as_many_statements_as_one(there: Place, counted: Counted) -> None:
    await there.starts()
    row = await there.here.only_session()
    left_out = ("id", "transaction_id", "start_ref")
    values = {name: value for name, value in row.items() if value is not None and name not in left_out}
    async with there.system.database.begin() as tx:
        for _ in range(20):
            await tx.run(session.insert().values(values | {"status": "finished"}))
        rows = await tx.all(select(session))
    spent = []
    for some in (rows[:1], rows):
        counted.statements.clear()
        async with there.system.database.begin() as tx:
            for one in some:
                tell(tx, one, "updated")
        spent.append(len(counted.statements))
    assert spent[0] == spent[1]
