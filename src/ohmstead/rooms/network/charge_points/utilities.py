"""The utilities of charge points: how many name one, and that none goes while one does."""

from sqlalchemy import ARRAY, BigInteger, ClauseElement, any_, bindparam, func, select

from ohmstead.kit.db import Statement, Statements, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.resources import access_conditions
from ohmstead.kit.versions import Include
from ohmstead.kit.writes import Write
from ohmstead.rooms.energy.utilities import utilities
from ohmstead.rooms.network.charge_points.resource import charge_points
from ohmstead.rooms.network.charge_points.table import charge_point

_own = charge_point.c
_COUNTED = Statements()
_WITH_IT = Statement(
    select(_own.id).where(_own.utility_id == bindparam("key", type_=BigInteger), _own.deleted_at.is_(None)).limit(1)
)


async def _counts(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, int]:
    """How many charge points that the actor may see name each of the utilities."""
    binding = context.actor.binding

    def query() -> ClauseElement:
        of_them = _own.utility_id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
        seen = access_conditions(charge_points, binding)
        return select(_own.utility_id, func.count()).where(of_them, *seen).group_by(_own.utility_id)

    rows = await tx.all(_COUNTED.get((binding,), query), ids=ids, partner=context.actor.partner)
    return {row[0]: row[1] for row in rows}


utilities.include(Include("chargePointsCount", _counts, always=True, empty=0))


@utilities.deleting
async def no_charge_point_names_it(write: Write) -> None:
    if await write.tx.value(_WITH_IT, key=write.id) is not None:
        raise Conflict("Charge points still name the utility.")
