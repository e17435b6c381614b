"""The EVSEs of a charge point in version 1.0: shown with it, made from its template, changed by their OCPP numbers."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, insert, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import NotFound
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.rendering import reader_of
from ohmstead.kit.views import provided
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_point_templates import template_evse
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.charge_points_v1.view import EvseChangeV1, LaidProfileV1
from ohmstead.rooms.network.charge_points_v1.words import in_snake_case
from ohmstead.rooms.network.durable_facts import EvseChanged
from ohmstead.rooms.network.evses import every_evse, evse
from ohmstead.rooms.network.tariff_groups import ANOTHERS, fits
from ohmstead.rooms.tariffs.groups import tariff_groups

_key = bindparam("key", type_=BigInteger)
_living = evse.c.deleted_at.is_(None)
_OF_POINTS = Statement(
    select(evse.c.id, evse.c.charge_point_id, evse.c.roaming)
    .where(evse.c.charge_point_id == any_(bindparam("ids", type_=ARRAY(BigInteger))), _living)
    .order_by(evse.c.network_id, evse.c.id)
)
_NUMBERED = Statement(select(evse.c.id, evse.c.network_id).where(evse.c.charge_point_id == _key, _living))
_TAKEN_OVER = (
    "network_id", "current_type", "status", "tariff_group_id", "allows_reservation", "max_power", "max_voltage",
    "max_amperage", "phases", "phase_rotation", "connected_phase", "efficiency_percent",
)  # fmt: skip
_OF_TEMPLATE = Statement(
    select(*template_evse.c[_TAKEN_OVER])
    .where(template_evse.c.charge_point_template_id == _key)
    .order_by(template_evse.c.network_id)
)
_MADE = (*_TAKEN_OVER, "charge_point_id", "station_id", "physical_reference", "created_at", "updated_at")
_NEW = Statement(insert(evse).values({name: bindparam(name) for name in _MADE}).returning(evse.c.id))
_CHANGED = ("tariff_group_id", "physical_reference", "max_amperage", "status")
_FOUND = Statement(select(*evse.c[_CHANGED]).where(evse.c.id == _key))
_CHANGE = Statement(
    update(evse).where(evse.c.id == _key).values({name: bindparam(name) for name in (*_CHANGED, "updated_at")})
)


async def shown_with(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[dict[str, Any]]]:
    """The EVSEs of charge points, in the order of their numbers."""
    rows = await tx.all(_OF_POINTS, ids=ids)
    reader = reader_of(every_evse, "v2.0")
    shown = await reader.many([row["id"] for row in rows], tx, RenderContext(context.actor, context.base_url))
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if (one := shown.get(row["id"])) is not None:
            found.setdefault(row["charge_point_id"], []).append(_evse(one, row["roaming"]))
    return found


_SAME = {
    "id": "id", "externalId": "external_id", "networkId": "network_id", "physicalReference": "physical_reference",
    "currentType": "type", "maxVoltage": "max_voltage", "maxAmperage": "max_amperage", "status": "status",
    "midMeterCertificationEndYear": "mid_meter_certification_end_year", "tariffGroupId": "tariff_group_id",
    "allowsReservation": "allows_reservation", "hardwareStatus": "hardware_status", "connectors": "connectors",
}  # fmt: skip


def _evse(older: Any, roaming: dict[str, Any] | None) -> dict[str, Any]:
    """An EVSE of version 2.0 of their own resource, in the words that charge points have for it."""
    found = {name: getattr(older, attribute) for name, attribute in _SAME.items()}
    found["maxPower"] = None if older.max_power_kw is None else older.max_power_kw * 1000
    found["chargingProfile"] = in_snake_case(older.charging_profile, LaidProfileV1)
    if roaming is not None:
        found["roaming"] = {name: roaming[name] for name in ("evseId", "tariffIds", "capabilities", "status")}
    return found


@charge_points.writing
async def take_evses(write: Write) -> None:
    """Before the row is there: what is said of its EVSEs is kept until it is. Only bodies of 1.0 say any of this."""
    changes: dict[str, EvseChangeV1] | None = write.values.pop("evses", None)
    template = write.referred("template_id")
    if changes is None and template is None:
        return
    made = await write.tx.all(_OF_TEMPLATE, key=template["id"]) if template is not None else []
    there = {str(row["network_id"]): row["id"] for row in await write.tx.all(_NUMBERED, key=write.id)}
    numbers = {*there, *(str(row["network_id"]) for row in made)}
    for number, change in (changes or {}).items():
        if number not in numbers:
            write.add_error(f"evses.{number}", "The charge point has no such EVSE.")
        await _tariff_group_is_there(write, number, change)
    said = {number: _said(change) for number, change in (changes or {}).items()}
    write.extras["evses"] = (made, there, said)


async def _tariff_group_is_there(write: Write, number: str, change: EvseChangeV1) -> None:
    try:
        if isinstance(change.tariff_group_id, int):
            group = await tariff_groups.get(write.call, change.tariff_group_id, write.tx)
            if not fits(group, write.value_of("partner_id")):
                write.add_error(f"evses.{number}.tariffGroupId", ANOTHERS)
    except NotFound:
        write.add_error(f"evses.{number}.tariffGroupId", "The selected tariff group id is invalid.")


def _said(change: EvseChangeV1) -> dict[str, Any]:
    said = provided(change)
    return said | ({"status": said["status"].replace("active", "enabled")} if "status" in said else {})


@charge_points.written
async def put_evses(write: Write) -> None:
    """After the row is there: it has the EVSEs of its template, and those that were named are changed."""
    if "evses" not in write.extras:
        return
    made, there, said = write.extras["evses"]
    for row in made:
        await _make(write, row, said.get(str(row["network_id"]), {}))
    for number in said.keys() & there.keys():
        before = await write.tx.one(_FOUND, key=there[number])
        await write.tx.run(_CHANGE, key=there[number], **dict(before or {}) | said[number], updated_at=write.tx.now)
        write.tx.tell(EvseChanged(id=there[number], action="updated"))


async def _make(write: Write, row: Row, said: dict[str, Any]) -> None:
    """An EVSE of a new charge point; what is written on it is made up where nothing is said of it."""
    usual = {"physical_reference": f"{write.id}-{row['network_id']}", "charge_point_id": write.id}
    times = {"created_at": write.tx.now, "updated_at": write.tx.now}
    outlet = await write.tx.value(_NEW, **dict(row) | usual | said | times, station_id=write.id)
    write.tx.tell(EvseChanged(id=outlet, action="created"))
