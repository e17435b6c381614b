"""Smart charging of one charge point: the operation that sets its details as a whole."""

from collections.abc import Collection
from typing import Any

from msgspec import to_builtins
from sqlalchemy import BigInteger, DateTime, bindparam, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.questions import Question
from ohmstead.kit.views import View
from ohmstead.rooms.network.charge_points import charge_point, charge_points, smart_charging_of
from ohmstead.rooms.network.charge_points.smart_charging_details import SmartCharging, kept, objections
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.network.wiring import connected_phase

may_change: Question[[Call, Row, dict[str, Any], Collection[str]], None] = Question(
    "may a charge point's smart charging become these details, of which some were written? Raises Invalid"
)

operations = Group("resource / charge points", "resources/charge-points/", "charge-points", access=PARTNERS)

_STORE = Statement(
    update(charge_point)
    .where(charge_point.c.id == bindparam("key", type_=BigInteger))
    .values(smart_charging=bindparam("details", type_=JSONB))
    .values(updated_at=bindparam("now", type_=DateTime(timezone=True)))
)


class Changed(View):
    data: SmartCharging


@operations.post(
    "v2.0/{chargePoint}/smart-charging",
    "Charge Point / Smart Charging / Update",
    scope="write",
    body=SmartCharging,
    status=201,
    gives=Changed,
)
async def set_smart_charging(call: Call, body: SmartCharging) -> dict[str, Any]:
    """Set how a charge point takes part in smart charging; what is not given is no longer set."""
    row = await charge_points.find(call, lock=True)
    errors: dict[str, list[str]] = {}
    for field, text in objections(body, row["type"]):
        errors.setdefault(field, []).append(text)
    if errors:
        raise Invalid.of(errors)
    details = _stored(body)
    await may_change(call, row, details, to_builtins(body).keys())
    await call.tx.run(_STORE, key=row["id"], details=details, now=call.now)
    call.tx.tell(ChargePointChanged(id=row["id"], action="updated"))
    call.changes = {"id": row["id"], "fields": ["smart_charging"]}
    return {"data": (await smart_charging_of(call.tx, [row["id"]]))[row["id"]]}


def _stored(body: SmartCharging) -> dict[str, Any]:
    """As it is kept: camelCase; a single phase's line read from the rotation where it is not named."""
    names = dict(zip(body.__struct_fields__, body.__struct_encode_fields__, strict=True))
    details = {names[name]: to_builtins(value) for name, value in kept(body).items()}
    if "phases" in details:
        details.setdefault("electricalConfiguration", "star")
        delta = details["electricalConfiguration"] == "delta"
        said = details.get("phaseRotation"), details.get("connectedPhase")
        details["connectedPhase"] = connected_phase(details["phases"], *said, delta)
    return details
