"""Sessions for those who run the system: with what was not believed of their meters, below `internal`."""

from typing import Annotated

from msgspec import UNSET, Meta

from ohmstead.kit.filters import is_true
from ohmstead.kit.operations import Operation
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Opt
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.sessions.charging_needs import ToldNeeds, shown_of
from ohmstead.rooms.charging.sessions.resource import COLUMNS, sessions
from ohmstead.rooms.charging.sessions.views import Session

ANOMALOUS = "Only sessions with readings of the energy register that were not believed, or only those without."
Register = Annotated[float, Meta(description="A reading of the energy register, Wh.")]


class MeteredSession(Session):
    """A session with what its charge point told of the meter."""

    anomalies: Annotated[
        int, Meta(description="How many readings of the energy register were not believed, and are not billed.")
    ]
    meter_start: Opt[Register] = UNSET
    meter_stop: Opt[Register] = UNSET
    charging_needs: Opt[list[ToldNeeds]] = UNSET


def operations() -> list[Operation]:
    """`GET internal/sessions/v1.0`: the listing of sessions, with all that rooms above have added to it by now."""
    listing = Resource(
        "sessions",
        session,
        tag="internal / sessions",
        title="Session",
        key="session",
        access=sessions.access,
        versions=[Version("v1.0", MeteredSession, pages=Pages.CURSOR, verbs=("list",), internal=True)],
        columns={**COLUMNS, "meter_start": session.c.meter_start_wh, "meter_stop": session.c.meter_stop_wh},
        includes=(*sessions.includes, Include("chargingNeeds", shown_of, flag="withChargingNeeds", empty=[])),
        filters=(*sessions.filters, is_true("hasAnomalies", session.c.anomalies > 0, ANOMALOUS)),
    )
    return operations_of(listing)
