"""The modes that the owner of a personal charge point may choose from: its own schedule, and the markets that the
operator has set up."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, field
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.energy.price_integrations import price_integration
from ohmstead.rooms.energy.rates import electricity_rate
from ohmstead.rooms.network.charge_points import charge_point, personal_modes_of
from ohmstead.rooms.power.preferences.rules import MODE
from ohmstead.rooms.power.preferences.views import At

_DEPARTURE = "07:30"
_SCHEDULE = {
    "name": "Schedule", "integrationId": None, "type": "user_controlled_schedule",
    "defaults": {"start_time": "23:00", "end_time": "07:00"},
}  # fmt: skip
_AREA = {"key": "GB1", "label": "United Kingdom"}
_FOLLOWING = Statement(
    select(charge_point.c.id).where(
        charge_point.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        charge_point.c.smart_charging["mode"].astext == MODE,
    )
)
_MARKETS = Statement(
    select(price_integration.c.id, price_integration.c.name, price_integration.c.type, electricity_rate.c.default_price)
    .join(electricity_rate, electricity_rate.c.id == price_integration.c.electricity_rate_id)
    .order_by(price_integration.c.id)
)


class DefaultTarget(View):
    departure_time: Opt[At] = field(name="departure_time", default=UNSET)


class Defaults(View):
    """What is proposed to the owner."""

    start_time: Opt[At] = field(name="start_time", default=UNSET)
    end_time: Opt[At] = field(name="end_time", default=UNSET)
    max_price: Opt[Annotated[float, Meta(description="Per kWh.")]] = field(name="max_price", default=UNSET)
    target_charge: Opt[DefaultTarget] = field(name="target_charge", default=UNSET)


class Area(View):
    key: str
    label: str


class AvailableMode(View):
    name: str
    integration_id: int | None
    type: Literal["user_controlled_schedule", "octopus_agile", "octopus_go", "nordpool"]
    defaults: Defaults
    locations: Opt[Annotated[Area, Meta(description="Of Nord Pool: the price area.")]] = UNSET


async def available_modes(tx: Tx, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """By charge point, those that follow their owner's schedule."""
    following = [row[0] for row in await tx.all(_FOLLOWING, ids=ids)]
    if not following:
        return {}
    modes = [_SCHEDULE, *(_market(row) for row in await tx.all(_MARKETS))]
    return dict.fromkeys(following, modes)


@personal_modes_of.answer
async def shown_with_charge_points(tx: Tx, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The same, as an include of charge points."""
    return await available_modes(tx, ids)


def _market(row: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {"target_charge": {"departure_time": _DEPARTURE}}
    if row["type"] == "octopus_agile":
        defaults["max_price"] = round(float(row["default_price"]), 3)
    mode = {"name": row["name"], "integrationId": row["id"], "type": row["type"], "defaults": defaults}
    return mode | ({"locations": _AREA} if row["type"] == "nordpool" else {})
