"""Private data: all that is held of a user, as an archive of JSON files. It is put together when it is fetched, so that
no copy of it lies anywhere, and what was erased meanwhile is not in it."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import Text, bindparam, select

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import audit
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Actor, Call, RenderContext, Transactions, encoder
from ohmstead.kit.questions import Question
from ohmstead.kit.rendering import rendered
from ohmstead.kit.views import View
from ohmstead.rooms.operator import mail
from ohmstead.rooms.operator.files import files
from ohmstead.rooms.people.users import users

LASTS = timedelta(hours=24)
NAME = "private-data.zip"
_ALL = Actor(0, 0, frozenset({"*"}))

held: Question[[Tx, int, RenderContext], Mapping[str, Any]] = Question("what do you hold of this user?")
"""Name of a file -> what stands in it, as JSON. Asked of the rooms above."""

_target = audit.c.target == bindparam("target", type_=Text)
_STATUS_CHANGES = Statement(select(audit.c.at, audit.c.changes).where(_target).order_by(audit.c.id))

export_actions = Group("action / user", "actions/users/", "users", access=OPERATOR)


class Export(View):
    download_url: Annotated[str, Meta(description="Good for 24 hours; whoever has it gets the data.")]


@export_actions.declare(
    "GET",
    "v2.0/{user}/export-all-private-data",
    "User / Export All Private Data",
    scope="read",
    status=200,
    gives=Export,
    errors=(401, 403, 404, 422, 429),
    transactions=Transactions.ONE,  # unlike other reads it is audited
)
async def export_all_private_data(call: Call) -> Export:
    """Get a URL of all that is held of a user. Partners get none: it has what the user did at others' charge points."""
    user = await users.find(call)
    call.changes = {"id": user["id"]}
    return Export(download_url=files.current.url("private-data", user["id"], LASTS, call.url, NAME))


async def archived(tx: Tx, user_id: int, base_url: str) -> bytes | None:
    """The archive; None where there is no such user, or no more."""
    context = RenderContext(_ALL, base_url)
    wanted = RenderContext(_ALL, base_url, ("partnerInvites", "externalAppData"), {"withAmountDue": "true"})
    user = (await rendered(users, "v1.0", [user_id], tx, wanted)).get(user_id)
    if user is None:
        return None
    changes = await tx.all(_STATUS_CHANGES, target=f"actions/users/v1.0/{user_id}/change-status")
    told: dict[str, Any] = {"user": user, "status-changes": [dict(row) for row in changes]}
    told["emails"] = await mail.waiting_for(tx, user.email)
    for answer in await held(tx, user_id, context):
        told |= answer
    return await asyncio.to_thread(_zipped, {name: encoder.encode(content) for name, content in told.items()})


def _zipped(contents: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"{name}.json", content)
    return out.getvalue()
