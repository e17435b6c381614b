"""The rules an EVSE's row keeps, and what goes with an EVSE or a charge point that goes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.questions import Question
from ohmstead.kit.views import camel
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.connectors import connector
from ohmstead.rooms.network.durable_facts import ChargePointEvsesChanged, EvseChanged
from ohmstead.rooms.network.evses import v2
from ohmstead.rooms.network.evses.resource import connectors, evses
from ohmstead.rooms.network.evses.table import evse
from ohmstead.rooms.network.wiring import connected_phase, misfits

may_be_wired: Question[[Tx, int, Mapping[str, Any]], str] = Question("why its EVSE may not be wired so")
"""Of a charge point (id) and an EVSE with such `phases`, `phase_rotation` and `connected_phase`."""
_WIRED = ("connected_phase", "phase_rotation", "phases")

_key = bindparam("key", type_=BigInteger)
_CONFIGURATION = Statement(
    select(charge_point.c.smart_charging["electricalConfiguration"].astext).where(charge_point.c.id == _key)
)
_gone = {"deleted_at": bindparam("now"), "updated_at": bindparam("now")}
_close_connectors = (
    update(connector).where(connector.c.evse_id == evse.c.id, connector.c.deleted_at.is_(None)).values(_gone)
)
_CLOSE_CONNECTORS = Statement(_close_connectors.where(evse.c.id == _key))
_CLOSE_ALL_CONNECTORS = Statement(_close_connectors.where(evse.c.charge_point_id == _key))
_CLOSE_EVSES = Statement(
    update(evse).where(evse.c.charge_point_id == _key, evse.c.deleted_at.is_(None)).values(_gone).returning(evse.c.id)
)
_TOUCH = Statement(
    update(evse).where(evse.c.id == _key).values(updated_at=bindparam("now")).returning(evse.c.charge_point_id)
)


@evses.writing
async def its_wiring_makes_sense(write: Write) -> None:
    """A single phase whose line is not named has it from the rotation."""
    said = [name for name in _WIRED if name in write.values]
    if not said:
        return
    phases, point = write.value_of("phases"), write.value_of("charge_point_id")
    delta = await write.tx.value(_CONFIGURATION, key=point) == "delta"
    line = connected_phase(phases, write.value_of("phase_rotation"), write.value_of("connected_phase"), delta)
    write.values["connected_phase"] = line
    for text in misfits(phases, line, None):
        write.add_error("powerOptions.connectedPhase", text)
    wired = {name: write.value_of(name) for name in _WIRED}
    if write.before is None or any(write.before[name] != value for name, value in wired.items()):
        field = said[-1 if phases == "three_phase" else 0]  # what decides about the lines comes first
        for text in await may_be_wired(write.tx, point, wired):
            write.add_error(f"powerOptions.{camel(field)}", text)


@evses.writing
async def its_number_is_one(write: Write) -> None:
    if "network_id" in write.values:
        write.values["network_id"] = int(write.values["network_id"])


@evses.creating
async def it_is_served_by_a_connection(write: Write) -> None:
    """Its number counts within the OCPP connection, which a satellite shares with its master."""
    point = write.parent or write.referred("charge_point_id")
    write.values["station_id"] = point and (point["ocpp_connected_charge_point_id"] or point["id"])


@evses.writing
async def what_can_be_booked_can_be_reserved(write: Write) -> None:
    if write.value_of("booking_enabled") and (write.gives("booking_enabled") or write.gives("allows_reservation")):
        write.values["allows_reservation"] = True


evses.writing(v2.connectors_are_rows)  # only bodies of v2.0 have any
evses.written(v2.put_connectors)


@evses.deleted
async def connectors_go_with_their_evse(write: Write) -> None:
    await write.tx.run(_CLOSE_CONNECTORS, key=write.id, now=write.tx.now)


@charge_points.deleted
async def evses_go_with_their_charge_point(write: Write) -> None:
    await write.tx.run(_CLOSE_ALL_CONNECTORS, key=write.id, now=write.tx.now)
    for row in await write.tx.all(_CLOSE_EVSES, key=write.id, now=write.tx.now):
        write.tx.tell(EvseChanged(id=row["id"], action="deleted"))


@evses.written
@evses.deleted
async def its_charge_point_has_other_evses(write: Write) -> None:
    write.tx.tell(ChargePointEvsesChanged(id=write.value_of("charge_point_id"), action="updated"))


@connectors.written
@connectors.deleted
async def an_evse_changes_with_its_connectors(write: Write) -> None:
    outlet = write.value_of("evse_id")
    point = await write.tx.value(_TOUCH, key=outlet, now=write.tx.now)
    write.tx.tell(EvseChanged(id=outlet, action="updated"))
    write.tx.tell(ChargePointEvsesChanged(id=point, action="updated"))
