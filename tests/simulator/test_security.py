"""Security of the simulated station: certificates it takes or not, profiles it changes to or not; every frame is held
to the schemas of the standard."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from ohmstead.engines.pki import Root, charge_point_certificate, checked, new_root, pem
from ohmstead.kit.clock import ManualClock, SystemClock
from ohmstead.simulator.certificates import CSMS, Certificates, hashed
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.station_v201 import StationV201
from tests.simulator.central import Central, central_system
from tests.simulator.conftest import MONDAY

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
TRIGGERS = {"v16": ("ExtendedTriggerMessage", "SignChargePointCertificate"),
            "v201": ("TriggerMessage", "SignChargingStationCertificate")}  # fmt: skip
SPEAKS: dict[str, type[StationV16 | StationV201]] = {"v16": StationV16, "v201": StationV201}


@dataclass
class Pair:
    """A central system and a station that is online with it; the root of the one is not known to the other yet."""

    central: Central
    station: StationV16 | StationV201
    root: Root

    async def installs(self, certificate: str) -> Any:
        type = "CentralSystemRootCertificate" if self.central.version == "v16" else CSMS
        wanted = {"certificateType": type, "certificate": certificate}
        return await self.central.tell("InstallCertificate", wanted)

    async def asked_for(self) -> list[dict[str, Any]]:
        """The hashes of the central system's roots that it says to have."""
        v16 = self.central.version == "v16"
        wanted = {"certificateType": "CentralSystemRootCertificate" if v16 else [CSMS]}
        told = await self.central.tell("GetInstalledCertificateIds", wanted)
        if v16:
            return told.get("certificateHashData", [])
        return [one["certificateHashData"] for one in told.get("certificateHashDataChain", [])]

    async def signed(self, root: Root) -> Any:
        """Have it ask for a certificate, and give it one of this root."""
        command, message = TRIGGERS[self.central.version]
        before = len(self.central.all("SignCertificate"))
        self.central.script["SignCertificate"] = lambda _: ACCEPTED
        assert await self.central.tell(command, {"requestedMessage": message}) == ACCEPTED
        await self.central.until(lambda central: len(central.all("SignCertificate")) > before)
        csr = self.central.all("SignCertificate")[-1]["csr"]
        certificate = charge_point_certificate(root, "CP1", checked(csr, "CP1").public_key(), MONDAY)
        return await self.central.tell("CertificateSigned", {"certificateChain": pem(certificate)})


@pytest.fixture(params=["v16", "v201"])
async def pair(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Pair]:
    async with central_system(version=request.param) as central:
        station = SPEAKS[request.param](central.url, "CP1", clock=clock, certificates=Certificates())
        await station.start()
        await station.until(lambda machine: machine.online and machine.in_flight == 0)
        yield Pair(central, station, new_root("Root", MONDAY))
        await station.stop()
        assert central.violations == []


async def test_roots_are_kept_told_and_forgotten(pair: Pair) -> None:
    text = pair.root.certificate_text
    assert await pair.asked_for() == []
    assert await pair.installs("nonsense") == REJECTED
    assert [await pair.installs(text) for _ in range(2)] == [ACCEPTED, ACCEPTED]
    assert await pair.asked_for() == [hashed(text)]
    other = hashed(new_root("Other", MONDAY).certificate_text)
    for hash, status in ((other, "NotFound"), (hashed(text), "Accepted"), (hashed(text), "NotFound")):
        assert await pair.central.tell("DeleteCertificate", {"certificateHashData": hash}) == {"status": status}
    assert await pair.asked_for() == []


async def test_only_the_certificate_it_asked_for_is_taken(pair: Pair) -> None:
    await pair.installs(pair.root.certificate_text)
    for nonsense in ("nonsense", pair.root.certificate_text):
        assert await pair.central.tell("CertificateSigned", {"certificateChain": nonsense}) == REJECTED
    assert (await pair.central.hear("SecurityEventNotification"))["type"] == "InvalidChargePointCertificate"
    assert await pair.signed(new_root("Stranger", MONDAY)) == REJECTED
    assert pair.station.safe.certificates.chain == ""
    assert await pair.signed(pair.root) == ACCEPTED
    own = hashed(pair.station.safe.certificates.chain, pair.root.certificate_text)
    refused = await pair.central.tell("DeleteCertificate", {"certificateHashData": own})
    assert refused == {"status": "Failed"}, "it cannot do without"


async def test_a_1_6_station_changes_its_profile_only_as_far_as_it_can() -> None:
    async def change(profile: str) -> str:
        told = await central.tell("ChangeConfiguration", {"key": "SecurityProfile", "value": profile})
        return told["status"]

    async with central_system() as central:
        tls, clock = "wss://127.0.0.1:9/x", SystemClock(50.0)
        station = StationV16(central.url, "CP1", clock=clock, tls_url=tls, certificates=Certificates())
        await station.start()
        await station.until(lambda machine: machine.online)
        assert [await change(profile) for profile in ("1", "2", "3", "4", "x")] == ["Rejected"] * 5
        station.safe.password = b"0123456789abcdef"
        station.safe.certificates.install(CSMS, new_root("Root", MONDAY).certificate_text)
        assert [await change(profile) for profile in ("3", "1")] == ["Rejected", "Accepted"]
        await station.until(lambda machine: machine.online and machine.uplink.line.address.profile == 1)
        assert await change("0") == "Rejected"
        read = await central.tell("GetConfiguration", {"key": ["SecurityProfile", "AuthorizationKey"]})
        listed = {one["key"]: one.get("value") for one in read["configurationKey"]}
        assert listed == {"SecurityProfile": "1", "AuthorizationKey": None}
        await station.stop()
        assert central.violations == []


async def test_a_2_0_1_station_refuses_network_profiles_that_it_cannot_follow(clock: ManualClock) -> None:
    def profile(level: int, slot: int = 2) -> dict[str, Any]:
        data = {"ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://127.0.0.1:9/x",
                "messageTimeout": 30, "securityProfile": level, "ocppInterface": "Wired0"}  # fmt: skip
        return {"configurationSlot": slot, "connectionData": data}

    async def order(value: str) -> str:
        named = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
        told = await central.tell("SetVariables", {"setVariableData": [named | {"attributeValue": value}]})
        return told["setVariableResult"][0]["attributeStatus"]

    async with central_system(version="v201") as central:
        station = StationV201(central.url, "CP1", "0123456789abcdef", clock=clock, certificates=Certificates())
        await station.start()
        await station.until(lambda machine: machine.online)
        for refused in (profile(0), profile(2), profile(3), profile(1, slot=9)):
            assert await central.tell("SetNetworkProfile", refused) == REJECTED
        station.safe.certificates.install(CSMS, new_root("Root", MONDAY).certificate_text)
        assert await central.tell("SetNetworkProfile", profile(2)) == ACCEPTED
        assert [await order(value) for value in ("3,1", "x", "2,1")] == ["Rejected", "Rejected", "Accepted"]
        assert station.safe.order == [2, 1]
        await station.stop()
        assert central.violations == []
