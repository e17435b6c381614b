"""Commands to charge points, free of any OCPP version."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ohmstead.rooms.devices.stations.displays import ShowCost, ShowDefaultPrice, ShowFinalCost, ShowUserPrice
from ohmstead.rooms.devices.stations.outcomes import Attribute
from ohmstead.rooms.devices.stations.schedules import ChargingProfile, ProfilePurpose
from ohmstead.rooms.devices.stations.security import (
    CertificateSigned,
    DeleteCertificate,
    Disconnect,
    GetInstalledCertificates,
    InstallCertificate,
    SetNetworkProfile,
)


class RemoteStart(Struct, frozen=True, kw_only=True):
    """Start charging for a tag; without an EVSE the station takes the one where a cable is plugged. A 2.x station
    names the `order` it follows when it begins."""

    id_tag: str
    order: int = 0
    evse_network_id: int | None = None
    charging_profile: ChargingProfile | None = None


class RemoteStop(Struct, frozen=True, kw_only=True):
    """Stop a transaction; the reference is the number we gave (1.6) or the text the station gave (2.x)."""

    transaction_ref: str


class Reset(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Restart: `soft` ends sessions in good order first, `hard` does not wait. One EVSE alone only in OCPP 2.x."""

    kind: Literal["hard", "soft"]
    evse_network_id: int | None = None


class Unlock(Struct, frozen=True, kw_only=True):
    """Release the cable. A 1.6 station has one connector to an EVSE and knows no `connector_network_id`."""

    evse_network_id: int
    connector_network_id: int = 1


class ChangeAvailability(Struct, frozen=True, kw_only=True):
    """Open or close one EVSE, or without one the whole station."""

    operative: bool
    evse_network_id: int | None = None


class SetChargingProfile(Struct, frozen=True, kw_only=True):
    """Lay a profile on one EVSE; 0 is the whole station."""

    evse_network_id: int
    profile: ChargingProfile


class UpdateDynamicSchedule(Struct, frozen=True, kw_only=True):
    """Give a dynamic profile another limit: A a phase or W in all, as the profile has it (OCPP 2.1)."""

    profile_id: int
    limit: float


class ClearChargingProfile(Struct, frozen=True, kw_only=True):
    """Take away the profiles that match all that is given; nothing given takes away all."""

    profile_id: int | None = None
    evse_network_id: int | None = None
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None


class GetConfiguration(Struct, frozen=True, kw_only=True):
    """Read settings by key; no key reads all."""

    keys: tuple[str, ...] = ()


class VariableName(Struct, frozen=True, kw_only=True):
    """Which setting is meant: its key, and in OCPP 2.x alone the component it belongs to, with all that tells one
    component from another, and which of its attributes."""

    key: str
    component: str | None = None
    instance: str | None = None
    component_instance: str | None = None
    evse_network_id: int | None = None
    connector_network_id: int | None = None
    attribute: Attribute | None = None  # None: the actual value


class ChangeConfiguration(VariableName, frozen=True, kw_only=True):
    """Write one setting."""

    value: str


class SetVariables(Struct, frozen=True, kw_only=True):
    """Write several settings in one call; the outcome has a verdict on each (OCPP 2.x)."""

    changes: tuple[ChangeConfiguration, ...]


class GetVariables(Struct, frozen=True, kw_only=True):
    """Read just these settings."""

    variables: tuple[VariableName, ...]


class GetLog(Struct, frozen=True, kw_only=True):
    """Upload a log to a URL, of what happened `since` and `until`; `request_id` comes back with each of its statuses
    (not in 1.6 diagnostics)."""

    kind: Literal["diagnostics", "security"]
    request_id: int
    url: str
    since: datetime | None = None
    until: datetime | None = None
    retries: int | None = None
    retry_interval_s: int | None = None


class UpdateFirmware(Struct, frozen=True, kw_only=True):
    """Fetch firmware from a URL, not before `retrieve_at`, and install it; signed where a certificate is given."""

    request_id: int
    url: str
    retrieve_at: datetime
    retries: int | None = None
    retry_interval_s: int | None = None
    signing_certificate: str | None = None
    signature: str | None = None


class TriggerMessage(Struct, frozen=True, kw_only=True):
    """Ask the station to send a message now; `message` is its OCPP name ("StatusNotification")."""

    message: str
    evse_network_id: int | None = None


class DataTransfer(Struct, frozen=True, kw_only=True):
    """Send a vendor's own message."""

    vendor_id: str
    message_id: str | None = None
    data: str | None = None


class GetCompositeSchedule(Struct, frozen=True, kw_only=True):
    """Ask what all profiles add up to for the next `duration_s` at one EVSE; 0 is the whole station."""

    evse_network_id: int
    duration_s: int
    unit: Literal["A", "W"] | None = None


class GetChargingProfiles(Struct, frozen=True, kw_only=True):
    """Ask which of our profiles the station holds; it tells them later, under `request_id` (OCPP 2.x)."""

    request_id: int


class GetTransactionStatus(Struct, frozen=True, kw_only=True):
    """Ask whether a transaction goes on, and whether there is anything the station has not told yet (OCPP 2.x)."""

    transaction_ref: str


class ClearCache(Struct, frozen=True, kw_only=True):
    """Forget the tags whose verdicts the station has learned."""


class GetLocalListVersion(Struct, frozen=True, kw_only=True):
    """Ask for the version of the list of tags that the station admits by itself."""


class LocalTag(Struct, frozen=True, kw_only=True):
    """A tag the station may admit while it is offline, or no longer may: at all its EVSEs, or those of these numbers.
    Tags of one `parent` may stop each other's sessions. It is a card's, or the EMAID of a contract."""

    id_tag: str
    expires_at: datetime | None = None
    parent: str | None = None
    evses: tuple[int, ...] = ()
    is_emaid: bool = False
    admitted: bool = True


class SendLocalList(Struct, frozen=True, kw_only=True):
    """Replace the station's list of tags, or with `adds` add to it, and take away those not `admitted`."""

    version: int
    tags: tuple[LocalTag, ...]
    adds: bool = False


class ReserveNow(Struct, frozen=True, kw_only=True):
    """Keep an EVSE free for a tag, or for all tags of a parent; a known id replaces what it stood for."""

    reservation_id: int
    evse_network_id: int
    id_tag: str
    expires_at: datetime
    parent: str | None = None


class CancelReservation(Struct, frozen=True, kw_only=True):
    """Give a reserved EVSE free."""

    reservation_id: int


class RefreshQuirks(Struct, frozen=True, kw_only=True):
    """Look up anew how the station differs from the standard, and treat it so; nothing is sent to it."""


class RawCall(Struct, frozen=True, kw_only=True):
    """Any call by its OCPP name, its payload as it goes on the wire. The outcome's `payload` is the answer."""

    action: str
    payload: Any


Command = (
    RemoteStart
    | RemoteStop
    | Reset
    | Unlock
    | ChangeAvailability
    | SetChargingProfile
    | UpdateDynamicSchedule
    | ClearChargingProfile
    | GetConfiguration
    | ChangeConfiguration
    | GetVariables
    | RefreshQuirks
    | SetVariables
    | GetLog
    | UpdateFirmware
    | TriggerMessage
    | DataTransfer
    | GetChargingProfiles
    | GetCompositeSchedule
    | GetTransactionStatus
    | ClearCache
    | GetLocalListVersion
    | SendLocalList
    | ReserveNow
    | CancelReservation
    | RawCall
    | CertificateSigned
    | DeleteCertificate
    | Disconnect
    | GetInstalledCertificates
    | InstallCertificate
    | SetNetworkProfile
    | ShowCost
    | ShowDefaultPrice
    | ShowFinalCost
    | ShowUserPrice
)
