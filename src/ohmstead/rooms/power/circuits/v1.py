"""Circuits v1.0: phases were numbers, and a circuit carried its charge points inline, with their wiring."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import Call
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.power.circuits.members import attach, attached, describe, detach, misfit
from ohmstead.rooms.power.circuits.table import circuit_charge_point
from ohmstead.rooms.power.circuits.views import ChargePointV1

_PHASES = {"1": "single_phase", "3": "three_phase"}
_ids = bindparam("ids", type_=ARRAY(BigInteger))


def phases_were_numbers(values: dict[str, Any]) -> dict[str, Any]:
    """v1.0 -> v2.0."""
    return values | ({"phases": _PHASES[values["phases"]]} if "phases" in values else {})


def phases_as_numbers(fields: dict[str, Any]) -> dict[str, Any]:
    """v2.0 -> v1.0."""
    kept = ("id", "name", "max_current", "set_session_limit_to_zero_on_idle", "charge_points", "last_updated_at")
    older = {name: fields[name] for name in kept if name in fields}
    if fields.get("min_charge_point_current") is not None:
        older["min_charge_point_current"] = fields["min_charge_point_current"]
    return older | {"phases": "1" if fields["phases"] == "single_phase" else "3"}


async def take_charge_points(write: Write) -> None:
    """A rule: keep the inline charge points for after the row is there, once each of them is known to fit."""
    listed: list[ChargePointV1] | None = write.values.pop("charge_points", None)
    if listed is None:
        return
    write.extras["charge_points"] = listed
    for number, one in enumerate(listed):
        if problem := await misfit(write.tx, write.id, _cable(write), one.id, _details(one, {})):
            write.wrong(f"chargePoints.{number}.id", problem)
    if len({one.id for one in listed}) < len(listed):
        write.wrong("chargePoints", "A charge point is given twice.")


def _cable(write: Write) -> dict[str, Any]:
    """The circuit as it will be, with what decides whether a charge point fits."""
    names = ("phases", "phase_rotation", "connected_phase", "parent_circuit_id", "max_current")
    configuration = write.now("electrical_configuration") or "star"
    return {name: write.now(name) for name in names} | {"electrical_configuration": configuration, "id": write.id}


async def put_charge_points(write: Write) -> None:
    """After the row is there: exactly the listed charge points hang on it, wired as listed."""
    listed: list[ChargePointV1] | None = write.extras.get("charge_points")
    if listed is None or write.verb == "delete":
        return
    before = await attached(write.tx, write.id)
    for gone in before - {one.id for one in listed}:
        await detach(write.tx, write.id, gone)
    for one in listed:
        await describe(write.tx, one.id, lambda known, one=one: _details(one, known))
        if one.id not in before:
            await attach(write.tx, write.id, one.id, 1.0)


def _details(one: ChargePointV1, known: dict[str, Any]) -> dict[str, Any]:
    """The charge point's smart-charging details with what v1.0 says of it."""
    wired = "phaseRotation" if one.phase_rotation[0] != "L" else "connectedPhase"
    return known | {
        "mode": known.get("mode") if known.get("mode") not in (None, "disabled") else "dynamic",
        "defaultChargePointMaxCurrent": one.max_current,
        "phases": _PHASES[one.phases],
        "maxVoltage": one.input_voltage,
        wired: one.phase_rotation,
    }


def _inline() -> Statement:
    """circuit id -> JSON of its charge points as v1.0 shows them."""
    own, smart = circuit_charge_point.c, charge_point.c.smart_charging
    shown = func.jsonb_build_object(
        "id", charge_point.c.id,
        "maxCurrent", smart["defaultChargePointMaxCurrent"],
        "phases", func.replace(func.replace(smart["phases"].astext, "single_phase", "1"), "three_phase", "3"),
        "inputVoltage", smart["maxVoltage"],
        "phaseRotation", func.coalesce(smart["connectedPhase"], smart["phaseRotation"]),
    )  # fmt: skip
    listed = func.jsonb_agg(aggregate_order_by(shown, own.id))
    joined = select(own.circuit_id, listed).join(charge_point, charge_point.c.id == own.charge_point_id)
    return Statement(joined.where(own.circuit_id == any_(_ids)).group_by(own.circuit_id))


_INLINE = _inline()


async def charge_points(tx: Tx, ids: list[int], call: Call) -> dict[int, Any]:
    """The inline charge points of each circuit."""
    return {row[0]: row[1] for row in await tx.all(_INLINE, ids=ids)}
