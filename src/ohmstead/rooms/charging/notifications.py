"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from ohmstead.kit.notifications import Notification, Table
from ohmstead.rooms.charging.authorizations import authorizations
from ohmstead.rooms.charging.durable_facts import (
    AuthorizationCreated,
    AuthorizationUpdated,
    ChargingProfileApplied,
    IdTagChanged,
    ReservationChanged,
    SessionCreated,
    SessionMetered,
    SessionPriced,
    SessionProgressed,
    SessionStarted,
    SessionStopped,
    SessionUpdated,
)
from ohmstead.rooms.charging.id_tags import id_tags
from ohmstead.rooms.charging.payloads.authorizations import (
    AuthorizationChangedPayload,
    AuthorizationPayload,
    authorized,
    created,
    updated,
)
from ohmstead.rooms.charging.payloads.profiles import ProfileAppliedPayload, profile_applied
from ohmstead.rooms.charging.payloads.readings import MeterValuesPayload, meter_values
from ohmstead.rooms.charging.payloads.sessions import (
    SessionPayload,
    StartStopPayload,
    StartStopPayloadV1,
    began,
    shown,
    started,
    started_v1,
    stopped,
    stopped_v1,
)
from ohmstead.rooms.charging.payloads.tags import (
    IdTagChangedPayload,
    ReservationChangedPayload,
    reservation_changed,
    tag_changed,
)
from ohmstead.rooms.charging.reservations import reservations
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.network.charge_points import charge_points

_SESSION = ("session", sessions.scope())
_AUTHORIZATION = ("authorization", authorizations.scope())

NOTIFICATIONS: Table = (
    Notification(
        "AuthorizationNotification", AuthorizationCreated, AuthorizationPayload, authorized, *_AUTHORIZATION,
        deprecated=True,
    ),
    Notification(
        "authorization.changed", AuthorizationCreated, AuthorizationChangedPayload, created, *_AUTHORIZATION
    ),
    Notification(
        "authorization.changed", AuthorizationUpdated, AuthorizationChangedPayload, updated, *_AUTHORIZATION
    ),
    Notification("SessionMeterValuesNotification", SessionMetered, MeterValuesPayload, meter_values, *_SESSION),
    Notification(
        "SessionStartStopNotification", SessionStarted, StartStopPayloadV1, started_v1, *_SESSION, deprecated=True
    ),
    Notification(
        "SessionStartStopNotification", SessionStopped, StartStopPayloadV1, stopped_v1, *_SESSION, deprecated=True
    ),
    Notification("session.start.stop.notification", SessionStarted, StartStopPayload, started, *_SESSION),
    Notification("session.start.stop.notification", SessionStopped, StartStopPayload, stopped, *_SESSION),
    Notification("SessionUpdateNotification", SessionCreated, SessionPayload, shown, *_SESSION),
    Notification("SessionUpdateNotification", SessionStarted, SessionPayload, began, *_SESSION),
    Notification("SessionUpdateNotification", SessionUpdated, SessionPayload, shown, *_SESSION),
    Notification("SessionUpdateNotification", SessionProgressed, SessionPayload, shown, *_SESSION),
    Notification("SessionUpdateNotification", SessionStopped, SessionPayload, shown, *_SESSION),
    Notification("SessionUpdateNotification", SessionPriced, SessionPayload, shown, *_SESSION),
    Notification(
        "reservation.changed", ReservationChanged, ReservationChangedPayload, reservation_changed,
        "reservation", reservations.scope(),
    ),
    Notification("idTag.changed", IdTagChanged, IdTagChangedPayload, tag_changed, "idTag", id_tags.scope()),
    Notification(
        "chargingProfile.applied", ChargingProfileApplied, ProfileAppliedPayload, profile_applied,
        "chargePoint", charge_points.scope(), key="charge_point_id",
    ),
)  # fmt: skip
