"""The action on security profiles: forget how secure a charge point's connections were."""

from sqlalchemy import BigInteger, bindparam, case, null, true, update

from ohmstead.kit.db import Statement
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.rooms.network.actions import station_of
from ohmstead.rooms.network.charge_points import charge_point, charge_points

actions = Group("action / charge point", "actions/charge-point/", "charge-points")

_own = charge_point.c
_station = bindparam("station", type_=BigInteger)
_RESET = Statement(
    update(charge_point)
    .where((_own.id == _station) | (_own.ocpp_connected_charge_point_id == _station), _own.deleted_at.is_(None))
    .values(
        current_security_profile=null(),
        accepts_any_profile=true(),
        desired_security_profile_status=case((_own.desired_security_profile.is_not(None), "pending"), else_=null()),
        updated_at=bindparam("now"),
    )
    .returning(_own.id)
)


@actions.post("v1.0/{chargePoint}/reset-security-profile", "Charge Point / Reset Security Profile")
async def reset_security_profile(call: Call) -> None:
    """Accept the next connection of the charge point whatever security profile it uses, which then is its current one.
    A password that is presented must be the right one all the same. A desired profile is tried again."""
    point = await charge_points.find(call)
    for row in await call.tx.all(_RESET, station=station_of(point), now=call.now):
        call.tx.fact("chargePoint.changed", id=row["id"], action="updated")
