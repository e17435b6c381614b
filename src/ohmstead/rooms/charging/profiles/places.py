"""Where a profile is laid: a charge point as a whole, or one of its EVSEs, and the connection that serves it."""

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.operations import Call
from ohmstead.rooms.charging.profiles.table import limited_by_us
from ohmstead.rooms.charging.session_table import known_as, session
from ohmstead.rooms.devices.commands.actions import station_of
from ohmstead.rooms.devices.profiles.abilities import Abilities, abilities
from ohmstead.rooms.network.charge_points.permissions import find_permitted
from ohmstead.rooms.network.evses import evse

_EVSES = Statement(
    select(evse.c.id, evse.c.network_id, evse.c.charge_point_id)
    .where(evse.c.station_id == bindparam("station", type_=BigInteger), evse.c.deleted_at.is_(None))
    .order_by(evse.c.network_id)
)
_RUNNING = Statement(
    select(session.c.id, session.c.transaction_id, known_as.label("known_as"), session.c.started_at).where(
        session.c.evse_id == bindparam("evse"), session.c.status == "active"
    )
)


class Place(Struct, frozen=True):
    """`number` 0 is the charge point itself. `outlets` are all EVSEs of the connection, `limited` the ids of those
    whose charge load management limits; `abilities` are the station's."""

    point: Row
    station_id: int
    number: int
    outlets: list[Row]
    limited: frozenset[int]
    abilities: Abilities

    @property
    def outlet(self) -> Row | None:
        """The EVSE that is meant."""
        return next((one for one in self.outlets if one["network_id"] == self.number), None)

    @property
    def is_satellites(self) -> bool:
        """Whether the connection is another charge point's."""
        return self.station_id != self.point["id"]

    @property
    def is_limited(self) -> bool:
        """Whether load management limits what is charged here."""
        return bool(self.limited) if self.outlet is None else self.outlet["id"] in self.limited


async def place_of(tx: Tx, call: Call, number: int, field: str = "") -> Place:
    """The place a call means. An EVSE that is not there is a 404, or where a `field` of the body named it a 422."""
    point = await find_permitted(call, tx, "sessionsRemoteControl")
    station = station_of(point)
    outlets = await tx.all(_EVSES, station=station)
    own = [one["network_id"] for one in outlets if one["charge_point_id"] == point["id"]]
    if number and number not in own:
        if field:
            raise Invalid.of({field: ["The selected evse network id is invalid."]})
        raise NotFound.model("Evse", number)
    if not number and station != point["id"]:
        raise Invalid.of({field or "evseNetworkId": ["The charge point shares its connection: name one of its EVSEs."]})
    ours = {id for ids in await limited_by_us(tx, [one["charge_point_id"] for one in outlets]) for id in ids}
    limited = frozenset(one["id"] for one in outlets if one["charge_point_id"] in ours)
    return Place(point, station, number, outlets, limited, await abilities(tx, station))


async def running_at(tx: Tx, evse_id: int) -> Row | None:
    """The session in progress at an EVSE: `id`, `transaction_id`, `known_as` by its station, `started_at`."""
    return await tx.one(_RUNNING, evse=evse_id)
