"""Charging access: who may charge at a charge point, as its type and its partner say.

Public: everybody. Personal: its owner and those he shares it with. Private: whom its partner, or one that it is shared
with, invited to its private charge points, unless the partner lets everybody use it who finds it.
"""

from collections.abc import Collection

from sqlalchemy import ARRAY, BigInteger, Integer, and_, any_, bindparam, case, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charge_points.shared_partners import shared_partner
from ohmstead.rooms.network.charge_points.shares import charge_point_share
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.people.partner_invites import partner_invite
from ohmstead.rooms.people.users import ev_user

_IDS = ARRAY(BigInteger)
_point, _share, _with, _invite = charge_point.c, charge_point_share.c, shared_partner.c, partner_invite.c


def lets_charge(user: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the charge point of a row lets a user charge."""
    shared = select(_share.id).where(_share.charge_point_id == _point.id, _share.user_id == user)
    partners = select(_with.partner_id).where(_with.charge_point_id == _point.id).correlate_except(shared_partner)
    invited = select(_invite.id).where(
        _invite.user_id == user,
        _invite.allow_access_to_private_charge_points,
        or_(_invite.partner_id == _point.partner_id, _invite.partner_id.in_(partners)),
    )
    return case(
        (_point.type == "public", true()),
        (_point.type == "personal", or_(_point.user_id == user, shared.correlate_except(charge_point_share).exists())),
        (_point.access_type == "private_view_public_use", true()),
        else_=invited.correlate_except(partner_invite).exists(),
    )


def closed_points(station: ColumnElement[int]) -> ColumnElement[list[int]]:
    """The charge points whose EVSEs a station has, where all of them open to certain users only; else none: where one
    is public, everybody has business at the station."""
    its_evses = and_(evse.c.station_id == station, evse.c.deleted_at.is_(None))
    its = select(func.array_agg(evse.c.charge_point_id)).where(its_evses).correlate(None).scalar_subquery()
    points = _point.id == any_(func.coalesce(its, array([station])))
    aggregate = case((func.bool_and(_point.type != "public"), func.array_agg(_point.id)), else_=literal([], _IDS))
    return select(aggregate).where(points).correlate(None).scalar_subquery()


_MAY_CHARGE = Statement(
    select(_point.id)
    .where(_point.id == any_(bindparam("points", type_=_IDS)), lets_charge(bindparam("user", type_=BigInteger)))
    .limit(1)
)
_numbers = func.array_agg(aggregate_order_by(evse.c.network_id, evse.c.network_id))
_lets = lets_charge(ev_user.c.id)
_EVSES = Statement(
    select(ev_user.c.id, func.coalesce(_numbers.filter(_lets), literal([], ARRAY(Integer))))
    .join_from(evse, charge_point, _point.id == evse.c.charge_point_id)
    .join(ev_user, ev_user.c.id == any_(bindparam("users", type_=_IDS)))
    .where(evse.c.station_id == bindparam("station", type_=BigInteger), evse.c.deleted_at.is_(None))
    .group_by(ev_user.c.id)
    .having(~func.bool_and(func.coalesce(_lets, false())))
)


async def may_charge_at_one(tx: Tx, charge_point_ids: Collection[int], user_id: int) -> bool:
    """Whether a user may charge at one of these charge points."""
    return await tx.value(_MAY_CHARGE, points=list(charge_point_ids), user=user_id) is not None


async def may_charge(tx: Tx, there: Row, user_id: int) -> bool:
    """Whether the charge point of an EVSE (its `charge_point_id` and `charge_point_type`) lets a user charge."""
    return there["charge_point_type"] == "public" or await may_charge_at_one(tx, [there["charge_point_id"]], user_id)


async def some_evses_of(tx: Tx, station_id: int, user_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """User -> the numbers of a station's EVSEs at which he may charge, of those users who may not at all of them."""
    return {row[0]: tuple(row[1]) for row in await tx.all(_EVSES, station=station_id, users=list(user_ids))}
