"""Circuits v1.0: phases were numbers, and a circuit carried its charge points inline, with their wiring."""

from functools import partial
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.engines.dlm.tree import Tree
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.power.circuits.members import attach, attached, describe, detach, misfit
from ohmstead.rooms.power.circuits.table import circuit_charge_point
from ohmstead.rooms.power.circuits.views import ChargePointV1

_PHASES = {"1": "single_phase", "3": "three_phase"}
_VOLTAGES = {
    "110-130": "110-130", "120": "110-130", "208": "220-240", "220-240": "220-240", "230": "220-240", "240": "220-240",
    "277": "220-240", "380": "380", "400": "400", "480": "400",
}  # fmt: skip
_own = circuit_charge_point.c
_INLINE = Statement(
    select(_own.circuit_id, _own.charge_point_id, charge_point.c.smart_charging)
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .where(_own.circuit_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .order_by(_own.id)
)


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
    """Before the row is there: keep the inline charge points for after the row is there."""
    listed: list[ChargePointV1] | None = write.values.pop("charge_points", None)
    if listed is None:
        return
    write.extras["charge_points"] = listed
    if len({one.id for one in listed}) < len(listed):
        write.add_error("chargePoints", "A charge point is given twice.")


async def they_fit(write: Write, tree: Tree) -> None:
    """Each of the inline charge points, wired as listed, fits the circuit in the tree as it will be."""
    for number, one in enumerate(write.extras["charge_points"]):
        if problem := await misfit(write.tx, tree, write.id, one.id, partial(_details, one)):
            write.add_error(f"chargePoints.{number}.id", problem)


async def put_charge_points(write: Write) -> None:
    """After the row is there: exactly the listed charge points hang on it, wired as listed."""
    listed: list[ChargePointV1] | None = write.extras.get("charge_points")
    if listed is None:
        return
    before = await attached(write.tx, write.id)
    for gone in before - {one.id for one in listed}:
        await detach(write.tx, write.id, gone)
    for one in listed:
        await describe(write.tx, one.id, partial(_details, one))
        if one.id not in before:
            await attach(write.tx, write.id, one.id, 1.0)


def _details(one: ChargePointV1, known: dict[str, Any]) -> dict[str, Any]:
    """The charge point's smart-charging details with what v1.0 says of it; what it says as it was shown stays."""
    shown = _as_shown(0, known) if known.get("phases") else {}
    details = known | {"defaultChargePointMaxCurrent": one.max_current}
    details["mode"] = known.get("mode") if known.get("mode") not in (None, "disabled") else "dynamic"
    if one.input_voltage != shown.get("inputVoltage"):
        details["maxVoltage"] = one.input_voltage
    if (one.phases, one.phase_rotation) != (shown.get("phases"), shown.get("phaseRotation")):
        named = one.phase_rotation[0] == "L"
        details["phases"] = _PHASES[one.phases]
        details["connectedPhase"] = one.phase_rotation if named else None
        details["phaseRotation"] = known.get("phaseRotation") if named else one.phase_rotation
    return details


def _as_shown(id: int, details: dict[str, Any]) -> dict[str, Any]:
    """A charge point in v1.0's words: two lines count as three, of a pair of lines the first is named, and a voltage
    is the nearest it has a word for."""
    single = details.get("phases") == "single_phase"
    line = (details.get("connectedPhase") or "")[:2] if single else ""
    return {
        "id": id,
        "maxCurrent": details.get("defaultChargePointMaxCurrent"),
        "phases": "1" if single else "3",
        "inputVoltage": _VOLTAGES.get(details.get("maxVoltage") or "", "220-240" if single else "400"),
        "phaseRotation": line or details.get("phaseRotation") or "RST",
    }


async def charge_points(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
    """The inline charge points of each circuit, in the order they came."""
    found: dict[int, list[dict[str, Any]]] = {}
    for circuit_id, point, details in await tx.all(_INLINE, ids=ids):
        found.setdefault(circuit_id, []).append(_as_shown(point, details or {}))
    return found
