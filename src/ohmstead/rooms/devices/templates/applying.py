"""Applying a template: noted for each charge point, and written to it as soon as it is in reach."""

from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    and_,
    any_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.access import PARTNER, PARTNERS, of_several
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.facts import on
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.devices.commands.actions import station_of
from ohmstead.rooms.devices.configuration.syncing import SETTLE
from ohmstead.rooms.devices.configuration.table import template_application
from ohmstead.rooms.devices.durable_facts import ChargePointBooted
from ohmstead.rooms.devices.templates.resource import templates
from ohmstead.rooms.network.charge_points import charge_point

actions = Group(
    "action / configuration template", "actions/configuration-template/", "configuration-templates", access=PARTNERS
)

_own, _point = template_application.c, charge_point.c
_now = bindparam("now", type_=_own.asked_at.type)
_alone, _master = _point.ocpp_connected_charge_point_id.is_(None), charge_point.alias("master").c
_of_its_master = select(_master.partner_id).where(_master.id == _point.ocpp_connected_charge_point_id).scalar_subquery()
_named = (
    select(*_point["id", "ocpp_connected_charge_point_id", "communication_mode", "ocpp_version", "network_protocol"])
    .where(_point.id == any_(bindparam("ids", type_=ARRAY(BigInteger))), _point.deleted_at.is_(None))
    .where(or_(PARTNER.is_(None), and_(_point.partner_id == PARTNER, or_(_alone, _of_its_master == PARTNER))))
)
_NAMED, _NAMED_OF_SEVERAL = Statement(_named), Statement(of_several(_named))
_asked = {
    "configuration_template_id": bindparam("template", type_=BigInteger),
    "charge_point_id": func.unnest(bindparam("stations", type_=ARRAY(BigInteger))),
    "persists": bindparam("persists", type_=Boolean),
    "asked_at": _now,
    "due_at": _now,
    "only_differing": false(),
    "attempts": literal(0),
    "created_at": _now,
    "updated_at": _now,
}
_ask = insert(template_application).from_select(list(_asked), select(*_asked.values()))  # type: ignore[arg-type]
_again = ("persists", "asked_at", "due_at", "only_differing", "attempts", "updated_at")
_ASK = Statement(
    _ask.on_conflict_do_update(
        constraint="uq_template_application", set_={name: _ask.excluded[name] for name in _again}
    )
)
_AFTER_BOOT = Statement(
    update(template_application)
    .where(_own.charge_point_id == bindparam("station", type_=BigInteger), or_(_own.persists, _own.due_at.is_not(None)))
    .values(
        due_at=bindparam("due_at", type_=_own.due_at.type),
        only_differing=case((_own.due_at.is_(None), true()), else_=_own.only_differing),
        attempts=0,
    )
)
_REACHED = frozenset({"direct_ocpp", "via_ocpp_connected_charge_point"})


class Application(View):
    charge_point_ids: Opt[Annotated[list[int], Meta(max_length=10_000)]] = UNSET
    should_persist: Annotated[bool, Meta(description="Enforce it after every boot of the charge point, too.")] = False


@actions.post("v1.0/{template}/apply-to-charge-points", "Configuration Template / Apply to Charge Points",
              body=Application, errors=(400, 401, 403, 404, 422, 429))  # fmt: skip
async def apply_to_charge_points(call: Call, wanted: Application) -> None:
    """Write the template's variables to charge points: now to those in reach, to the others as soon as they come. To
    apply it again without `shouldPersist` ends its enforcement there."""
    template = await templates.find(call, shared=True)
    if not wanted.charge_point_ids:
        raise Invalid(chargePointIds="The charge point ids field is required.")
    named = _NAMED_OF_SEVERAL if call.actor.binding == "several" else _NAMED
    points = await call.tx.all(named, ids=wanted.charge_point_ids, partner=call.actor.partner)
    known = {point["id"]: point for point in points}
    errors = {
        f"chargePointIds.{place}": [fault]
        for place, key in enumerate(wanted.charge_point_ids)
        if (fault := _misfit(template, known.get(key), place))
    }
    if errors:
        raise Invalid.of(errors)
    stations = sorted({station_of(point) for point in points})
    await call.tx.run(
        _ASK, template=template["id"], stations=stations, persists=wanted.should_persist, now=call.now
    )  # fmt: skip
    call.changes = {"id": template["id"], "chargePointIds": stations, "persists": wanted.should_persist}


def _misfit(template: Row, point: Row | None, place: int) -> str | None:
    """Why the template cannot be applied to a charge point. One that was never heard of speaks what its row says; if
    that says nothing either, we shall see."""
    if point is None:
        return f"The selected charge point ids {place} is invalid."
    if point["communication_mode"] not in _REACHED:
        return "The charge point has no OCPP connection."
    spoken = f"ocpp {point['ocpp_version']}" if point["ocpp_version"] else point["network_protocol"]
    if spoken not in (None, template["ocpp_version"]):
        return f"The charge point speaks {spoken}, the template is for {template['ocpp_version']}."
    return None


@on(ChargePointBooted)
async def enforce_after_boot(tx: Tx, fact: ChargePointBooted) -> None:
    """A boot may have undone what a template had written: what persists is looked after, once the station has its
    answer."""
    await tx.run(_AFTER_BOOT, station=fact.id, due_at=tx.now + SETTLE)
