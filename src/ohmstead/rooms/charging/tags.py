"""Tags at the reader: what an ID tag may do, and for whom."""

import re
from collections.abc import Collection
from typing import Literal

from msgspec import Struct, structs
from sqlalchemy import bindparam, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.authorizations import Method
from ohmstead.rooms.charging.facts import TagVerdict
from ohmstead.rooms.charging.id_tags import IdTagRow, resolve
from ohmstead.rooms.charging.paying import AUTO, Payer
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tag_case import same
from ohmstead.rooms.charging.token_types import Token, admits_button, is_card
from ohmstead.rooms.network.charging_access import may_charge_at_one

_METHODS: dict[str, Method] = {"rfid": "id_tag", "mac_address": "mac_address", "emaid": "plug_and_charge_iso15118"}
_REMOTE = re.compile(r"\*(\d{1,18})")

_RUNNING = Statement(
    select(*session.c["id", "station_id", "evse_id", "status", "id_tag", "remote"]).where(
        session.c.user_id == bindparam("user"), or_(session.c.status == "pending", session.c.status == "active")
    )
)

Status = Literal["accepted", "blocked", "expired"]


class Holder(Struct, frozen=True):
    """Who presents a tag: the verdict on it, whose it is and what pays, what kind of authorization it makes."""

    verdict: TagVerdict
    user_id: int | None = None
    label: str | None = None
    payment_method_id: str | None = None
    method: Method = "id_tag"
    sessions_allowed: str | None = None

    @property
    def rejection(self) -> str | None:
        """Why the tag may not charge."""
        return None if self.verdict.status == "accepted" else self.verdict.status


ANYONE = Holder(TagVerdict(status="accepted"), method="plug_and_charge")
UNKNOWN = Holder(TagVerdict(status="invalid"))


def remote_tag(session_id: int) -> str:
    """The tag a station is told to start a session with."""
    return f"*{session_id:07d}"


def remote_session(id_tag: str) -> int | None:
    """The session a remote start's tag names."""
    found = _REMOTE.fullmatch(id_tag)
    return int(found[1]) if found else None


async def tag_verdict(
    tx: Tx, token: Token, admits_all: bool = False, begins: bool = False, points: Collection[int] = ()
) -> Holder:
    """The verdict on a tag by itself, whatever runs already; `admits_all`: the charge point wants no authorization,
    `begins`: a charge begins with it. `points` are charge points that are not open to everybody: one of them has to let
    its user charge."""
    tag = await resolve(tx, token.id_tag) if await is_card(tx, token, begins) else None
    holder = _holder(tx, tag) if tag else UNKNOWN
    if points and not holder.rejection and await _turned_away(tx, token, holder.user_id, begins, points):
        holder = structs.replace(holder, verdict=structs.replace(holder.verdict, status="not_at_this_location"))
    return ANYONE if holder.rejection and (admits_all or await admits_button(tx, token)) else holder


async def _turned_away(tx: Tx, token: Token, user_id: int | None, begins: bool, points: Collection[int]) -> bool:
    """Whether a user has no business at charge points; who charges at the station may always end that."""
    if user_id is None or await may_charge_at_one(tx, points, user_id):
        return False
    return begins or not await charges_at(tx, token.station_id, user_id)


async def charges_at(tx: Tx, station_id: int, user_id: int | None) -> bool:
    """Whether a user charges at a station, or is about to."""
    return user_id is not None and any(one["station_id"] == station_id for one in await running(tx, user_id))


def forbidden(holder: Holder) -> Holder:
    """Whom the tariff does not let charge."""
    return structs.replace(holder, verdict=structs.replace(holder.verdict, status="charging_not_allowed"))


def without_credit(holder: Holder) -> Holder:
    """Who has nothing to pay with."""
    return structs.replace(holder, verdict=structs.replace(holder.verdict, status="no_credit"))


def payer(holder: Holder, charge_point_id: int, partner_id: int | None) -> Payer | None:
    """Who pays at a charge point, a partner's or nobody's; None where nobody is known, or the tag is no good."""
    if holder.user_id is None or holder.rejection:
        return None
    return Payer(holder.user_id, holder.payment_method_id or AUTO, partner_id, charge_point_id)


def _holder(tx: Tx, tag: IdTagRow) -> Holder:
    verdict = TagVerdict(status=_status(tx, tag), expires_at=tag.expire_at, parent=parent_tag(tag.user_id))
    return Holder(verdict, tag.user_id, tag.id_label, tag.payment_method_id, _METHODS[tag.type], tag.sessions_allowed)


def _status(tx: Tx, tag: IdTagRow) -> Status:
    """A tag of nobody is not authorized (ID tags, `userId`)."""
    if tag.status != "enabled" or tag.user_status != "enabled":
        return "blocked"
    return "expired" if tag.expire_at is not None and tag.expire_at <= tx.now else "accepted"


def parent_tag(user_id: int | None) -> str | None:
    """Tags of one user may stop each other's sessions."""
    return None if user_id is None else f"user{user_id}"


async def running(tx: Tx, user_id: int) -> list[Row]:
    """What a user charges, or has ordered from afar."""
    return await tx.all(_RUNNING, user=user_id)


def too_many(sessions: list[Row], allowed: str | None, id_tag: str | None) -> bool:
    """Whether a user who runs these sessions and to whom so much is `allowed` (`sessionsAllowed`) may not start one
    more: by a tag or, without one, from afar."""
    if allowed == "multiple_simultaneous_sessions_remotely_and_idtags":
        return False
    if allowed == "multiple_simultaneous_sessions_per_idtag" and id_tag is not None:
        return False
    if allowed == "simultaneous_use_of_idtags" and id_tag is not None:
        return any(same(one["id_tag"] or "", id_tag) for one in sessions)
    if allowed in (None, "single_session"):
        return bool(sessions)
    return any(one["remote"] for one in sessions)
