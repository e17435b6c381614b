"""Assigning: a session of nobody becomes a user's, once it is billed. It happens once, and moves neither its price nor
what was paid."""

from sqlalchemy import bindparam, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Conflict
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View
from ohmstead.rooms.charging.durable_facts import SessionUpdated
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.people.users import users

at_session = Group("action / session", "actions/session/", "sessions", access=PARTNERS)

_ASSIGN = Statement(
    update(session)
    .where(session.c.id == bindparam("session"))
    .values(user_id=bindparam("user"), updated_at=bindparam("now"))
)


class Assignment(View):
    user_id: int


@at_session.post(
    "v1.0/{session}/assign-user",
    "Session / Assign to user",
    body=Assignment,
    references={"user_id": users},
    errors=(401, 403, 404, 409, 422, 429),
)
async def assign_user(call: Call, body: Assignment) -> None:
    """Give a session that nobody is named for, and that is billed, to a user. There is no way back."""
    row = await sessions.find(call, "session", lock=True)
    if row["billing_status"] != "completed":
        raise Conflict("The billing status of the session is not completed.")
    if row["user_id"] is not None:
        raise Conflict("The session is not anonymous.")
    await call.tx.run(_ASSIGN, session=row["id"], user=body.user_id, now=call.now)
    call.tx.tell(SessionUpdated(id=row["id"], charge_point_id=row["charge_point_id"], evse_id=row["evse_id"]))
    call.changes = {"id": row["id"], "userId": body.user_id}
