"""A station asks whether its certificate still counts, from its own socket to our own responder or somebody else's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ohmstead.app.system import System
from ohmstead.engines.pki import new_root
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.certificates import revoke
from ohmstead.simulator.certificates import CSMS
from ohmstead.simulator.ocpp_station import OcppStation
from tests.scenarios.secured import Secured, secured


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Secured]:
    async with secured(system.dsn, tmp_path, SystemClock(5.0)) as running:
        yield running


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_station_learns_that_its_certificate_was_revoked(place: Secured, version: str) -> None:
    point = await place.charge_point("ASKS", version)
    made = await place.certified(point)
    station = await place.station("ASKS", version, certificates=made)
    assert isinstance(station, OcppStation)
    assert await station.certificate_status("http://ocsp.invalid/") == "GOOD", "nobody else has to be asked"
    async with place.live.system.database.begin() as tx:
        assert await revoke(tx, made.status_request()["serialNumber"]) == 1
    assert await station.certificate_status("http://ocsp.invalid/") == "REVOKED"


async def test_a_station_sends_us_nowhere_private(place: Secured) -> None:
    point = await place.charge_point("ASKS", "2.0.1")
    made = await place.certified(point)
    made.roots[CSMS].append(new_root("Elsewhere", place.live.clock.now()).certificate_text)
    station = await place.station("ASKS", "2.0.1", certificates=made)
    assert isinstance(station, OcppStation)
    assert await station.certificate_status(f"{place.live.api.base}/pki/ocsp") == "NotPublic"
    assert await station.certificate_status("gopher://ocsp.example.org/") == "NoAnswer"
