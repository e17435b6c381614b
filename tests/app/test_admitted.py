"""What the listener is told of a charge point: the settings, or what its model says instead."""

from typing import Any

from ohmstead.app.admitted import UNSAID, StationDefaults, admitted
from ohmstead.ocpp.connection_identity import Admitted
from ohmstead.ocpp.units import units_of
from ohmstead.rooms.devices.facts import Proof
from ohmstead.rooms.devices.presence import AdmittedChargePoint

USUAL = StationDefaults(heartbeat_interval_s=60, call_timeout_s=45, boot_timeout_s=30)
PLAIN = Admitted(
    charge_point_id=7, proof=Proof(1), versions=UNSAID, call_timeout_s=45, silence_limit_s=180, boot_timeout_s=30
)


def of(quirks: dict[str, Any] | None = None, **facts: Any) -> Admitted:
    point = {"id": 7, "network_protocol": None, "evse_numbers": None, "quirks": quirks} | facts
    return admitted(AdmittedChargePoint(point, Proof(1)), USUAL)


def test_without_quirks_the_settings_hold() -> None:
    assert of() == of({}) == PLAIN
    known = of(network_protocol="ocpp 2.0.1", evse_numbers=[1, 2])
    assert (known.versions, known.evses) == ({"2.0.1", "2.1"}, (1, 2))


def test_a_model_says_otherwise() -> None:
    found = of({
        "assumeProtocol": "ocpp 1.6", "pingInterval": 0, "callTimeout": 120, "silenceLimit": 0, "bootTimeout": 0,
        "waitsForBoot": True, "passwordAsHex": True, "meterEnergyUnit": "kWh", "transactionEnergyUnit": "kWh",
    })  # fmt: skip
    assert found == Admitted(
        charge_point_id=7, proof=Proof(1), versions=UNSAID, assume_version="1.6", ping_interval_s=0,
        call_timeout_s=120, silence_limit_s=None, boot_timeout_s=0, waits_for_boot=True, password_as_hex=True,
        units=units_of(1000, 1, 1000),
    )  # fmt: skip
    assert of({"silenceLimit": 20, "meterPowerUnit": "kW"}).silence_limit_s == 20
    assert of({"meterPowerUnit": "kW"}).units == units_of(1, 1000, 1)
