"""A vehicle charges on a contract: stations of both versions tell its EMAID and certificate over their own sockets."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.operator import settings
from ohmstead.simulator.certificates import hashed
from ohmstead.simulator.ocpp_station import OcppStation
from ohmstead.simulator.plug_and_charge import VENDOR
from tests.scenarios.secured import Secured, secured


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Secured]:
    async with secured(system.dsn, tmp_path, SystemClock(5.0)) as running:
        async with running.live.system.database.begin() as tx:
            await settings.put(tx, "plugAndCharge", countryCode="DE", providerId="OHM")
        yield running


async def vehicle(place: Secured) -> dict[str, Any]:
    user = int((await place.live.given.user())["id"])
    body = {"pcId": "WZZZ9TZ0000000001", "name": "Mine", "vehicleType": "private", "userId": user}
    return await place.live.given.made("/resources/provisioning-certificates/v2.0", body)


async def contract(place: Secured, car: dict[str, Any]) -> dict[str, Any]:
    """What is in the vehicle."""
    return (await place.live.api.post(f"/internal/provisioning-certificate/v1.0/{car['id']}/export-contract")).body


async def authorize(station: OcppStation, version: str, contract: dict[str, Any], verified: bool) -> dict[str, Any]:
    """By what a station says that has `verified` the certificate, or could not."""
    hash = hashed(contract["certificate"], contract["rootCertificate"]) | {"responderURL": "http://ocsp.invalid/"}
    said: dict[str, Any] = {"idToken": {"idToken": contract["emaid"], "type": "eMAID"}}
    said |= {"iso15118CertificateHashData": [hash]} if verified else {"certificate": contract["certificate"]}
    if version == "2.0.1":
        return await station.send("Authorize", said)
    wrapped = {"vendorId": VENDOR, "messageId": "Authorize", "data": json.dumps(said)}
    return json.loads((await station.send("DataTransfer", wrapped))["data"])


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_vehicle_charges_on_its_contract_until_it_is_reissued(
    place: Secured, version: str, verified: bool
) -> None:
    await place.charge_point("ASKS", version)
    station = await place.station("ASKS", version)
    assert isinstance(station, OcppStation)
    car = await vehicle(place)
    await place.live.api.post(f"/actions/provisioning-certificate/v1.0/{car['id']}/issue-emaid", {})
    first = await contract(place, car)
    answer = await authorize(station, version, first, verified)
    assert (answer["idTokenInfo"]["status"], answer["certificateStatus"]) == ("Accepted", "Accepted")
    [tag] = (await place.live.api.get(f"/resources/provisioning-certificates/v2.0/{car['id']}")).data["idTags"]
    assert (await place.live.api.post(f"/actions/id-tag/v1.0/{tag['id']}/reissue-emaid")).status == 202
    answer = await authorize(station, version, first, verified)
    assert (answer["idTokenInfo"]["status"], answer["certificateStatus"]) == ("Invalid", "CertificateRevoked")
    answer = await authorize(station, version, await contract(place, car), verified)
    assert (answer["idTokenInfo"]["status"], answer["certificateStatus"]) == ("Accepted", "Accepted")


async def test_a_transaction_of_a_contract(place: Secured) -> None:
    point = await place.charge_point("ASKS", "2.0.1")
    await place.live.given.evse(point)
    station = await place.station("ASKS", "2.0.1")
    assert isinstance(station, OcppStation)
    car = await vehicle(place)
    await place.live.api.post(f"/actions/provisioning-certificate/v1.0/{car['id']}/issue-emaid", {})
    emaid = (await contract(place, car))["emaid"]
    said = {
        "eventType": "Started", "timestamp": place.live.clock.now().isoformat(), "triggerReason": "Authorized",
        "seqNo": 0, "transactionInfo": {"transactionId": "t1", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1}, "idToken": {"idToken": emaid, "type": "eMAID"},
    }  # fmt: skip
    assert (await station.send("TransactionEvent", said))["idTokenInfo"]["status"] == "Accepted"
    [session] = (await place.live.api.get("/resources/sessions/v1.0")).data
    assert (session["idTag"], session["userId"], session["status"]) == (emaid, car["userId"], "active")
