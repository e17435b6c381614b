"""Taking charging profiles off again: by number, or all of a kind; those of load management stay."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.profiles.places import Place, place_of
from ohmstead.rooms.charging.profiles.set_profile import tell_limits
from ohmstead.rooms.charging.profiles.table import NUMBERED_FROM, laid_on, take_off
from ohmstead.rooms.charging.profiles.withholding import limits_taken_off
from ohmstead.rooms.devices.profiles.given import FALLBACK_LEVEL, Purpose, purpose_of
from ohmstead.rooms.devices.stations import ClearChargingProfile, StationError, stations

clear_profile_actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

_PURPOSE = "One of ChargePointMaxProfile, TxDefaultProfile, TxProfile."


class Clearing(View):
    """Nothing given means the limits of the whole charge point; an EVSE alone means the default of its charges."""

    id: Opt[Annotated[float, Meta(ge=0, le=2**31 - 1, multiple_of=1, description="A profile's number.")]] = UNSET
    evse_network_id: Opt[Annotated[str, Meta(pattern=r"^\d{1,9}$", description="0 is the charge point.")]] = UNSET
    charging_profile_purpose: Opt[Annotated[Purpose, Meta(description=_PURPOSE)]] = UNSET
    stack_level: Opt[Annotated[float, Meta(ge=0, le=2**31 - 1, multiple_of=1)]] = UNSET


class Wanted(Struct, frozen=True):
    """What is to go: all that is given must fit."""

    command: ClearChargingProfile

    def fits(self, row: Row) -> bool:
        """Whether a laid profile is meant."""
        asked = self.command
        pairs = (
            (asked.profile_id, NUMBERED_FROM + row["id"]),
            (asked.evse_network_id, row["evse_network_id"]),
            (asked.purpose, row["purpose"]),
            (asked.stack_level, row["stack_level"]),
        )
        return all(wish is None or wish == its for wish, its in pairs)

    def reaches_limits(self, place: Place) -> bool:
        """Whether load management's own profiles would go too."""
        asked = self.command
        if asked.profile_id is not None or not place.limited:
            return False
        if place.abilities.steered_by == "station_max":
            return asked.purpose in (None, "station_max") and not asked.evse_network_id and not asked.stack_level
        if asked.purpose == "station_max":
            return False
        there = asked.evse_network_id is None or (place.outlet is not None and place.is_limited)
        return there and asked.stack_level in (None, FALLBACK_LEVEL, place.abilities.setpoint_level)


@clear_profile_actions.post(
    "v1.0/{chargePoint}/clear-charging-profile",
    "Charge Point / Clear Charging Profile",
    body=Clearing,
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def clear_charging_profile(call: Call, body: Clearing) -> None:
    """Take limits off. What load management laid stays; of the rest all goes that fits what is given."""
    number = int(body.evse_network_id) if isinstance(body.evse_network_id, str) else None
    async with call.begin() as tx:
        place = await place_of(tx, call, number or 0, "evseNetworkId")
        laid = await laid_on(tx, place.station_id)
    wanted = Wanted(_command(body, number))
    if wanted.command.profile_id in {2 * id + own for id in place.limited for own in (0, 1)}:
        raise Invalid(id="The profile is load management's own.")
    meant = [row for row in laid if wanted.fits(row)]
    if not meant and wanted.command.profile_id is not None and place.is_satellites:
        raise Invalid(id="No such profile was laid on the EVSE.")  # 2.0.1 looks at the id alone: it may be its master's
    if wanted.reaches_limits(place):
        gone, refused = await _one_by_one(place, meant)
    else:
        gone, refused = await _at_once(place, wanted, meant)
    async with call.begin() as tx:
        await take_off(tx, place.station_id, gone)
        await limits_taken_off(tx, [one["id"] for one in place.outlets])
        tell_limits(tx, place)
    call.changes = {"cleared": [NUMBERED_FROM + row["id"] for row in gone]}
    if refused:
        raise Rejected(refused)


def _command(body: Clearing, number: int | None) -> ClearChargingProfile:
    purpose = purpose_of(body.charging_profile_purpose) if body.charging_profile_purpose else None
    if purpose is None and body.id is UNSET and (number is not None or body.stack_level is UNSET):
        purpose = "transaction_default" if number else "station_max"
    return ClearChargingProfile(
        profile_id=_whole(body.id), evse_network_id=number, purpose=purpose, stack_level=_whole(body.stack_level)
    )


def _whole(given: Opt[float]) -> int | None:
    return int(given) if isinstance(given, float) else None


async def _at_once(place: Place, wanted: Wanted, meant: list[Row]) -> tuple[list[Row], str]:
    """What went, and why not all did. A station that says Unknown holds none of them."""
    try:
        outcome = await stations.current.call(place.station_id, wanted.command)
    except StationError as error:
        return [], str(error)
    if outcome.agreed:
        return meant, ""
    return meant if outcome.status == "Unknown" else [], f"The charge point answered: {outcome.status}."


async def _one_by_one(place: Place, meant: list[Row]) -> tuple[list[Row], str]:
    """By their numbers, so that load management's stay."""
    gone: list[Row] = []
    refused = "" if meant else "No profile fits; those of load management stay."
    for row in meant:
        command = ClearChargingProfile(profile_id=NUMBERED_FROM + row["id"])
        taken, refused = await _at_once(place, Wanted(command), [row])
        gone += taken
        if refused and not taken:
            break
    return gone, refused
