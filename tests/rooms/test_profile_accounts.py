"""What a 2.x station says of its profiles after a boot puts our books right, and nothing else does."""

import asyncio
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select

from ohmstead.kit.clock import ManualClock
from ohmstead.kit.db import Row
from ohmstead.rooms.charging.facts import ProfilesTold
from ohmstead.rooms.charging.profiles import ProfileAccounts, profiles_told
from ohmstead.rooms.charging.profiles.profile_reconciliation import profile_account
from ohmstead.rooms.charging.profiles.profile_report_requests import SETTLE, ask_after_boot
from ohmstead.rooms.charging.profiles.table import NUMBERED_FROM, laid_profile
from ohmstead.rooms.charging.signals import limits_changed
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Connected
from ohmstead.rooms.devices.stations import (
    ChargingProfile,
    GetChargingProfiles,
    SchedulePeriod,
    SetChargingProfile,
    StationRefused,
)
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, booted, site


@pytest.fixture
async def here(given: Given) -> Site:
    found = await site(given, evses=2)
    await speaks(found, "2.0.1")
    return found


async def speaks(here: Site, version: str) -> None:
    now = here.system.clock.now()
    await here.tells(presence.connected, Connected(charge_point_id=here.id, version=version, remote_ip="::1", at=now))


async def lay(api: Client, here: Site, number: int, amps: float = 10) -> int:
    """The number of a new profile."""
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}]}
    purpose = "TxDefaultProfile" if number else "ChargePointMaxProfile"
    body = {
        "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute", "stackLevel": 2,
        "chargingSchedule": schedule,
    }  # fmt: skip
    answer = await api.post(f"/actions/charge-point/v1.0/{here.id}/set-charging-profile/{number}", body)
    assert answer.status == 202, answer.body
    return answer.data["id"]


async def asked(here: Site) -> int | None:
    """After a boot, once the time has come: the number of the request."""
    await here.tells(ask_after_boot, booted(here.id))
    accounts = ProfileAccounts(here.system.database, ManualClock(here.system.clock.now() + SETTLE))
    await accounts.start_due()
    await accounts.settled()
    async with here.system.database.read() as tx:
        return await tx.value(select(profile_account.c.id).order_by(profile_account.c.id.desc()))


def told(gateway: Gateway) -> list[ChargingProfile]:
    """What the station took."""
    return [command.profile for _, command in gateway.commands if isinstance(command, SetChargingProfile)]


async def report(here: Site, request: int | None, number: int, *profiles: ChargingProfile, more: bool = False) -> None:
    assert request is not None
    now = here.system.clock.now()
    fact = ProfilesTold(
        charge_point_id=here.id, request_id=request, evse_network_id=number, profiles=profiles, more=more,
        received_at=now,
    )  # fmt: skip
    await here.tells(profiles_told, fact)


async def books(here: Site) -> list[tuple[int, int]]:
    """(EVSE, number) of what we believe."""
    async with here.system.database.read() as tx:
        rows: list[Row] = await tx.all(select(laid_profile).order_by(laid_profile.c.evse_network_id, laid_profile.c.id))
    return [(row["evse_network_id"], NUMBERED_FROM + row["id"]) for row in rows]


async def shown(api: Client, here: Site, number: int) -> Any:
    path = f"/resources/charge-points/v2.0/{here.id}/evses/{here.evses[number - 1]}"
    return (await api.get(path, "include[]=chargingProfile")).data["chargingProfile"]


async def test_what_the_station_lost_is_off(api: Client, here: Site, gateway: Gateway) -> None:
    kept, _ = await lay(api, here, 0), await lay(api, here, 1)
    changed: list[int] = []
    end = limits_changed.connect(changed.append)
    request = await asked(here)
    assert gateway.commands[-1] == (here.id, GetChargingProfiles(request_id=request or 0))
    await report(here, request, 0, told(gateway)[0])
    assert await books(here) == [(0, kept)]
    assert (await shown(api, here, 1), changed) == (None, [here.id])
    await report(here, request, 1, told(gateway)[1])  # the account is closed
    assert await books(here) == [(0, kept)]
    end()


async def test_an_account_in_parts_counts_as_a_whole(api: Client, here: Site, gateway: Gateway) -> None:
    first, second = await lay(api, here, 1), await lay(api, here, 2)
    request = await asked(here)
    await report(here, request, 1, told(gateway)[0], more=True)
    await report(here, request, 1, told(gateway)[0], more=True)  # its answer was lost
    assert await books(here) == [(1, first), (2, second)]
    await report(here, request, 2, told(gateway)[1])
    assert await books(here) == [(1, first), (2, second)]


async def test_a_station_without_any(api: Client, here: Site, gateway: Gateway) -> None:
    await lay(api, here, 1)
    gateway.answer = "NoProfiles"
    await asked(here)
    assert await books(here) == []


@pytest.mark.parametrize("answer", ["Accepted", StationRefused("NotImplemented")])
async def test_a_station_that_says_nothing_changes_nothing(
    api: Client, here: Site, gateway: Gateway, answer: Any
) -> None:
    laid = await lay(api, here, 1)
    gateway.answer = answer
    await asked(here)
    assert await books(here) == [(1, laid)]


async def test_what_somebody_laid_before_us_is_found_and_can_be_cleared(
    api: Client, here: Site, gateway: Gateway
) -> None:
    """And a profile of ours that is in force with other limits than we think is as the station says."""
    number = await lay(api, here, 1)
    ours = structs.replace(told(gateway)[0], periods=(SchedulePeriod(0, 7.0),))
    foreign = ChargingProfile(
        id=90, stack_level=5, purpose="transaction_default", kind="absolute", unit="A",
        periods=(SchedulePeriod(0, 13.0),),
    )  # fmt: skip
    unknown = structs.replace(foreign, id=NUMBERED_FROM + 50, stack_level=6)
    request = await asked(here)
    await report(here, request, 1, ours, more=True)
    await report(here, request, 2, foreign, unknown)
    assert await books(here) == [(1, number), (2, 90), (2, NUMBERED_FROM + 50)]
    assert (await shown(api, here, 1))["schedulePeriods"] == [{"startPeriod": 0, "limit": 7}]
    assert await lay(api, here, 0) > NUMBERED_FROM + 50
    clear = f"/actions/charge-point/v1.0/{here.id}/clear-charging-profile"
    assert (await api.post(clear, {"id": 90})).status == 202
    assert [one for _, one in await books(here) if one == 90] == []


async def test_load_managements_own_and_strange_transactions_are_left_alone(here: Site, gateway: Gateway) -> None:
    own = ChargingProfile(
        id=2 * here.evses[0], stack_level=0, purpose="transaction_default", kind="absolute", unit="A",
        periods=(SchedulePeriod(0, 0.0),),
    )  # fmt: skip
    strange = structs.replace(own, id=5000, purpose="transaction", transaction_ref="tx-9")
    await report(here, await asked(here), 1, own, strange)
    assert await books(here) == []


async def test_limits_lose_their_hundredths_on_the_way(api: Client, here: Site, gateway: Gateway) -> None:
    laid = await lay(api, here, 1, 10.37)
    mine = structs.replace(told(gateway)[0], periods=(SchedulePeriod(0, 10.3),))
    await report(here, await asked(here), 1, mine)
    assert await books(here) == [(1, laid)]
    assert (await shown(api, here, 1))["schedulePeriods"][0]["limit"] == 10.37


async def test_of_two_boots_the_last_is_asked_after_and_1_6_never(here: Site, gateway: Gateway) -> None:
    await here.tells(ask_after_boot, booted(here.id))
    await asked(here)
    assert len(gateway.commands) == 1
    await speaks(here, "1.6")
    await asked(here)
    assert len(gateway.commands) == 1


async def test_of_several_processes_one_asks(here: Site, gateway: Gateway) -> None:
    await here.tells(ask_after_boot, booted(here.id))
    clock = ManualClock(here.system.clock.now() + SETTLE)
    processes = [ProfileAccounts(here.system.database, clock) for _ in range(3)]
    await asyncio.gather(*(one.start_due() for one in processes))
    await asyncio.gather(*(one.settled() for one in processes))
    assert len(gateway.commands) == 1
