"""Boost in the API, below `internal`: whether a session has all the power there is, or little while that is dear.

Only a tariff of optimised charging makes a difference between the two (see docs/load-management.md).
"""

from typing import Any

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.errors import Conflict
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View
from ohmstead.rooms.charging.pricing.marks import SessionMark, mark
from ohmstead.rooms.charging.pricing.optimised import is_boosted
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.charging.signals import session_changed

boost_operations = Group("internal / sessions", "internal/sessions/", "sessions", access=PARTNERS)


class Boost(View):
    boost: bool


class Answer(View):
    data: Boost


@boost_operations.get("v1.0/{session}/boost", "Session / Boost / Read", gives=Answer)
async def read_boost(call: Call) -> dict[str, Any]:
    """Whether all the power there is was asked for."""
    row = await sessions.find(call)
    return {"data": {"boost": await is_boosted(call.tx, row["id"])}}


@boost_operations.put("v1.0/{session}/boost", "Session / Boost / Update", body=Boost, gives=Answer,
                      errors=(401, 403, 404, 409, 422, 429))  # fmt: skip
async def set_boost(call: Call, body: Boost) -> dict[str, Any]:
    """From now on. Load management hears of it at once."""
    row = await sessions.find(call, lock=True)
    if row["status"] not in ("pending", "active"):
        raise Conflict("The session is over.")
    await mark(call.tx, [SessionMark(row["id"], call.now, "boosted" if body.boost else "optimised")])
    call.changes = {"id": row["id"], "boost": body.boost}
    told, point, outlet = row["id"], row["charge_point_id"], row["evse_id"]
    call.tx.after_commit(lambda: session_changed.send(told, point, outlet))
    return {"data": {"boost": body.boost}}
