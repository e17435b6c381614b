"""Raising: a desired security profile is reached through the boots of a station, its certificate is asked for, renewed
and the old one refused."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.certificates.tables import issued_certificate
from ohmstead.rooms.devices.security_profiles.table import security_raise as _raise
from ohmstead.simulator.certificates import Certificates
from ohmstead.simulator.station import Station
from tests.scenarios.secured import Secured, secured
from tests.scenarios.waiting import becomes, until


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Secured]:
    async with secured(system.dsn, tmp_path, SystemClock(20.0)) as running:
        yield running


async def issued(place: Secured) -> list[Any]:
    """What was issued to charge points, oldest first."""
    own = issued_certificate.c
    async with place.live.system.database.read() as tx:
        return await tx.all(select(issued_certificate).where(own.charge_point_id.is_not(None)).order_by(own.id))


async def reaches(place: Secured, point: dict[str, Any], station: Station, profile: int) -> None:
    shown = await becomes(lambda: place.security(point), lambda one: one.get("desiredProfileStatus") != "pending")
    reached = {"desiredProfile": profile, "currentProfile": profile, "desiredProfileStatus": "applied"}
    assert shown | reached == shown
    await until(station, lambda machine: machine.online and machine.accepted)
    assert station.uplink.line.address.profile == profile


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("profile", [1, 2, 3])
async def test_from_nothing_to_what_is_desired(place: Secured, version: str, profile: int) -> None:
    wish = {"desiredProfile": profile}
    point = await place.charge_point("UP", version, network={"password": None}, security=wish)
    assert (await place.security(point)) == wish | {"currentProfile": 0, "desiredProfileStatus": "pending"}
    station = await place.station(
        "UP", version, password=None, certificates=Certificates(), tls_url=place.tls_url if version == "1.6" else None
    )
    await reaches(place, point, station, profile)
    assert await place.knock("UP", password=None) in (401, 403), "there is no way back"
    if profile == 3:
        [row] = await issued(place)
        assert row["charge_point_id"] == point["id"]
        assert row["accepted_at"] is not None
        assert row["used_at"] is not None


@pytest.mark.parametrize(("version", "shown"), [("1.6", 1), ("2.0.1", 3)])
async def test_what_a_station_can_is_learned_after_its_boot(place: Secured, version: str, shown: int) -> None:
    """One of 2.0.1 reports its limit, one of 1.6 what it uses."""
    point = await place.charge_point("CAN", version)
    await place.station("CAN", version)
    found = await becomes(lambda: place.security(point), lambda one: "hardwareEnabledProfile" in one)
    assert found["hardwareEnabledProfile"] == shown


async def test_a_wish_is_tried_three_times_and_then_the_next_lower_one(place: Secured) -> None:
    point = await place.charge_point("CANNOT", security={"desiredProfile": 2})
    station = await place.station("CANNOT", certificates=Certificates())  # has no URL for TLS
    states = [(await place.security(point))["desiredProfileStatus"]]
    for boot in range(1, 4):
        await becomes(lambda: _tries(place), lambda tried, boot=boot: tried >= boot)
        states.append((await place.security(point))["desiredProfileStatus"])
        await station.reboot()
        await until(station, lambda machine: machine.online and machine.accepted)
    assert states == ["pending", "pending", "pending", "rejected"]
    shown = await place.security(point)
    assert (shown["currentProfile"], shown["desiredProfileStatus"]) == (1, "rejected")


async def _tries(place: Secured) -> int:
    """How often the station was told to change its profile."""
    answer = await place.live.api.get("/resources/charge-points/v2.0")
    assert answer.status == 200
    async with place.live.system.database.read() as tx:
        rows = await tx.all(select(_raise))
    return sum(3 if row["finished_at"] else row["attempts"] for row in rows)


async def test_a_station_that_finds_nobody_there_comes_back_as_it_was(place: Secured) -> None:
    point = await place.charge_point("LOST", security={"desiredProfile": 2})
    station = await place.station("LOST", certificates=Certificates(), tls_url="wss://127.0.0.1:9/ocpp")
    await until(station, lambda machine: machine.uplink.line.address.profile == 2)
    await until(station, lambda machine: machine.online and machine.uplink.line.address.profile == 1)
    await becomes(lambda: place.security(point), lambda one: one["desiredProfileStatus"] == "rejected")
    await until(station, lambda machine: machine.online)
    assert (await place.security(point))["currentProfile"] == 1


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_certificate_is_renewed_before_it_ends_and_the_old_one_refused(place: Secured, version: str) -> None:
    point = await place.charge_point("RENEW", version)
    proof = place.trusting()
    row = await place.issue(proof, point, "RENEW")
    soon = place.live.clock.now() + timedelta(days=20)
    async with place.live.system.database.begin() as tx:
        await tx.run(update(issued_certificate).where(issued_certificate.c.id == row["id"]).values(not_after=soon))
    old = Certificates(proof.key, proof.chain, dict(proof.roots))
    station = await place.station("RENEW", version, url=place.tls_url, password=None, certificates=proof)
    rows = await becomes(lambda: issued(place), lambda found: len(found) == 2 and found[1]["used_at"] is not None)
    assert rows[0]["superseded_at"] is not None
    await until(station, lambda machine: machine.online)
    assert station.safe.certificates.chain == rows[1]["certificate"] != old.chain
    assert await place.knock("RENEW", tls=True, password=None, proof=old) == 403
    replaced = "RENEW from 127.0.0.1: the certificate was replaced by a newer one"
    assert replaced in [info for _, info in await place.events()]


async def test_a_certificate_that_is_not_taken_changes_nothing(place: Secured) -> None:
    point = await place.charge_point("KEEPS")
    station = await place.station("KEEPS", url=place.tls_url, certificates=await place.certified(point))
    chain = station.safe.certificates.chain
    answer = await station.uplink.call("SignCertificate", {"csr": Certificates().request("KEEPS", "X")})
    assert answer == {"status": "Accepted"}  # a request of which the station keeps no key
    rows = await becomes(lambda: issued(place), lambda found: len(found) == 2)
    await becomes(place.events, lambda found: ("InvalidChargePointCertificate", "") in found)
    assert station.safe.certificates.chain == chain
    assert rows[1]["accepted_at"] is None
    assert await place.knock("KEEPS", tls=True, password=None, proof=station.safe.certificates) == 101


@pytest.mark.parametrize("request_text", ["", "nonsense", Certificates().request("ANOTHER", "X")])
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_request_that_is_not_sound_is_rejected_at_once(place: Secured, version: str, request_text: str) -> None:
    await place.charge_point("BAD", version)
    station = await place.station("BAD", version)
    assert await station.uplink.call("SignCertificate", {"csr": request_text}) == {"status": "Rejected"}
    assert await issued(place) == []
