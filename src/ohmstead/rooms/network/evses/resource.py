"""The resource of EVSEs below their charge point, and the connectors below them."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, cast, select
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.access import INHERITED
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.filters import Filter
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Columns
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.connectors import Connector, connector, connectors_of
from ohmstead.rooms.network.durable_facts import EvseChanged
from ohmstead.rooms.network.evses.table import evse
from ohmstead.rooms.network.evses.view import Evse, EvseBody, PowerOptions
from ohmstead.rooms.tariffs.groups import tariff_groups

DERIVED = {"network_id": cast(evse.c.network_id, Text)}
PARTS = {"power_options": Columns({name: evse.c[name] for name in PowerOptions.__struct_fields__}, nulls=True)}
CONFLICTS = {"uq_evse_network_id": ("networkId", "The network id has already been taken on the charge point.")}

_PROFILES = Statement(
    select(evse.c.id, evse.c.charging_profile).where(
        evse.c.id == any_(bindparam("wanted", type_=ARRAY(BigInteger))), evse.c.charging_profile.is_not(None)
    )
)


async def profiles_of(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
    """The profile last laid on each EVSE, where there is one."""
    return dict(await tx.all(_PROFILES, wanted=ids))


INCLUDES = (Include("chargingProfile", profiles_of), Include("connectors", connectors_of))

evses = Resource(
    "evses",
    evse,
    tag="resource / charge points",
    title="Charge Point / EVSE",
    key="evse",
    versions=[Version("v2.0", Evse, create_view=EvseBody)],
    parent=Parent(charge_points, evse.c.charge_point_id),
    access=INHERITED,
    columns=DERIVED,
    parts=PARTS,
    includes=INCLUDES,
    conflicts=CONFLICTS,
    references={"tariff_group_id": tariff_groups},
    changed=EvseChanged,
)

connectors = Resource(
    "connectors",
    connector,
    tag="resource / charge points",
    title="Charge Point / EVSE / Connector",
    key="connector",
    versions=[Version("v2.0", Connector, pages=Pages.WHOLE)],
    parent=Parent(evses, connector.c.evse_id),
    access=INHERITED,
)


def _has_reference(reference: Any) -> ColumnElement[bool]:
    its = select(evse.c.id).where(evse.c.charge_point_id == charge_point.c.id, evse.c.deleted_at.is_(None))
    return its.where(evse.c.physical_reference == reference).exists()


charge_points.filter(
    Filter("evsePhysicalReference", str, _has_reference, Text(), "What is written on one of its EVSEs.")
)
