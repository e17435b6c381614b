"""Verification: idle EVSEs are asked what a start could take there, lest one be trusted that lost its fallback."""

import asyncio
from collections.abc import Callable

import structlog

from ohmstead.kit.clock import Clock
from ohmstead.rooms.devices.stations import (
    CompositeSchedule,
    GetCompositeSchedule,
    StationError,
    StationRefused,
    Stations,
    StationUntold,
)
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Outlet

AT_ONCE = 4  # that are asked at the same time in one tree
AHEAD_S = 60  # s from now that are asked for

log = structlog.get_logger("ohmstead.power")


class Verification:
    """Asks beside everything else, each EVSE once after it came; a station that does not answer such questions is asked
    no more. `tell` is called after each answer."""

    def __init__(self, stations: Stations, clock: Clock, tell: Callable[[], None]) -> None:
        self._stations, self._clock, self._tell = stations, clock, tell
        self._mute: set[int] = set()
        self._asking: set[asyncio.Task[None]] = set()

    def begin(self, site: Site) -> None:
        """Ask those that are to be asked, as many as may be at once; the others at the next turn."""
        for outlet in site.trust.to_verify()[: AT_ONCE - len(self._asking)]:
            site.trust.unverified.discard(outlet.id)
            if outlet.station_id not in self._mute:
                task = asyncio.create_task(self._ask(site, outlet))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    def end(self) -> None:
        """Ask no more."""
        for task in self._asking:
            task.cancel()

    async def _ask(self, site: Site, outlet: Outlet) -> None:
        command = GetCompositeSchedule(evse_network_id=outlet.network_id, duration_s=AHEAD_S, unit=outlet.unit)
        try:
            outcome = await self._stations.call(outlet.station_id, command)
        except StationError as error:
            if isinstance(error, (StationRefused, StationUntold)):
                self._mute.add(outlet.station_id)
            log.info("fallback not verified", evse=outlet.id, why=str(error))
            return
        if outcome.agreed and outcome.schedule is not None and outcome.schedule.periods:
            site.trust.verified(outlet.id, self._most(outcome.schedule, outlet), self._clock.now().timestamp())
        self._tell()

    def _most(self, schedule: CompositeSchedule, outlet: Outlet) -> float:
        """A a line that it allows within the time asked for."""
        most = max(period.limit for period in schedule.periods if period.start_s < AHEAD_S)
        return most if schedule.unit == "A" else most / outlet.watts_an_amp()
