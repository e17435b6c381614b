"""What the listener is told of a charge point that may come in: the system's settings, and the quirks of its model."""

from typing import Any

from msgspec import UNSET, Struct, structs

from ohmstead.ocpp.connection_identity import Admitted
from ohmstead.ocpp.connection_settings import ConnectionSettings
from ohmstead.ocpp.units import Units, units_of
from ohmstead.rooms.devices.presence import AdmittedChargePoint
from ohmstead.rooms.network.models import Quirks, quirks_of

BEARABLE = {"ocpp 1.6": frozenset({"1.6"}), "ocpp 2.0.1": frozenset({"2.0.1", "2.1"})}
UNSAID = frozenset({"1.6", "2.0.1"})  # of 2.1 little more than 2.0.1 has is spoken, so it has to be asked for
_THOUSANDS = ("kWh", "kW")
SILENT_HEARTBEATS = 3  # so many may be missed


class StationDefaults(Struct, frozen=True, kw_only=True):
    """What holds for a charge point whose model says nothing else, in s."""

    heartbeat_interval_s: int
    call_timeout_s: float
    boot_timeout_s: float


def admitted(entry: AdmittedChargePoint, usual: StationDefaults) -> Admitted:
    """Of a charge point that was let in."""
    row = entry.charge_point
    return Admitted(
        charge_point_id=row["id"],
        versions=BEARABLE.get(row["network_protocol"] or "", UNSAID),
        evses=tuple(row["evse_numbers"] or ()),
        proof=entry.proof,
        **structs.asdict(connection_settings(quirks_of(row["quirks"]), usual)),
    )


def connection_settings(quirks: Quirks, usual: StationDefaults) -> ConnectionSettings:
    """How charge points with these quirks are treated."""
    assumed = quirks.assume_protocol
    silence_s = _or(quirks.silence_limit, SILENT_HEARTBEATS * usual.heartbeat_interval_s)
    return ConnectionSettings(
        assume_version=assumed.removeprefix("ocpp ") if assumed else None,
        call_timeout_s=_or(quirks.call_timeout, usual.call_timeout_s),
        ping_interval_s=_or(quirks.ping_interval, None),
        silence_limit_s=float(silence_s) if silence_s else None,
        boot_timeout_s=_or(quirks.boot_timeout, usual.boot_timeout_s),
        waits_for_boot=bool(quirks.waits_for_boot),
        units=_units(quirks),
        password_as_hex=bool(quirks.password_as_hex),
    )


def _units(quirks: Quirks) -> Units:
    said = (quirks.meter_energy_unit, quirks.meter_power_unit, quirks.transaction_energy_unit)
    return units_of(*(1000 if unit in _THOUSANDS else 1 for unit in said))


def _or(given: Any, usual: Any) -> Any:
    return usual if given is UNSET else given
