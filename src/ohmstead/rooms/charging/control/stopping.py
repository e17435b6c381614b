"""Stopping from afar: the station is asked to end a session; with force it ends for us whatever the station says."""

from sqlalchemy import bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import NotFound, Rejected
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import View
from ohmstead.rooms.charging.control.starting import at_charge_point
from ohmstead.rooms.charging.flow.changes import change
from ohmstead.rooms.charging.session_table import known_as, session
from ohmstead.rooms.devices.stations import RemoteStop, StationError, stations
from ohmstead.rooms.network.charge_points.permissions import find_permitted

_SESSION = Statement(
    select(session, known_as.label("known_as"))
    .where(session.c.id == bindparam("session"), session.c.charge_point_id == bindparam("point"))
    .with_for_update()
)


class Stop(View):
    force: bool = False


@at_charge_point.post(
    "v1.0/{chargePoint}/stop/{session}",
    "Charge Point / Stop Charging Session",
    body=Stop,
    errors=(401, 403, 404, 406, 429),
    terminals=True,
    transactions=Transactions.MANUAL,
)
async def stop(call: Call, body: Stop) -> None:
    """End a session. Without force the charge point has to agree; a session that has not begun yet is given up."""
    async with call.begin() as tx:
        running = await _find(call, tx)
        if running["status"] == "pending":
            await change(tx, running["id"], "stopped", status="failed", reason="standard_stop", stopped_at=tx.now)
            return
    if running["status"] != "active":
        raise Rejected(f"The session is not running: it is {running['status']}.")
    objection = await _ask(running)
    if body.force:
        async with call.begin() as tx:
            await _end(tx, await _find(call, tx))
    elif objection:
        raise Rejected(objection)


async def _find(call: Call, tx: Tx) -> Row:
    point = await find_permitted(call, tx, "sessionsRemoteControl")
    found = await tx.one(_SESSION, session=call.key("session"), point=point["id"])
    if found is None or call.actor.terminal not in (None, found["terminal_id"]):  # a terminal ends what it began
        raise NotFound.model("Session", call.path["session"])
    return found


async def _ask(running: Row) -> str | None:
    """Why the station does not stop."""
    try:
        outcome = await stations.current.call(running["station_id"], RemoteStop(transaction_ref=running["known_as"]))
    except StationError as error:
        return str(error)
    return None if outcome.agreed else f"The charge point answered: {outcome.status}."


async def _end(tx: Tx, running: Row) -> None:
    """Its station may have ended it meanwhile; what it says later still completes the energy."""
    if running["status"] == "active":
        await change(
            tx, running["id"], "stopped", status="finished", reason="force_stop", stopped_at=tx.now, power_w=None
        )
