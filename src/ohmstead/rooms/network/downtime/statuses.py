"""What statuses say of downtime: which charge points and EVSEs are watched, and which of them cannot be used."""

from typing import Any

from sqlalchemy import Text, and_, case, func, literal, or_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import ColumnElement

from ohmstead.rooms.network.charge_points import NETWORK_STATUS, charge_point
from ohmstead.rooms.network.evses import evse

_own = charge_point.c
_BROKEN = ("faulted", "unavailable")
_WATCHED = ("enabled", "out of order")  # what is disabled, or a simulator, is not meant to be used


def _is(column: ColumnElement[Any], words: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(column == word for word in words))


WATCHED = and_(
    _own.deleted_at.is_(None),
    _own.type != "personal",
    _own.roaming_operator_id.is_(None),
    _own.communication_mode != "none",
    _own.first_contact_at.is_not(None),
    _is(_own.status, _WATCHED),
)
WATCHED_EVSE = and_(WATCHED, evse.c.deleted_at.is_(None), _is(evse.c.status, _WATCHED))

_disconnected = NETWORK_STATUS != "available"
_broken = func.coalesce(_is(_own.hardware_status, _BROKEN), False)
_broken_evse = func.coalesce(_is(evse.c.hardware_status, _BROKEN), False)
DOWN = or_(_own.status == "out of order", _disconnected, _broken)
DOWN_EVSE = or_(DOWN, evse.c.status == "out of order", _broken_evse)


_of_point = case((_disconnected, _own.disconnected_at)), case((_broken, _own.hardware_status_at))
SINCE = func.least(*_of_point)
"""When what keeps it from being used began, where that was told; greatest and least pass over null."""
SINCE_EVSE = func.least(*_of_point, case((_broken_evse, evse.c.hardware_status_at)))
RECOVERED = func.greatest(_own.connected_at, _own.hardware_status_at)
"""When it may have become usable again."""
RECOVERED_EVSE = func.greatest(RECOVERED, evse.c.hardware_status_at)


def _statuses(system: ColumnElement[str], hardware: ColumnElement[Any]) -> ColumnElement[Any]:
    parts = {
        "system": system,
        "network": func.replace(NETWORK_STATUS, "_", " "),
        "hardware": func.replace(hardware, "occupied", "charging"),  # the API has no other word for it here
    }
    members = [part for name, value in parts.items() for part in (literal(name, Text), value)]
    return func.jsonb_build_object(*members, type_=JSONB)


STATUSES = _statuses(_own.status, _own.hardware_status)
STATUSES_OF_EVSE = _statuses(evse.c.status, evse.c.hardware_status)
