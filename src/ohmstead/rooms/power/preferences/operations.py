"""The operations of personal preferences: which modes there are, what is set, and to set it."""

from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import BigInteger, DateTime, bindparam, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, encoder
from ohmstead.kit.views import View
from ohmstead.rooms.energy.price_integrations import price_integrations
from ohmstead.rooms.energy.rates import rates
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.operator.taxes import taxes
from ohmstead.rooms.power.preferences.modes import AvailableMode, available_modes
from ohmstead.rooms.power.preferences.rules import misfits_of_market, objections, only_integration
from ohmstead.rooms.power.preferences.views import Preferences, kept

operations = Group("resource / charge points", "resources/charge-points/", "charge-points", access=PARTNERS)
_ERRORS = (401, 403, 404, 422, 429)
_OFF = {"enabled": False}
_STORE = Statement(
    update(charge_point)
    .where(charge_point.c.id == bindparam("key", type_=BigInteger))
    .values(personal_smart_charging=bindparam("kept", type_=JSONB))
    .values(updated_at=bindparam("now", type_=DateTime(timezone=True)))
)


class Modes(View):
    data: list[AvailableMode]


class Shown(View):
    data: Preferences


@operations.get(
    "v2.0/{chargePoint}/available-personal-smart-charging-modes",
    "Charge Point / Available personal smart charging modes / Listing",
    gives=Modes,
    errors=_ERRORS,
)
async def modes_there_are(call: Call) -> dict[str, Any]:
    """What the owner may choose from; nothing where the charge point does not follow its owner's schedule."""
    row = await charge_points.find(call)
    return {"data": (await available_modes(call.tx, [row["id"]])).get(row["id"], [])}


@operations.get(
    "v2.0/{chargePoint}/personal-smart-charging-preferences",
    "Charge Point / Personal smart charging preferences / Read",
    gives=Shown,
    errors=_ERRORS,
)
async def preferences_of(call: Call) -> dict[str, Any]:
    """What the owner wants; of a charge point for which nothing was set, that it is not enabled."""
    row = await charge_points.find(call)
    return {"data": row["personal_smart_charging"] or _OFF}


@operations.post(
    "v2.0/{chargePoint}/personal-smart-charging-preferences",
    "Charge Point / Personal smart charging preferences / Update",
    scope="write",
    body=Preferences,
    references={
        "integration_id": price_integrations,
        "electricity_rate_id": rates,
        "preferences.applicable_tax_id": taxes,
    },
    status=201,
    gives=Shown,
    errors=_ERRORS,
)
async def set_preferences(call: Call, body: Preferences) -> dict[str, Any]:
    """Set what the owner wants; what is not given is no longer set. `{"enabled": false}` alone only switches it off."""
    row = await charge_points.find(call, lock=True)
    if body.type is UNSET and not body.enabled:
        wanted = (row["personal_smart_charging"] or {}) | _OFF
    else:
        wanted = await _wanted(call, row, body)
    await call.tx.run(_STORE, key=row["id"], kept=wanted, now=call.now)
    call.tx.tell(ChargePointChanged(id=row["id"], action="updated"))
    call.changes = {"id": row["id"], "fields": ["personal_smart_charging"]}
    return {"data": wanted}


async def _wanted(call: Call, row: Any, body: Preferences) -> dict[str, Any]:
    """What a body says, as it is kept; Invalid naming all that is wrong with it."""
    if body.type is UNSET:
        raise Invalid(type="The type field is required.")
    said = msgspec.json.decode(encoder.encode(body))
    errors: dict[str, list[str]] = {}
    for field, text in (*objections(said, row), *await misfits_of_market(call, said)):
        errors.setdefault(field, []).append(text)
    if errors:
        raise Invalid.of(errors)
    wanted = kept(said)
    if body.type == "nordpool" and "integrationId" not in wanted:
        wanted["integrationId"] = await only_integration(call, body.type)
    return wanted
