"""The rules an EVSE's row keeps, and what goes with an EVSE or a charge point that goes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.questions import Question
from ohmstead.kit.views import provided
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.connectors import connector
from ohmstead.rooms.network.durable_facts import EvseChanged
from ohmstead.rooms.network.evses.resource import connectors, evses
from ohmstead.rooms.network.evses.table import evse
from ohmstead.rooms.network.wiring import connected_phase, misfits

may_be_wired: Question[[Tx, int, Mapping[str, Any]], str] = Question("why its EVSE may not be wired so")
"""Of a charge point (id) and an EVSE with such `phases`, `phase_rotation` and `connected_phase`."""
_WIRED = {"connected_phase": "connectedPhase", "phase_rotation": "phaseRotation", "phases": "phases"}

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
_TOUCH = Statement(update(evse).where(evse.c.id == _key).values(updated_at=bindparam("now")))


@evses.rule
async def power_options_are_columns(write: Write) -> None:
    """A single phase whose line is not named has it from the rotation."""
    if (options := write.values.pop("power_options", None)) is None:
        return
    said = provided(options)
    write.values |= said
    if not _WIRED.keys() & said.keys():
        return
    phases, point = write.value_of("phases"), write.value_of("charge_point_id")
    delta = await write.tx.value(_CONFIGURATION, key=point) == "delta"
    line = connected_phase(phases, write.value_of("phase_rotation"), write.value_of("connected_phase"), delta)
    write.values["connected_phase"] = line
    for text in misfits(phases, line, None):
        write.add_error("powerOptions.connectedPhase", text)
    wired = {name: write.value_of(name) for name in _WIRED}
    if write.before is None or any(write.before[name] != value for name, value in wired.items()):
        order = _WIRED if phases != "three_phase" else reversed(_WIRED)  # what decides about the lines comes first
        field = next(name for name in order if name in said)
        for text in await may_be_wired(write.tx, point, wired):
            write.add_error(f"powerOptions.{_WIRED[field]}", text)


@evses.rule
async def it_is_served_by_a_connection(write: Write) -> None:
    """Its number counts within the OCPP connection, which a satellite shares with its master."""
    if "network_id" in write.values:
        write.values["network_id"] = int(write.values["network_id"])
    if write.verb == "create":
        point = write.parent or await write.check_reference("chargePointId", charge_points)
        write.values["station_id"] = point and (point["ocpp_connected_charge_point_id"] or point["id"])


@evses.rule
async def what_can_be_booked_can_be_reserved(write: Write) -> None:
    if write.value_of("booking_enabled") and (write.gives("booking_enabled") or write.gives("allows_reservation")):
        write.values["allows_reservation"] = True


@evses.after
async def connectors_go_with_their_evse(write: Write) -> None:
    if write.verb == "delete":
        await write.tx.run(_CLOSE_CONNECTORS, key=write.id, now=write.tx.now)


@charge_points.after
async def evses_go_with_their_charge_point(write: Write) -> None:
    if write.verb == "delete":
        await write.tx.run(_CLOSE_ALL_CONNECTORS, key=write.id, now=write.tx.now)
        for row in await write.tx.all(_CLOSE_EVSES, key=write.id, now=write.tx.now):
            write.tx.tell(EvseChanged(id=row["id"], action="deleted"))


@connectors.after
async def an_evse_changes_with_its_connectors(write: Write) -> None:
    outlet = write.value_of("evse_id")
    await write.tx.run(_TOUCH, key=outlet, now=write.tx.now)
    write.tx.tell(EvseChanged(id=outlet, action="updated"))
