"""The resource of EVSEs by themselves, of whatever charge point: the same rows as below them, under the same rules."""

from typing import Literal

from sqlalchemy import BigInteger, Boolean, Text, false, func, select

from ohmstead.kit.access import where
from ohmstead.kit.filters import Filter, changed, equals, in_list, is_true
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.charge_points.access import of_partner
from ohmstead.rooms.network.charge_points.resource import column_include
from ohmstead.rooms.network.charge_points.shared_partners import SHARED_WITH_CALLER
from ohmstead.rooms.network.connectors import connector, connectors_of
from ohmstead.rooms.network.durable_facts import EvseChanged
from ohmstead.rooms.network.evses import v2
from ohmstead.rooms.network.evses.resource import CONFLICTS, DERIVED, INCLUDES, PARTS, evses, profiles_of
from ohmstead.rooms.network.evses.table import evse
from ohmstead.rooms.network.evses.view import EvseBody, OwnEvse, OwnEvseCreation

_own = evse.c
_tariffs = func.jsonb_array_length(_own.roaming["tariffIds"], type_=BigInteger)
_HAS_CONNECTOR = select(connector.c.id).where(connector.c.evse_id == _own.id, connector.c.deleted_at.is_(None))
_PARTNER = select(charge_point.c.partner_id).where(charge_point.c.id == _own.charge_point_id).scalar_subquery()
_AT, _CALLED = equals("chargePointId", _own.charge_point_id, int), equals("physicalReference", _own.physical_reference)

every_evse = Resource(
    "evses",
    evse,
    tag="resource / evses",
    title="EVSE",
    key="evse",
    versions=[
        Version("v2.1", OwnEvse, create_view=OwnEvseCreation, update_view=EvseBody),
        Version(
            "v2.0",
            v2.EvseV2,
            pages=Pages.EITHER,
            upgrade=v2.upgrade,
            downgrade=v2.downgrade,
            deprecated=True,
            verbs=("list", "read", "update"),
            updates_by_put=True,
            required_on_update=v2.RESTATED,
            field_names=v2.WORDS,
            includes=(
                Include("chargingProfile", profiles_of, always=True),
                Include("connectors", connectors_of, always=True),
            ),
            filters=(
                _AT,
                _CALLED,
                Filter("evseStatus", v2.Status, lambda text: _own.status == func.replace(text, "active", "enabled"),
                       Text()),
                Filter("hardwareStatus", v2.HardwareStatus,
                       lambda text: func.replace(_own.hardware_status, "occupied", "charging") == text, Text()),
                equals("evseType", _own.current_type, Literal["ac", "dc"]),
                Filter("connectorId", int, lambda key: _HAS_CONNECTOR.where(connector.c.id == key).exists(),
                       BigInteger()),
                equals("tariffGroupId", _own.tariff_group_id, int),
                Filter("partnerId", int, lambda key: key == _PARTNER, BigInteger()),
                Filter("roamingPlatformId", int, lambda _: false(), BigInteger(), "There are none of platforms yet."),
            ),
        ),
    ],
    access=where(of_partner(_own.charge_point_id)),
    columns=DERIVED,
    parts=PARTS,
    includes=(*INCLUDES, column_include("externalAppData", _own.external_app_data)),
    conflicts=CONFLICTS,
    references=evses.references | {"charge_point_id": charge_points},
    changed=EvseChanged,
    hooks=evses.hooks,
    filters=[
        _AT,
        _CALLED,
        equals("externalId", _own.external_id),
        is_true("roaming", _own.roaming_operator_id.is_not(None), "Those of roaming partners, or our own."),
        is_true("hasRoamingTariffIds", func.coalesce(_tariffs > 0, false(), type_=Boolean)),
        is_true("hasTariffGroup", _own.tariff_group_id.is_not(None)),
        in_list("roamingOperatorIds", _own.roaming_operator_id, int),
        *changed(_own.updated_at),
    ],
)  # fmt: skip

_shared = select(charge_point.c.id).where(charge_point.c.id == _own.charge_point_id, SHARED_WITH_CALLER)
every_evse.opens_also(_shared.correlate_except(charge_point).exists())
