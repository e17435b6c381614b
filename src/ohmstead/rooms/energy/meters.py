"""Electricity meters: they measure a circuit's whole load, so that the part nobody steers is known."""

import math
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, Text, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Statement, table, timestamp
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.facts import row_changed
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.references import ABSENT
from ohmstead.kit.resources import Resource
from ohmstead.kit.signals import Signal
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, View, aware
from ohmstead.store.partitions import partitioned

electricity_meter = table(
    "electricity_meter",
    Column("name", Text),
    Column("integration_id", Integer),
    Column("integration_parameters", JSONB),
)

meter_report = partitioned(  # what a meter said of the current on each line, A
    "meter_report",
    Column("meter_id", BigInteger, ForeignKey("electricity_meter.id", ondelete="CASCADE"), primary_key=True),
    timestamp("at", primary_key=True),
    *(Column(f"current_l{line}", Double) for line in (1, 2, 3)),
    timestamp("received_at", nullable=False),
    by="at",
    keep=timedelta(days=400),
)


class ElectricityMeter(View):
    id: Id
    name: Opt[str] = UNSET
    integration_id: Opt[int] = UNSET
    integration_parameters: Opt[
        Annotated[dict[str, str], Meta(description="What the integration needs to reach the meter, by name.")]
    ] = UNSET


meters = Resource(
    "electricity-meters",
    electricity_meter,
    tag="resource / electricity meters",
    title="Electricity Meter",
    key="electricityMeter",
    access=OPERATOR,
    versions=[Version("v1.0", ElectricityMeter)],
    changed=row_changed("electricityMeter"),
    references={"integration_id": ABSENT},
)

actions = Group("action / electricity meter", "actions/electricity-meter/", "electricity-meters", access=OPERATOR)

meter_reported = Signal()
"""Called with `(meter id, moment, (A on L1, L2, L3))` for each report; a line the report left out is NaN."""

Milliamperes = Annotated[int, Meta(description="Current on the line, mA.")]
AHEAD = timedelta(minutes=1)
_LATEST = Statement(select(func.max(meter_report.c.at)).where(meter_report.c.meter_id == bindparam("meter")))


class Report(View):
    timestamp: Opt[datetime] = UNSET
    current_l1: Opt[Milliamperes] = UNSET
    current_l2: Opt[Milliamperes] = UNSET
    current_l3: Opt[Milliamperes] = UNSET


@actions.post(
    "v1.0/{electricityMeter}/report-consumption",
    "Report Consumption",
    body=Report,
    errors=(401, 403, 404, 406, 422, 429),
)
async def report_consumption(call: Call, report: Report) -> None:
    """Take a meter's reading of the current on each line, in mA; without a timestamp it counts as of now."""
    meter = await meters.find(call)
    lines = [report.current_l1, report.current_l2, report.current_l3]
    if all(line is UNSET for line in lines):
        raise Invalid(currentL1="At least one of current l1, current l2 and current l3 is required.")
    at = call.now if report.timestamp is UNSET else aware(report.timestamp)  # type: ignore[arg-type]
    if at > call.now + AHEAD:
        raise Invalid(timestamp="The timestamp may not lie in the future.")
    latest = await call.tx.value(_LATEST, meter=meter["id"])
    if latest is not None and latest >= at:
        raise Rejected("A reading of this or a later moment is already known.")
    amps = {f"current_l{n}": None if line is UNSET else line / 1000 for n, line in enumerate(lines, 1)}  # type: ignore[operator]
    await call.tx.run(insert(meter_report).values(meter_id=meter["id"], at=at, received_at=call.now, **amps))
    measured = tuple(math.nan if line is UNSET else line / 1000 for line in lines)  # type: ignore[operator]
    call.tx.after_commit(lambda: meter_reported.send(meter["id"], at, measured))
