"""The room of charging: what it exports."""

from ohmstead.rooms.charging import (
    contracts,
    control,
    erasure,  # noqa: F401 - of deleted users
    private_data,  # noqa: F401 - what is exported of users
)
from ohmstead.rooms.charging.authorizations import authorizations
from ohmstead.rooms.charging.bookings import BookingReservation, asking, booking_requests, bookings
from ohmstead.rooms.charging.control import OrderedStops, SilentSessionProbe
from ohmstead.rooms.charging.displays import DefaultPrices
from ohmstead.rooms.charging.id_tags import id_tags
from ohmstead.rooms.charging.limits import ClosingHours, TariffLimits
from ohmstead.rooms.charging.offline_tags import OutdatedLists, offline_tags
from ohmstead.rooms.charging.pricing import (
    final,  # noqa: F401 - prices what has ended
    snapshot_access,  # noqa: F401 - what partners read of tariffs
)
from ohmstead.rooms.charging.pricing.running import RunningPrices
from ohmstead.rooms.charging.profiles import ProfileAccounts, clear_profile_actions, readings, set_profile_actions
from ohmstead.rooms.charging.reservations import (
    ReservationQueue,
    ReservationRelease,
    cancel_actions,
    reservations,
    reserve_actions,
)
from ohmstead.rooms.charging.rfid_tags import rfid_tags
from ohmstead.rooms.charging.sessions import (
    assigning,
    boost,
    charging_needs,
    consumption,
    contents,  # noqa: F401 - what is told of sessions
    questions,  # noqa: F401 - it answers lower rooms
)
from ohmstead.rooms.charging.sessions.progress import SessionProgress
from ohmstead.rooms.charging.sessions.resource import sessions

OPERATIONS = (
    id_tags,
    rfid_tags,
    contracts.provisioning_certificates,
    contracts.of_certificates,
    contracts.of_tags,
    contracts.internal_actions,
    authorizations,
    reserve_actions,
    cancel_actions,
    reservations,
    asking,
    booking_requests,
    bookings,
    set_profile_actions,
    clear_profile_actions,
    readings,
    offline_tags,
    sessions,
    consumption.reads,
    charging_needs.needs_operations,
    assigning.at_session,
    boost.boost_operations,
    control.at_charge_point,
    control.at_evse,
)
BACKGROUND = (
    OutdatedLists,
    ProfileAccounts,
    BookingReservation,
    ReservationQueue,
    ReservationRelease,
    RunningPrices,
    SessionProgress,
    SilentSessionProbe,
    TariffLimits,
    ClosingHours,
    OrderedStops,
    DefaultPrices,
)
