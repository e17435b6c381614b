"""Commands to charge points, free of any OCPP version, and the door through which every room sends them."""

from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct

ProfilePurpose = Literal["station_max", "transaction_default", "transaction"]
AGREED = frozenset({"Accepted", "AcceptedCanceled", "Scheduled", "RebootRequired", "Unlocked"})


class StationError(Exception):
    """A command did not reach its station, or the station would not have it; the text is a reason for people."""


class StationOffline(StationError):
    """The station holds no connection, or lost it before it answered."""

    def __init__(self) -> None:
        super().__init__("The charge point is not connected.")


class StationSilent(StationError):
    """The station did not answer in time (s); it may or may not have obeyed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The charge point did not answer within {seconds:g} seconds.")


class StationRefused(StationError):
    """The station answered with an error (an OCPP error code, spelled as in OCPP 2.x) or with nonsense."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"The charge point refused: {code}{': ' if description else ''}{description}")
        self.code = code
        self.description = description


class StationUntold(StationError):
    """The command is no message of the version the station speaks; nothing was sent."""


class SchedulePeriod(Struct, frozen=True):
    """From `start_s` seconds after the schedule's start at most `limit` (A a phase, or W in all)."""

    start_s: int
    limit: float
    phases: int | None = None


class ChargingProfile(Struct, frozen=True, kw_only=True):
    """Limits over time: for the whole station, for any transaction, or for one (`transaction_ref`)."""

    id: int
    stack_level: int
    purpose: ProfilePurpose
    kind: Literal["absolute", "recurring", "relative"]
    unit: Literal["A", "W"]
    periods: tuple[SchedulePeriod, ...]
    duration_s: int | None = None
    starts_at: datetime | None = None
    min_rate: float | None = None
    recurrency: Literal["daily", "weekly"] | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_ref: str | None = None


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


class Reset(Struct, frozen=True, kw_only=True):
    """Restart: `soft` ends sessions in good order first, `hard` does not wait."""

    kind: Literal["hard", "soft"]


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


class ClearChargingProfile(Struct, frozen=True, kw_only=True):
    """Take away the profiles that match all that is given; nothing given takes away all."""

    profile_id: int | None = None
    evse_network_id: int | None = None
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None


class GetConfiguration(Struct, frozen=True, kw_only=True):
    """Read settings by key; no key reads all."""

    keys: tuple[str, ...] = ()


class ChangeConfiguration(Struct, frozen=True, kw_only=True):
    """Write one setting; which component, instance and EVSE it belongs to is asked by OCPP 2.x alone."""

    key: str
    value: str
    component: str | None = None
    instance: str | None = None
    evse_network_id: int | None = None


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


class ClearCache(Struct, frozen=True, kw_only=True):
    """Forget the tags whose verdicts the station has learned."""


class GetLocalListVersion(Struct, frozen=True, kw_only=True):
    """Ask for the version of the list of tags that the station admits by itself."""


class LocalTag(Struct, frozen=True, kw_only=True):
    """A tag the station may admit while it is offline; tags of one `parent` may stop each other's sessions."""

    id_tag: str
    expires_at: datetime | None = None
    parent: str | None = None


class SendLocalList(Struct, frozen=True, kw_only=True):
    """Replace the station's list of tags, or with `adds` add to it."""

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
    | ClearChargingProfile
    | GetConfiguration
    | ChangeConfiguration
    | GetLog
    | UpdateFirmware
    | TriggerMessage
    | DataTransfer
    | GetCompositeSchedule
    | ClearCache
    | GetLocalListVersion
    | SendLocalList
    | ReserveNow
    | CancelReservation
    | RawCall
)


class Setting(Struct, frozen=True):
    """One configuration key as the station holds it; no value means it is hidden or not set."""

    key: str
    value: str | None
    readonly: bool
    component: str | None = None
    instance: str | None = None
    evse_network_id: int | None = None
    max_limit: int | None = None


class CompositeSchedule(Struct, frozen=True, kw_only=True):
    """What profiles add up to, from `starts_at` on: A a phase or W in all."""

    evse_network_id: int
    starts_at: datetime | None
    unit: Literal["A", "W"]
    periods: tuple[SchedulePeriod, ...]
    duration_s: int | None = None
    min_rate: float | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """The station's answer: its own status word, and what it handed back."""

    status: str
    data: str | None = None
    settings: tuple[Setting, ...] = ()
    unknown_keys: tuple[str, ...] = ()
    file_name: str | None = None
    schedule: CompositeSchedule | None = None
    list_version: int | None = None
    payload: Any = None

    @property
    def agreed(self) -> bool:
        """Whether the station did it, or will."""
        return self.status in AGREED


class Stations(Protocol):
    """The charge points within reach, addressed by charge point id."""

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        """Send one command and wait for its answer; raises a `StationError`."""
        ...

    def connected(self, charge_point_id: int) -> bool:
        """Whether the charge point holds a connection now."""
        ...


class Door:
    """Where the rooms find the stations: shut, and every station offline, until the app opens it."""

    def __init__(self) -> None:
        self._stations: Stations | None = None

    def open(self, stations: Stations | None) -> None:
        """Let commands through to `stations`; None shuts the door."""
        self._stations = stations

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        """See `Stations.call`."""
        if self._stations is None:
            raise StationOffline
        return await self._stations.call(charge_point_id, command)

    def connected(self, charge_point_id: int) -> bool:
        """See `Stations.connected`."""
        return self._stations is not None and self._stations.connected(charge_point_id)


stations = Door()
