"""Actions on security profiles: raise that of a charge point now, or forget how secure its connections were."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, SmallInteger, bindparam, case, null, true, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.devices.commands.actions import whole_station
from ohmstead.rooms.devices.configuration.learned_capabilities import highest_profile
from ohmstead.rooms.devices.security_profiles.profile_upgrade import begin
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.durable_facts import ChargePointChanged

actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

_own = charge_point.c
_station = bindparam("station", type_=BigInteger)
_with_satellites = (
    update(charge_point)
    .where((_own.id == _station) | (_own.ocpp_connected_charge_point_id == _station), _own.deleted_at.is_(None))
    .returning(_own.id)
)
_RESET = Statement(
    _with_satellites.values(
        current_security_profile=null(),
        accepts_any_profile=true(),
        desired_security_profile_status=case((_own.desired_security_profile.is_not(None), "pending"), else_=null()),
        updated_at=bindparam("now"),
    )
)
_WISH = Statement(
    _with_satellites.values(
        desired_security_profile=bindparam("desired", type_=SmallInteger),
        desired_security_profile_status="pending",
        updated_at=bindparam("now"),
    )
)


class Wish(View):
    set_security_profile: Annotated[Literal[1, 2], Meta(description="1: with a password, 2: with a password and TLS.")]
    reason: Annotated[str, Meta(max_length=500, description="Why; kept in the audit.")]


class Begun(View):
    success: Opt[bool] = UNSET


@actions.post("v2.0/{chargePoint}/set-security-profile", "Charge Point / Set Security Profile", body=Wish,
              gives=Begun, errors=(401, 403, 404, 406, 422, 429))  # fmt: skip
async def set_security_profile(call: Call, wish: Wish) -> Begun:
    """Raise the security profile, beginning now: what the charge point lacks for it, a password or our root, it gets
    first. It is never lowered."""
    station = await whole_station(call, call.tx)
    point, wanted = await charge_points.find(call), wish.set_security_profile
    if (objection := _against(point, wanted, await highest_profile(call.tx, station))) is not None:
        raise Rejected(objection)
    for row in await call.tx.all(_WISH, station=station, desired=wanted, now=call.now):
        call.tx.tell(ChargePointChanged(id=row["id"], action="updated"))
    await begin(call.tx, station, wanted, call.now)
    call.changes = {"setSecurityProfile": wanted, "reason": wish.reason}
    return Begun(success=True)


def _against(point: Row, wanted: int, most: int | None) -> str | None:
    used = point["current_security_profile"]
    if used is None and not point["accepts_any_profile"]:
        used = 0 if point["network_password"] is None else 1
    if used is not None and wanted <= used:
        return f"Cannot transition from security profile {used} to {wanted}. Only raising the profile is allowed."
    if most is not None and wanted > most:
        return f"Cannot set security profile to {wanted}. Charge point's maximum supported level is {most}."
    return None


@actions.post("v1.0/{chargePoint}/reset-security-profile", "Charge Point / Reset Security Profile")
async def reset_security_profile(call: Call) -> None:
    """Accept the next connection of the charge point whatever security profile it uses, which then is its current one.
    A password that is presented must be the right one all the same. A desired profile is tried again."""
    station = await whole_station(call, call.tx)
    for row in await call.tx.all(_RESET, station=station, now=call.now):
        call.tx.tell(ChargePointChanged(id=row["id"], action="updated"))
