"""Charge point templates: what a new charge point and its EVSEs start as. The API lists them, under words of its own;
those who run the system write them, below `internal`, in the words of EVSEs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, field
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    Numeric,
    Text,
    UniqueConstraint,
    any_,
    bindparam,
    cast,
    select,
    text,
    update,
)

from ohmstead.kit.access import INHERITED, OPERATOR, SHARED
from ohmstead.kit.db import Row, Statement, Tx, table
from ohmstead.kit.money import Percent
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Columns
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Opt, Priority, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.evses import v2
from ohmstead.rooms.network.evses.view import CurrentType, Number, PowerOptions, Status
from ohmstead.rooms.network.wiring import ConnectedPhase, PhaseRotation, connected_phase, misfits
from ohmstead.rooms.tariffs.groups import tariff_groups
from ohmstead.rooms.tariffs.subscription_plans import subscription_plans

charge_point_template = table(
    "charge_point_template",
    Column("name", Text, nullable=False),
    Column("subscription_plan_ids", ARRAY(BigInteger), nullable=False, server_default="{}"),
)
template_evse = table(  # the columns of an EVSE, and what load management knows of it
    "template_evse",
    Column("charge_point_template_id", ForeignKey(charge_point_template.c.id, ondelete="CASCADE"), nullable=False),
    Column("network_id", Integer, nullable=False),
    Column("current_type", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="enabled"),
    Column("tariff_group_id", ForeignKey("tariff_group.id"), index=True),
    Column("allows_reservation", Boolean, nullable=False, server_default=text("false")),
    Column("max_power", Integer),  # W
    Column("max_voltage", Text),  # V, or a range of it
    Column("max_amperage", Double),  # A a phase
    Column("phases", Text),
    Column("phase_rotation", Text),
    Column("connected_phase", Text),
    Column("priority", Double, nullable=False, server_default="1"),
    Column("efficiency_percent", Numeric),
    UniqueConstraint("charge_point_template_id", "network_id"),
)
OldPhases = Literal["1", "3", "split"]
_own = template_evse.c
_PHASES: dict[str | None, OldPhases] = {"single_phase": "1", "three_phase": "3", "split_phase": "split"}
_UNKNOWN_VOLTAGE = "277"  # which the listing has no word for
Efficiency = Annotated[Percent, Meta(description="Of a DC EVSE, %.")]


class Template(View):
    id: Id
    name: Annotated[str, Meta(min_length=1)]
    subscription_plan_ids: list[int] = field(default_factory=list)
    last_updated_at: ReadOnly[datetime]


class TemplateEvse(View):
    id: Id
    network_id: Number
    current_type: CurrentType
    status: Status = "enabled"
    tariff_group_id: int | None = None
    allows_reservation: bool = False
    power_options: Opt[PowerOptions] = UNSET
    priority: Priority = 1.0
    efficiency_percent: Efficiency | None = None
    last_updated_at: ReadOnly[datetime]


class ListedEvse(View):
    id: int
    status: v2.Status
    max_power: Opt[Annotated[int, Meta(description="W")]] = UNSET
    dlm_phases: OldPhases | None
    network_id: Number
    current_type: CurrentType
    dlm_priority: Priority
    input_voltage: Literal["120", "208", "240", "220-240", "110-130", "400", "380", "480", "230"] | None
    tariff_group_id: int | None
    dlm_max_current_a: Annotated[float, Meta(description="A a phase.")] | None
    allows_reservation: bool
    dlm_phase_rotation: PhaseRotation | None
    dlm_connected_phase: ConnectedPhase | None
    dlm_efficiency_percent: Efficiency | None


class ListedTemplate(Template):
    evses: list[ListedEvse]


_TOUCH = Statement(
    update(charge_point_template)
    .where(charge_point_template.c.id == bindparam("template", type_=BigInteger))
    .values(updated_at=bindparam("now"))
)
_EVSES = Statement(
    select(template_evse)
    .where(_own.charge_point_template_id == any_(bindparam("wanted", type_=ARRAY(BigInteger))))
    .order_by(_own.network_id)
)


async def _evses_of(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, list[ListedEvse]]:
    found: dict[int, list[ListedEvse]] = {key: [] for key in ids}
    for row in await tx.all(_EVSES, wanted=ids):
        found[row["charge_point_template_id"]].append(_listed(row))
    return found


def _listed(row: Row) -> ListedEvse:
    return ListedEvse(
        id=row["id"],
        status=row["status"].replace("enabled", "active"),
        max_power=UNSET if row["max_power"] is None else row["max_power"],
        dlm_phases=_PHASES.get(row["phases"]),
        network_id=str(row["network_id"]),
        current_type=row["current_type"],
        dlm_priority=row["priority"],
        input_voltage=None if row["max_voltage"] == _UNKNOWN_VOLTAGE else row["max_voltage"],
        tariff_group_id=row["tariff_group_id"],
        dlm_max_current_a=row["max_amperage"],
        allows_reservation=row["allows_reservation"],
        dlm_phase_rotation=row["phase_rotation"],
        dlm_connected_phase=row["connected_phase"],
        dlm_efficiency_percent=row["efficiency_percent"],
    )


templates = Resource(
    "templates",
    charge_point_template,
    tag="resource / templates",
    title="Templates",
    key="template",
    access=SHARED,
    versions=[Version("v1.0", ListedTemplate, pages=Pages.NUMBER, verbs=("list",))],
    includes=(Include("evses", _evses_of, always=True),),
)
"""Everybody may read them, and make a charge point from one."""

written_templates = Resource(
    "charge-point-templates",
    charge_point_template,
    tag=templates.tag,
    title="Charge Point Template",
    key="chargePointTemplate",
    access=OPERATOR,
    versions=[Version("v1.0", Template, internal=True)],
    references={"subscription_plan_ids": subscription_plans},
)
template_evses = Resource(
    "evses",
    template_evse,
    tag=templates.tag,
    title="Charge Point Template / EVSE",
    key="templateEvse",
    access=INHERITED,
    versions=[Version("v1.0", TemplateEvse, internal=True)],
    parent=Parent(written_templates, _own.charge_point_template_id),
    columns={"network_id": cast(_own.network_id, Text)},
    parts={"power_options": Columns({name: _own[name] for name in PowerOptions.__struct_fields__}, nulls=True)},
    conflicts={
        "uq_template_evse_charge_point_template_id_network_id": (
            "networkId", "The network id has already been taken in the template."
        )
    },
    references={"tariff_group_id": tariff_groups},
)  # fmt: skip


@template_evses.writing
async def its_number_is_one(write: Write) -> None:
    if "network_id" in write.values:
        write.values["network_id"] = int(write.values["network_id"])


@template_evses.writing
async def its_wiring_makes_sense(write: Write) -> None:
    """As of an EVSE: a single phase whose line is not named has it from the rotation."""
    phases = write.value_of("phases")
    line = connected_phase(phases, write.value_of("phase_rotation"), write.value_of("connected_phase"))
    write.values["connected_phase"] = line
    for fault in misfits(phases, line, None):
        write.add_error("powerOptions.connectedPhase", fault)


@template_evses.written
@template_evses.deleted
async def it_is_a_change_of_the_template(write: Write) -> None:
    await write.tx.run(_TOUCH, template=write.value_of("charge_point_template_id"), now=write.tx.now)
