"""Connectors: the plugs and sockets of an EVSE."""

from typing import Any, Literal

from msgspec import UNSET
from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Integer, Text, any_, bindparam, select

from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.views import Id, Opt, View

Type = Literal[
    "type1", "type2", "type3", "chademo", "ccs1", "ccs2", "schuko", "nacs", "cee16", "cee32", "j1772", "inductive",
    "nema-5-20", "type-e-french", "type-g-british", "type-j-swiss", "avcon", "gb-t-ac", "gb-t-dc", "chaoji",
    "nema-6-30", "nema-6-50",
]  # fmt: skip

connector = table(
    "connector",
    Column("evse_id", BigInteger, ForeignKey("evse.id"), nullable=False, index=True),
    Column("network_id", Integer),  # its number within the EVSE, from 1 (OCPP 2.x)
    Column("type", Text, nullable=False),
    Column("format", Text),
    Column("status", Text, nullable=False, server_default="enabled"),
    timestamp("deleted_at"),
)


class Connector(View):
    id: Id
    type: Type
    format: Opt[Literal["socket", "cable"]] = UNSET
    status: Opt[Literal["enabled", "disabled"]] = UNSET


_OF_EVSES = Statement(
    select(connector)
    .where(connector.c.evse_id == any_(bindparam("evses", type_=ARRAY(BigInteger))), connector.c.deleted_at.is_(None))
    .order_by(connector.c.id)
)


async def connectors_of(
    tx: Tx, evses: list[int], context: RenderContext | None = None
) -> dict[int, list[dict[str, Any]]]:
    """The connectors of each EVSE as the API shows them."""
    found: dict[int, list[dict[str, Any]]] = {key: [] for key in evses}
    for row in await tx.all(_OF_EVSES, evses=evses):
        shown = {name: row[name] for name in ("id", "type", "format", "status") if row[name] is not None}
        found[row["evse_id"]].append(shown)
    return found
