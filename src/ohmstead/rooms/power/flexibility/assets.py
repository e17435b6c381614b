"""Flexibility assets: a circuit, a charge point or an EVSE whose draw may be asked to be lower for a while."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, or_, select

from ohmstead.engines.quarter_hours import begun
from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.filters import since
from ohmstead.kit.references import ABSENT
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View, camel
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.evses import every_evse, evse, evses
from ohmstead.rooms.power.circuits.resource import circuits
from ohmstead.rooms.power.circuits.table import circuit
from ohmstead.rooms.power.circuits.trees import family
from ohmstead.rooms.power.flexibility.places import wake
from ohmstead.rooms.power.flexibility.regulation import downward, upward
from ohmstead.rooms.power.flexibility.table import flexibility_asset

PLACES = ("dlm_circuit_id", "charge_point_id", "evse_id")
LOOKS_BACK = timedelta(weeks=4)
_own, _key = flexibility_asset.c, bindparam("key", type_=BigInteger)
_LOCKED = Statement(
    select(circuit.c.id).where(circuit.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))).order_by(circuit.c.id)
    .with_for_update()
)  # fmt: skip
_ON_CIRCUITS = Statement(
    select(_own.dlm_circuit_id).where(_own.dlm_circuit_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
)
_ON_CIRCUIT = Statement(select(_own.id).where(_own.dlm_circuit_id == _key).limit(1))
_AT_POINT = Statement(
    select(_own.id)
    .where(or_(_own.charge_point_id == _key,
               _own.evse_id.in_(select(evse.c.id).where(evse.c.charge_point_id == _key))))
    .limit(1)
)  # fmt: skip
_AT_EVSE = Statement(select(_own.id).where(_own.evse_id == _key).limit(1))

Status = Literal["enabled", "disabled"]
EndsAt = Annotated[datetime, Meta(description="When it is disabled by itself; its series and forecasts end there.")]


class Asset(View):
    id: Id
    dlm_circuit_id: Opt[Annotated[int | None, Meta(description="The circuit it is, which is alone in its tree.")]] = (
        UNSET
    )
    charge_point_id: Opt[Annotated[int | None, Meta(description="Or the charge point.")]] = UNSET
    evse_id: Opt[Annotated[int | None, Meta(description="Or the EVSE: exactly one of the three.")]] = UNSET
    description: Opt[Annotated[str, Meta(max_length=255)] | None] = UNSET
    downward_regulation_limit: Opt[
        ReadOnly[
            Annotated[
                int,
                Meta(
                    description="W by which what charges now could fall: from its draw to its least current (at least "
                    "6 A on each line), so that no charge is interrupted."
                ),
            ]
        ]
    ] = UNSET
    upward_regulation_limit: Opt[
        ReadOnly[
            Annotated[
                int,
                Meta(
                    description="W by which what charges now could rise: from its draw to the ratings of the EVSEs, "
                    "and to no more than the circuit carries."
                ),
            ]
        ]
    ] = UNSET
    integration_id: Opt[int] = UNSET
    integration_parameters: Opt[Annotated[dict[str, Any], Meta(description="What the integration needs, by name.")]] = (
        UNSET
    )
    status: Opt[Status] = UNSET
    ends_at: Opt[EndsAt] = UNSET


class Change(View):
    description: Opt[Annotated[str, Meta(max_length=255)] | None] = UNSET
    integration_id: Opt[int] = UNSET
    integration_parameters: Opt[dict[str, Any]] = UNSET


class AssetChanged(RowChanged, topic="flexibilityAsset.changed"):
    """An asset was made, changed, enabled, disabled or deleted."""


assets = Resource(
    "flexibility-assets",
    flexibility_asset,
    tag="resource / flexibility assets",
    title="Flexibility Asset",
    key="flexibilityAsset",
    access=OPERATOR,
    versions=[Version("v1.0", Asset, update_view=Change)],
    references={
        "dlm_circuit_id": circuits,
        "charge_point_id": charge_points,
        "evse_id": every_evse,
        "integration_id": ABSENT,
    },
    filters=[since("updatedSince", _own.updated_at)],
    includes=(
        Include("downwardRegulationLimit", downward, always=True, empty=0),
        Include("upwardRegulationLimit", upward, always=True, empty=0),
    ),
    changed=AssetChanged,
)


@assets.creating
async def it_begins_now(write: Write) -> None:
    """Its series begin four weeks before, so that something can be forecast."""
    now = write.tx.now
    write.values.setdefault("status", "enabled")
    write.values |= {"series_from": begun(now - LOOKS_BACK), "series_until": begun(now - LOOKS_BACK)}
    if write.values["status"] == "disabled":
        write.values["disabled_at"] = now


@assets.creating
async def it_is_in_one_place(write: Write) -> None:
    named = [name for name in PLACES if write.values.get(name) is not None]
    for name in named[1:] if named else PLACES[:1]:
        text = "Exactly one of dlmCircuitId, chargePointId and evseId must be given."
        write.add_error(camel(name), text)


@assets.rule
async def its_end_is_to_come(write: Write) -> None:
    if write.gives("ends_at") and write.values["ends_at"] <= write.tx.now:
        write.add_error("endsAt", "The ends at must be a date after now.")


@assets.rule
async def its_circuit_is_alone(write: Write) -> None:
    """Of a new asset, and of a circuit of which one is made at the same moment."""
    chosen = write.values.get("dlm_circuit_id")
    if chosen is None:
        return
    await write.tx.all(_LOCKED, ids=[chosen])
    if len(await family(write.tx, chosen)) > 1:
        write.add_error("dlmCircuitId", "A circuit of a multi-level tree may not be a flexibility asset.")


@circuits.rule
async def an_asset_stays_alone(write: Write) -> None:
    """A circuit that is an asset gets no parent, and none below it."""
    parent = write.values.get("parent_circuit_id")
    if parent is None or parent == write.id:
        return
    ids = [parent, write.id] if write.id else [parent]
    await write.tx.all(_LOCKED, ids=ids)
    if await write.tx.value(_ON_CIRCUITS, ids=ids) is not None:
        write.add_error("parentCircuitId", "A circuit of a flexibility asset may not be part of a multi-level tree.")


@assets.written
@assets.deleted
async def load_management_hears_of_it(write: Write) -> None:
    await wake(write.tx, {name: write.value_of(name) for name in PLACES})


@circuits.deleting
async def no_asset_is_the_circuit(write: Write) -> None:
    if (asset := await write.tx.value(_ON_CIRCUIT, key=write.id)) is not None:
        raise Conflict(f"The circuit is the flexibility asset {asset}.")


@charge_points.deleting
async def no_asset_is_at_the_charge_point(write: Write) -> None:
    if (asset := await write.tx.value(_AT_POINT, key=write.id)) is not None:
        raise Conflict(f"The charge point, or an EVSE of it, is the flexibility asset {asset}.")


@evses.deleting
async def no_asset_is_the_evse(write: Write) -> None:
    if (asset := await write.tx.value(_AT_EVSE, key=write.id)) is not None:
        raise Conflict(f"The EVSE is the flexibility asset {asset}.")
