"""The phase policy of a circuit: whether an EVSE counts on every line it is wired to, or on those its car really uses;
for those who run the system, below `internal`."""

from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import update

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View
from ohmstead.rooms.power.circuits.resource import circuits, touch
from ohmstead.rooms.power.circuits.table import circuit

Policy = Annotated[
    Literal["wired", "measured"],
    Meta(description="wired: EVSEs count on every line they are wired to; measured: on those that carry something."),
]


class PhasePolicy(View):
    policy: Policy


class Answer(View):
    data: PhasePolicy


phase_policies = Group("internal / circuits", "internal/circuits/", "circuits", access=OPERATOR)
_PATH = "v1.0/{circuit}/phase-policy"


@phase_policies.get(_PATH, "Circuit / Phase policy / Read", gives=Answer)
async def read_phase_policy(call: Call) -> dict[str, Any]:
    """On which lines the EVSEs of a circuit count."""
    row = await circuits.find(call)
    return {"data": {"policy": row["phase_policy"]}}


@phase_policies.put(_PATH, "Circuit / Phase policy / Replace", body=PhasePolicy, answers={200: Answer})
async def put_phase_policy(call: Call, body: PhasePolicy) -> dict[str, Any]:
    """Say on which lines the EVSEs that hang on a circuit itself count."""
    row = await circuits.find(call, lock=True)
    await call.tx.run(update(circuit).where(circuit.c.id == row["id"]).values(phase_policy=body.policy))
    await touch(call.tx, row["id"])
    return {"data": {"policy": body.policy}}
