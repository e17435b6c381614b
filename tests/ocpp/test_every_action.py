"""Every action of 1.6 with its security extension and of 2.0.1 is answered, is a command, or can be sent as it is."""

import typing
from collections.abc import Iterator

import pytest

from ohmstead.ocpp.v16 import types as types_1_6
from ohmstead.ocpp.v16 import version as version_1_6
from ohmstead.ocpp.v201 import types as types_2_0_1
from ohmstead.ocpp.v201 import version as version_2_0_1
from ohmstead.ocpp.versions import CommandMapping
from ohmstead.simulator.v201.commands import COMMANDS as OBEYED

STATIONS_OWN_2_0_1 = {
    "Authorize", "BootNotification", "ClearedChargingLimit", "DataTransfer", "FirmwareStatusNotification",
    "Get15118EVCertificate", "GetCertificateStatus", "Heartbeat", "LogStatusNotification", "MeterValues",
    "NotifyChargingLimit", "NotifyCustomerInformation", "NotifyDisplayMessages", "NotifyEVChargingNeeds",
    "NotifyEVChargingSchedule", "NotifyEvent", "NotifyMonitoringReport", "NotifyReport",
    "PublishFirmwareStatusNotification", "ReportChargingProfiles", "ReservationStatusUpdate",
    "SecurityEventNotification", "SignCertificate", "StatusNotification", "TransactionEvent",
}  # fmt: skip
STATIONS_OWN_1_6 = {
    "Authorize", "BootNotification", "DataTransfer", "DiagnosticsStatusNotification", "FirmwareStatusNotification",
    "Heartbeat", "LogStatusNotification", "MeterValues", "SecurityEventNotification",
    "SignedFirmwareStatusNotification", "StartTransaction", "StatusNotification", "StopTransaction",
}  # fmt: skip
CERTIFICATES = {
    "CertificateSigned", "DeleteCertificate", "GetInstalledCertificateIds", "InstallCertificate", "SignCertificate",
}  # fmt: skip
AS_GIVEN = {
    "ClearDisplayMessage", "ClearVariableMonitoring", "CostUpdated", "CustomerInformation", "GetDisplayMessages",
    "GetMonitoringReport", "GetReport", "PublishFirmware", "SetDisplayMessage", "SetMonitoringBase",
    "SetMonitoringLevel", "SetNetworkProfile", "SetVariableMonitoring", "UnpublishFirmware",
}  # fmt: skip
"""Of 2.0.1: sent by `send-custom-ocpp`, their payload held to the standard; what they bring is in the log."""


def sent(commands: dict[type, CommandMapping]) -> Iterator[str]:
    """The actions that commands become, by what their translations say they give."""
    for one in commands.values():
        given = typing.get_type_hints(one.request)["return"]
        yield from (one.action or kind.__name__.removesuffix("Request") for kind in typing.get_args(given) or (given,))


@pytest.mark.parametrize(
    ("actions", "version", "own", "as_given", "count"),
    [
        (types_1_6.ACTIONS, version_1_6, STATIONS_OWN_1_6, set[str](), 39),
        (types_2_0_1.ACTIONS, version_2_0_1, STATIONS_OWN_2_0_1, AS_GIVEN, 64),
    ],
)
def test_none_is_left_out(actions: dict, version: typing.Any, own: set[str], as_given: set[str], count: int) -> None:
    commands = set(sent(version.COMMANDS))
    assert len(actions) == count
    assert own <= set(version.ANSWERS)
    assert commands <= set(actions)
    assert set(actions) == (own | commands | as_given | CERTIFICATES) & set(actions)
    assert as_given | CERTIFICATES <= set(types_2_0_1.ACTIONS)
    assert not commands & (own - {"DataTransfer"})


def test_the_simulated_station_understands_all_of_ours() -> None:
    ours = set(types_2_0_1.ACTIONS) - STATIONS_OWN_2_0_1 | {"DataTransfer"}
    assert ours - CERTIFICATES - {"SetNetworkProfile"} <= set(OBEYED) <= ours
