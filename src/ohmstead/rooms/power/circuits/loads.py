"""What flows through a circuit, line by line: the part load management steers and the part it does not."""

from typing import Any, Literal

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, RenderContext, Reply
from ohmstead.kit.versions import Include
from ohmstead.kit.views import View, stamp
from ohmstead.rooms.power.circuits.resource import circuits
from ohmstead.rooms.power.circuits.table import circuit, circuit_load
from ohmstead.rooms.power.circuits.views import Load

Part = Literal["managed", "unmanaged"]
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_LOADS = Statement(select(circuit_load).where(circuit_load.c.circuit_id == any_(_ids)))
_CIRCUITS = Statement(select(circuit).where(circuit.c.id == any_(_ids)))
_COUNT = {"single_phase": 1, "split_phase": 2, "three_phase": 3}
_CONNECTED = {"L1": (1,), "L2": (2,), "L3": (3,), "L1_L2": (1, 2), "L1_L3": (1, 3), "L2_L3": (2, 3)}

reads = Group("resource / circuits", "resources/circuits/", "circuits", access=OPERATOR)


def lines(row: Row) -> tuple[int, ...]:
    """The lines a circuit has: 1 to 3."""
    if row["phases"] != "three_phase" and row["connected_phase"]:
        return _CONNECTED[row["connected_phase"]]
    return tuple(range(1, _COUNT[row["phases"]] + 1))


async def loads(tx: Tx, ids: list[int], part: Part) -> dict[int, list[dict[str, Any]]]:
    """A per line of each circuit; a circuit on which nothing flowed yet shows 0 A since it last changed."""
    known = {(row["circuit_id"], row["line"]): row for row in await tx.all(_LOADS, ids=ids)}
    return {
        row["id"]: [_load(row, line, known.get((row["id"], line)), part) for line in lines(row)]
        for row in await tx.all(_CIRCUITS, ids=ids)
    }


def _load(row: Row, line: int, known: Row | None, part: Part) -> dict[str, Any]:
    """A line whose load was never measured is as old as its circuit."""
    amps, at, is_measured = (0.0, None, False)
    if known is not None:
        amps, at, is_measured = known[part], known[f"{part}_at"], known[f"{part}_is_measured"]
    told = {"phase": f"L{line}", "consumption": round(amps, 1), "lastUpdatedAt": stamp(at or row["updated_at"])}
    return told | {"isMeasured": is_measured}


def _include(name: str, part: Part) -> Include:
    async def load(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[dict[str, Any]]]:
        return await loads(tx, ids, part)

    return Include(name, load)


circuits.include(_include("consumption", "managed"), _include("unmanagedLoad", "unmanaged"))


class Loads(View):
    data: list[Load]


@reads.get("v2.0/{circuit}/consumption", "Circuit / Consumption", gives=Loads)
async def consumption(call: Call) -> dict[str, Any]:
    """What the charge points of the circuit draw, A on each of its lines."""
    row = await circuits.find(call)
    return {"data": (await loads(call.tx, [row["id"]], "managed"))[row["id"]]}


@reads.get("v2.0/{circuit}/unmanaged-load", "Circuit / Unmanaged Load / Read", gives=Loads)
async def unmanaged_load(call: Call) -> dict[str, Any]:
    """What everything else on the circuit draws, A on each of its lines."""
    row = await circuits.find(call)
    return {"data": (await loads(call.tx, [row["id"]], "unmanaged"))[row["id"]]}


async def _of_v1(call: Call) -> list[dict[str, Any]]:
    row = await circuits.find(call)
    return (await loads(call.tx, [row["id"]], "managed"))[row["id"]]


@reads.get("v1.0/{circuit}/consumption", "Circuit / Consumption (all phases)", gives=list[Load], deprecated=True)
async def consumption_v1(call: Call) -> list[dict[str, Any]]:
    """What the charge points of the circuit draw, A on each of its lines."""
    return await _of_v1(call)


@reads.get(
    "v1.0/{circuit}/consumption/{phase}",
    "Circuit / Consumption (phase)",
    gives=float,
    choices={"phase": ("L1", "L2", "L3")},
    deprecated=True,
)
async def consumption_of_phase(call: Call) -> Reply:
    """What the charge points of the circuit draw on one line, A; 404 for a line the circuit does not have."""
    for load in await _of_v1(call):
        if load["phase"] == call.path["phase"]:
            return Reply.of(200, load["consumption"])
    raise NotFound(f"The circuit has no line {call.path['phase']}.")
