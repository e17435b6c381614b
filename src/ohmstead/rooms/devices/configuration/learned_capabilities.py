"""Learned: what a charge point's settings say of the machine itself: which security profile it can use, and whether it
has a display that shows our messages."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, SmallInteger, any_, bindparam, func, literal, or_, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.configuration.table import configuration_variable
from ohmstead.rooms.devices.stations import Setting
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.durable_facts import ChargePointChanged

PROFILE = "SecurityProfile"  # in 1.6, and of the SecurityCtrlr in 2.x
COMPONENTS = (None, "", "SecurityCtrlr")
DISPLAYS = {("CustomDisplayCostAndPrice", ""), ("Available", "DisplayMessageCtrlr"), ("Enabled", "DisplayMessageCtrlr")}
"""What is "true" of a station whose display shows messages: in 1.6 by the OCA's note on prices, and in 2.x."""
PROFILES = {"0": 0, "1": 1, "2": 2, "3": 3}

_own, _variable = charge_point.c, configuration_variable.c
_station = bindparam("station", type_=BigInteger)
_used, _limit = bindparam("used", type_=SmallInteger), bindparam("limit", type_=SmallInteger)
_with_satellites = or_(_own.id == _station, _own.ocpp_connected_charge_point_id == _station) & _own.deleted_at.is_(None)
_most = func.coalesce(_limit, func.greatest(_own.hardware_security_profile, _used))
_LEARN = Statement(
    update(charge_point)
    .where(_with_satellites)
    .where(_own.hardware_security_profile.is_distinct_from(_most))
    .values(hardware_security_profile=_most, updated_at=bindparam("now"))
    .returning(_own.id)
)
_SHOWS = Statement(
    update(charge_point)
    .where(_with_satellites)
    .where(~(literal("display_messages") == any_(_own.capabilities)))
    .values(capabilities=func.array_append(_own.capabilities, "display_messages"), updated_at=bindparam("now"))
    .returning(_own.id)
)
_LIMIT = Statement(
    select(_variable.max_limit)
    .where(_variable.charge_point_id == _station, _variable.name == PROFILE, _variable.max_limit.between(0, 3))
    .where(or_(*(_variable.component_name == name for name in COMPONENTS if name is not None)))
    .limit(1)
)


async def learn(tx: Tx, station_id: int, settings: Sequence[Setting]) -> None:
    """A profile that it uses or takes is one that it can use; the limit, where it tells one, is the highest."""
    told = [one for one in settings if one.key == PROFILE and one.component in COMPONENTS]
    for one in told:
        used = PROFILES.get((one.value or "").strip())
        limit = PROFILES.get(str(one.max_limit))
        if used is None and limit is None:
            continue
        for row in await tx.all(_LEARN, station=station_id, used=used, limit=limit, now=tx.now):
            tx.tell(ChargePointChanged(id=row["id"], action="updated"))
    if any((one.key, one.component or "") in DISPLAYS and _is_true(one) for one in settings):
        for row in await tx.all(_SHOWS, station=station_id, now=tx.now):
            tx.tell(ChargePointChanged(id=row["id"], action="updated"))


def _is_true(setting: Setting) -> bool:
    return (setting.value or "").strip().lower() == "true"


async def highest_profile(tx: Tx, station_id: int) -> int | None:
    """The highest security profile by the station's own word; None where it never said: it may be able to do more
    than it has shown."""
    return await tx.value(_LIMIT, station=station_id)
