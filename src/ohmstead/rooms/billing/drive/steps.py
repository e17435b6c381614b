"""The steps of a charge ad hoc: hold, start, watch, end. Each is decided by what the transaction and the session are,
and noted before the next is taken, so that whoever goes on after a fault goes on from there. No step needs a page."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, DateTime, Integer, and_, bindparam, delete, select, update

from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.kit.errors import ApiError, NotFound
from ohmstead.rooms.billing.drive.charges import PLUGGING, new_session
from ohmstead.rooms.billing.drive.place import PLUGGED
from ohmstead.rooms.billing.drive.table import Reason, State, ad_hoc_charge
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.methods.keeping import remove
from ohmstead.rooms.billing.methods.means import of_row
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.billing.sessions.holds import PURCHASE, PlacedHold, attach_hold, place_hold, release_hold
from ohmstead.rooms.billing.sessions.table import session_payment
from ohmstead.rooms.billing.transactions.states import transaction
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.control import Refusal, stop_for
from ohmstead.rooms.charging.control.checks import place
from ohmstead.rooms.charging.control.orders import Order
from ohmstead.rooms.charging.control.remote import start
from ohmstead.rooms.charging.flow.changes import change
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.store.due_work import DueWork

SOON, LATER, MUCH_LATER = timedelta(seconds=5), timedelta(minutes=1), timedelta(hours=6)
"""When a charge is looked at again that nothing wakes: see `waking`."""
AGAIN = timedelta(seconds=30)  # after a fault of ours
KEPT = timedelta(days=1)  # a charge for which no card was entered
_MOST_STEPS = 10  # at once
_REASONS: Mapping[str, Reason] = {"SESSION_EXISTS": "in_use", "INTERNAL_ISSUE": "out_of_service"}

_own, _paid, _session = ad_hoc_charge.c, payment_transaction.c, session.c
_key = bindparam("key", type_=BigInteger)
_DUE = Statement(
    select(_own.id)
    .where(_own.due_at <= bindparam("now", type_=DateTime(timezone=True)))
    .order_by(_own.due_at)
    .limit(bindparam("most", type_=Integer))
)
_CHARGE = Statement(
    select(
        ad_hoc_charge, evse.c.hardware_status, charge_point.c.partner_id, _session.status.label("charge"),
        _paid.id.label("paid_by"), _paid.status.label("paid"), session_payment.c.due_at.label("billed_again_at"),
    )
    .join(evse, evse.c.id == _own.evse_id)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .outerjoin(session, _session.id == _own.session_id)
    .outerjoin(payment_transaction, and_(_paid.session_id == _own.session_id, _paid.purchase_type == PURCHASE))
    .outerjoin(session_payment, session_payment.c.session_id == _own.session_id)
    .where(_own.id == _key)
)  # fmt: skip
_METHOD = Statement(select(payment_method).where(payment_method.c.id == _key))
_STATUS = Statement(select(_session.status).where(_session.id == _key).with_for_update())
_at = bindparam("at", type_=DateTime(timezone=True))
_WAIT = Statement(
    update(ad_hoc_charge)
    .where(_own.id == _key, _own.due_at.is_not_distinct_from(bindparam("seen", type_=DateTime(timezone=True))))
    .values(due_at=_at, updated_at=bindparam("now", type_=DateTime(timezone=True)))
)


_DELETE = Statement(delete(ad_hoc_charge).where(_own.id == _key, _own.method_id.is_(None)))
_AGAIN = Statement(update(ad_hoc_charge).where(_own.id == _key).values(due_at=_at))


class NothingHeld(Struct):
    """What a charge that costs nothing comes with: the session that it will be."""

    session_id: int | None

    async def place(self, database: Database) -> Refusal | None:
        """Nothing is to be held."""
        return None

    async def attach(self, tx: Tx, session_id: int) -> None:
        """Nothing is."""

    async def release(self, database: Database) -> None:
        """Nothing was."""


class AdHocSteps(DueWork):
    """Takes the next step of each charge that is due."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """Steps that follow at once, as far as it goes now."""
        for _ in range(_MOST_STEPS):
            async with self._database.read() as tx:
                charge = await tx.one(_CHARGE, key=row["id"])
            if charge is None or not await _STEPS[charge["state"]](self, charge):
                return

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        async with self._database.begin() as tx:
            await tx.run(_AGAIN, key=row["id"], at=tx.now + AGAIN)

    async def _entering(self, charge: Row) -> bool:
        """Until the card is known, and then until it is known whether the amount is held on it."""
        if charge["method_id"] is None:
            if charge["stop_asked_at"] or self._clock.now() >= charge["until"]:
                return await self._end(charge, "failed", "cancelled" if charge["stop_asked_at"] else "not_entered")
            return await self._wait_until(charge, charge["until"])
        if charge["paid_by"] is None and charge["stop_asked_at"]:
            return await self._end(charge, "failed", "cancelled")
        if charge["paid_by"] is None:
            await self._hold(charge)
            return True
        match charge["paid"]:
            case "authorized":
                until = self._clock.now() + PLUGGING
                return await self._go(charge, "held", transaction_id=charge["paid_by"], until=until)
            case "initialized" | "pending":
                return await self._later(charge, LATER)
            case _:
                return await self._end(charge, "failed", "declined", transaction_id=charge["paid_by"])

    async def _hold(self, charge: Row) -> None:
        """The transaction names the session, so that after a fault it is found, and none is begun beside it."""
        async with self._database.read() as tx:
            method = await tx.one(_METHOD, key=charge["method_id"])
        assert method is not None, "methods stay"
        await place_hold(
            self._database,
            means=of_row(method, self._clock.now()),
            money=Money(charge["amount"], charge["currency"]),
            user_id=None,
            session_id=charge["session_id"],
            partner_id=charge["partner_id"],
        )

    async def _held(self, charge: Row) -> bool:
        return await self._go(charge, "starting")

    async def _starting(self, charge: Row) -> bool:
        """Ordered, and ordered again where the order ran out before the time to plug in has; given up where the station
        will not, or the time is up."""
        match charge["charge"]:
            case "active" | "finished":
                return await self._go(charge, "charging")
            case _ if charge["reason"]:
                return await self._let_go(charge)
            case _ if charge["stop_asked_at"] or self._clock.now() >= charge["until"]:
                return await self._abandon(charge, "cancelled" if charge["stop_asked_at"] else "not_plugged_in")
            case "pending":
                return await self._wait_until(charge, charge["until"])
            case None:
                return await self._start(charge)
            case "failed" if charge["hardware_status"] not in PLUGGED:
                return await self._later(charge, SOON)  # some stations take no order while no cable is plugged
            case _:
                return await self._start(await self._renewed(charge))

    async def _renewed(self, charge: Row) -> Row:
        """The charge, for which another session is to be noted. The transaction's lock comes before others."""
        async with self._database.begin() as tx:
            renewed = await new_session(tx)
            if charge["transaction_id"] is not None:
                await attach_hold(tx, charge["transaction_id"], renewed)
            await _write(tx, charge, session_id=renewed)
        return dict(charge) | {"session_id": renewed}

    async def _start(self, charge: Row) -> bool:
        async def there(tx: Tx) -> Row:
            found = await place(tx, charge["evse_id"])
            if found is None:
                raise NotFound
            return found

        paid_by = charge["transaction_id"]
        hold = NothingHeld(charge["session_id"]) if paid_by is None else PlacedHold(paid_by, charge["session_id"])
        try:
            noted, refused = await start(self._database, Order(), there, "user_device", hold=hold)
        except ApiError as error:
            noted, refused = None, Refusal("INTERNAL_ISSUE", error.message)
        if refused is None:
            return await self._wait_until(charge, charge["until"])
        if noted is None:  # what is held was let go of with that
            return await self._go(charge, "starting", reason=_REASONS.get(refused.code, "not_possible"))
        if charge["hardware_status"] in PLUGGED:
            return await self._abandon(charge, "station_refused")
        return await self._later(charge, SOON)

    async def _abandon(self, charge: Row, reason: Reason) -> bool:
        """Unless it has begun just now."""
        async with self._database.begin() as tx:
            status = await tx.value(_STATUS, key=charge["session_id"])
            if status == "pending":
                await change(tx, charge["session_id"], "stopped", status="failed", reason="standard_stop",
                             stopped_at=tx.now)  # fmt: skip
            if status not in ("active", "finished"):
                await _write(tx, charge, reason=reason)
        return True

    async def _let_go(self, charge: Row) -> bool:
        paid = charge["paid"]
        if paid == "authorized":
            await release_hold(self._database, charge["paid_by"])
            async with self._database.read() as tx:
                paid = (await transaction(tx, charge["paid_by"]))["status"]
        if paid in (None, "reversed", "failed"):
            return await self._end(charge, "released", charge["reason"])
        return await self._later(charge, LATER)

    async def _charging(self, charge: Row) -> bool:
        if charge["charge"] == "active" and not charge["stop_asked_at"]:
            return await self._later(charge, LATER)
        async with self._database.begin() as tx:
            await stop_for(tx, charge["session_id"], "standard_stop")
            await _write(tx, charge, state="stopping")
        return True

    async def _stopping(self, charge: Row) -> bool:
        """Until its station has obeyed, and then until what it cost is captured."""
        if charge["charge"] == "active":
            return await self._later(charge, LATER)
        match charge["paid"]:
            case None | "reversed":
                return await self._end(charge, "released", None)
            case "finalized" | "refunded":
                return await self._end(charge, "captured", None)
            case "failed":
                return await self._end(charge, "failed", "not_captured")
            case _:
                return await self._later(charge, LATER)

    async def _over(self, charge: Row) -> bool:
        """The card is forgotten once nothing more is to be paid by it; what came to nothing before anything was held is
        deleted a day later."""
        if charge["method_id"] is None and charge["setup_id"] is not None:
            return await self._forget(charge)
        if charge["billed_again_at"] is not None:
            return await self._later(charge, MUCH_LATER)
        async with self._database.begin() as tx:
            method = await tx.one(_METHOD, key=charge["method_id"]) if charge["method_id"] else None
            if method is not None and method["removed_at"] is None:
                await remove(tx, method)
            await _write(tx, charge, due_at=None)
        return False

    async def _forget(self, charge: Row) -> bool:
        gone_at = charge["over_at"] + KEPT
        if self._clock.now() < gone_at:
            return await self._wait_until(charge, gone_at)
        async with self._database.begin() as tx:
            await tx.run(_DELETE, key=charge["id"])
        return False

    async def _go(self, charge: Row, state: State, **values: Any) -> bool:
        async with self._database.begin() as tx:
            await _write(tx, charge, state=state, **values)
        return True

    async def _end(self, charge: Row, state: State, reason: Reason | None, **values: Any) -> bool:
        return await self._go(charge, state, reason=reason, over_at=self._clock.now(), **values)

    async def _later(self, charge: Row, wait: timedelta) -> bool:
        return await self._wait_until(charge, self._clock.now() + wait)

    async def _wait_until(self, charge: Row, at: datetime) -> bool:
        """Unless somebody woke it meanwhile."""
        async with self._database.begin() as tx:
            await tx.run(_WAIT, key=charge["id"], seen=charge["due_at"], at=at, now=tx.now)
        return False


async def _write(tx: Tx, charge: Row, **values: Any) -> None:
    await tx.run(update(ad_hoc_charge).where(_own.id == charge["id"]).values(updated_at=tx.now, **values))


_STEPS: Mapping[State, Callable[[AdHocSteps, Row], Awaitable[bool]]] = {
    "entering": AdHocSteps._entering,
    "held": AdHocSteps._held,
    "starting": AdHocSteps._starting,
    "charging": AdHocSteps._charging,
    "stopping": AdHocSteps._stopping,
    **dict.fromkeys(("captured", "released", "failed"), AdHocSteps._over),
}
"""By state; each says whether another step follows at once."""
