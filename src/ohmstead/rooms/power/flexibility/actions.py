"""Actions on flexibility assets: enable and disable them, and ask them for less."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import insert, update

from ohmstead.engines.dlm.activations import Period
from ohmstead.engines.quarter_hours import begun
from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View, aware, stamp
from ohmstead.rooms.power.flexibility.assets import AssetChanged, EndsAt, Status, assets
from ohmstead.rooms.power.flexibility.places import steered_at, wake
from ohmstead.rooms.power.flexibility.requests import ActivationRequest, Energy, PeriodShown, Power, shown
from ohmstead.rooms.power.flexibility.table import activation_request, flexibility_asset

actions = Group("action / flexibility asset", "actions/flexibility-asset/", "flexibility-assets", access=OPERATOR)
LONGEST_OF_ENERGY = timedelta(days=1)  # what flowed since its start is added up again and again
_ERRORS = (401, 403, 404, 406, 422, 429)


class StatusChange(View):
    status: Status
    ends_at: Opt[EndsAt] = UNSET


class PeriodAsked(PeriodShown):
    energy: Opt[Energy] = UNSET
    max_power: Opt[Power] = UNSET


class Activation(View):
    periods: Opt[Annotated[list[PeriodAsked], Meta(description="They do not overlap.")]] = UNSET


@actions.post("v1.0/{flexibilityAsset}/change-status", "Flexibility Asset / Change Status", body=StatusChange,
              gives=StatusChange, status=201, errors=_ERRORS)  # fmt: skip
async def change_status(call: Call, body: StatusChange) -> dict[str, Any]:
    """Enable or disable the asset. An end that is left out stays as it was, unless it is over."""
    asset = await assets.find(call, lock=True)
    ends_at = asset["ends_at"] if body.ends_at is UNSET else aware(body.ends_at)
    if body.ends_at is not UNSET and ends_at <= call.now:
        raise Invalid(endsAt="The ends at must be a date after now.")
    if body.status == "enabled" and ends_at is not None and ends_at <= call.now:
        ends_at = None
    await set_status(call.tx, asset, body.status, ends_at)
    return {"status": body.status} | ({"endsAt": stamp(ends_at)} if ends_at else {})


async def set_status(
    tx: Tx, asset: Row, status: Status, ends_at: datetime | None, since: datetime | None = None
) -> None:
    """Write it down and tell of it. What was asked of a disabled asset no longer counts, and its series stop; they go
    on when it is enabled again."""
    values = {"status": status, "ends_at": ends_at, "updated_at": tx.now}
    if status == "disabled":
        values["disabled_at"] = asset["disabled_at"] or since or tx.now
    elif asset["status"] == "disabled":
        resumed = max(asset["series_until"], begun(tx.now))
        values |= {"disabled_at": None, "series_from": resumed, "series_until": resumed}
    await tx.run(update(flexibility_asset).where(flexibility_asset.c.id == asset["id"]).values(values))
    tx.tell(AssetChanged(id=asset["id"], action="updated"))
    await wake(tx, asset)


@actions.post("v1.0/{flexibilityAsset}/create-activation-request",
              "Flexibility Asset / Create Activation Request", body=Activation, gives=ActivationRequest, status=201,
              errors=_ERRORS)  # fmt: skip
async def create_activation_request(call: Call, body: Activation) -> dict[str, Any]:
    """Ask the asset to take no more than so much for a while. Where requests say different things of a moment the
    latest counts. Rejected where the asset is disabled, or nothing of it is steered by load management."""
    asset = await assets.find(call, lock=True)
    periods = _periods(body, call.now)
    if asset["status"] != "enabled" or (asset["ends_at"] is not None and asset["ends_at"] <= call.now):
        raise Rejected("The flexibility asset is disabled.")
    if why := await steered_at(call.tx, asset["id"]):
        raise Rejected(why)
    row = {"asset_id": asset["id"], "periods": [shown(one) for one in periods], "ends_at": periods[-1].end,
           "created_at": call.now, "updated_at": call.now}  # fmt: skip
    id = await call.tx.value(insert(activation_request).values(row).returning(activation_request.c.id))
    await wake(call.tx, asset)
    return {"id": id, "timestamp": stamp(call.now), "assetId": asset["id"], "periods": row["periods"]}


def _periods(body: Activation, now: datetime) -> list[Period]:
    """In the order of time; Invalid where one is not whole, is over, or overlaps another."""
    asked = [] if body.periods is UNSET else body.periods
    if not asked:
        raise Invalid(periods="The periods field is required.")
    wrong = {
        field: [text] for number, one in enumerate(asked) for field, text in _faults(f"periods.{number}", one, now)
    }
    if wrong:
        raise Invalid.of(wrong)
    order = sorted(range(len(asked)), key=lambda number: _moment(asked[number].start_time))
    periods = [_period(asked[number]) for number in order]
    for number, (one, following) in zip(order[1:], pairwise(periods), strict=True):
        if following.start < one.end:
            raise Invalid.of({f"periods.{number}.startTime": ["The periods may not overlap."]})
    return periods


def _faults(place: str, one: PeriodAsked, now: datetime) -> Iterator[tuple[str, str]]:
    for name, value in (("startTime", one.start_time), ("endTime", one.end_time)):
        if value is UNSET:
            yield f"{place}.{name}", "It is required."
    if one.start_time is not UNSET and one.end_time is not UNSET:
        if _moment(one.end_time) <= _moment(one.start_time):
            yield f"{place}.endTime", "The end time must be a date after start time."
        elif _moment(one.end_time) <= now:
            yield f"{place}.endTime", "The period is over."
        elif one.energy is not UNSET and _moment(one.end_time) - _moment(one.start_time) > LONGEST_OF_ENERGY:
            yield f"{place}.endTime", "A period of an energy may not be longer than a day."
    if one.energy is UNSET and one.max_power is UNSET:
        yield f"{place}.maxPower", "Either energy or max power is required."
    if one.energy is not UNSET and one.max_power is not UNSET:
        yield f"{place}.maxPower", "Energy and max power exclude each other."


def _period(one: PeriodAsked) -> Period:
    return Period(
        _moment(one.start_time), _moment(one.end_time), None if one.energy is UNSET else one.energy,
        None if one.max_power is UNSET else one.max_power,
    )  # fmt: skip


def _moment(given: datetime | UnsetType) -> datetime:
    """In UTC and whole seconds, as it is shown."""
    assert given is not UNSET
    return aware(given).replace(microsecond=0)
