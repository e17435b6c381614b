"""What is a partner's because a charge point of that partner is meant: by its row now, or by a note made of it."""

from sqlalchemy import ColumnElement, select

from ohmstead.kit.access import PARTNER
from ohmstead.rooms.network.charge_points.table import charge_point


def partner_of(charge_point_id: ColumnElement[int]) -> ColumnElement[int | None]:
    """The partner a charge point belongs to now: what is noted of it keeps this partner, whoever has it later."""
    owner = select(charge_point.c.partner_id).where(charge_point.c.id == charge_point_id)
    return owner.correlate_except(charge_point).scalar_subquery()


def of_partner(charge_point_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the charge point of this id is the caller's partner's."""
    own = select(charge_point.c.id).where(charge_point.c.id == charge_point_id, charge_point.c.partner_id == PARTNER)
    return own.correlate_except(charge_point).exists()
