"""Fitting a client's profile to its station: what it cannot take is refused, another unit is worked out."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, or_, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.profiles.abilities import Abilities
from ohmstead.rooms.devices.profiles.given import GivenProfile, kind_of, purpose_of
from ohmstead.rooms.devices.profiles.units import LINES, in_unit
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse

_number = bindparam("number", type_=Integer)
_WIRING = Statement(
    select(evse.c.phases, charge_point.c.smart_charging)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(evse.c.station_id == bindparam("station", type_=BigInteger), evse.c.deleted_at.is_(None))
    .where(or_(_number == 0, evse.c.network_id == _number))
    .order_by(evse.c.network_id)
)


def misfits(given: GivenProfile, abilities: Abilities) -> Iterator[tuple[str, str]]:
    """(field, text) of what a station of these abilities does not take."""
    if purpose_of(given.charging_profile_purpose) not in abilities.purposes:
        purpose = given.charging_profile_purpose
        yield "chargingProfilePurpose", f"Charge points of the model take no {purpose}."
    if kind_of(given.charging_profile_kind) not in abilities.kinds:
        yield "chargingProfileKind", f"Charge points of the model take no {given.charging_profile_kind} profiles."
    if abilities.most_level is not None and given.stack_level > abilities.most_level:
        yield "stackLevel", f"The charge point takes no stack level above {abilities.most_level}."
    most = abilities.most_periods
    if most is not None and len(given.charging_schedule.charging_schedule_period) > most:
        yield "chargingSchedule.chargingSchedulePeriod", f"The charge point takes no more than {most} periods."


async def fitted(
    tx: Tx, station_id: int, number: int, profile: ChargingProfile, abilities: Abilities
) -> ChargingProfile:
    """The profile as it is sent to an EVSE of a station (0: all of it), in the only unit that the station takes."""
    if abilities.unit in (None, profile.unit):
        return profile
    rows = await tx.all(_WIRING, station=station_id, number=number)
    details: dict[str, Any] = next((row["smart_charging"] for row in rows if row["smart_charging"]), {})
    wired: list[str] = [row["phases"] or details.get("phases", "") for row in rows]
    return in_unit(profile, abilities.unit, max((LINES.get(one, 3) for one in wired), default=3), details)
