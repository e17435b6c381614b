"""Refusing: why a session may not start from afar. Each reason is looked for in its turn, see `start_order`; what the
rooms above have against a start takes its turn by its code."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import ApiError, Invalid
from ohmstead.rooms.charging.control.orders import ErrorCode, Refusal, may_start
from ohmstead.rooms.charging.control.start_order import ORDER
from ohmstead.rooms.charging.opening import is_closed
from ohmstead.rooms.charging.reservations import holder_of
from ohmstead.rooms.charging.tags import running, too_many
from ohmstead.rooms.charging.tariffs_in_force import tariff_forbids
from ohmstead.rooms.devices.presence import can_charge
from ohmstead.rooms.network.charging_access import may_charge
from ohmstead.rooms.tariffs.resolution import plans_of_user

UNCODED: ErrorCode = "INTERNAL_ISSUE"


class Case(Struct, frozen=True):
    """A start that is asked for: at an EVSE that is locked, under these circumstances, for this user or nobody, paid as
    is wished."""

    tx: Tx
    there: Row
    around: Row
    user: Row | None
    payment_method_id: str | None = None


async def refusal(case: Case) -> Refusal | None:
    """Why no session may start, or None."""
    objections = await _objections(case)
    for code in ORDER:
        if (check := CHECKS.get(code)) and (words := await check(case)):
            return Refusal(code, words)
        if code in objections and code != UNCODED:
            return objections[code]
    return objections.get(UNCODED)


async def _objections(case: Case) -> dict[ErrorCode, Refusal]:
    """What the rooms above have against it, the first of each code; an order that makes no sense to them is Invalid as
    it is to us."""
    try:
        user_id = case.user["id"] if case.user else None
        found: list[Refusal] = await may_start(case.tx, case.there, user_id, case.payment_method_id)
    except Invalid:
        raise
    except ApiError as error:
        found = [Refusal(UNCODED, error.message)]
    return {one.code: one for one in reversed(found)}


async def _no_access(case: Case) -> str | None:
    if case.user is None or await may_charge(case.tx, case.there, case.user["id"]):
        return None
    return "You do not have access to this charge point"


async def _occupied(case: Case) -> str | None:
    return "Session already exists" if case.around["busy"] else None


async def _unusable(case: Case) -> str | None:
    held = await holder_of(case.tx, case.there["id"], case.tx.now) if case.around["reserved"] else None
    its_user = held is not None and case.user is not None and held["user_id"] == case.user["id"]
    if held is not None and not its_user:
        return "The EVSE is reserved."
    return None if can_charge(case.there, its_user) else _why_not(case.there)


def _why_not(there: Row) -> str:
    if there["charge_point_status"] != "enabled":
        return f"The charge point is {there['charge_point_status']}."
    if there["status"] != "enabled":
        return f"The EVSE is {there['status']}."
    if not there["connected"]:
        return "The charge point is not connected."
    return f"The EVSE is {there['hardware_status'] or 'not known to be available'}."


async def _closed(case: Case) -> str | None:
    hours, zone = case.around["working_hours"], case.around["timezone"]
    closed = bool(hours) and is_closed(hours, zone, case.user, case.tx.now)
    return "Charge point's location is closed" if closed else None


async def _disabled(case: Case) -> str | None:
    return "Your account is disabled" if case.user is not None and case.user["status"] != "enabled" else None


async def _unsubscribed(case: Case) -> str | None:
    """One of the plans that a personal charge point requires, or any where it names none. Where no room sells
    subscriptions nobody can require one."""
    personal = case.there["charge_point_type"] == "personal"
    if case.user is None or not personal or not case.around["subscription_required"]:
        return None
    answers = await plans_of_user(case.tx, case.user["id"])
    active = {plan for answer in answers for plan in answer}
    required = set(case.around["subscription_plan_ids"] or active)
    lacks = bool(answers) and required.isdisjoint(active)
    return "You do not have an active subscription for this charging point" if lacks else None


async def _runs_another(case: Case) -> str | None:
    if case.user is None:
        return None
    theirs = await running(case.tx, case.user["id"])
    return (
        "Having another running session is not allowed"
        if too_many(theirs, case.user["sessions_allowed"], None)
        else None
    )


async def _forbidden(case: Case) -> str | None:
    user_id = case.user["id"] if case.user else None
    forbids = case.around["some_are_forbidden"] and await tariff_forbids(case.tx, case.there["id"], user_id)
    return "The tariff does not allow to charge on this evse" if forbids else None


CHECKS: Mapping[ErrorCode, Callable[[Case], Awaitable[str | None]]] = {
    "ACCESS_RESTRICTED": _no_access,
    "SESSION_EXISTS": _occupied,
    "INTERNAL_ISSUE": _unusable,
    "LOCATION_IS_CLOSED": _closed,
    "USER_IS_DISABLED": _disabled,
    "SUBSCRIPTION_REQUIRED": _unsubscribed,
    "SESSION_ALREADY_RUNNING": _runs_another,
    "CHARGING_NOT_ALLOWED": _forbidden,
}
"""The reasons that are known here; the others are those of rooms above, which answer `may_start`."""
