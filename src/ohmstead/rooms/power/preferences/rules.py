"""What preferences must satisfy beside their shape: windows, targets, a market that is there, a charge point that
follows them."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Text, bindparam, select

from ohmstead.kit.db import Row, Statement
from ohmstead.kit.operations import Call
from ohmstead.rooms.energy.price_integrations import price_integration
from ohmstead.rooms.power.preferences.views import at, missing

MODE = "user_schedule"
MARKETS = ("octopus_agile", "octopus_go", "nordpool")
_OF_TYPE = Statement(
    select(price_integration.c.id)
    .where(price_integration.c.type == bindparam("type", type_=Text))
    .order_by(price_integration.c.id)
)


def objections(body: Mapping[str, Any], point: Row) -> Iterator[tuple[str, str]]:
    """(API field, text) of all that is wrong with a body, which has a type, for a charge point."""
    yield from missing(body)
    mode = (point["smart_charging"] or {}).get("mode", "disabled")
    if body["enabled"] and mode != MODE:
        yield "type", f"The charge point's smart charging mode must be {MODE} for personal preferences: it is {mode}."
    wanted = body.get("preferences") or {}
    yield from _windows(wanted)
    yield from _targets(wanted.get("targetCharge") or {})


def _windows(wanted: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    named = list[str]()
    for place, window in [("preferences", wanted), *_of_days(wanted)]:
        if window.get("startTime") is not None and window.get("startTime") == window.get("endTime"):
            yield f"{place}.endTime", "A window may not end when it starts."
        days = window.get("days", ())
        if len(set(days)) < len(days) or not set(days).isdisjoint(named):
            yield f"{place}.days", "Each week day may have one window."
        named += days


def _of_days(wanted: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(f"preferences.weekDays.{number}", one) for number, one in enumerate(wanted.get("weekDays") or ())]


def _targets(target: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    least, most = target.get("minTargetChargeKwh"), target.get("maxTargetChargeKwh")
    if least is not None and most is not None and least > most:
        text = "The max target charge kwh must be greater than or equal to min target charge kwh."
        yield "preferences.targetCharge.maxTargetChargeKwh", text
    if target.get("preconditioningTime") and target.get("departureTime") is None:
        text = "The departure time field is required when preconditioning time is present."
        yield "preferences.targetCharge.departureTime", text


async def misfits_of_market(call: Call, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the integration: it is that of another market, or which of several is not said."""
    named, kind = call.referred.get("integration_id"), body["type"]
    if kind not in MARKETS:
        return iter(())
    if named is not None:
        return iter(() if named["type"] == kind else [("integrationId", f"The integration is one of {named['type']}.")])
    if at(body, "integrationId") is None and kind == "nordpool" and await only_integration(call, kind) is None:
        return iter([("integrationId", "The integration id field is required: there is not just one of Nord Pool.")])
    return iter(())


async def only_integration(call: Call, kind: str) -> int | None:
    """The integration of a market where there is only one."""
    rows = await call.tx.all(_OF_TYPE, type=kind)
    return rows[0]["id"] if len(rows) == 1 else None
