"""Remote starts: noted in one step, asked of the station, and what came of it noted in another."""

from collections.abc import Awaitable, Callable

from msgspec import UNSET, Struct
from sqlalchemy import bindparam, select

from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.rooms.charging.authorizations import Method, authorize_by
from ohmstead.rooms.charging.control.checks import circumstances, shares_its_station, user_of, validate
from ohmstead.rooms.charging.control.orders import (
    Hold,
    Order,
    OrderThere,
    Refusal,
    first_profile,
    hold_needed,
)
from ohmstead.rooms.charging.control.refusing import Case, refusal
from ohmstead.rooms.charging.flow.changes import add, change
from ohmstead.rooms.charging.pricing.marks import SessionMark, mark
from ohmstead.rooms.charging.profiles.applied import tell_applied
from ohmstead.rooms.charging.profiles.profile_conversion import fitted
from ohmstead.rooms.charging.profiles.table import NUMBERED_FROM, lay
from ohmstead.rooms.charging.reservations import again_for
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tags import remote_tag
from ohmstead.rooms.devices.profiles.abilities import abilities
from ohmstead.rooms.devices.profiles.given import profile_of
from ohmstead.rooms.devices.stations import ChargingProfile, RemoteStart, ReserveNow, StationError, stations

ORDERS = 2**31  # a 2.x station tells of the order it follows by a number of 32 bits
GIVEN_PROFILES = 2**31 - 1  # profiles of clients are numbered down from here, out of the way of load management's

_STATUS = Statement(select(session.c.status).where(session.c.id == bindparam("session")).with_for_update())

Finding = Callable[[Tx], Awaitable[Row]]


class Noted(Struct):
    """A session on its way: whom to ask, and for what."""

    session_id: int
    authorization_id: int
    station_id: int
    charge_point_id: int
    evse_id: int
    command: RemoteStart
    prelude: ReserveNow | None = None  # the EVSE is reserved for the user


class Asked(Struct):
    """A start as it was asked for; `hold`: what is held for it already; `terminal_id`: the payment terminal that asks,
    which collects by itself."""

    order: Order
    find: Finding
    method: Method
    anywhere: bool
    hold: Hold | None
    terminal_id: int | None


async def start(
    database: Database,
    order: Order,
    find: Finding,
    method: Method,
    anywhere: bool = False,
    hold: Hold | None = None,
    terminal_id: int | None = None,
) -> tuple[Noted | None, Refusal | None]:
    """Begin at the EVSE that `find` finds and locks; `anywhere`: the station may take another. What is held for it, by
    the caller or because there is need to, is released where no session is noted.

    The session that was noted, and why it was not begun: by us, before there is one, or by the station.
    """
    asked = Asked(order, find, method, anywhere, hold, terminal_id)
    try:
        noted = await _noted(database, asked)
    except Exception:
        await _release(database, asked)
        raise
    if isinstance(noted, Refusal):
        await _release(database, asked)
        return None, noted
    refused, reason = await _ask(noted)
    if refused is not None:
        async with database.begin() as tx:
            await _failed(tx, noted.session_id, reason)
    elif profile := noted.command.charging_profile:
        async with database.begin() as tx:
            await _took(tx, noted, profile)
    return noted, refused


async def _noted(database: Database, asked: Asked) -> Noted | Refusal:
    """What has to be held is held while no transaction is open; then all is looked at anew."""
    async with database.begin() as tx:
        noted = await _note(tx, asked, await asked.find(tx))
    if isinstance(noted, Noted | Refusal):
        return noted
    if refused := await noted.place(database):
        return refused
    asked.hold = noted
    async with database.begin() as tx:
        noted = await _note(tx, asked, await asked.find(tx))
    assert isinstance(noted, Noted | Refusal), "it is held already"
    return noted


async def _release(database: Database, asked: Asked) -> None:
    if asked.hold is not None:
        await asked.hold.release(database)


async def _note(tx: Tx, asked: Asked, there: Row) -> Noted | Refusal | Hold:
    """What has to be held first is answered, where nothing speaks against the session."""
    order, hold = asked.order, asked.hold
    user = await user_of(tx, order)
    await validate(tx, order, there)
    around = await circumstances(tx, there)
    refused = await refusal(Case(tx, there, around, user, order.payment_method_id or None))
    if refused is not None:
        return refused
    user_id, point, session_id = user["id"] if user else None, there["charge_point_id"], around["session_id"]
    if hold is None and asked.terminal_id is None:
        needed = await hold_needed(tx, there, user_id, order.payment_method_id or None, session_id)
        if needed:
            return needed[0]
    elif hold is not None and hold.session_id is not None:
        session_id = hold.session_id
    allowed = await authorize_by(tx, asked.method, point, evse_id=there["id"], user_id=user_id)
    values = {
        "id": session_id, "station_id": there["station_id"], "charge_point_id": point, "evse_id": there["id"],
        "connector_id": order.connector_id or None, "partner_id": there["partner_id"], "status": "pending",
        "started_at": tx.now, "remote": True, "user_id": user_id, "authorization_id": allowed,
        "id_tag": order.id_tag or order.external_session_id or remote_tag(session_id),
        "booking_id": order.booking_id or None, "payment_method_id": order.payment_method_id or None,
        "terminal_id": asked.terminal_id, "payment_type": None if asked.terminal_id is None else "terminal",
    }  # fmt: skip
    await add(tx, values, "created")
    if hold is not None:
        await hold.attach(tx, session_id)
    if order.boost:
        await mark(tx, [SessionMark(session_id, tx.now, "boosted")])
    profile = await _profile(tx, order, there, session_id)
    chooses = asked.anywhere and not await shares_its_station(tx, there)
    number = None if chooses else there["network_id"]
    command = RemoteStart(
        id_tag=remote_tag(session_id), order=session_id % ORDERS, evse_network_id=number, charging_profile=profile
    )
    prelude = await again_for(tx, there, user_id, command.id_tag)
    return Noted(session_id, allowed, there["station_id"], point, there["id"], command, prelude)


async def _took(tx: Tx, noted: Noted, profile: ChargingProfile) -> None:
    """The station has the profile to begin with. A client's is noted; load management's is followed by others."""
    if profile.id >= NUMBERED_FROM:
        await lay(tx, noted.station_id, noted.command.evse_network_id or 0, profile, noted.session_id)
    tell_applied(tx, profile, charge_point_id=noted.charge_point_id, evse_id=noted.evse_id, session_id=noted.session_id)


async def _profile(tx: Tx, order: Order, there: Row, session_id: int) -> ChargingProfile | None:
    """Load management's limit goes before a client's: the cable must hold."""
    limits = await first_profile(tx, there)
    if limits:
        return limits[0]
    given = order.charging_profile if isinstance(order, OrderThere) else UNSET
    if not given:
        return None
    profile, station = profile_of(given, GIVEN_PROFILES - session_id % GIVEN_PROFILES), there["station_id"]
    return await fitted(tx, station, there["network_id"], profile, await abilities(tx, station))


async def _ask(noted: Noted) -> tuple[Refusal | None, str]:
    """Why the station does not start, and the reason that the session shows."""
    try:
        if noted.prelude is not None:
            await stations.current.call(noted.station_id, noted.prelude)
        outcome = await stations.current.call(noted.station_id, noted.command)
    except StationError as error:
        return Refusal("INTERNAL_ISSUE", str(error)), "remote_start_failed"
    if outcome.agreed:
        return None, ""
    return Refusal("INTERNAL_ISSUE", f"The charge point answered: {outcome.status}."), "rejected"


async def _failed(tx: Tx, session_id: int, reason: str) -> None:
    """Unless the station began in spite of its answer."""
    if await tx.value(_STATUS, session=session_id) == "pending":
        await change(tx, session_id, "stopped", status="failed", reason=reason, stopped_at=tx.now)
