"""Moving EVSEs from a charge point to one of its satellites: the cabinet they are mounted in, not the line they speak
through."""

from collections.abc import Collection
from typing import Annotated

from msgspec import Meta
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.questions import Question
from ohmstead.kit.views import View
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.durable_facts import ChargePointEvsesChanged, EvseChanged, EvseMoved
from ohmstead.rooms.network.evses.rules import may_be_wired
from ohmstead.rooms.network.evses.table import evse
from ohmstead.rooms.tariffs.tables import tariff_group

move_actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)
in_use: Question[[Tx, list[int]], list[int]] = Question("which of these EVSEs somebody uses or has reserved")

_ids = evse.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
_HERE = Statement(
    select(
        evse.c.id,
        evse.c.phases,
        evse.c.phase_rotation,
        evse.c.connected_phase,
        tariff_group.c.partner_id.label("prices_of"),  # the partner whose tariff group it has
    )
    .outerjoin_from(evse, tariff_group, tariff_group.c.id == evse.c.tariff_group_id)
    .where(_ids, evse.c.charge_point_id == bindparam("point", type_=BigInteger), evse.c.deleted_at.is_(None))
    .with_for_update(of=evse)  # nothing begins there meanwhile
)
_MOVE = Statement(
    update(evse)
    .where(_ids)
    .values(charge_point_id=bindparam("satellite", type_=BigInteger), updated_at=bindparam("now"))
)


class Move(View):
    satellite_charge_point_id: Annotated[int, Meta(description="A charge point that speaks through this one.")]
    evse_ids: Annotated[list[int], Meta(min_length=1)]


@move_actions.post("v1.0/{chargePoint}/move-evses-to-satellite", "Charge Point / Move EVSEs to Satellite", body=Move,
            references={"satellite_charge_point_id": charge_points})  # fmt: skip
async def move_evses_to_satellite(call: Call, wanted: Move) -> None:
    """Count EVSEs among those of a satellite from now on. They keep their ids, their numbers in OCPP and their
    connectors; sessions of the past stay where they were. All of them are moved, or none."""
    point = await charge_points.find(call)
    satellite = call.referred["satellite_charge_point_id"]
    if satellite["ocpp_connected_charge_point_id"] != point["id"]:
        raise Invalid(satelliteChargePointId="The selected charge point is no satellite of this one.")
    ids = list(dict.fromkeys(wanted.evse_ids))
    here = {row["id"]: row for row in await call.tx.all(_HERE, ids=ids, point=point["id"])}
    used = {key for keys in await in_use(call.tx, ids) for key in keys}
    errors = {
        f"evseIds.{place}": text for place, key in enumerate(wanted.evse_ids) if (text := _fault(key, here, used))
    }
    for place, key in enumerate(wanted.evse_ids):
        if key in here and here[key]["prices_of"] not in (None, satellite["partner_id"]):
            errors.setdefault(f"evseIds.{place}", []).append("The tariff group of the EVSE belongs to another partner.")
        if key in here and (texts := await may_be_wired(call.tx, wanted.satellite_charge_point_id, here[key])):
            errors.setdefault(f"evseIds.{place}", []).extend(texts)
    if errors:
        raise Invalid.of(errors)
    await call.tx.run(_MOVE, ids=ids, satellite=wanted.satellite_charge_point_id, now=call.now)
    for key in ids:
        call.tx.tell(EvseChanged(id=key, action="updated"))
        call.tx.tell(EvseMoved(id=key, left=point["id"], charge_point_id=wanted.satellite_charge_point_id))
    for changed in (point["id"], wanted.satellite_charge_point_id):
        call.tx.tell(ChargePointEvsesChanged(id=changed, action="updated"))
    call.changes = {"id": wanted.satellite_charge_point_id, "evseIds": ids}


def _fault(key: int, here: Collection[int], used: Collection[int]) -> list[str]:
    """Why an EVSE cannot be moved; nothing where it can."""
    if key not in here:
        return ["The EVSE does not belong to the charge point."]
    return ["The EVSE is in use: a session, a reservation or a booking is open there."] if key in used else []
