"""What of charging goes on inside this process: sent at once, once it is durable; load management listens."""

from datetime import datetime

from msgspec import Struct

from ohmstead.kit.signals import Signal


class LoadSample(Struct, frozen=True):
    """What one EVSE takes at a moment: A on each line that was measured, the vehicle's state of charge in %, W."""

    evse_id: int
    session_id: int | None
    at: datetime
    currents: dict[str, float]
    soc: float | None
    power_w: float | None


session_changed = Signal()
"""Called with `(session_id, charge_point_id, evse_id)` when a session began, ended or became another's."""

metered_now = Signal()
"""Called with `list[LoadSample]`, the newest of each message of a batch."""

schedule_awaited = Signal()
"""Called with `(charge_point_id, evse_id)` when the vehicle that charges there said what it needs, and waits for its
limit."""

limits_changed = Signal()
"""Called with `(charge_point_id)` when an operator laid a charging profile on it or took one off."""

user_price_known = Signal()
"""Called with `(charge_point_id, id_tag, text)` for the display of a station of OCPP 1.6, which is told no such thing
in its answers: who presented this tag, or was let begin with it, pays by these prices."""

price_changed = Signal()
"""Called with `(session_id, SessionPrice)` when more is known of what a session costs, while it runs and in the end."""
