"""Starting: a station says that a charge began, and gets a transaction number; it cannot be refused one."""

from datetime import datetime
from typing import Any

from msgspec import structs
from sqlalchemy import Double, Text, bindparam, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.charging.bookings import booking_used
from ohmstead.rooms.charging.contracts.naming import as_issued
from ohmstead.rooms.charging.displays import with_price
from ohmstead.rooms.charging.facts import ChargeStarted, TagVerdict
from ohmstead.rooms.charging.flow.authorizing import ACCEPTED, authorized, remote_start_of
from ohmstead.rooms.charging.flow.begun import taken
from ohmstead.rooms.charging.flow.changes import add, change, tell
from ohmstead.rooms.charging.flow.outlets import any_outlet, outlet, outlet_of
from ohmstead.rooms.charging.flow.transactions import session_by_ref, start_ref, started_as
from ohmstead.rooms.charging.needs import needs_taken
from ohmstead.rooms.charging.paying import lacks_means
from ohmstead.rooms.charging.pricing.tariff_of_session import tariff_columns
from ohmstead.rooms.charging.readings import believable
from ohmstead.rooms.charging.register import register_of
from ohmstead.rooms.charging.reservations import holder_of, reservation_used
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.charging.tags import (
    Holder,
    forbidden,
    payer,
    remote_tag,
    running,
    tag_verdict,
    too_many,
    without_credit,
)
from ohmstead.rooms.charging.tariffs_in_force import costs_nothing, tariff_forbids
from ohmstead.rooms.charging.token_types import Token
from ohmstead.rooms.devices.presence.statuses import MOST_EVSES

SUPERSEDED = "new_start_transaction_received"
_CARRIED_ON = ("id_tag", "id_tag_label", "user_id", "authorization_id", "payment_method_id", "partner_id", "remote")

_own = session.c
_wh = bindparam("wh", type_=Double)
_station = _own.station_id == bindparam("station")
_same_tag = folded(_own.id_tag) == folded(bindparam("tag", type_=Text))
_OPEN = Statement(select(session).where(_own.evse_id == bindparam("evse"), _own.status == "active").with_for_update())
_ORDERED = Statement(
    select(session).where(_own.id == bindparam("session"), _own.status == "pending", _own.remote).with_for_update()
)
# A stop that came before its start: the first to end after this beginning, by the same tag if it named one.
_AHEAD = Statement(
    select(session)
    .where(_station, _own.start_ref.is_(None), _own.stop_ref.is_not(None), _own.original_session_id.is_(None))
    .where(_own.transaction_ref.is_not_distinct_from(bindparam("name", type_=Text)))
    .where(_own.stopped_at >= bindparam("at"), or_(_wh.is_(None), _own.meter_stop_wh >= _wh))
    .where(or_(_own.transaction_ref.is_not(None), _own.id_tag.is_(None), _same_tag))
    .order_by(_own.stopped_at)
    .limit(1)
    .with_for_update()
)
_VERDICT = Statement(
    select(authorization.c.status, authorization.c.rejection_reason).where(authorization.c.id == bindparam("key"))
)


async def charge_started(tx: Tx, fact: ChargeStarted) -> tuple[int, TagVerdict]:
    """The transaction number (the same for a start told again) and the verdict on the tag."""
    fact = await as_issued(tx, fact)
    place, row, verdict = await _started(tx, fact)
    return row["transaction_id"], await with_price(tx, fact, place, row, verdict)


async def _started(tx: Tx, fact: ChargeStarted) -> tuple[Row, Row, TagVerdict]:
    """Where, the session, and the verdict on the tag."""
    station, at = fact.charge_point_id, believable(fact.at, fact.received_at)
    begun = await taken(tx, station, fact.transaction_ref)
    place = await _place(tx, fact, begun)
    known = await _known(tx, fact, begun)
    if known is not None:
        await _earlier(tx, known, fact, place, at)
        return place, known, await _verdict_again(tx, known, fact, place)
    began = {"start_ref": start_ref(fact), "evse_id": place["id"], "charge_point_id": place["charge_point_id"]}
    began |= {"started_at": at, "transaction_ref": fact.transaction_ref, **_register(fact, begun, at)}
    asked = await _asked(tx, fact)
    holder, theirs = (None, []) if asked else await _presented(tx, fact, place)
    ordered = asked or await _ordered(tx, place, theirs)
    if ordered is not None and ordered["start_ref"] is None:
        began |= await tariff_columns(tx, place, ordered["user_id"], at)
        row = await change(
            tx, ordered["id"], "started", **began, **_by_card(fact, ordered, holder), **await _onwards(tx, place, at)
        )
        _told_late(tx, row)
        await _kept_for_it(tx, row, fact)
        return place, row, holder.verdict if holder else ACCEPTED
    if holder is not None:
        holder = await _objected(tx, fact, place, holder, theirs, at)
    who, verdict = await _who(tx, fact, place, asked, holder)
    began |= await tariff_columns(tx, place, who["user_id"], at)
    told = {"at": at, "wh": began["meter_start_wh"], "tag": fact.id_tag, "name": fact.transaction_ref}
    ended = await tx.one(_AHEAD, station=station, **told)
    if ended is not None:
        row = await change(tx, ended["id"], "updated", **who | began | _completed(began, ended, place))
    else:
        row = await add(tx, {"station_id": station, **who, **began, **await _onwards(tx, place, at)}, "started")
        _told_late(tx, row)
    if verdict.status == "accepted":
        await _kept_for_it(tx, row, fact)
    return place, row, verdict


def _told_late(tx: Tx, row: Row) -> None:
    """Of a charge that is over by now."""
    if row["status"] == "finished":
        tell(tx, row, "stopped")


async def _kept_for_it(tx: Tx, row: Row, fact: ChargeStarted) -> None:
    """What the EVSE was reserved and booked for has begun, and what its vehicle said before."""
    await reservation_used(tx, row, fact.reservation_id)
    await booking_used(tx, row)
    if fact.transaction_ref is not None:
        await needs_taken(tx, row)


def _register(fact: ChargeStarted, begun: Row | None, at: datetime) -> dict[str, Any]:
    """Where the register stood when the transaction began: what its first event tells, or what was told before it was
    anybody's charge, else this start's."""
    wh, since = fact.meter_wh, at
    overtaken = fact.is_first and (wh is not None or (begun is not None and begun["is_first"]))
    if begun is not None and begun["energy_wh"] is not None and not overtaken:
        wh, since = begun["energy_wh"], begun["at"]
    return {
        "meter_start_wh": wh, "meter_start_at": None if wh is None else since, "meter_rebased": False,
        "meter_wh": wh, "meter_at": since,
    }  # fmt: skip


async def _known(tx: Tx, fact: ChargeStarted, begun: Row | None) -> Row | None:
    """The session of a start told before. A name means its session until the station has ended that, or begins anew
    after all it told of it: some count from 1 again after a boot."""
    told = await started_as(tx, fact)
    if told is not None or fact.transaction_ref is None:
        return told
    other = await session_by_ref(tx, fact.charge_point_id, fact.transaction_ref)
    if other is None:
        return None
    at = believable(fact.at, fact.received_at)
    over = other["stop_ref"] is not None and other["stopped_at"] < at
    if over and fact.after_end:
        return other
    if over or other["start_ref"] is None:
        return None
    anew = fact.timed and fact.is_first and max(other["started_at"], other["metered_at"] or other["started_at"]) < at
    anew = anew or (begun is not None and begun["is_first"] and begun["at"] > other["started_at"])
    return None if anew else other


async def _earlier(tx: Tx, known: Row, fact: ChargeStarted, place: Row, at: datetime) -> None:
    """A later message of a named transaction may have overtaken its start, and was taken for that. The register goes
    back to the start's, where the outlet could have given what lies between."""
    extends = known["original_session_id"] is not None
    if fact.transaction_ref is None or extends or at >= known["started_at"]:
        return
    register = register_of(known, place)
    if fact.meter_wh is not None:
        register.read(fact.meter_wh, at)
    figures = {"meter_wh": register.wh, "energy_wh": register.energy_wh} if register.moved else {}
    await change(tx, known["id"], "updated", started_at=at, **register.start(), **figures)


def _tag(fact: ChargeStarted) -> str:
    """A start from afar may name its order and no tag."""
    return fact.id_tag or (remote_tag(fact.remote_start_id) if fact.remote_start_id else "")


async def _asked(tx: Tx, fact: ChargeStarted) -> Row | None:
    """The session that a station was asked for from afar, as the tag says, or the order that it follows."""
    asked = await remote_start_of(tx, fact.charge_point_id, _tag(fact))
    if asked is not None or not fact.remote_start_id:
        return asked
    asked = await remote_start_of(tx, fact.charge_point_id, remote_tag(fact.remote_start_id))
    return asked if asked and asked["status"] == "pending" else None


async def _presented(tx: Tx, fact: ChargeStarted, place: Row) -> tuple[Holder, list[Row]]:
    """Who begins, by the tag alone, and what that user runs already."""
    closed = () if place["charge_point_type"] == "public" else (place["charge_point_id"],)
    holder = await tag_verdict(tx, _token(fact), place["auto_start_without_authorization"], begins=True, points=closed)
    if holder.user_id is None or holder.rejection:
        return holder, []
    return holder, await running(tx, holder.user_id)


async def _ordered(tx: Tx, place: Row, theirs: list[Row]) -> Row | None:
    """What the same user has ordered from afar at this EVSE and has not begun: it is this charge. It was judged when it
    was ordered, and has its means of payment."""
    here = (one["id"] for one in theirs if one["evse_id"] == place["id"] and one["status"] == "pending")
    key = next(here, None)
    return None if key is None else await tx.one(_ORDERED, session=key)


def _by_card(fact: ChargeStarted, ordered: Row, holder: Holder | None) -> dict[str, Any]:
    """What changes where a card fulfils an order: the card may end it."""
    if holder is None:
        return {}
    pays = ordered["payment_method_id"] or holder.payment_method_id
    return {"id_tag": fact.id_tag, "id_tag_label": holder.label, "payment_method_id": pays}


async def _objected(tx: Tx, fact: ChargeStarted, place: Row, holder: Holder, theirs: list[Row], at: datetime) -> Holder:
    """Who begins, as things are: `concurrent` for a user who runs enough elsewhere (what runs here ends with this), at
    an EVSE that is reserved for another `blocked`, where the tariff says so `charging_not_allowed`, and who has nothing
    to pay with `no_credit`. A number that a station names is no right of its own, many name 0 or -1: it speaks for a
    reservation in force there, and only where nobody is known."""
    elsewhere = [one for one in theirs if one["evse_id"] != place["id"]]
    if elsewhere and too_many(elsewhere, holder.sessions_allowed, fact.id_tag):
        return structs.replace(holder, verdict=structs.replace(holder.verdict, status="concurrent"))
    held = None if holder.rejection else await holder_of(tx, place["id"], at)
    used_by_nobody = held is not None and holder.user_id is None and held["id"] == fact.reservation_id
    if held is not None and held["user_id"] != holder.user_id and not used_by_nobody:
        return structs.replace(holder, verdict=structs.replace(holder.verdict, status="blocked"))
    if not holder.rejection and place["some_are_forbidden"] and await tariff_forbids(tx, place["id"], holder.user_id):
        return forbidden(holder)
    pays = payer(holder, place["charge_point_id"], place["partner_id"])
    if pays is None or not await lacks_means(tx, pays, place["payment_is_required"]):
        return holder
    return holder if await costs_nothing(tx, place["id"], holder.user_id) else without_credit(holder)


async def _who(
    tx: Tx, fact: ChargeStarted, place: Row, asked: Row | None, holder: Holder | None
) -> tuple[dict[str, Any], TagVerdict]:
    """Whose charge it is. A station that lost its power goes on with the tag of the start it was asked for."""
    if asked is not None:
        return {name: asked[name] for name in _CARRIED_ON}, ACCEPTED
    assert holder is not None, "who was not asked for is judged"
    return {
        "id_tag": fact.id_tag or None,
        "id_tag_label": holder.label,
        "user_id": holder.user_id,
        "authorization_id": await authorized(tx, place, _token(fact), holder),
        "payment_method_id": holder.payment_method_id,
        "partner_id": place["partner_id"],
    }, holder.verdict


def _token(fact: ChargeStarted) -> Token:
    return Token(fact.charge_point_id, fact.id_tag, fact.token_type)


async def _place(tx: Tx, fact: ChargeStarted, begun: Row | None) -> Row:
    if begun is not None and begun["evse_id"] is not None and not fact.evse_network_id:
        return await outlet_of(tx, begun["evse_id"])
    if not 1 <= fact.evse_network_id <= MOST_EVSES:
        return await any_outlet(tx, fact.charge_point_id, fact.received_at)
    return await outlet(tx, fact.charge_point_id, fact.evse_network_id, fact.received_at)


async def _onwards(tx: Tx, place: Row, at: datetime) -> dict[str, Any]:
    """One vehicle at a time: the charge that was open here has ended. Where the open one began later, this one is told
    late and has ended by then."""
    there = await tx.one(_OPEN, evse=place["id"])
    if there is not None and there["started_at"] > at:
        return {"status": "finished", "reason": SUPERSEDED, "stopped_at": there["started_at"]}
    if there is not None:
        await change(tx, there["id"], "stopped", status="finished", reason=SUPERSEDED, stopped_at=at, power_w=None)
    return {"status": "active", "reason": None, "stopped_at": None}


def _completed(began: dict[str, Any], ended: Row, place: Row) -> dict[str, Any]:
    """The figures of a charge whose stop was told before its start."""
    register = register_of({**began, "metered_at": None}, place)
    start, last = ended["meter_start_wh"], ended["meter_stop_wh"]
    if ended["transaction_ref"] is not None and start is not None and start != last:  # it came with earlier readings
        register.read(start, ended["meter_start_at"] or ended["started_at"])
    doubted = last is None or not register.end(last, ended["stopped_at"])
    return register.start() | {
        "meter_wh": register.wh, "meter_at": register.raised_at, "energy_wh": register.energy_wh,
        "anomalies": max(int(doubted), register.anomalies),
    }  # fmt: skip


async def _verdict_again(tx: Tx, known: Row, fact: ChargeStarted, place: Row) -> TagVerdict:
    """The verdict of the first telling: a repetition is not concurrent with itself."""
    given = await tx.one(_VERDICT, key=known["authorization_id"])
    if given is None or (await remote_start_of(tx, fact.charge_point_id, fact.id_tag)) is not None:
        return ACCEPTED
    holder = await tag_verdict(tx, _token(fact), place["auto_start_without_authorization"])
    return structs.replace(holder.verdict, status=given["rejection_reason"] or "accepted")
