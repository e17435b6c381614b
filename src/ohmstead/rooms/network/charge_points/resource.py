"""The resource of charge points: its version, filters and includes."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, literal_column, select
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.filters import Filter, array_contains, changed, equals, in_list, is_true, one_of
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.questions import Question
from ohmstead.kit.references import ABSENT
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.rooms.energy.rates import rates
from ohmstead.rooms.energy.utilities import utilities
from ohmstead.rooms.network.charge_points.derived import DERIVED, MANAGED, PARTS
from ohmstead.rooms.network.charge_points.smart_charging_details import NONE
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.charge_points.view import ChargePoint, ChargePointChange, ChargePointCreation
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.models import charge_point_model, models
from ohmstead.rooms.network.zones import zones
from ohmstead.rooms.operator.sub_operators import of_sub_operator
from ohmstead.rooms.people.partner_contracts import partner_contracts
from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.users import users
from ohmstead.rooms.tariffs.subscription_plans import subscription_plans

Shown = Mapping[int, list[dict[str, Any]]]
"""Charge point -> what the API shows of it."""
circuits_of: Question[[Tx, list[int]], Mapping[int, int]] = Question("on which circuit charge points hang")
personal_modes_of: Question[[Tx, list[int]], Shown] = Question("smart charging their owners may choose")
outside_limits_of: Question[[Tx, list[int]], Shown] = Question("what others leave charge points to draw")
set_apart_of: Question[[Tx, list[int]], Shown] = Question("EVSEs that load management cannot steer, and why")
steering_of: Question[[Tx, list[int]], Shown] = Question("whether EVSEs do what load management says")

_own = charge_point.c


_SERIAL_NUMBER = _own.last_boot_notification.op("->>", return_type=Text())(literal_column("'chargePointSerialNumber'"))
_wanted = bindparam("wanted", type_=ARRAY(BigInteger))


def column_include(name: str, column: ColumnElement[Any], field: str = "", empty: Any = None) -> Include:
    """An include that is a column of the row, sent only when asked for."""
    statement = Statement(select(_own.id, column).where(_own.id == any_(_wanted), column.is_not(None)))

    async def load(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
        return dict(await tx.all(statement, wanted=ids))

    return Include(name, load, field=field, empty=empty)


_DETAILS = Statement(select(_own.id, _own.smart_charging).where(_own.id == any_(_wanted)))


async def smart_charging_of(tx: Tx, ids: list[int]) -> dict[int, dict[str, Any]]:
    """The smart-charging details of charge points as the API shows them."""
    circuits = await circuits_of.merged(tx, ids)
    limits = await outside_limits_of.merged(tx, ids)
    apart = await set_apart_of.merged(tx, ids)
    standings = await steering_of.merged(tx, ids)
    return {
        key: (details | {"circuitId": circuits.get(key)} if details else dict(NONE))
        | ({"outsideLimits": limits[key]} if key in limits else {})
        | ({"setApart": apart[key]} if key in apart else {})
        | ({"steering": standings[key]} if key in standings else {})
        for key, details in await tx.all(_DETAILS, wanted=ids)
    }


async def _smart_charging(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, dict[str, Any]]:
    return await smart_charging_of(tx, ids)


async def _personal_modes(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[dict[str, Any]]]:
    return await personal_modes_of.merged(tx, ids)


def _of_vendor(vendor: Any) -> ColumnElement[bool]:
    return _own.model_id.in_(select(charge_point_model.c.id).where(charge_point_model.c.vendor_id == vendor))


charge_points = Resource(
    "charge-points",
    charge_point,
    tag="resource / charge points",
    title="Charge Point",
    key="chargePoint",
    versions=[Version("v2.0", ChargePoint, create_view=ChargePointCreation, update_view=ChargePointChange)],
    access=owned(_own.partner_id),
    columns=DERIVED,
    parts=PARTS,
    changed=ChargePointChanged,
    references={
        "location_id": locations,
        "charging_zone_id": zones,
        "model_id": models,
        "user.id": users,
        "partner.id": partners,
        "electricity_rate_id": rates,
        "subscription.plan_ids": subscription_plans,
        "partner.contract_id": partner_contracts,
        "partner.contact_id": ABSENT,
        "utility_id": utilities,
        "notice_id": ABSENT,
        "electricity_cost_reimbursement_integration_id": ABSENT,
        "installation_and_maintenance_company_id": ABSENT,
    },
    conflicts={
        "uq_charge_point_network_id": ("network.id", "The network id has already been taken."),
        "uq_charge_point_sharing_code": ("sharingCode", "The sharing code has already been taken."),
    },
    includes=(
        column_include("lastBootNotification", _own.last_boot_notification),
        column_include("chargingProfile", _own.charging_profile),
        Include("smartCharging", _smart_charging, empty=NONE),
        column_include("smartChargingPreferences", _own.personal_smart_charging),
        column_include("personalSmartChargingPreferences", _own.personal_smart_charging),
        Include("availablePersonalSmartChargingModes", _personal_modes, empty=[]),
    ),
    filters=[
        one_of("desiredSecurityProfileStatus", _own.desired_security_profile_status, "applied", "pending", "rejected"),
        equals("networkId", _own.network_id),
        equals("bootNotificationSerialNumber", _SERIAL_NUMBER),
        equals("modelId", _own.model_id, int),
        Filter("vendorId", int, _of_vendor, BigInteger()),
        equals("userId", _own.user_id, int),
        equals("partnerId", _own.partner_id, int),
        equals("type", _own.type, Literal["public", "private", "personal"]),
        Filter("subOperatorId", int, lambda key: of_sub_operator(_own.partner_id, key), BigInteger()),
        is_true("roaming", _own.roaming_operator_id.is_not(None), "Those of roaming partners, or our own."),
        in_list("roamingOperatorIds", _own.roaming_operator_id, int),
        equals("name", _own.name),
        equals("locationId", _own.location_id, int),
        equals("chargingZoneId", _own.charging_zone_id, int),
        is_true("managedByOperator", MANAGED),
        equals("externalId", _own.external_id),
        equals("utilityId", _own.utility_id, int),
        array_contains("tag", _own.tags),
        equals("sharingCode", _own.sharing_code),
        *changed(_own.updated_at),
    ],
)
charge_points.refer(ocpp_connected_charge_point_id=charge_points)
