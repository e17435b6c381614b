"""Charging profiles of operators: laid, shown, taken off, and where load management must keep the upper hand."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.kit.facts import outbox
from ohmstead.rooms.charging.profiles.table import NUMBERED_FROM, laid_profile
from ohmstead.rooms.devices.stations import (
    ClearChargingProfile,
    CompositeSchedule,
    GetCompositeSchedule,
    Outcome,
    SchedulePeriod,
    SetChargingProfile,
    StationOffline,
    StationRefused,
    stations,
)
from ohmstead.store.outbox import OutboxReader
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, later, site, tag

PATH = "/actions/charge-point/v1.0"


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given, evses=2)


def profile(purpose: str = "ChargePointMaxProfile", level: int = 0, limit: float = 10, **fields: Any) -> dict[str, Any]:
    """A limit in A, for ever."""
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    kind = {"stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute"}
    return kind | {"chargingSchedule": schedule} | fields


async def lay(api: Client, here: Site, number: int, body: dict[str, Any]) -> int:
    """The number of the profile that was laid."""
    answer = await api.post(f"{PATH}/{here.id}/set-charging-profile/{number}", body)
    assert answer.status == 202, answer.body
    return answer.body["data"]["id"]


async def shown(api: Client, here: Site, number: int) -> Any:
    """The profile the API shows on the charge point (0) or its EVSE."""
    path = f"/resources/charge-points/v2.0/{here.id}" + (f"/evses/{here.evses[number - 1]}" if number else "")
    return (await api.get(path, "include[]=chargingProfile")).data["chargingProfile"]


async def test_a_profile_is_laid_and_shown(api: Client, here: Site, gateway: Gateway) -> None:
    schedule = {
        "chargingRateUnit": "W", "duration": 3600, "startSchedule": "2026-03-01T00:00:00Z", "minChargingRate": 1400,
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 11000, "numberPhases": 3}, {"startPeriod": 60, "limit": 5000.5},
        ],
    }  # fmt: skip
    body = profile(
        "TxDefaultProfile", 3, chargingProfileKind="Recurring", recurrencyKind="Daily",
        validFrom="2026-03-01T00:00:00Z", validTo="2026-04-01T00:00:00Z", chargingSchedule=schedule,
    )  # fmt: skip
    laid = await lay(api, here, 2, body)
    [(station, command)] = gateway.commands
    assert isinstance(command, SetChargingProfile)
    assert (station, laid > NUMBERED_FROM) == (here.id, True)
    assert (command.evse_network_id, command.profile.id, command.profile.purpose) == (2, laid, "transaction_default")
    assert command.profile.starts_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert await shown(api, here, 2) == {
        "id": laid, "minChargingRate": 1400.0, "scheduleStart": "2026-03-01T00:00:00+00:00", "chargingRateUnit": "W",
        "schedulePeriods": [
            {"startPeriod": 0, "limit": 11000.0, "numberPhases": 3}, {"startPeriod": 60, "limit": 5000.5},
        ],
        "stackLevel": 3, "chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "purpose": "TxDefaultProfile",
        "validFrom": "2026-03-01T00:00:00+00:00", "validTo": "2026-04-01T00:00:00+00:00", "duration": 3600,
    }  # fmt: skip
    assert await shown(api, here, 1) is None
    assert await shown(api, here, 0) is None


async def applied(here: Site) -> list[dict[str, Any]]:
    """What was told of profiles that stations took."""
    async with here.system.database.read() as tx:
        query = select(outbox.c.payload).where(outbox.c.topic == "chargingProfile.applied")
        rows = await tx.all(query.order_by(outbox.c.id))
    return [row["payload"] for row in rows]


async def test_each_profile_that_is_taken_is_told(api: Client, here: Site, gateway: Gateway) -> None:
    recurring = {"chargingProfileKind": "Recurring", "recurrencyKind": "Weekly"}
    whole = await lay(api, here, 0, profile(limit=16))
    at_one = await lay(api, here, 2, profile("TxDefaultProfile", **recurring))
    gateway.answer = "Rejected"
    await api.post(f"{PATH}/{here.id}/set-charging-profile/0", profile())
    first, second = await applied(here)
    assert (first["chargePointId"], first["evseId"], first["sessionId"]) == (here.id, None, None)
    assert (second["chargePointId"], second["evseId"], second["sessionId"]) == (here.id, here.evses[1], None)
    assert first["chargingProfile"] | {"scheduleStart": None} == {
        "id": whole, "schedulePeriods": [{"startPeriod": 0, "limit": 16.0}], "scheduleStart": None,
        "chargingRateUnit": "A", "stackLevel": 0, "chargingProfileKind": "Absolute", "purpose": "ChargePointMaxProfile",
    }  # fmt: skip
    assert (second["chargingProfile"]["id"], second["chargingProfile"]["recurrencyKind"]) == (at_one, "weekly")
    assert datetime.fromisoformat(first["appliedAt"]) <= here.system.clock.now()


@pytest.mark.parametrize("answer", ["Accepted", "Rejected"])
async def test_a_profile_to_start_with_is_told_once_the_station_starts(
    api: Client, here: Site, gateway: Gateway, answer: str
) -> None:
    gateway.answer = answer
    begun = await api.post(f"/actions/evse/v1.0/{here.evses[0]}/start", {"chargingProfile": profile("TxProfile")})
    told = await applied(here)
    if answer == "Rejected":
        assert told == []
        return
    [one] = told
    session = int(begun.body["sessionId"])
    assert (one["chargePointId"], one["evseId"], one["sessionId"]) == (here.id, here.evses[0], session)
    assert one["chargingProfile"]["purpose"] == "TxProfile"


async def test_a_schedule_at_fixed_times_begins_now_unless_it_says_when(
    api: Client, here: Site, gateway: Gateway
) -> None:
    before = here.system.clock.now()
    await lay(api, here, 0, profile())
    await lay(api, here, 1, profile("TxDefaultProfile", chargingProfileKind="Relative"))
    fixed, relative = (command.profile for _, command in gateway.commands if isinstance(command, SetChargingProfile))
    assert fixed.starts_at is not None
    assert before <= fixed.starts_at <= here.system.clock.now()
    assert relative.starts_at is None


async def test_a_profile_on_the_same_level_replaces(api: Client, here: Site) -> None:
    first = await lay(api, here, 0, profile(limit=16))
    second = await lay(api, here, 0, profile(limit=8))
    third = await lay(api, here, 0, profile(level=1, limit=20))
    async with here.system.database.read() as tx:
        laid = [NUMBERED_FROM + row["id"] for row in await tx.all(select(laid_profile.c.id))]
    assert (sorted(laid), first in laid) == ([second, third], False)


@pytest.mark.parametrize("refusal", ["Rejected", "NotSupported", StationOffline(), StationRefused("NotImplemented")])
async def test_what_the_station_does_not_take_is_not_laid(
    api: Client, here: Site, gateway: Gateway, refusal: Any
) -> None:
    gateway.answer = refusal
    answer = await api.post(f"{PATH}/{here.id}/set-charging-profile/0", profile())
    assert answer.status == 406
    assert (refusal if isinstance(refusal, str) else str(refusal)) in answer.body["message"]
    assert await shown(api, here, 0) is None


@pytest.mark.parametrize(
    ("number", "body", "field"),
    [
        (0, {}, "stackLevel"),
        (1, profile(), "chargingProfilePurpose"),
        (1, profile("TxProfile"), "chargingProfilePurpose"),
        (0, profile("TxProfile"), "chargingProfilePurpose"),
        (1, profile("TxDefaultProfile", transactionId=1), "transactionId"),
        (0, profile(recurrencyKind="Daily"), "recurrencyKind"),
        (0, profile(chargingProfileKind="Recurring"), "recurrencyKind"),
        (0, profile(validFrom="2026-03-02T00:00:00Z", validTo="2026-03-01T00:00:00Z"), "validTo"),
        (
            0,
            profile(
                chargingSchedule={"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 5, "limit": 6}]}
            ),
            "chargingSchedule.chargingSchedulePeriod",
        ),
    ],
)
async def test_a_profile_that_makes_no_sense(
    api: Client, here: Site, gateway: Gateway, number: int, body: dict[str, Any], field: str
) -> None:
    answer = await api.post(f"{PATH}/{here.id}/set-charging-profile/{number}", body)
    assert (answer.status, field in answer.body["errors"]) == (422, True), answer.body
    assert gateway.commands == []


async def test_places_that_are_not_there(api: Client, here: Site, given: Given) -> None:
    assert (await api.post(f"{PATH}/{here.id}/set-charging-profile/3", profile("TxDefaultProfile"))).status == 404
    assert (await api.post(f"{PATH}/999/set-charging-profile/0", profile())).status == 404
    assert (await api.post(f"{PATH}/999/clear-charging-profile")).status == 404
    satellite = await given.charge_point(
        network={}, communicationMode="via_ocpp_connected_charge_point", ocppConnectedChargePointId=here.id
    )
    answer = await api.post(f"{PATH}/{satellite['id']}/set-charging-profile/0", profile())
    assert (answer.status, list(answer.body["errors"])) == (422, ["evseNetworkId"])


async def test_a_profile_for_a_session_ends_with_it(api: Client, here: Site, given: Given, gateway: Gateway) -> None:
    transaction, _ = await here.starts(await tag(given))
    for_all = await lay(api, here, 1, profile("TxDefaultProfile", limit=16))
    await lay(api, here, 1, profile("TxProfile", 2, transactionId=transaction))
    command = gateway.commands[-1][1]
    assert isinstance(command, SetChargingProfile)
    assert command.profile.transaction_ref == str(transaction)
    assert (await shown(api, here, 1))["purpose"] == "TxProfile"
    wrong = await api.post(f"{PATH}/{here.id}/set-charging-profile/1", profile("TxProfile", transactionId=999))
    assert (wrong.status, list(wrong.body["errors"])) == (422, ["transactionId"])
    await here.stops(transaction, later(30), 2000)
    await OutboxReader(here.system.database).drain()
    assert (await shown(api, here, 1))["id"] == for_all


async def test_a_profile_a_session_starts_with_is_shown_until_it_ends(api: Client, here: Site, given: Given) -> None:
    user = int((await given.user())["id"])
    body = {"userId": user, "chargingProfile": profile("TxProfile", 1, limit=13)}
    started = await api.post(f"{PATH}/{here.id}/start/1", body)
    assert started.body["success"] is True, started.body
    found = await shown(api, here, 1)
    assert (found["purpose"], found["schedulePeriods"]) == ("TxProfile", [{"startPeriod": 0, "limit": 13.0}])
    session = await here.only_session()
    transaction, _ = await here.starts(session["id_tag"])
    await here.stops(transaction, later(30), 2000)
    await OutboxReader(here.system.database).drain()
    assert await shown(api, here, 1) is None


async def cleared(api: Client, here: Site, gateway: Gateway, body: dict[str, Any] | None = None) -> Any:
    """The command that a clearing comes to."""
    answer = await api.post(f"{PATH}/{here.id}/clear-charging-profile", body)
    assert answer.status == 202, answer.body
    return gateway.commands[-1][1]


async def test_clearing_says_what_is_meant(api: Client, here: Site, gateway: Gateway) -> None:
    assert await cleared(api, here, gateway) == ClearChargingProfile(purpose="station_max")
    assert await cleared(api, here, gateway, {"evseNetworkId": "2"}) == ClearChargingProfile(
        evse_network_id=2, purpose="transaction_default"
    )
    assert await cleared(api, here, gateway, {"id": 7}) == ClearChargingProfile(profile_id=7)
    assert await cleared(api, here, gateway, {"stackLevel": 1}) == ClearChargingProfile(stack_level=1)
    everything = {"evseNetworkId": "1", "chargingProfilePurpose": "TxProfile", "stackLevel": 4}
    assert await cleared(api, here, gateway, everything) == ClearChargingProfile(
        evse_network_id=1, purpose="transaction", stack_level=4
    )


async def test_what_is_cleared_is_no_longer_shown(api: Client, here: Site, gateway: Gateway) -> None:
    low = await lay(api, here, 1, profile("TxDefaultProfile", 0))
    high = await lay(api, here, 1, profile("TxDefaultProfile", 1))
    whole = await lay(api, here, 0, profile())
    await cleared(api, here, gateway, {"id": high})
    assert (await shown(api, here, 1))["id"] == low
    await cleared(api, here, gateway, {"evseNetworkId": "1"})
    assert (await shown(api, here, 1), (await shown(api, here, 0))["id"]) == (None, whole)
    await cleared(api, here, gateway)
    assert await shown(api, here, 0) is None


async def test_a_refused_clearing_changes_nothing_unless_nothing_is_there(
    api: Client, here: Site, gateway: Gateway
) -> None:
    laid = await lay(api, here, 0, profile())
    gateway.answer = StationOffline()
    answer = await api.post(f"{PATH}/{here.id}/clear-charging-profile")
    assert (answer.status, (await shown(api, here, 0))["id"]) == (406, laid)
    gateway.answer = "Unknown"
    answer = await api.post(f"{PATH}/{here.id}/clear-charging-profile")
    assert (answer.status, "Unknown" in answer.body["message"]) == (406, True)
    assert await shown(api, here, 0) is None
    for body, field in (
        ({"chargingProfilePurpose": "Any"}, "chargingProfilePurpose"),
        ({"evseNetworkId": "9"}, "evseNetworkId"),
        ({"id": 1.5}, "id"),
    ):
        answer = await api.post(f"{PATH}/{here.id}/clear-charging-profile", body)
        assert (answer.status, list(answer.body["errors"])) == (422, [field])


@pytest.fixture
async def managed(api: Client, given: Given, gateway: Gateway) -> Site:
    """A charge point whose circuit load management watches over."""
    point = await given.managed_charge_point()
    circuit = await given.circuit()
    attached = await api.post(
        f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point", {"chargePointId": point["id"]}
    )
    assert attached.status == 202
    return Site(given.system, point["id"], [point["evses"][0]["id"]])


async def test_load_managements_own_levels_are_not_for_sale(
    api: Client, managed: Site, given: Given, gateway: Gateway
) -> None:
    transaction, _ = await managed.starts(await tag(given))
    for body, field in (
        (profile("TxDefaultProfile", 0), "chargingProfilePurpose"),
        (profile("TxDefaultProfile", 5), "chargingProfilePurpose"),
        (profile("TxProfile", 1, transactionId=transaction), "stackLevel"),
        (profile("TxProfile", 2), "stackLevel"),
    ):
        answer = await api.post(f"{PATH}/{managed.id}/set-charging-profile/1", body)
        assert (answer.status, list(answer.body["errors"])) == (422, [field])
    assert gateway.commands == []
    await lay(api, managed, 1, profile("TxProfile", 0))
    await lay(api, managed, 0, profile())


async def test_clearing_leaves_load_managements_profiles(
    api: Client, managed: Site, given: Given, gateway: Gateway
) -> None:
    await managed.starts(await tag(given))
    laid = await lay(api, managed, 1, profile("TxProfile", 0))
    nothing = await api.post(f"{PATH}/{managed.id}/clear-charging-profile", {"evseNetworkId": "1"})
    assert (nothing.status, "stay" in nothing.body["message"]) == (406, True)
    own = await api.post(f"{PATH}/{managed.id}/clear-charging-profile", {"id": 2 * managed.evses[0]})
    assert (own.status, list(own.body["errors"])) == (422, ["id"])
    body = {"evseNetworkId": "1", "chargingProfilePurpose": "TxProfile"}
    assert await cleared(api, managed, gateway, body) == ClearChargingProfile(profile_id=laid)


async def test_the_schedule_a_station_works_out(api: Client, here: Site, gateway: Gateway) -> None:
    worked_out = CompositeSchedule(
        evse_network_id=1, starts_at=later(0), unit="A", periods=(SchedulePeriod(0, 16, 3),), duration_s=600
    )
    seen = []

    class Planning(Gateway):
        async def call(self, charge_point_id: int, command: Any) -> Outcome:
            seen.append(command)
            return Outcome(status="Accepted", schedule=worked_out if command.evse_network_id else None)

    stations.provide(Planning())
    path = f"{PATH}/{here.id}/get-composite-schedule"
    answer = await api.post(path, {"evseNetworkId": 1, "duration": 600, "chargingRateUnit": "A"})
    assert (answer.status, seen) == (202, [GetCompositeSchedule(evse_network_id=1, duration_s=600, unit="A")])
    assert answer.data == {
        "evseNetworkId": 1, "scheduleStart": later(0).isoformat(), "duration": 600, "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}],
    }  # fmt: skip
    assert (await api.post(path)).data == {"evseNetworkId": 0, "chargingSchedulePeriod": []}
    stations.provide(gateway)
    gateway.answer = "Rejected"
    assert (await api.post(path)).status == 406
    for body, field in (({"duration": 0}, "duration"), ({"evseNetworkId": 9}, "evseNetworkId")):
        answer = await api.post(path, body)
        assert (answer.status, list(answer.body["errors"])) == (422, [field])
