"""Laying a charging profile: on the whole charge point, for what charges at an EVSE, or for one session there."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import View, aware
from ohmstead.rooms.charging.profiles.applied import tell_applied
from ohmstead.rooms.charging.profiles.places import Place, place_of, running_at
from ohmstead.rooms.charging.profiles.profile_conversion import fitted, misfits
from ohmstead.rooms.charging.profiles.table import NEXT, NUMBERED_FROM, lay
from ohmstead.rooms.charging.signals import limits_changed
from ohmstead.rooms.devices.commands.actions import ask
from ohmstead.rooms.devices.profiles.given import GivenProfile, profile_of
from ohmstead.rooms.devices.stations import ChargingProfile, SetChargingProfile

set_profile_actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)


class Number(View):
    id: int


class Laid(View):
    data: Number


@set_profile_actions.post(
    "v1.0/{chargePoint}/set-charging-profile/{evseNetworkId}",
    "Charge Point / Set Charging Profile",
    body=GivenProfile,
    gives=Laid,
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def set_charging_profile(call: Call, given: GivenProfile) -> dict[str, Any]:
    """Limit the charge point (EVSE 0) or one of its EVSEs; the answer has the profile's number. Where load management
    limits the EVSE it keeps below this profile too."""
    async with call.begin() as tx:
        place = await place_of(tx, call, call.key("evseNetworkId"))
        running = await running_at(tx, place.outlet["id"]) if place.outlet else None
        if errors := _gathered(objections(given, place, running)):
            raise Invalid.of(errors)
        plain = _profile(call, given, NUMBERED_FROM + await tx.value(NEXT), running)
        profile = await fitted(tx, place.station_id, place.number, plain, place.abilities)
    await ask(place.station_id, SetChargingProfile(evse_network_id=place.number, profile=profile))
    async with call.begin() as tx:
        session_id = running["id"] if running and profile.purpose == "transaction" else None
        await lay(tx, place.station_id, place.number, profile, session_id)
        outlet_id = place.outlet["id"] if place.outlet else None
        tell_applied(tx, profile, charge_point_id=place.point["id"], evse_id=outlet_id, session_id=session_id)
        tell_limits(tx, place)
    call.changes = {"chargingProfile": profile.id, "evseNetworkId": place.number}
    return {"data": {"id": profile.id}}


def _profile(call: Call, given: GivenProfile, number: int, running: Row | None) -> ChargingProfile:
    """A schedule at fixed times that names no start begins now."""
    if given.charging_profile_kind != "Relative" and not given.charging_schedule.start_schedule:
        given.charging_schedule.start_schedule = call.now
    for_one = running if given.charging_profile_purpose == "TxProfile" else None
    return profile_of(given, number, for_one["known_as"] if for_one else None)


def objections(given: GivenProfile, place: Place, running: Row | None) -> Iterator[tuple[str, str]]:
    """(field, text) of all that makes no sense (OCPP 1.6, 3.13) or would stand above load management's limits."""
    purpose = given.charging_profile_purpose
    if (purpose == "ChargePointMaxProfile") and place.number:
        yield "chargingProfilePurpose", "A ChargePointMaxProfile limits the whole charge point: set it on EVSE 0."
    if purpose == "TxProfile" and running is None:
        yield "chargingProfilePurpose", "A TxProfile is for a session: none is running at the EVSE."
    elif given.transaction_id and (running is None or given.transaction_id != running["transaction_id"]):
        yield "transactionId", "The transaction is not running at the EVSE."
    if place.is_limited:
        yield from _above_limits(given, place)
    yield from misfits(given, place.abilities)
    yield from _schedule_objections(given)


def _above_limits(given: GivenProfile, place: Place) -> Iterator[tuple[str, str]]:
    level = place.abilities.setpoint_level
    below = f", or a TxProfile of a stack level below {level}" if level else ""
    if given.charging_profile_purpose == "ChargePointMaxProfile":
        if place.abilities.steered_by == "station_max":
            yield "chargingProfilePurpose", "Load management steers the charge point by a ChargePointMaxProfile."
    elif given.charging_profile_purpose == "TxDefaultProfile":
        yield (
            "chargingProfilePurpose",
            "Load management limits the EVSE with a TxDefaultProfile of its own: use a ChargePointMaxProfile on EVSE 0"
            f"{below}.",
        )
    elif given.stack_level >= level:
        yield (
            "stackLevel",
            f"Load management limits the EVSE on stack level {level}: "
            + ("it must be below." if level else "the charge point has none below it."),
        )


def _schedule_objections(given: GivenProfile) -> Iterator[tuple[str, str]]:
    starts = [one.start_period for one in given.charging_schedule.charging_schedule_period]
    if starts[0] != 0 or any(later <= earlier for earlier, later in pairwise(starts)):
        yield "chargingSchedule.chargingSchedulePeriod", "The periods must begin at 0, each after the one before it."
    if (given.charging_profile_kind == "Recurring") is not bool(given.recurrency_kind):
        yield "recurrencyKind", "The recurrency kind goes with the kind Recurring."
    if given.valid_from and given.valid_to and aware(given.valid_to) <= aware(given.valid_from):
        yield "validTo", "The valid to must be a date after valid from."


def _gathered(objections: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for field, text in objections:
        errors.setdefault(field, []).append(text)
    return errors


def tell_limits(tx: Tx, place: Place) -> None:
    """Load management looks again once it is durable."""
    for point in {one["charge_point_id"] for one in place.outlets}:
        tx.after_commit(lambda id=point: limits_changed.send(id))
