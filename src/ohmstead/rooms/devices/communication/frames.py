"""Frames: the communication log as operators read it, newest first, to find out what a charge point really said."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import ARRAY, Double, Text, cast, extract, literal_column, null, select, union_all

from ohmstead.kit.db import Row
from ohmstead.kit.filters import Filter, equals, is_true, one_of
from ohmstead.kit.views import View
from ohmstead.rooms.devices.communication.log import communication_log
from ohmstead.rooms.devices.communication.moment_log import TimeOrderedLog

_row = communication_log.c
_MESSAGES = select(
    _row.at,
    _row.charge_point_id,
    _row.direction,
    _row.action,
    _row.message_id,
    _row.latency_ms,
    _row.deviations,
    _row.raw,
)
_ANSWERS = select(
    _row.answered_at, _row.charge_point_id, literal_column("'out'", Text), _row.action, _row.message_id,
    cast(extract("epoch", _row.answered_at - _row.at) * 1000, Double), cast(null(), ARRAY(Text)), _row.answer,
).where(_row.answered_at.is_not(None))  # fmt: skip
_FRAMES = union_all(_MESSAGES, _ANSWERS).subquery("frame")
"""A row is one frame or two; each of the halves is found by indexes of its own."""
_own = _FRAMES.c


class Frame(View):
    charge_point: int
    at: Annotated[datetime, Meta(description="When it came or went, to the microsecond.")]
    direction: Annotated[Literal["in", "out"], Meta(description="`in`: from the charge point.")]
    action: Annotated[str | None, Meta(description="The action of the call, also of its answer. Null: unreadable.")]
    message_id: str | None
    latency_ms: Annotated[
        float | None, Meta(description="Of an answer: ms since the call, to a tenth. Null for calls.")
    ]
    deviations: Annotated[list[str], Meta(description="Where the frame is not as OCPP specifies.")]
    frame: Annotated[str, Meta(description="The text on the line, passwords replaced by `***`.")]


def _told(row: Row) -> dict[str, Any]:
    latency_ms = row["latency_ms"]
    return {
        "chargePoint": row["charge_point_id"], "at": row["at"].isoformat(timespec="microseconds"),
        "direction": row["direction"], "action": row["action"], "messageId": row["message_id"],
        "latencyMs": None if latency_ms is None else round(latency_ms, 1), "deviations": row["deviations"] or [],
        "frame": row["raw"],
    }  # fmt: skip


_frames = TimeOrderedLog(
    _FRAMES,
    [
        one_of("direction", _own.direction, "in", "out"),
        equals("action", _own.action),
        equals("messageId", _own.message_id),
        is_true("deviating", _own.deviations.is_not(None), "Only frames that deviate from OCPP, or that do not."),
        Filter(
            "minLatencyMs", Annotated[float, Meta(ge=0)], lambda value: _own.latency_ms >= value, Double(),
            "Only answers that took at least so long, ms.",
        ),
    ],
    _told,
)  # fmt: skip

operations = [
    _frames.operation(
        "communication-log",
        "Communication Log",
        Frame,
        "What went over the line to and from charge points, newest first: each frame as it was, how long its answer "
        "took, and what about it is not as OCPP specifies. Frames are kept for three months, or as long as was set.",
    )
]
