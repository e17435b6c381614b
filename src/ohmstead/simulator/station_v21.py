"""A station that speaks OCPP 2.1, which is that of 2.0.1 with limits that know whether it is online."""

from typing import Any

from ohmstead.simulator.charging_profiles import ChargingProfiles
from ohmstead.simulator.configuration import Key
from ohmstead.simulator.orders import Orders
from ohmstead.simulator.settings import Settings
from ohmstead.simulator.station_v201 import StationV201
from ohmstead.simulator.v21 import messages, smart_charging
from ohmstead.simulator.v201.commands import COMMANDS, REFUSALS, WITHOUT_STATUS

ORDERS = Orders(
    COMMANDS
    | {
        "SetChargingProfile": (messages.SetChargingProfile, smart_charging.set_charging_profile),
        "UpdateDynamicSchedule": (messages.UpdateDynamicSchedule, smart_charging.update_dynamic_schedule),
    },
    refusals=REFUSALS,
    without_status=WITHOUT_STATUS,
    missing="OccurrenceConstraintViolation",
)
PING_S = 10


class StationV21(StationV201):
    """See `StationV201`. It has dynamic profiles and counts how long it is offline, unless its `profiles` say
    otherwise, and looks every ten seconds whether its line holds."""

    subprotocol = "ocpp2.1"
    orders = ORDERS

    def __init__(self, *args: Any, phases: int = 3, rating_a: float = 32.0, **options: Any) -> None:
        store = options.pop("profiles", None)
        if store is None:
            store = ChargingProfiles(rating_a, phases, dynamic=True, counts_offline=True)
        settings = options.pop("settings", None) or Settings()
        settings.ping_s = settings.ping_s or PING_S
        super().__init__(*args, phases=phases, rating_a=rating_a, profiles=store, settings=settings, **options)

    def _security_keys(self) -> list[Key]:
        profiles = self.hardware.profiles
        told = {
            "SupportsDynamicProfiles": str(profiles.dynamic).lower(),
            "SupportsMaxOfflineDuration": str(profiles.counts_offline).lower(),
            "WebSocketPingInterval": str(self.settings.ping_s),
        }
        return [*super()._security_keys(), *(Key(name, lambda value=value: value) for name, value in told.items())]

    def _seen(self) -> None:
        """Its line may have broken, or hold again."""
        profiles = self.hardware.profiles
        if self.online is (profiles.offline_since is not None):
            with self.charging.change():
                if self.online:
                    profiles.came_online(self.charging.time())
                else:
                    profiles.offline_since = self.charging.time()
        super()._seen()
