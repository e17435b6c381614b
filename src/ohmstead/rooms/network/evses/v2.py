"""EVSEs as version 2.0 of their own resource speaks of them: power in kW, no phases but one or three, connectors
inline."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, insert, select, update

from ohmstead.kit.db import Statement
from ohmstead.kit.views import Opt, ReadOnly, View, provided
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points.view import LaidProfile
from ohmstead.rooms.network.connectors import connector
from ohmstead.rooms.network.evses.view import Number, PowerOptions, Reference, RoamingStatus, Year
from ohmstead.rooms.network.wiring import Voltage

Status = Literal["active", "disabled", "out of order"]
HardwareStatus = Literal[
    "available", "preparing", "charging", "suspendedEV", "suspendedEVSE", "finishing", "reserved", "unavailable",
    "faulted",
]  # fmt: skip
ConnectorType = Literal[
    "type1", "type2", "type3", "chademo", "ccs1", "ccs2", "catarc", "schuko", "nacs", "cee16", "cee32", "j1772",
    "inductive", "nema-5-20", "type-e-french", "type-g-british", "type-j-swiss", "avcon", "chaoji", "nema-6-30",
    "nema-6-50",
]  # fmt: skip
_CHINESE = ("gb-t-ac", "gb-t-dc")  # catarc, which is the institute behind them

_key = bindparam("key", type_=BigInteger)
_LIVING = Statement(select(connector).where(connector.c.evse_id == _key, connector.c.deleted_at.is_(None)))
_facts = {name: bindparam(name) for name in ("type", "format", "status", "updated_at")}
_NEW = Statement(insert(connector).values(_facts | {"evse_id": _key, "created_at": bindparam("updated_at")}))
_CHANGE = Statement(update(connector).where(connector.c.id == _key).values(_facts))
_CLOSE = Statement(
    update(connector).where(connector.c.id == _key).values(deleted_at=bindparam("now"), updated_at=bindparam("now"))
)


class RoamingEvseV2(View):
    evse_id: Opt[str | None] = UNSET
    status: Opt[RoamingStatus | None] = UNSET
    tariff_ids: Opt[list[str] | None] = UNSET


class ConnectorV2(View):
    id: Opt[Annotated[int, Meta(description="Of one that is there; without it a connector is added.")]] = UNSET
    type: Opt[ConnectorType] = UNSET
    format: Opt[Literal["socket", "cable"] | None] = UNSET
    status: Opt[Literal["active", "disabled"] | None] = UNSET


class EvseV2(View):
    id: ReadOnly[Opt[int]] = UNSET
    charge_point_id: ReadOnly[Opt[int]] = UNSET
    hardware_status: ReadOnly[Opt[HardwareStatus | None]] = UNSET
    charging_profile: ReadOnly[Opt[LaidProfile | None]] = UNSET
    roaming: ReadOnly[Opt[RoamingEvseV2 | None]] = UNSET
    connectors: Opt[Annotated[list[ConnectorV2], Meta(description="An update replaces them all.")] | None] = UNSET
    physical_reference: Reference
    type: Literal["ac", "dc"]
    network_id: Number
    status: Status
    tariff_group_id: Opt[int | None] = UNSET
    allows_reservation: bool
    max_power_kw: Opt[Annotated[float, Meta(ge=0, le=2_000_000)] | None] = UNSET
    max_voltage: Voltage | None
    max_amperage: Opt[Annotated[float, Meta(ge=0)] | None] = UNSET
    phases: (
        Annotated[Literal["single_phase", "three_phase"], Meta(description="null: another, or not known; it stays so.")]
        | None
    )
    phase_rotation: Opt[Literal["rst", "rts", "srt", "str", "trs", "tsr"] | None] = UNSET
    mid_meter_certification_end_year: Opt[Year | None] = UNSET
    external_id: Opt[str | None] = UNSET


RESTATED = (
    "physical_reference", "type", "max_voltage", "phases", "network_id", "status", "allows_reservation",
)  # fmt: skip
WORDS = {
    "currentType": "type",
    "powerOptions.phases": "phases",
    "powerOptions.phaseRotation": "phaseRotation",
    "powerOptions.connectedPhase": "phases",  # which it has no word for
}
_SAME = (
    "physical_reference", "network_id", "tariff_group_id", "allows_reservation", "mid_meter_certification_end_year",
    "external_id",
)  # fmt: skip
_READ = ("id", "charge_point_id")


def upgrade(body: dict[str, Any]) -> dict[str, Any]:
    """A body's fields in the newest words; of connectors our rule makes rows."""
    newest = {name: body[name] for name in (*_SAME, "connectors") if name in body}
    newest["current_type"] = body["type"]
    newest["status"] = body["status"].replace("active", "enabled")
    options = PowerOptions(max_voltage=body["max_voltage"])
    if body["phases"] is not None:
        options.phases = body["phases"]
    if body["phases"] == "three_phase":
        options.connected_phase = None
    if "max_power_kw" in body:
        options.max_power = None if body["max_power_kw"] is None else round(body["max_power_kw"] * 1000)
    if "max_amperage" in body:
        options.max_amperage = body["max_amperage"]
    if "phase_rotation" in body:
        options.phase_rotation = body["phase_rotation"] and body["phase_rotation"].upper()
    return newest | {"power_options": options}


def downgrade(newest: dict[str, Any]) -> dict[str, Any]:
    """An answer's fields in the old words."""
    options, roaming, hardware = newest["power_options"], newest.get("roaming"), newest["hardware_status"]
    power, phases, rotation = options["maxPower"], options["phases"], options["phaseRotation"]
    answer = {name: newest.get(name) for name in (*_SAME, *_READ)}
    return answer | {
        "type": newest["current_type"],
        "status": newest["status"].replace("enabled", "active"),
        "hardware_status": "charging" if hardware == "occupied" else hardware,
        "charging_profile": _profile(newest.get("charging_profile")),
        "roaming": roaming and {name: roaming.get(name) for name in ("evseId", "status", "tariffIds")},
        "connectors": [_connector(one) for one in newest["connectors"]],
        "max_power_kw": None if power is None else power / 1000,
        "max_voltage": options["maxVoltage"],
        "max_amperage": options["maxAmperage"],
        "phases": None if phases == "split_phase" else phases,
        "phase_rotation": rotation and rotation.lower(),
    }


def _profile(laid: dict[str, Any] | None) -> dict[str, Any] | None:
    kind = (laid or {}).get("recurrencyKind")
    return laid | {"recurrencyKind": kind.lower()} if laid and kind else laid


def _connector(shown: dict[str, Any]) -> dict[str, Any]:
    kind = "catarc" if shown["type"] in _CHINESE else shown["type"]
    return shown | {"type": kind, "status": shown["status"].replace("enabled", "active")}


async def connectors_are_rows(write: Write) -> None:
    """Connectors in a body are put aside until the EVSE is written; each is new, or one of its own."""
    listed: list[ConnectorV2] | None = write.values.pop("connectors", None)
    if listed is None:
        return
    known = {row["id"]: row for row in await write.tx.all(_LIVING, key=write.id)}
    for place, one in enumerate(listed):
        if one.id is not UNSET and one.id not in known:
            write.add_error(f"connectors.{place}.id", "The connector does not belong to the EVSE.")
        if one.id is UNSET and one.type is UNSET:
            write.add_error(f"connectors.{place}.type", "The type field is required.")
    write.extras |= {"connectors": listed, "known": known}


async def put_connectors(write: Write) -> None:
    """After the row is there: exactly the listed connectors belong to it."""
    if "connectors" not in write.extras:
        return
    listed, known = write.extras["connectors"], write.extras["known"]
    for gone in known.keys() - {one.id for one in listed}:
        await write.tx.run(_CLOSE, key=gone, now=write.tx.now)
    for one in listed:
        before = known.get(one.id) or {"type": None, "format": None, "status": "enabled"}
        facts = {name: before[name] for name in ("type", "format", "status")} | _said(
            one, write.value_of("current_type")
        )
        key, statement = (write.id, _NEW) if one.id is UNSET else (one.id, _CHANGE)
        await write.tx.run(statement, key=key, **facts, updated_at=write.tx.now)


def _said(one: ConnectorV2, current_type: str) -> dict[str, Any]:
    """What a body says of a connector, in the words of its row."""
    said = {name: value for name, value in provided(one).items() if name != "id" and (value or name == "format")}
    if said.get("type") == "catarc":
        said["type"] = f"gb-t-{current_type}"
    if "status" in said:
        said["status"] = said["status"].replace("active", "enabled")
    return said
