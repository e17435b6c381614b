"""Sessions started and stopped through the API, with stations that agree, refuse, are away or say nothing."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import audit
from ohmstead.rooms.charging import control
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.charging.control import Autostart, Refusal
from ohmstead.rooms.charging.control.checks import numbered_place
from ohmstead.rooms.charging.control.orders import Order
from ohmstead.rooms.charging.control.remote import start
from ohmstead.rooms.charging.opening import is_open
from ohmstead.rooms.charging.tags import remote_tag
from ohmstead.rooms.devices.stations import (
    ChargingProfile,
    Command,
    Outcome,
    RemoteStart,
    RemoteStop,
    SchedulePeriod,
    StationOffline,
    StationRefused,
    StationSilent,
)
from ohmstead.rooms.network.hardware_status import HardwareStatus
from ohmstead.rooms.people.users import ev_user
from ohmstead.store.engine import PostgresDatabase
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, later, site, tag

PROFILE = {
    "stackLevel": 1, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]},
}  # fmt: skip


def start_path(here: Site, number: int = 1) -> str:
    return f"/actions/charge-point/v1.0/{here.id}/start/{number}"


def stop_path(here: Site, session: int) -> str:
    return f"/actions/charge-point/v1.0/{here.id}/stop/{session}"


async def test_a_start_is_noted_asked_and_found_again(api: Client, given: Given, gateway: Gateway) -> None:
    here, user = await site(given), await given.user()
    order = {"userId": int(user["id"]), "paymentMethodId": "balance", "externalSessionId": "abc", "idTag": "my-tag"}
    answer = await api.post(start_path(here), order)
    assert (answer.status, answer.body["success"]) == (202, True)
    begun = await here.only_session()
    assert (answer.body["sessionId"], answer.body["authorizationId"]) == (begun["id"], begun["authorization_id"])
    command = RemoteStart(id_tag=remote_tag(begun["id"]), order=begun["id"], evse_network_id=1)
    assert gateway.commands == [(here.id, command)]
    shown = (await api.get(f"/resources/sessions/v1.0/{begun['id']}", "withAuthorization=true")).data
    assert (shown["status"], shown["idTag"], shown["userId"]) == ("pending", "my-tag", int(user["id"]))
    assert (shown["paymentMethodId"], shown["authorization"]["method"]) == ("balance", "user_device")
    await here.starts(remote_tag(begun["id"]))
    assert (await here.only_session())["status"] == "active"


async def test_a_start_by_the_evses_id_and_without_a_body(api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given, evses=2)
    answer = await api.post(f"/actions/evse/v1.0/{here.evses[1]}/start")
    assert answer.body["success"]
    begun = await here.only_session()
    assert (begun["evse_id"], begun["user_id"], begun["id_tag"]) == (here.evses[1], None, remote_tag(begun["id"]))
    assert isinstance(gateway.commands[0][1], RemoteStart)
    assert gateway.commands[0][1].evse_network_id == 2
    async with here.system.database.read() as tx:
        assert (await tx.one(select(authorization)))["method"] == "admin"


async def test_where_the_station_may_choose_it_is_likely_where_a_cable_is(
    api: Client, given: Given, gateway: Gateway
) -> None:
    here = await site(given, evses=3)
    await here.status("preparing", 2)
    answer = await api.post(f"/actions/charge-point/v1.0/{here.id}/start", {})
    assert answer.body.keys() == {"success", "authorizationId"}
    begun = await here.only_session()
    assert begun["evse_id"] == here.evses[1]
    assert gateway.commands[0][1] == RemoteStart(id_tag=remote_tag(begun["id"]), order=begun["id"])


@pytest.mark.parametrize(
    ("answer", "status", "reason", "words"),
    [
        ("Rejected", "failed", "rejected", "Rejected"),
        (StationOffline(), "failed", "remote_start_failed", "not connected"),
        (StationSilent(60), "failed", "remote_start_failed", "did not answer"),
        (StationRefused("NotSupported"), "failed", "remote_start_failed", "NotSupported"),
    ],
)
async def test_a_station_that_does_not_start_fails_the_session(
    api: Client, given: Given, gateway: Gateway, answer: Any, status: str, reason: str, words: str
) -> None:
    here = await site(given)
    gateway.answer = answer
    told = await api.post(start_path(here))
    assert (told.status, told.body["success"], told.body["errorCode"]) == (202, False, "INTERNAL_ISSUE")
    assert words in told.body["message"]
    failed = await here.only_session()
    assert (failed["status"], failed["reason"]) == (status, reason)
    gateway.answer = "Accepted"
    assert (await api.post(start_path(here))).body["success"]  # the EVSE is free again


async def test_a_station_that_begins_in_spite_of_its_silence_has_its_session(
    api: Client, given: Given, gateway: Gateway
) -> None:
    here = await site(given)

    async def begin(command: Command) -> Any:
        assert isinstance(command, RemoteStart)
        await here.starts(command.id_tag)
        return StationSilent(60)

    gateway.answer = begin
    assert not (await api.post(start_path(here))).body["success"]
    assert (await here.only_session())["status"] == "active"


async def test_no_transaction_is_held_while_the_station_thinks(api: Client, given: Given, gateway: Gateway) -> None:
    here, answered = await site(given), asyncio.Event()

    async def think(command: Command) -> str:
        await answered.wait()
        return "Accepted"

    gateway.answer = think
    starting = asyncio.create_task(api.post(start_path(here)))
    await gateway.asked.wait()
    assert (await here.only_session())["status"] == "pending"
    assert (await api.post(start_path(here))).body["errorCode"] == "SESSION_EXISTS"
    answered.set()
    assert (await starting).body["success"]


async def test_of_two_starts_at_once_one_wins(api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given)
    answers = await asyncio.gather(*(api.post(start_path(here)) for _ in range(4)))
    assert sorted(answer.body["success"] for answer in answers) == [False, False, False, True]
    await here.only_session()


async def test_of_a_crowd_each_gets_its_own_start(api: Client, given: Given, gateway: Gateway) -> None:
    """Their traces are written down together, before they are answered."""
    places = [await site(given) for _ in range(12)]
    answers = await asyncio.gather(*(api.post(start_path(here)) for here in places))
    assert [answer.body["success"] for answer in answers] == [True] * 12
    began = {row["evse_id"]: row["id"] for row in await places[0].sessions()}
    begun = [began[here.evses[0]] for here in places]
    assert [answer.body["sessionId"] for answer in answers] == begun
    async with given.system.database.read() as tx:
        rows = await tx.all(select(audit).where(audit.c.target.like("actions/%")))
    told = {row["target"]: row["changes"] for row in rows}
    assert told == {start_path(here)[1:]: {"session": key} for here, key in zip(places, begun, strict=True)}


async def test_a_start_goes_to_the_database_seven_times(given: Given, gateway: Gateway) -> None:
    """Over a connection that has seen one before."""
    places = [await site(given) for _ in range(2)]
    database = await PostgresDatabase.connect(given.system.dsn, given.system.clock, 1)
    said: list[str] = []

    async def starts(here: Site) -> None:
        async def there(tx: Tx) -> Row:
            found = await numbered_place(tx, here.id, 1)
            assert found is not None
            return found

        noted, refused = await start(database, Order(), there, "admin")
        assert (noted is not None, refused) == (True, None)

    try:
        await starts(places[0])
        await database.notifier.close()
        async with database.read() as tx:
            tx._connection.add_query_logger(lambda record: said.append(record.query.split()[0]))  # type: ignore[attr-defined]
        await starts(places[1])
    finally:
        await database.close()
    assert said[:7] == ["BEGIN;", "SELECT", "SELECT", "INSERT", "INSERT", "INSERT", "COMMIT;"]
    assert said[7:] in ([], ["NOTIFY"])


@pytest.mark.parametrize(
    ("change", "words"),
    [({"status": "out of order"}, "out of order"), ({"status": "disabled"}, "disabled")],
)
async def test_a_charge_point_out_of_service_starts_nothing(
    api: Client, given: Given, gateway: Gateway, change: dict[str, Any], words: str
) -> None:
    here = await site(given)
    assert (await api.patch(f"/resources/charge-points/v2.0/{here.id}", change)).status == 200
    told = (await api.post(start_path(here))).body
    assert (told["success"], told["sessionId"], told["authorizationId"]) == (False, None, None)
    assert words in told["message"]
    assert gateway.commands == []


async def test_a_faulted_evse_starts_nothing(api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given)
    await here.status("faulted")
    assert "faulted" in (await api.post(start_path(here))).body["message"]
    assert await here.sessions() == []


async def test_a_user_starts_as_much_as_allowed(api: Client, given: Given, gateway: Gateway) -> None:
    here, user = await site(given, evses=2), await given.user()
    order = {"userId": int(user["id"])}
    assert (await api.post(start_path(here), order)).body["success"]
    assert (await api.post(start_path(here, 2), order)).body["errorCode"] == "SESSION_ALREADY_RUNNING"
    async with here.system.database.begin() as tx:
        await tx.run(update(ev_user).values(status="disabled"))
    assert (await api.post(start_path(here, 2), order)).body["errorCode"] == "USER_IS_DISABLED"


async def test_a_closed_location_starts_nothing_but_for_some(api: Client, given: Given, gateway: Gateway) -> None:
    group = (await given.user_group())["id"]
    shut = {"isAlwaysOpen": False, "hours": {}, "alwaysOpenForUserGroupIds": [group]}
    here = await site(given, locationId=(await given.location(workingHours=shut))["id"])
    member, other = await given.user(userGroupIds=[group]), await given.user()
    assert (await api.post(start_path(here))).body["errorCode"] == "LOCATION_IS_CLOSED"
    assert (await api.post(start_path(here), {"userId": int(other["id"])})).body["errorCode"] == "LOCATION_IS_CLOSED"
    assert (await api.post(start_path(here), {"userId": int(member["id"])})).body["success"]


@pytest.mark.parametrize(
    ("moment", "found"),
    [("2026-06-01 07:59", False), ("2026-06-01 08:00", True), ("2026-06-01 12:00", False), ("2026-06-01 23:59", True),
     ("2026-06-02 09:00", False)],
)  # fmt: skip
def test_working_hours(moment: str, found: bool) -> None:
    monday = [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "00:00"}]
    hours = {"isAlwaysOpen": False, "hours": {"monday": monday}}
    assert is_open(hours, datetime.fromisoformat(moment)) is found
    assert is_open({"isAlwaysOpen": True}, datetime.fromisoformat(moment))


async def test_what_makes_no_sense_is_named(api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given)
    wrong = {
        "userId": {"userId": 999},
        "connectorId": {"connectorId": 999},
        "bookingId": {"bookingId": 1},
        "chargingProfile.chargingProfilePurpose": {
            "chargingProfile": PROFILE | {"chargingProfilePurpose": "TxDefaultProfile"}
        },
        "paymentMethodId": {"paymentMethodId": "gold", "userId": 1},
    }
    for field, order in wrong.items():
        answer = await api.post(start_path(here), order)
        assert (answer.status, list(answer.body["errors"])) == (422, [field])
    alone = await api.post(start_path(here), {"paymentMethodId": "12"})
    assert list(alone.body["errors"]) == ["userId"]
    assert (await api.post(start_path(here, 7))).status == 404
    assert (await api.post("/actions/evse/v1.0/999/start")).status == 404
    assert gateway.commands == []


async def test_a_profile_goes_along_unless_load_management_has_its_own(
    api: Client, given: Given, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await site(given, evses=2)
    await api.post(start_path(here), {"chargingProfile": PROFILE})
    sent = gateway.commands[0][1]
    assert isinstance(sent, RemoteStart)
    assert sent.charging_profile
    assert (sent.charging_profile.purpose, sent.charging_profile.periods) == ("transaction", (SchedulePeriod(0, 16),))
    own = ChargingProfile(
        id=1, stack_level=0, purpose="transaction", kind="relative", unit="A", periods=(SchedulePeriod(0, 6),)
    )

    async def limit(tx: Any, row: Any) -> ChargingProfile:
        assert row["id"] == here.evses[1]
        return own

    monkeypatch.setattr(control.first_profile, "_answerers", [limit])
    await api.post(start_path(here, 2), {"chargingProfile": PROFILE})
    assert gateway.commands[1][1].charging_profile == own  # type: ignore[union-attr]


async def test_upper_rooms_may_object(
    api: Client, given: Given, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await site(given)

    async def closed(tx: Any, row: Any, user_id: int | None, wish: str | None) -> Refusal:
        return Refusal("LOCATION_IS_CLOSED", "Charge point's location is closed")

    async def busy(tx: Any, row: Any, user_id: int | None, wish: str | None) -> None:
        raise Conflict

    monkeypatch.setattr(control.may_start, "_answerers", [closed])
    assert (await api.post(start_path(here))).body["errorCode"] == "LOCATION_IS_CLOSED"
    monkeypatch.setattr(control.may_start, "_answerers", [busy])
    assert (await api.post(start_path(here))).body["message"] == "Conflict"


async def test_a_partners_token_starts_only_at_its_own(given: Given, gateway: Gateway) -> None:
    here = await site(given)
    theirs = await given.client("*", partner_id=5)
    try:
        assert (await theirs.post(start_path(here))).status == 404
        assert (await theirs.post(f"/actions/evse/v1.0/{here.evses[0]}/start")).status == 404
        assert (await theirs.post(stop_path(here, 1))).status == 404
    finally:
        await theirs.close()


async def test_a_stop_is_asked_of_the_station(api: Client, given: Given, gateway: Gateway) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    running = await here.only_session()
    assert (await api.post(stop_path(here, running["id"]))).status == 202
    assert gateway.commands == [(here.id, RemoteStop(transaction_ref=str(number)))]
    assert (await here.only_session())["status"] == "active"  # it ends when the station says so
    await here.stops(number, later(5), 1500, reason="Remote")
    assert (await here.only_session())["reason"] == "remote"
    ended = await api.post(stop_path(here, running["id"]))
    assert (ended.status, "finished" in ended.body["message"]) == (406, True)


async def test_a_station_that_does_not_stop_is_forced(api: Client, given: Given, gateway: Gateway) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    running = await here.only_session()
    for answer, words in ((StationOffline(), "not connected"), ("Rejected", "Rejected")):
        gateway.answer = answer
        refused = await api.post(stop_path(here, running["id"]), {"force": False})
        assert (refused.status, words in refused.body["message"]) == (406, True)
    assert (await here.only_session())["status"] == "active"
    assert (await api.post(stop_path(here, running["id"]), {"force": True})).status == 202
    ended = await here.only_session()
    assert (ended["status"], ended["reason"]) == ("finished", "force_stop")
    await here.stops(number, later(9), 1900)
    ended = await here.only_session()
    assert (ended["reason"], ended["energy_wh"], ended["stopped_at"]) == ("force_stop", 900, later(9))


async def test_a_session_that_has_not_begun_is_given_up(api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given)
    begun = (await api.post(start_path(here))).body["sessionId"]
    assert (await api.post(stop_path(here, begun))).status == 202
    assert (await here.only_session())["status"] == "failed"
    assert [type(command) for _, command in gateway.commands] == [RemoteStart]


async def test_a_stop_knows_its_own_charge_point(api: Client, given: Given, gateway: Gateway) -> None:
    here, other, card = await site(given), await site(given), await tag(given)
    await here.starts(card)
    running = await here.only_session()
    assert (await api.post(stop_path(other, running["id"]))).status == 404
    assert (await api.post(stop_path(here, 999))).status == 404


@pytest.mark.parametrize("plugged", ["preparing", "occupied"])  # as 1.6 and 2.x say
async def test_a_plugged_cable_is_enough_where_no_authorization_is_wanted(
    given: Given, gateway: Gateway, system: System, plugged: HardwareStatus
) -> None:
    watching = asyncio.create_task(Autostart(system.database, SystemClock(speed=1000)).run())
    try:
        plain = await site(given)
        own = await site(given, autoStartWithoutAuthorization=True, disableAutoStartEmulation=True)
        told = await site(given, autoStartWithoutAuthorization=True)
        for here in (plain, own, told):
            await here.status(plugged)
        await gateway.asked.wait()
        begun = await told.only_session()
        order = int(begun["id"])
        expected = RemoteStart(id_tag=remote_tag(order), order=order, evse_network_id=1)
        assert gateway.commands == [(told.id, expected)]
    finally:
        watching.cancel()


async def test_what_has_a_session_stays(api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given)
    begun = (await api.post(start_path(here))).body["sessionId"]
    point = f"/resources/charge-points/v2.0/{here.id}"
    for path in (point, f"{point}/evses/{here.evses[0]}"):
        refused = await api.delete(path)
        assert (refused.status, "session" in refused.body["message"]) == (409, True)
    await api.post(stop_path(here, begun))
    assert (await api.delete(f"{point}/evses/{here.evses[0]}")).status == 204
    assert (await api.delete(point)).status == 204


def test_outcomes_that_agree() -> None:
    assert Outcome(status="Accepted").agreed
    assert not Outcome(status="Rejected").agreed
