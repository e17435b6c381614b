"""What happens in charging, told through the outbox to whoever subscribes: sessions, reservations, profiles."""

from typing import Any

from ohmstead.kit.facts import Fact, RowChanged


class SessionFact(Fact):
    """Something happened to a session."""

    id: int
    charge_point_id: int
    evse_id: int


class SessionCreated(SessionFact, topic="session.created"):
    """It was ordered from afar, and is pending."""


class SessionStarted(SessionFact, topic="session.started"):
    """It charges from now on."""


class SessionUpdated(SessionFact, topic="session.updated"):
    """More of it is known."""


class SessionCourseChanged(SessionFact, topic="session.courseChanged"):
    """More is known of how one went that is over: what it came to may be another, which nobody has worked out yet."""


class SessionStopped(SessionFact, topic="session.stopped"):
    """It is over, or never began."""


class SessionPriced(SessionFact, topic="session.priced"):
    """What it came to is known, or is another than before."""


class SessionProgressed(SessionFact, topic="session.progressed"):
    """It has gone on charging, or costs more by now; it is told while somebody wants to know."""


class SessionMetered(Fact, topic="session.metered"):
    """Readings of its meter were stored: (moment, measurand, value, unit) of each, in the words of notifications. It is
    told while somebody wants to know."""

    id: int
    evse_id: int
    readings: list[tuple[str, str, float, str]]


class ReservationChanged(RowChanged, topic="reservation.changed"):
    """A reservation was made, came to its end, or waits."""


class BookingChanged(RowChanged, topic="booking.changed"):
    """A booking was made, changed, reserved, fulfilled or given up."""


class BookingRequestChanged(RowChanged, topic="bookingRequest.changed"):
    """A booking was asked for, changed or cancelled, and that was approved or rejected."""


class IdTagChanged(RowChanged, topic="idTag.changed"):
    """A tag was given out, changed or taken back, or an EMAID was issued or ended."""


class AuthorizationFact(Fact):
    """Somebody was let charge, or was not and why."""

    id: int
    charge_point_id: int | None = None  # None: an older release did not say
    id_tag: str | None = None
    status: str | None = None
    rejection_reason: str | None = None


class AuthorizationCreated(AuthorizationFact, topic="authorization.created"):
    """Just now."""


class AuthorizationUpdated(AuthorizationFact, topic="authorization.updated"):
    """Before, and now a charge has begun on it."""


class ChargingProfileApplied(Fact, topic="chargingProfile.applied", rename="camel"):
    """An EVSE, or a charge point as a whole, took a profile: an operator's, a client's or load management's. `unused`:
    the vehicle has left what it was given until then."""

    charge_point_id: int
    evse_id: int | None = None  # None: the whole charge point
    session_id: int | None = None
    applied_at: str  # as the API writes moments
    charging_profile: dict[str, Any]  # as the notification shows it
    unused: bool = False
