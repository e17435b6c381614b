"""Limits that others set at 2.x stations: shown, in force for load management, and gone when they are cleared."""

from typing import Any

from ohmstead.rooms.devices.facts import LimitCleared, LimitTold
from ohmstead.rooms.devices.profiles import outside_limits
from ohmstead.rooms.devices.stations import ChargingProfile, SchedulePeriod
from ohmstead.rooms.network.signals import outside_limit_changed
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import T0, Site, later, site


def profile(*limits: float, **fields: Any) -> ChargingProfile:
    """Of an hour each."""
    periods = tuple(SchedulePeriod(3600 * place, amps) for place, amps in enumerate(limits))
    given: dict[str, Any] = {"unit": "A", "starts_at": T0} | fields
    return ChargingProfile(id=1, stack_level=0, purpose="station_max", kind="absolute", periods=periods, **given)


async def tell(
    here: Site, *schedules: ChargingProfile, number: int = 0, source: str = "EMS", minute: float = 0
) -> None:
    fact = LimitTold(
        charge_point_id=here.id, evse_network_id=number, source=source, grid_critical=True, schedules=schedules,
        received_at=later(minute),
    )  # fmt: skip
    await here.tells(outside_limits.limit_told, fact)


async def clear(here: Site, number: int | None = None, source: str = "EMS", minute: float = 60) -> None:
    fact = LimitCleared(charge_point_id=here.id, evse_network_id=number, source=source, received_at=later(minute))
    await here.tells(outside_limits.limit_cleared, fact)


async def shown(api: Client, here: Site) -> list[dict[str, Any]] | None:
    answer = await api.get(f"/resources/charge-points/v2.0/{here.id}", "include[]=smartCharging")
    return answer.data["smartCharging"].get("outsideLimits")


async def test_a_limit_is_shown_until_it_is_cleared(api: Client, given: Given) -> None:
    here = await site(given)
    told: list[int] = []
    end = outside_limit_changed.connect(told.append)
    assert await shown(api, here) is None
    await tell(here, profile(16, 10, duration_s=7200))
    assert await shown(api, here) == [
        {
            "source": "EMS", "evseNetworkId": 0, "gridCritical": True, "toldAt": T0.isoformat(),
            "schedules": [{
                "scheduleStart": T0.isoformat(), "duration": 7200, "chargingRateUnit": "A",
                "schedulePeriods": [{"startPeriod": 0, "limit": 16}, {"startPeriod": 3600, "limit": 10}],
            }],
        }
    ]  # fmt: skip
    await tell(here, profile(8), minute=1)
    assert [one["schedules"][0]["schedulePeriods"][0]["limit"] for one in await shown(api, here) or []] == [8]
    await clear(here)
    assert await shown(api, here) is None
    assert told == [here.id] * 3
    end()


async def test_what_is_cleared_is_what_was_meant(api: Client, given: Given) -> None:
    here = await site(given)
    await tell(here, profile(8))
    await tell(here, number=1)
    await tell(here, source="SO")
    await clear(here, number=0)
    assert [(one["source"], one["evseNetworkId"]) for one in await shown(api, here) or []] == [("SO", 0), ("EMS", 1)]
    await clear(here, minute=-1)  # told before the limit was
    assert len(await shown(api, here) or []) == 2
    await clear(here)
    assert [one["source"] for one in await shown(api, here) or []] == ["SO"]


async def test_it_is_never_taken_in_from_a_client(api: Client, given: Given) -> None:
    here = await site(given)
    path = f"/resources/charge-points/v2.0/{here.id}/smart-charging"
    limit = {"source": "EMS", "evseNetworkId": 0, "gridCritical": False, "toldAt": T0.isoformat(), "schedules": []}
    assert (await api.post(path, {"mode": "disabled", "outsideLimits": [limit]})).status == 201
    assert await shown(api, here) is None


async def test_it_binds_each_evse_and_the_station(given: Given) -> None:
    here = await site(given, evses=2)
    await tell(here, profile(16))
    await tell(here, profile(10), number=2)
    async with here.system.database.read() as tx:
        found = await outside_limits.outside_of(tx, here.evses)
    own, other = (found[key] for key in here.evses)
    assert (own.own, own.whole) == ((), (profile(16),))
    assert (other.own, other.whole) == ((profile(10),), (profile(16),))
