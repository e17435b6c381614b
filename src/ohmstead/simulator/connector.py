"""A connector: its cable, contactor, meter and transaction, and the state they add up to (OCPP 1.6, 4.9)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ohmstead.simulator.charging_profile import Profile
from ohmstead.simulator.vehicle import MIN_CURRENT, NOTHING, Offer, Vehicle

NO_ERROR = "NoError"


class State(StrEnum):
    """The nine states of a connector, by their names in OCPP 1.6."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


@dataclass
class Transaction:
    """A charging from its start to its stop, by the station's own clock and meter (Wh).

    `id` is the central system's and None until it has given one.
    """

    connector: int
    tag: str
    started_at: datetime
    meter_start_wh: int
    reservation: int | None = None
    id: int | str | None = None
    group: str | None = None
    ended_at: datetime | None = None
    meter_stop_wh: int | None = None
    reason: str | None = None
    stop_tag: str | None = None


@dataclass(frozen=True)
class Permit:
    """Someone may charge here, if the cable is plugged in before `until`."""

    tag: str
    until: datetime
    group: str | None = None
    profile: Profile | None = None


@dataclass(frozen=True)
class Reservation:
    id: int
    tag: str
    until: datetime
    group: str | None = None


@dataclass
class Connector:
    """The state is never stored but read from what is so: a fault, a transaction, a cable, a reservation."""

    id: int
    register_wh: float = 0.0
    vehicle: Vehicle | None = None
    transaction: Transaction | None = None
    permit: Permit | None = None
    reservation: Reservation | None = None
    error: str = NO_ERROR
    operative: bool = True
    finished: bool = False
    barred: bool = False
    closes: int = 0
    """Phases that it was to close last, of a station that switches them; 0: none yet."""
    efficiency: float | None = None
    """Of a direct current: what the car gets of what is taken from the site's phases."""
    """The central system did not accept the tag of the running transaction, and no current may flow."""
    offer: Offer = field(default=NOTHING)
    """What the pilot shows; nothing while the contactor is open."""

    @property
    def state(self) -> State:
        if self.error != NO_ERROR:
            return State.FAULTED
        if self.transaction:
            return self._charging_state(self.transaction)
        if not self.operative:
            return State.UNAVAILABLE
        if self.vehicle or self.permit:
            return State.FINISHING if self.finished and not self.permit else State.PREPARING
        return State.RESERVED if self.reservation else State.AVAILABLE

    def _charging_state(self, transaction: Transaction) -> State:
        if self.vehicle is None:
            return State.SUSPENDED_EV
        if self.offer.amps < MIN_CURRENT:
            return State.SUSPENDED_EVSE
        return State.CHARGING if self.vehicle.appetite else State.SUSPENDED_EV

    @property
    def may_close(self) -> bool:
        """Whether the contactor may be closed at all."""
        return bool(self.transaction and self.vehicle) and self.error == NO_ERROR and not self.barred

    @property
    def draw(self) -> tuple[float, float, float]:
        """A on the connector's own terminals L1, L2, L3."""
        amps, phases = self.vehicle.draw if self.vehicle else NOTHING
        first, second, third = (amps if terminal < phases else 0.0 for terminal in range(3))
        return first, second, third

    @property
    def power_w(self) -> float:
        """At the outlet."""
        return self.vehicle.power_w * (self.efficiency or 1.0) if self.vehicle else 0.0

    def show(self, offer: Offer, at: datetime) -> None:
        """Close the contactor and set the pilot; less than 6 A is nothing, and the car has its time to react."""
        self.offer = offer if offer.amps >= MIN_CURRENT else NOTHING
        if self.vehicle:
            self.vehicle.offer(self.offer, at)

    def open(self) -> None:
        """Open the contactor: the current stops at once."""
        self.offer = NOTHING
        if self.vehicle:
            self.vehicle.cut()

    def advance(self, to: datetime) -> None:
        """Let the current flow into the meter until `to`."""
        if self.vehicle:
            self.register_wh += self.vehicle.advance(to) * (self.efficiency or 1.0)

    def begin(self, tag: str, at: datetime, group: str | None = None) -> Transaction:
        reserved = self.reservation.id if self.reservation else None
        self.transaction = Transaction(self.id, tag, at, int(self.register_wh), reserved, group=group)
        self.permit = self.reservation = None
        self.finished = self.barred = False
        return self.transaction

    def end(self, at: datetime, reason: str, tag: str | None = None) -> Transaction:
        """Close the running transaction; the cable may stay plugged in."""
        assert self.transaction is not None
        ended, self.transaction = self.transaction, None
        ended.ended_at, ended.meter_stop_wh, ended.reason, ended.stop_tag = at, int(self.register_wh), reason, tag
        self.finished = self.vehicle is not None
        return ended
