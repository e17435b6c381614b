"""What a station's configuration is by now, for whoever is told that it was fetched."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import contents
from ohmstead.kit.views import stamp
from ohmstead.rooms.devices.configuration.table import configuration_variable
from ohmstead.rooms.devices.durable_facts import ConfigurationSynced

_own = configuration_variable.c
_OF_STATIONS = Statement(
    select(configuration_variable)
    .where(_own.charge_point_id == any_(bindparam("stations", type_=ARRAY(BigInteger))))
    .order_by(_own.charge_point_id, _own.id)
)


@contents(ConfigurationSynced)
async def variables_of(tx: Tx, ids: list[int]) -> Mapping[int, Any]:
    """All variables of each station: those that were wanted are picked by who shows them."""
    found: dict[int, list[dict[str, Any]]] = {key: [] for key in ids}
    for row in await tx.all(_OF_STATIONS, stations=ids):
        found[row["charge_point_id"]].append(
            {
                "key": row["name"],
                "component": row["component_name"],
                "value": row["value"] or "",
                "readonly": row["readonly"],
                "required": row["required"],
                "timestamp": stamp(row["reported_at"]),
                "lastUpdatedAt": stamp(row["updated_at"]),
            }
        )
    return found
