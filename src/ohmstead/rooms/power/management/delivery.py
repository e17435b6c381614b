"""Delivery: limits on their way to EVSEs. Written down before the frame goes out, settled when the answer comes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from msgspec.structs import replace
from sqlalchemy import ARRAY, BigInteger, Boolean, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from ohmstead.engines.dlm.planning import Send
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.charging.profiles import tell_applied
from ohmstead.rooms.devices.profiles.given import shown
from ohmstead.rooms.devices.stations import (
    ChargingProfile,
    ClearChargingProfile,
    SetChargingProfile,
    StationError,
    StationRefused,
    Stations,
    UpdateDynamicSchedule,
)
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.management.profiles import fallback, ids, place, setpoint
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Outlet
from ohmstead.rooms.power.management.table import charging_limit

log = structlog.get_logger("ohmstead.power")


@dataclass(frozen=True, slots=True)
class Applied:
    """A profile a station took: what the API shows and the world is told."""

    outlet: Outlet
    session_id: int | None
    profile: ChargingProfile
    at: datetime
    unused: bool = False  # by a car that takes nothing


def _keep() -> Statement:
    rows = (
        func.unnest(
            bindparam("ids", type_=ARRAY(BigInteger)),
            bindparam("records", type_=ARRAY(JSONB)),
            bindparam("fallbacks", type_=ARRAY(Boolean)),
        )
        .table_valued("evse_id", "record", "fallback_set")
        .render_derived()
    )
    given = select(
        rows.c.evse_id, rows.c.record, rows.c.fallback_set, bindparam("now", type_=charging_limit.c.updated_at.type)
    )
    own = insert(charging_limit).from_select(["evse_id", "record", "fallback_set", "updated_at"], given)
    newer = {name: own.excluded[name] for name in ("record", "fallback_set", "updated_at")}
    return Statement(own.on_conflict_do_update(index_elements=["evse_id"], set_=newer))


_KEEP = _keep()
_SHOW = Statement(
    update(evse)
    .where(evse.c.id == bindparam("evse"))
    .values(charging_profile=bindparam("profile", type_=JSONB), updated_at=bindparam("now"))
)


async def keep(tx: Tx, site: Site, evses: Iterable[int], applied: Iterable[Applied]) -> None:
    """Write down what the envelope holds of these EVSEs, and the profiles that stations took."""
    ids = sorted(id for id in evses if id in site.outlets)  # some may have left meanwhile
    if ids:
        await tx.run(_KEEP, ids=ids, records=[site.record(id) for id in ids],
                     fallbacks=[id in site.fallbacks for id in ids], now=tx.now)  # fmt: skip
    await show(tx, applied)


async def show(tx: Tx, applied: Iterable[Applied]) -> None:
    """Show the profiles that stations took, and tell of them."""
    for one in sorted(applied, key=lambda one: one.outlet.id):  # all lock EVSEs in this order
        await tx.run(_SHOW, evse=one.outlet.id, profile=shown(one.profile), now=tx.now)
        whole = one.profile.purpose == "station_max"
        tell_applied(
            tx, one.profile, charge_point_id=one.outlet.charge_point_id, evse_id=None if whole else one.outlet.id,
            session_id=one.session_id, at=one.at, unused=one.unused,
        )  # fmt: skip


class Delivery:
    """Sends the limits of one site, as long as no other node can have taken the tree over (`is_ours`)."""

    def __init__(self, stations: Stations, clock: Clock, is_ours: Callable[[], bool]) -> None:
        self._stations, self._clock, self._is_ours = stations, clock, is_ours
        self._dynamic: dict[int, ChargingProfile] = {}  # EVSE -> the dynamic profile it took last

    async def deliver(self, site: Site, send: Send) -> list[Applied]:
        """Send one limit and tell the envelope its fate; the profiles the station took."""
        outlet = site.outlets.get(int(send.evse))
        if outlet is None or not self._is_ours() or not self._stations.connected(outlet.station_id):
            site.envelope.withdrawn(send.seq)
            return []
        site.envelope.sent(send.seq, self._clock.now().timestamp())
        applied, phases = list[Applied](), site.phases_of(outlet)
        try:
            if outlet.id in site.resteered:
                await self._stations.call(outlet.station_id, ClearChargingProfile(profile_id=ids(outlet.id)[1]))
                site.resteered.discard(outlet.id)
            for profile in await self._profiles(site, outlet, send, phases, applied):
                if outlet.id not in site.outlets or not self._is_ours():
                    break  # it left meanwhile, and what we lay on it now nobody would take off
                await self._set(outlet, profile)
                applied.append(self._applied(site, outlet, profile))
        except StationRefused as error:
            self._refused(site, outlet, send, error)
        except StationError as error:
            log.warning("limit unanswered", evse=outlet.id, amps=send.amps, why=str(error))
            site.envelope.lost(send.seq)
        else:
            if outlet.id in site.outlets:
                site.fallbacks.add(outlet.id)
            now = self._clock.now().timestamp()
            site.envelope.accepted(send.seq, now)
            site.limited(outlet.id, now, phases)
        return applied

    async def _profiles(
        self, site: Site, outlet: Outlet, send: Send, phases: int | None, applied: list[Applied]
    ) -> list[ChargingProfile]:
        """An idle EVSE gets its fallback; a charging one its setpoint, and the fallback if it has none of ours yet. One
        that holds a dynamic setpoint of the session gets nothing but the limit, at once."""
        held = self._dynamic.pop(outlet.id, None)
        if outlet.steered_by is None:
            raise StationRefused("NotSupported", "charge points of its model take no profile it could be steered by")
        resting = fallback(outlet, send.fallback, self._clock.now())
        if outlet.charge is None:
            return [resting]
        own = setpoint(outlet, outlet.charge, send, phases)
        if outlet.id in site.fallbacks and await self._changed(outlet, held, own):
            applied.append(self._applied(site, outlet, own))
            return []
        return [own] if outlet.id in site.fallbacks or outlet.steered_by != "transaction" else [own, resting]

    async def _changed(self, outlet: Outlet, held: ChargingProfile | None, own: ChargingProfile) -> bool:
        """Give the dynamic profile that it holds another limit; whether it holds such a one and took it."""
        if held is None or own != replace(held, periods=own.periods) or _phases(held) != _phases(own):
            return False
        try:
            change = UpdateDynamicSchedule(profile_id=own.id, limit=own.periods[0].limit)
            outcome = await self._stations.call(outlet.station_id, change)
        except StationRefused:
            return False
        if outcome.agreed:
            self._dynamic[outlet.id] = own
        return outcome.agreed

    def _applied(self, site: Site, outlet: Outlet, profile: ChargingProfile) -> Applied:
        now = self._clock.now()
        if outlet.charge is None:
            return Applied(outlet, None, profile, now)
        return Applied(outlet, outlet.charge.id, profile, now, unused=outlet.id not in site.needs)

    async def _set(self, outlet: Outlet, profile: ChargingProfile) -> None:
        outcome = await self._stations.call(outlet.station_id, SetChargingProfile(
            evse_network_id=place(outlet, profile), profile=profile))  # fmt: skip
        if not outcome.agreed:
            raise StationRefused(outcome.status)
        if profile.kind == "dynamic":
            self._dynamic[outlet.id] = profile

    def _refused(self, site: Site, outlet: Outlet, send: Send, error: StationRefused) -> None:
        """A refusal counts against the station, unless the session it was for is over: then it had to refuse."""
        now = site.outlets.get(outlet.id)
        if outlet.charge is not None and (now is None or now.charge is None or now.charge.id != outlet.charge.id):
            site.envelope.withdrawn(send.seq)
            return
        log.warning("limit refused", evse=outlet.id, amps=send.amps, why=str(error))
        site.envelope.rejected(send.seq, self._clock.now().timestamp())


def _phases(profile: ChargingProfile) -> list[int | None]:
    return [period.phases for period in profile.periods]
