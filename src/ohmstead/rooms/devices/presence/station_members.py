"""Behind a connection: the charge point that holds it, and its satellites; what they are told applies to them all."""

from sqlalchemy import ARRAY, BigInteger, all_, bindparam, select, union_all
from sqlalchemy.sql.selectable import CTE, Select

from ohmstead.rooms.network.charge_points.table import charge_point

_own = charge_point.c


def behind(told: CTE) -> Select:
    """The living charge points behind the stations of `told` (its column `station`), locked in an order that all keep,
    with the columns of `told`. A satellite with a connection of its own is behind that."""
    itself = select(_own.id.label("behind"), told).join(told, told.c.station == _own.id)
    satellites = (
        select(_own.id.label("behind"), told)
        .join(told, told.c.station == _own.ocpp_connected_charge_point_id)
        .where(_own.id != all_(bindparam("station", type_=ARRAY(BigInteger))))
    )
    spoken_for = union_all(itself, satellites).cte("spoken_for")
    return (
        select(_own.id, *(spoken_for.c[column.name] for column in told.c))
        .join(spoken_for, spoken_for.c.behind == _own.id)
        .where(_own.deleted_at.is_(None))
        .order_by(_own.id)
        .with_for_update(of=charge_point, key_share=True)
    )
