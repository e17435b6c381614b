"""The flow of a charge: what stations tell, well or badly, becomes sessions that count every Wh once."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.charging.facts import SignedReading
from ohmstead.rooms.charging.flow.closing import OUT_OF_REACH, PATIENCE
from ohmstead.rooms.charging.meter_values import meter_value, signed_reading
from ohmstead.rooms.charging.readings import Sample
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.charging.signals import LoadSample, metered_now, session_changed
from ohmstead.rooms.charging.tags import remote_tag
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.people.users import ev_user
from tests.given import Given
from tests.rooms.charges import T0, Site, energy, later, site, tag


async def rows(system: System, table: Any) -> list[Any]:
    async with system.database.read() as tx:
        return await tx.all(select(table))


async def told(system: System, topic: str) -> list[dict[str, Any]]:
    """The payloads of the facts of a topic."""
    async with system.database.read() as tx:
        facts = await tx.all(select(outbox.c.payload).where(outbox.c.topic == topic).order_by(outbox.c.id))
    return [fact["payload"] for fact in facts]


async def test_a_charge_from_tag_to_stop(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    assert (await here.presents(card)).status == "accepted"
    number, verdict = await here.starts(card)
    assert verdict.status == "accepted"
    await here.meters(energy(later(30), 5000), Sample(later(30), "Power.Active.Import", 7400, "W"), transaction=number)
    running = await here.only_session()
    assert (running["status"], running["energy_wh"], running["power_w"]) == ("active", 4000, 7400)
    assert (await here.stops(number, later(60), 8000, id_tag=card, reason="EVDisconnected")).status == "accepted"
    done = await here.only_session()
    assert (done["status"], done["reason"], done["energy_wh"]) == ("finished", "evdisconnected", 7000)
    assert (done["started_at"], done["stopped_at"], done["meter_stop_wh"]) == (T0, later(60), 8000)
    (allowed,) = await rows(system, authorization)
    assert (allowed["id"], allowed["method"], allowed["status"]) == (done["authorization_id"], "id_tag", "accepted")
    assert allowed["user_id"] == done["user_id"] is not None
    assert [len(await told(system, f"session.{what}")) for what in ("started", "stopped")] == [1, 1]
    authorized = {
        "id": allowed["id"], "charge_point_id": here.id, "id_tag": card, "status": "accepted", "rejection_reason": None,
    }  # fmt: skip
    assert await told(system, "authorization.created") == [authorized]
    assert await told(system, "authorization.updated") == [authorized]


async def test_a_start_told_again_has_the_same_number(given: Given) -> None:
    here, card = await site(given), await tag(given)
    first = await here.starts(card)
    assert await here.starts(card) == first  # and the repetition is not concurrent with itself
    await here.only_session()


async def test_numbers_are_never_given_twice(given: Given) -> None:
    here, card = await site(given), await tag(given)
    numbers = []
    for minute in range(0, 50, 10):
        number, _ = await here.starts(card, later(minute), 1000 + minute)
        await here.stops(number, later(minute + 5), 1001 + minute)
        numbers.append(number)
    assert len(set(numbers)) == 5
    assert all(0 < number < 2**31 for number in numbers)


@pytest.mark.parametrize("transaction", [-1, 0, 9223372036854775807, 2**70])
async def test_a_number_that_cannot_be_ours_is_found_by_the_moment(given: Given, transaction: int) -> None:
    here, card = await site(given, evses=2), await tag(given)
    await here.starts("someone", later(-60), 100, number=2)
    await here.starts(card, T0, 1000)
    for _ in range(2):
        await here.stops(transaction, later(10), 2000, id_tag=card)
    other, own = await here.sessions()
    assert (other["status"], own["status"], own["energy_wh"]) == ("active", "finished", 1000)


async def test_a_stop_of_an_unknown_charge_is_kept(given: Given) -> None:
    here = await site(given)
    samples = (energy(later(-30), 500, "Transaction.Begin"), energy(later(0), 2500, "Transaction.End"))
    for _ in range(2):
        assert await here.stops(77, later(0), 2500, samples=samples) is None
    orphan = await here.only_session()
    assert (orphan["status"], orphan["energy_wh"], orphan["started_at"]) == ("finished", 2000, later(-30))
    await here.stops(78, later(5), 9000)
    bare = (await here.sessions())[1]
    assert (bare["status"], bare["energy_wh"], bare["meter_stop_wh"]) == ("finished", 0, 9000)


async def test_a_stop_before_its_start_waits_for_it(given: Given) -> None:
    here, card = await site(given), await tag(given)
    await here.stops(-1, later(60), 4000, id_tag=card)
    await here.starts(card, T0, 1000)
    whole = await here.only_session()
    assert (whole["status"], whole["energy_wh"], whole["started_at"]) == ("finished", 3000, T0)


async def test_a_new_start_ends_what_was_open_and_a_late_stop_completes_it(given: Given) -> None:
    here, card, other = await site(given), await tag(given), await tag(given)
    number, _ = await here.starts(card)
    await here.starts(other, later(60), 5000)
    old, new = await here.sessions()
    assert (old["status"], old["reason"]) == ("finished", "new_start_transaction_received")
    assert (old["stopped_at"], new["status"]) == (later(60), "active")
    await here.stops(number, later(50), 4800)
    old, new = await here.sessions()
    assert (old["energy_wh"], old["stopped_at"], new["status"]) == (3800, later(50), "active")


async def test_a_start_told_late_does_not_end_the_charge_after_it(given: Given) -> None:
    here, card, other = await site(given), await tag(given), await tag(given)
    await here.starts(other, later(60), 5000)
    number, _ = await here.starts(card)
    new, old = await here.sessions()
    assert (new["status"], old["status"], old["stopped_at"]) == ("active", "finished", later(60))
    await here.stops(number, later(50), 4800)
    assert (await here.sessions())[1]["energy_wh"] == 3800


async def test_values_without_a_transaction_belong_to_the_open_session(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    await here.starts(card)
    for minute, transaction in enumerate((None, 0, 99_999), 10):
        await here.meters(energy(later(minute), 2000), transaction=transaction)
    await here.meters(energy(later(-10), 900))
    await here.meters(energy(later(10), 77), number=0)
    running = await here.only_session()
    assert (running["energy_wh"], running["anomalies"]) == (1000, 0)
    kept = await rows(system, meter_value)
    assert [value["session_id"] for value in kept if value["evse_id"]] == [running["id"]] * 4
    assert [value["energy_wh"] for value in kept if value["evse_id"] is None] == [77]


async def test_values_after_the_stop_do_not_revive_the_session(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    await here.stops(number, later(10), 2000)
    await here.meters(energy(later(11), 2100, "Transaction.End"), transaction=number)
    done = await here.only_session()
    assert (done["status"], done["energy_wh"], done["meter_wh"]) == ("finished", 1000, 2000)
    assert len(await rows(system, meter_value)) == 1


async def test_only_a_believable_register_counts(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    for minute, wh in ((10, 2000), (11, 0), (12, 900_000), (20, 3000), (5, 1500), (30, 3000)):
        await here.meters(energy(later(minute), wh), transaction=number)
    running = await here.only_session()
    assert (running["energy_wh"], running["anomalies"]) == (2000, 2)
    kept = {value["energy_wh"]: value["anomaly"] for value in await rows(system, meter_value)}
    assert kept == {2000: None, 0: "backwards", 900_000: "leap", 3000: None, 1500: None}
    await here.stops(number, later(31), 5_000_000)
    done = await here.only_session()
    assert (done["energy_wh"], done["meter_stop_wh"], done["anomalies"]) == (2000, 5_000_000, 3)


async def test_every_sample_is_kept(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    await here.starts(card)
    at = later(1)
    samples = [
        Sample(at, "Energy.Active.Import.Register", 1100, "Wh", raw="1.1 kWh"),
        *(Sample(at, "Current.Import", 16 - n, "A", line) for n, line in enumerate(("L1", "L2", "L3"))),
        *(Sample(at, "Voltage", 230, "V", line) for line in ("L1-N", "L2-N", "L3-N")),
        Sample(at, "SoC", 55, "Percent", location="EV"),
        Sample(at, "Frequency", 50, "Hertz"),
        Sample(at, "Energy.Active.Import.Register", 3, "Wh", location="Inlet"),
    ]
    await here.meters(*samples)
    (value,) = await rows(system, meter_value)
    assert [value[f"current_l{line}"] for line in (1, 2, 3)] == [16, 15, 14]
    assert (value["energy_wh"], value["voltage_l2"], value["soc_percent"]) == (1100, 230, 55)
    assert [other[0] for other in value["others"]] == [
        "Energy.Active.Import.Register",
        "Frequency",
        *[samples[-1].measurand],
    ]
    running = await here.only_session()
    assert (running["soc_percent"], running["power_w"]) == (55, 45 * 230)


async def test_signed_readings_are_kept_unchanged(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    await here.stops(number, later(1), 1000, signed=(SignedReading(later(1), "OCMF|{…}|{…}"),))
    (kept,) = await rows(system, signed_reading)
    assert (kept["data"], kept["session_id"]) == ("OCMF|{…}|{…}", (await here.only_session())["id"])


async def test_a_clock_that_was_never_set_is_not_believed(given: Given) -> None:
    here, card = await site(given), await tag(given)
    received = here.system.clock.now()
    number, _ = await here.starts(card, T0.replace(year=1970))
    await here.stops(number, T0.replace(year=1970), 1050)
    done = await here.only_session()
    assert received <= done["started_at"] <= done["stopped_at"]
    assert (done["energy_wh"], done["anomalies"]) == (50, 0)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"status": "disabled"}, "blocked"),
        ({"expireAt": "2020-01-01T00:00:00Z"}, "expired"),
        ({"userId": None}, "blocked"),
    ],
)
async def test_a_tag_that_may_not_charge_is_told_so(
    given: Given, system: System, change: dict[str, Any], status: str
) -> None:
    here, owner = await site(given), await given.user()
    card = (await given.id_tag(**{"userId": int(owner["id"])} | change))["idTagUid"]
    assert (await here.presents(card.lower())).status == status
    _, verdict = await here.starts(card)
    assert verdict.status == status
    assert (await here.starts(card))[1].status == status
    (refused,) = await rows(system, authorization)
    assert (refused["status"], refused["rejection_reason"]) == ("rejected", status)
    assert (await here.only_session())["authorization_id"] == refused["id"]


async def test_an_unknown_tag_is_invalid_and_a_disabled_user_blocked(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    assert (await here.presents("nobody")).status == "invalid"
    async with system.database.begin() as tx:
        await tx.run(update(ev_user).values(status="disabled"))
    assert (await here.presents(card)).status == "blocked"


async def test_a_station_that_wants_no_authorization_lets_everyone_charge(given: Given, system: System) -> None:
    here = await site(given, autoStartWithoutAuthorization=True)
    assert (await here.presents("nobody")).status == "accepted"
    assert (await here.starts("nobody"))[1].status == "accepted"
    assert {one["method"] for one in await rows(system, authorization)} == {"plug_and_charge"}


async def test_one_session_at_a_time_unless_the_user_may_more(given: Given) -> None:
    here, card, free = (
        await site(given, evses=3),
        await tag(given),
        await tag(given, options={"sessionsAllowed": "multiple_simultaneous_sessions_per_idtag"}),
    )
    assert (await here.starts(card))[1].status == "accepted"
    assert (await here.starts(card, later(1), number=2))[1].status == "concurrent"
    assert (await here.starts(free, later(2), number=2))[1].status == "accepted"
    assert (await here.starts(free, later(3), number=3))[1].status == "accepted"


async def test_a_tag_at_the_reader_to_stop_makes_no_authorization(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    await here.starts(card)
    verdict = await here.presents(card)
    assert (verdict.status, verdict.parent is not None) == ("accepted", True)
    assert len(await rows(system, authorization)) == 1


async def test_a_number_never_heard_of_becomes_an_evse(given: Given) -> None:
    here, card = await site(given), await tag(given)
    await here.starts(card, number=2)
    await here.starts(card, later(1), number=0)
    await here.starts(card, later(2), number=2**40)
    await here.meters(energy(later(3), 1001), number=2**40)
    new, *odd = await here.sessions()
    assert new["evse_id"] not in here.evses
    assert [one["evse_id"] for one in odd] == here.evses * 2


async def _pending(here: Site) -> int:
    """A remote start on its way, as the API makes one."""
    async with here.system.database.begin() as tx:
        values = {"station_id": here.id, "charge_point_id": here.id, "evse_id": here.evses[0], "status": "pending",
                  "started_at": tx.now, "remote": True}  # fmt: skip
        return (await flow.changes.add(tx, values, "created"))["id"]


async def test_a_remote_start_finds_its_session(given: Given) -> None:
    here = await site(given, evses=2)
    pending = await _pending(here)
    assert (await here.presents(remote_tag(pending))).status == "accepted"
    for _ in range(2):
        number, verdict = await here.starts(remote_tag(pending), number=2)
        assert verdict.status == "accepted"
    begun = await here.only_session()
    assert (begun["id"], begun["status"], begun["transaction_id"]) == (pending, "active", number)
    assert begun["evse_id"] == here.evses[1]  # where the station really began
    assert (await here.starts(remote_tag(pending), later(9), 2000, 2))[1].status == "accepted"  # after a power loss
    _, again = await here.sessions()
    assert (again["remote"], again["authorization_id"]) == (True, begun["authorization_id"])


async def test_a_remote_start_that_never_begins_expires_and_yet_may_begin_later(given: Given, system: System) -> None:
    here = await site(given)
    pending = await _pending(here)
    assert await here.tells(flow.expire_pending) == 0
    async with system.database.begin() as tx:
        await tx.run(update(session).values(created_at=tx.now - PATIENCE - timedelta(seconds=1)))
    assert await here.tells(flow.expire_pending) == 1
    assert (await here.only_session())["status"] == "expired"
    await here.starts(remote_tag(pending), system.clock.now())
    begun = await here.only_session()
    assert (begun["status"], begun["reason"], begun["stopped_at"]) == ("active", None, None)


async def _lost(here: Site) -> None:
    """Its station has been away for a day."""
    async with here.system.database.begin() as tx:
        gone = tx.now - OUT_OF_REACH - timedelta(minutes=1)
        await tx.run(update(charge_point).values(connected=False, last_seen_at=gone))
    await here.tells(flow.close_lost)


async def test_data_after_a_lost_connection_goes_to_an_extending_session(given: Given) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    await here.meters(energy(later(10), 2000), transaction=number)
    await _lost(here)
    closed = await here.only_session()
    assert (closed["status"], closed["reason"], closed["stopped_at"]) == (
        "finished", "charge_point_timeout", later(10),
    )  # fmt: skip
    await here.meters(energy(later(20), 3000), transaction=number)
    await here.stops(number, later(30), 4000)
    closed, extending = await here.sessions()
    assert (closed["energy_wh"], extending["energy_wh"], extending["status"]) == (1000, 2000, "finished")
    assert extending["original_session_id"] == closed["id"]
    await here.stops(number, later(30), 4000)
    assert len(await here.sessions()) == 2


async def test_what_a_batch_says_is_told_at_once(given: Given) -> None:
    here, card = await site(given, evses=2), await tag(given)
    changes: list[Any] = []
    draws: list[LoadSample] = []
    ends = [session_changed.connect(lambda *what: changes.append(what)), metered_now.connect(draws.extend)]
    number, _ = await here.starts(card)
    amps = [Sample(later(1), "Current.Import", 10, "A", line) for line in ("L1", "L2")]
    batch = [
        here.metered(*amps, transaction=number),
        here.metered(Sample(later(2), "Current.Import", 9, "A"), number=2),
    ]
    await here.tells(flow.metered, batch)
    for end in ends:
        end()
    own = (await here.only_session())["id"]
    assert changes == [(own, here.id, here.evses[0])]
    assert draws == [
        LoadSample(here.evses[0], own, later(1), {"L1": 10, "L2": 10}, None, None),
        LoadSample(here.evses[1], None, later(2), {"L1": 9, "L2": 9, "L3": 9}, None, None),
    ]


async def test_a_start_that_was_overtaken_is_where_the_charge_began(given: Given) -> None:
    here = await site(given)
    named = {"transaction_ref": "t-1"}
    told = [here.start("CARD", later(minute), wh, ref=f"t-1/{minute}") for minute, wh in ((5, 1800), (0, 1000))]
    for fact in told:
        await here.tells(flow.charge_started, structs.replace(fact, **named))
    begun = await here.only_session()
    assert (begun["started_at"], begun["meter_start_wh"], begun["meter_wh"], begun["energy_wh"]) == (
        T0,
        1000,
        1800,
        800,
    )
    odd = structs.replace(here.start("CARD", later(-1), 0, ref="t-1/-1"), **named)
    await here.tells(flow.charge_started, odd)  # a register that the outlet could not have moved on from in a minute
    begun = await here.only_session()
    assert (begun["started_at"], begun["meter_start_wh"], begun["energy_wh"]) == (later(-1), 1000, 800)


async def test_two_stops_without_a_number_are_told_apart_by_their_tags(given: Given) -> None:
    here = await site(given, evses=2)
    for number, name in ((1, "A"), (2, "B")):
        await here.starts(name, T0, 1000, number)
    for name in ("A", "B", "A"):
        await here.stops(-1, later(10), 1500, id_tag=name)
    assert [(row["id_tag"], row["status"], row["energy_wh"]) for row in await here.sessions()] == [
        ("A", "finished", 500), ("B", "finished", 500),
    ]  # fmt: skip
