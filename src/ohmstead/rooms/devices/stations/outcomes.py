"""What charge points answer to commands."""

from typing import Any, Literal

from msgspec import Struct

from ohmstead.rooms.devices.stations.schedules import CompositeSchedule
from ohmstead.rooms.devices.stations.security import InstalledCertificate

Attribute = Literal["Actual", "Target", "MinSet", "MaxSet"]
AGREED = frozenset({"Accepted", "AcceptedCanceled", "Scheduled", "RebootRequired", "Unlocked"})


class Setting(Struct, frozen=True):
    """One configuration key as the station holds it; no value means it is hidden or not set."""

    key: str
    value: str | None
    readonly: bool
    component: str | None = None
    instance: str | None = None
    evse_network_id: int | None = None
    max_limit: int | None = None
    component_instance: str | None = None
    connector_network_id: int | None = None
    attribute: Attribute | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """The station's answer: its own status word, and what it handed back. Where it was given many settings, its
    `verdicts` are its words on each, whose values they do not repeat. Of a transaction: whether it `goes_on`, and
    whether messages of it are `untold`."""

    status: str
    data: str | None = None
    settings: tuple[Setting, ...] = ()
    unknown_keys: tuple[str, ...] = ()
    verdicts: tuple[tuple[Setting, str], ...] = ()
    file_name: str | None = None
    schedule: CompositeSchedule | None = None
    list_version: int | None = None
    goes_on: bool | None = None
    untold: bool = False
    certificates: tuple[InstalledCertificate, ...] = ()
    payload: Any = None

    @property
    def agreed(self) -> bool:
        """Whether the station did it, or will."""
        return self.status in AGREED
