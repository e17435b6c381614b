"""Whether a vehicle stands at a parking space, told by whoever sees it: a sensor, a camera, a guard."""

from typing import Literal

from sqlalchemy import BigInteger, Text, bindparam, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Statement
from ohmstead.kit.errors import NotFound, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View, stamp
from ohmstead.rooms.network.durable_facts import ParkingSpaceOccupancyChanged
from ohmstead.rooms.network.parking_spaces import parking_space, parking_spaces
from ohmstead.rooms.operator import settings

occupancy_actions = Group("action / parking space", "actions/parking-spaces/", "parking-spaces", access=PARTNERS)

_SET = Statement(
    update(parking_space)
    .where(parking_space.c.id == bindparam("key", type_=BigInteger))
    .values(occupancy_status=bindparam("status", type_=Text), updated_at=bindparam("now"))
)


class NewStatus(View):
    status: Literal["available", "occupied"]


@occupancy_actions.post(
    "v1.0/{parkingSpace}/update-occupancy-status",
    "Parking Space / Update occupancy status",
    body=NewStatus,
    errors=(401, 403, 404, 406, 422, 429, 501),
)
async def update_occupancy_status(call: Call, body: NewStatus) -> None:
    """Say whether a parking space is taken: 404 where the operator has no such feature, 406 of one that is disabled."""
    if not (await settings.read(call.tx)).features.parking_space_occupancy:
        raise NotFound("Feature disabled for the system")
    space = await parking_spaces.find(call, lock=True)
    if space["status"] == "disabled":
        raise Rejected("The parking space is disabled.")
    call.changes = {"id": space["id"], "fields": ["occupancy_status"]}
    if space["occupancy_status"] != body.status:
        await call.tx.run(_SET, key=space["id"], status=body.status, now=call.now)
        call.tx.tell(ParkingSpaceOccupancyChanged(id=space["id"], occupancy_status=body.status, at=stamp(call.now)))
