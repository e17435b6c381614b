"""Answers that take long: what the station says meanwhile is answered before them, in both versions."""

import base64
import json
from typing import Any

import pytest

from ohmstead.engines.pki import CertificateHash
from ohmstead.ocpp.incoming import MOST_LATER
from ohmstead.ocpp.v16.plug_and_charge import VENDOR
from ohmstead.rooms.charging.facts import ContractPresented, TagPresented, TagVerdict
from ohmstead.rooms.devices.facts import CertificateStatus, CertificateStatusWanted, CertificateWanted, DataReceived
from tests.ocpp.conftest import NOW, House
from tests.ocpp.schemas import check
from tests.ocpp.scripted_station import ScriptedStation

DATA = {
    "hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1f",
    "responderURL": "http://ocsp.example.org/",
}  # fmt: skip
WANTED = {"ocspRequestData": DATA}
FACT = CertificateStatusWanted(
    charge_point_id=1, hash=CertificateHash("SHA256", "aa", "bb", "1f"), responder_url="http://ocsp.example.org/"
)
FAILED = {"status": "Failed", "statusInfo": {"reasonCode": "NoAnswer", "additionalInfo": "nobody asked"}}


async def transfer(station: ScriptedStation, action: str, payload: Any, **odd: Any) -> Any:
    """What a message of Plug & Charge is answered with inside DataTransfer; the whole answer where it holds none."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    answer = await station.ask("DataTransfer", {"vendorId": VENDOR, "messageId": action, "data": text} | odd)
    check("DataTransferResponse", answer)
    if "data" not in answer:
        return answer
    assert answer["status"] == "Accepted"
    check(f"{action}Response", json.loads(answer["data"]), "v201")
    return json.loads(answer["data"])


async def test_a_status_is_told(house: House) -> None:
    station = await house.later_station()
    assert await station.ask("GetCertificateStatus", WANTED) == FAILED
    house.rooms.status = CertificateStatus(answer=b"signed")
    told = {"status": "Accepted", "ocspResult": base64.b64encode(b"signed").decode()}
    assert await station.ask("GetCertificateStatus", WANTED) == told
    assert house.rooms.only(CertificateStatusWanted) == [FACT, FACT]


async def test_a_status_that_no_frame_holds(house: House) -> None:
    station = await house.later_station()
    house.rooms.status = CertificateStatus(answer=b"x" * 4200)
    answer = await station.ask("GetCertificateStatus", WANTED)
    check("GetCertificateStatusResponse", answer, "v201")
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Failed", "TooLong")
    house.rooms.status = CertificateStatus(answer=b"x" * 4100)
    assert (await station.ask("GetCertificateStatus", WANTED))["status"] == "Accepted"


async def test_other_calls_go_on_meanwhile(house: House) -> None:
    station = await house.later_station()
    house.rooms.gate.clear()
    await station.say([2, "slow", "GetCertificateStatus", WANTED])
    assert "currentTime" in await station.ask("Heartbeat", {})
    house.rooms.gate.set()
    assert await station.hear() == [3, "slow", FAILED]


async def test_only_so_many_are_under_way_at_once(house: House) -> None:
    station = await house.later_station()
    house.rooms.gate.clear()
    for number in range(MOST_LATER + 2):
        await station.say([2, f"slow{number}", "GetCertificateStatus", WANTED])
    await house.until(lambda: len(house.rooms.only(CertificateStatusWanted)) == MOST_LATER + 1)
    await station.say([2, "quick", "Heartbeat", {}])
    house.rooms.gate.set()
    heard = [(await station.hear())[1] for _ in range(MOST_LATER + 3)]
    assert sorted(heard) == sorted([*(f"slow{number}" for number in range(MOST_LATER + 2)), "quick"])


async def test_who_goes_is_not_answered(house: House) -> None:
    station = await house.later_station()
    house.rooms.gate.clear()
    await station.say([2, "slow", "GetCertificateStatus", WANTED])
    await house.until(lambda: house.rooms.only(CertificateStatusWanted))
    await station.socket.close()
    await house.until(lambda: not house.gateway.connected(1))
    house.rooms.gate.set()
    again = await house.later_station()
    assert await again.ask("GetCertificateStatus", WANTED) == FAILED


async def test_a_status_over_data_transfer(house: House) -> None:
    station = await house.station()
    house.rooms.gate.clear()
    await station.say([2, "slow", "DataTransfer", {"vendorId": VENDOR, "messageId": "GetCertificateStatus",
                                                   "data": json.dumps(WANTED)}])  # fmt: skip
    assert "currentTime" in await station.ask("Heartbeat", {})
    house.rooms.gate.set()
    [kind, key, answer] = await station.hear()
    assert (kind, key, answer["status"], json.loads(answer["data"])) == (3, "slow", "Accepted", FAILED)
    assert house.rooms.only(CertificateStatusWanted) == [FACT]


async def test_a_contract_presents_itself_over_data_transfer(house: House) -> None:
    station = await house.station()
    house.rooms.verdicts["DE8ACC12E46L89"] = TagVerdict(status="blocked")
    token = {"idToken": {"idToken": "DE8ACC12E46L89", "type": "eMAID"}}
    assert await transfer(station, "Authorize", token) == {"idTokenInfo": {"status": "Blocked"}}
    assert house.rooms.only(TagPresented) == [
        TagPresented(charge_point_id=1, id_tag="DE8ACC12E46L89", token_type="eMAID", received_at=NOW)
    ]


async def test_certificates_are_asked_for_over_data_transfer(house: House) -> None:
    station = await house.station()
    wanted = {"csr": "-----BEGIN CERTIFICATE REQUEST-----"}
    assert await transfer(station, "SignCertificate", wanted) == {"status": "Accepted"}
    of_vehicles = wanted | {"certificateType": "V2GCertificate"}
    assert await transfer(station, "SignCertificate", of_vehicles) == {"status": "Rejected"}
    assert len(house.rooms.only(CertificateWanted)) == 1


async def test_no_contract_can_be_had(house: House) -> None:
    wanted = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "AAAA"}
    why = "Contract certificates are not handed out through charge points."
    info = {"reasonCode": "NoProvider", "additionalInfo": why}
    told = {"status": "Failed", "exiResponse": "", "statusInfo": info}
    assert await transfer(await house.station(), "Get15118EVCertificate", wanted) == told
    later = await house.later_station("/CP2")
    assert await later.ask("Get15118EVCertificate", wanted) == told


@pytest.mark.parametrize(
    ("action", "payload", "status"),
    [
        ("Heartbeat", {}, "UnknownMessageId"),
        ("", {}, "UnknownMessageId"),
        ("GetCertificateStatus", "{", "Rejected"),
        ("GetCertificateStatus", 7, "Rejected"),
        ("Authorize", "[]", "Rejected"),
    ],
)
async def test_what_is_no_message_of_plug_and_charge(house: House, action: str, payload: Any, status: str) -> None:
    station = await house.station()
    assert await transfer(station, action, payload) == {"status": status}
    assert house.rooms.only(DataReceived) == []


@pytest.mark.parametrize("later", [True, False])
@pytest.mark.parametrize(
    ("meaning", "certificate", "token"),
    [
        ("good", "Accepted", "Accepted"),
        ("revoked", "CertificateRevoked", "Invalid"),
        ("unknown", "CertChainError", "Invalid"),
        (None, "NoCertificateAvailable", "Invalid"),
    ],
)
async def test_a_contract_is_worth_its_certificates(
    house: House, later: bool, meaning: Any, certificate: str, token: str
) -> None:
    house.rooms.status = CertificateStatus(answer=b"x" if meaning else None, meaning=meaning)
    wanted = {"idToken": {"idToken": "DE8ACC12E46L89", "type": "eMAID"}, "iso15118CertificateHashData": [DATA, DATA]}
    if later:
        answer = await (await house.later_station()).ask("Authorize", wanted)
    else:
        answer = await transfer(await house.station(), "Authorize", wanted)
    assert answer == {"certificateStatus": certificate, "idTokenInfo": {"status": token}}
    assert house.rooms.only(CertificateStatusWanted) == [FACT, FACT]


async def test_a_good_certificate_makes_no_blocked_contract_good(house: House) -> None:
    house.rooms.status = CertificateStatus(answer=b"x", meaning="good")
    house.rooms.verdicts["DE8ACC12E46L89"] = TagVerdict(status="blocked")
    wanted = {"idToken": {"idToken": "DE8ACC12E46L89", "type": "eMAID"}, "iso15118CertificateHashData": [DATA]}
    answer = await (await house.later_station()).ask("Authorize", wanted)
    assert answer == {"certificateStatus": "Accepted", "idTokenInfo": {"status": "Blocked"}}


@pytest.mark.parametrize("later", [True, False])
@pytest.mark.parametrize("also", [{}, {"iso15118CertificateHashData": [DATA]}])
@pytest.mark.parametrize(("worth", "token"), [("Accepted", "Accepted"), ("SignatureError", "Invalid")])
async def test_a_contract_that_the_station_could_not_verify(
    house: House, later: bool, also: Any, worth: Any, token: str
) -> None:
    house.rooms.status, house.rooms.worth = CertificateStatus(answer=b"x", meaning="good"), worth
    wanted = {"idToken": {"idToken": "DE8ACC12E46L89", "type": "eMAID"}, "certificate": "PEM", **also}
    if later:
        answer = await (await house.later_station()).ask("Authorize", wanted)
    else:
        answer = await transfer(await house.station(), "Authorize", wanted)
    assert answer == {"certificateStatus": worth, "idTokenInfo": {"status": token}}
    assert house.rooms.only(ContractPresented) == [
        ContractPresented(charge_point_id=1, emaid="DE8ACC12E46L89", chain="PEM")
    ]
