"""Token types: what an OCPP 2.x station calls a token, where it matters for what the token opens.

Tags are matched by their value, for stations mislabel them: one type at Authorize, another in the transaction. Three
types are judged all the same. A code that is typed in (KeyCode) and a token of a central system (Central) are no cards,
and what anybody can type or think up opens nothing that a card of the same characters opens: such a token begins a
charge only where its station has just presented it as a card, and ends what that card began there. NoAuthorization is a
start button: it has no value, and is accepted (C02) wherever the station does not say that it demands to be authorized
(AuthCtrlr.Enabled).
"""

from msgspec import Struct
from sqlalchemy import BigInteger, Text, bindparam, func, or_, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.charging.authorizations import KEPT, authorization
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.devices.configuration.table import configuration_variable

BUTTON = "NoAuthorization"
NO_CARDS = ("KeyCode", "Central")


class Token(Struct, frozen=True):
    """What is presented at a station: a tag, "" where there is none, and its type in OCPP 2.x."""

    station_id: int
    id_tag: str
    type: str | None = None

    @property
    def is_button(self) -> bool:
        """Whether nobody is named."""
        return self.type == BUTTON and not self.id_tag


_station = bindparam("station", type_=BigInteger)
_variable = configuration_variable.c
_DEMANDS = Statement(
    select(_variable.id)
    .where(_variable.charge_point_id == _station, _variable.component_name == "AuthCtrlr")
    .where(_variable.name == "Enabled", _variable.evse_number == 0, func.lower(_variable.value) == "true")
)
_own, _charge = authorization.c, session.c
_tag = folded(bindparam("tag", type_=Text))
_since = bindparam("since", type_=_own.created_at.type)
_presented = (
    select(_own.id)
    .where(_own.charge_point_id == _station, folded(_own.id_tag_uid) == _tag, _own.status == "accepted")
    .where(_own.created_at >= _since, *(_own.token_type.is_distinct_from(kind) for kind in NO_CARDS))
    .where(~select(_charge.id).where(_charge.authorization_id == _own.id).exists())
)
_charges = (
    select(_charge.id)
    .where(_charge.station_id == _station, folded(_charge.id_tag) == _tag, _charge.user_id.is_not(None))
    .where(or_(_charge.status == "active", _charge.updated_at >= _since))
)
_BEGINS = Statement(select(_presented.exists()))
_ENDS = Statement(select(or_(_presented.exists(), _charges.exists())))


async def admits_button(tx: Tx, token: Token) -> bool:
    """Whether the token is a start button, and its station lets one begin."""
    return token.is_button and await tx.value(_DEMANDS, station=token.station_id) is None


async def is_card(tx: Tx, token: Token, begins: bool) -> bool:
    """Whether a tag may be looked up among ours by its value; `begins`: to begin a charge."""
    if token.type not in NO_CARDS:
        return bool(token.id_tag)
    known = _BEGINS if begins else _ENDS
    return await tx.value(known, station=token.station_id, tag=token.id_tag, since=tx.now - KEPT)
