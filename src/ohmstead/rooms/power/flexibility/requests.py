"""Flexibility activation requests: what was asked of an asset, period by period. They are made by an action."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta

from ohmstead.engines.dlm.activations import Period
from ohmstead.kit.access import OPERATOR
from ohmstead.kit.filters import equals
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View, stamp
from ohmstead.rooms.power.flexibility.table import activation_request

_own = activation_request.c
Energy = Annotated[int, Meta(ge=0, description="Wh that may flow in the period. Either this or maxPower.")]
Power = Annotated[int, Meta(ge=0, description="W that may flow at any moment of it. Either this or energy.")]


class PeriodShown(View):
    start_time: Opt[datetime] = UNSET
    end_time: Opt[datetime] = UNSET
    energy: Opt[Energy | None] = UNSET
    max_power: Opt[Power | None] = UNSET


class ActivationRequest(View):
    id: Id
    timestamp: ReadOnly[Annotated[datetime, Meta(description="When it was made; the latest goes first.")]]
    asset_id: ReadOnly[int]
    periods: list[PeriodShown]


requests = Resource(
    "flexibility-activation-requests",
    activation_request,
    tag="resource / flexibility activation requests",
    title="Flexibility Activation Request",
    key="flexibilityActivationRequest",
    access=OPERATOR,
    versions=[Version("v1.0", ActivationRequest, verbs=("list", "read"))],
    columns={"timestamp": _own.created_at},
    filters=[equals("assetId", _own.asset_id, int)],
)


def shown(period: Period) -> dict[str, Any]:
    """As the API has it, and the column."""
    return {
        "startTime": stamp(period.start), "endTime": stamp(period.end), "energy": period.energy,
        "maxPower": period.max_power,
    }  # fmt: skip


def stored(periods: list[dict[str, Any]]) -> list[Period]:
    """As load management has it."""
    return [
        Period(datetime.fromisoformat(one["startTime"]), datetime.fromisoformat(one["endTime"]), one["energy"],
               one["maxPower"])
        for one in periods
    ]  # fmt: skip
