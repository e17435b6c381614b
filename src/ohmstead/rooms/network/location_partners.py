"""Locations by partner: a location is a partner's when its token made it or one of its charge points stands there.

Its token changes those that it made, and sees the others, too, and where one stands that is shared with it.
"""

from typing import Any

from sqlalchemy import BigInteger, and_, exists, or_
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.access import PARTNER
from ohmstead.kit.filters import Filter
from ohmstead.rooms.network.charge_points.shared_partners import SHARED_WITH_CALLER
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.locations import location, locations

_stands_there = and_(charge_point.c.location_id == location.c.id, charge_point.c.deleted_at.is_(None))


def of_partner(partner: Any) -> ColumnElement[bool]:
    """The partner's locations; for null those where no partner has a part."""
    of_none = and_(
        partner.is_(None),
        location.c.partner_id.is_(None),
        ~exists().where(_stands_there, charge_point.c.partner_id.is_not(None)),
    )
    return or_(
        of_none, location.c.partner_id == partner, exists().where(_stands_there, charge_point.c.partner_id == partner)
    )


_its = or_(charge_point.c.partner_id == PARTNER, SHARED_WITH_CALLER)
locations.opens_also(exists().where(_stands_there, _its).correlate_except(charge_point))
locations.filter(Filter("partnerId", int | None, of_partner, BigInteger(), "null: no partner has a part in it."))
