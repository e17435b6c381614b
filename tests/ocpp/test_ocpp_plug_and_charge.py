"""Certificates for vehicles, of which a station of 1.6 is told by messages of 2.0.1 inside DataTransfer."""

import asyncio
import json

import pytest

from ohmstead.engines.pki import CertificateHash
from ohmstead.ocpp.v16.plug_and_charge import VENDOR
from ohmstead.rooms.devices.stations import (
    Command,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    InstalledCertificate,
    Outcome,
    StationRefused,
)
from tests.ocpp.conftest import House
from tests.ocpp.schemas import check

HASH = CertificateHash("SHA256", "aa", "bb", "1f")
WRITTEN_HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1f"}


@pytest.mark.parametrize(
    ("command", "action", "payload", "answer", "outcome"),
    [
        (
            InstallCertificate(type="V2GRootCertificate", certificate="PEM"), "InstallCertificate",
            {"certificateType": "V2GRootCertificate", "certificate": "PEM"}, {"status": "Failed"},
            Outcome(status="Failed"),
        ),
        (
            DeleteCertificate(hash=HASH, type="MORootCertificate"), "DeleteCertificate",
            {"certificateHashData": WRITTEN_HASH}, {"status": "NotFound"}, Outcome(status="NotFound"),
        ),
        (
            GetInstalledCertificates(types=("V2GRootCertificate",)), "GetInstalledCertificateIds",
            {"certificateType": ["V2GRootCertificate"]},
            {"status": "Accepted", "certificateHashDataChain": [
                {"certificateType": "V2GRootCertificate", "certificateHashData": WRITTEN_HASH}
            ]},
            Outcome(status="Accepted", certificates=(InstalledCertificate("V2GRootCertificate", HASH),)),
        ),
    ],
)  # fmt: skip
async def test_certificates_for_vehicles_go_by_data_transfer(
    house: House, command: Command, action: str, payload: dict, answer: dict, outcome: Outcome
):
    station = await house.station()
    asked = asyncio.create_task(house.gateway.call(1, command))
    [*_, called, sent] = await station.obey({"status": "Accepted", "data": json.dumps(answer)})
    check("DataTransfer", sent)
    assert (called, sent["vendorId"], sent["messageId"]) == ("DataTransfer", VENDOR, action)
    check(f"{action}Request", json.loads(sent["data"]), "v201")
    assert json.loads(sent["data"]) == payload
    assert await asked == outcome


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"status": "UnknownVendorId"}, "UnknownVendorId"),
        ({"status": "Accepted"}, "FormatViolation"),
        ({"status": "Accepted", "data": "[]"}, "should be an object"),
    ],
)
async def test_a_station_that_knows_nothing_of_plug_and_charge_refuses(house: House, answer: dict, why: str):
    station = await house.station()
    command = InstallCertificate(type="MORootCertificate", certificate="PEM")
    asked = asyncio.create_task(house.gateway.call(1, command))
    await station.obey(answer)
    with pytest.raises(StationRefused, match=why):
        await asked
