"""Security profiles on real sockets: who comes in by which, who does not, and what is known of it afterwards."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from ohmstead.app.system import System
from ohmstead.engines.pki import charge_point_certificate, checked, new_root, pem
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.certificates import revoke
from ohmstead.simulator.certificates import Certificates
from tests.live import PASSWORD
from tests.scenarios.secured import Secured, secured
from tests.scenarios.waiting import becomes, until

NOT_PROVED, DOWNGRADE = "FailedToAuthenticateAtCentralSystem", "SecurityProfileDowngrade"


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Secured]:
    async with secured(system.dsn, tmp_path, SystemClock(10.0)) as running:
        yield running


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_each_profile_is_known_by_its_connection(place: Secured, version: str) -> None:
    none = await place.charge_point("P0", version, network={"password": None})
    basic, tls, mutual = [await place.charge_point(f"P{n}", version) for n in (1, 2, 3)]
    await place.station("P0", version, password=None)
    await place.station("P1", version)
    await place.station("P2", version, url=place.tls_url)
    await place.station("P3", version, url=place.tls_url, password=None, certificates=await place.certified(mutual))
    used = [(await place.security(point))["currentProfile"] for point in (none, basic, tls, mutual)]
    assert used == [0, 1, 2, 3]


async def test_a_client_certificate_proves_only_whom_it_names(place: Secured) -> None:
    mine = await place.charge_point("MINE")
    other = await place.charge_point("OTHER")
    good = await place.certified(mine)
    assert await place.knock("MINE", tls=True, password=None, proof=good) == 101
    assert await place.knock("OTHER", tls=True, password=None, proof=good) == 403
    assert await place.knock("OTHER", tls=True, proof=good) == 403, "the right password does not heal it"
    assert await place.knock("NOBODY", tls=True, proof=good) == 404
    forged = await place.certified(other, "MINE")  # issued to another charge point under this name
    assert await place.knock("MINE", tls=True, password=None, proof=forged) == 403
    assert (NOT_PROVED, "OTHER from 127.0.0.1: the certificate is of another charge point") in await place.events()


async def test_a_certificate_of_a_stranger_or_of_the_past_is_no_certificate(place: Secured) -> None:
    point = await place.charge_point("PAST")
    now = place.live.clock.now()
    async with place.live.system.database.begin() as tx:
        ours = await place.live.system.authority.root(tx)
    for root, at in ((ours, now - timedelta(days=400)), (new_root("Stranger", now), now)):
        proof = place.trusting()
        request = checked(proof.request("PAST", "X"), "PAST")
        certificate = charge_point_certificate(root, "PAST", request.public_key(), at)
        key = proof._asked_with
        assert key is not None
        proof = _with(place, proof, pem(certificate))
        assert await place.knock("PAST", tls=True, proof=proof) == 0
    for why in ("certificate has expired", "unable to get local issuer certificate"):
        event = (NOT_PROVED, f"a client certificate in the name of PAST: {why}")
        await becomes(place.events, lambda events, event=event: event in events)
    events = await place.live.api.get("/resources/security-events/v2.0", f"filter[chargePoint]={point['id']}")
    assert len(events.data) == 2, "it may be that charge point, and it is looked for there"
    assert await place.knock("PAST", tls=True, proof=await place.certified(point)) == 101


def _with(place: Secured, asked: Certificates, chain: str) -> Certificates:
    """A certificate that no honest station would take."""
    asked.roots.clear()
    assert asked.take(chain)
    asked.roots |= place.trusting().roots
    return asked


async def test_a_revoked_certificate_is_cut_off_and_refused(place: Secured) -> None:
    point = await place.charge_point("GONE")
    proof = place.trusting()
    row = await place.issue(proof, point, "GONE")
    station = await place.station("GONE", url=place.tls_url, password=None, certificates=proof)
    async with place.live.system.database.begin() as tx:
        assert await revoke(tx, row["serial"]) == 1
        assert await revoke(tx, row["serial"]) == 0
    await until(station, lambda machine: not machine.online and "403" in machine.uplink.line.refusal)
    assert (NOT_PROVED, "GONE from 127.0.0.1: the certificate is revoked") in await place.events()


async def test_a_lower_profile_than_was_used_is_refused_until_it_is_reset(place: Secured) -> None:
    point = await place.charge_point("DOWN", security={"desiredProfile": 2})
    assert await place.knock("DOWN", tls=True) == 101
    shown = await becomes(lambda: place.security(point), lambda one: one["currentProfile"] == 2)
    assert shown["desiredProfileStatus"] == "applied"
    assert await place.knock("DOWN") == 403
    assert await place.knock("DOWN", tls=True, password=None) == 401, "it may not have been asked yet"
    assert await place.knock("DOWN", password=None) == 403
    downgrade = (DOWNGRADE, "DOWN from 127.0.0.1: security profile 1 where 2 was used before")
    assert downgrade in await place.events()
    reset = await place.live.api.post(f"/actions/charge-point/v1.0/{point['id']}/reset-security-profile")
    assert (reset.status, reset.body) == (202, None)
    assert await place.security(point) == {"desiredProfile": 2, "desiredProfileStatus": "pending"}
    assert await place.knock("DOWN", password="wrong") == 401, "a reset forgives no wrong password"
    assert await place.knock("DOWN") == 101
    await becomes(lambda: place.security(point), lambda one: one.get("currentProfile") == 1)
    assert await place.knock("DOWN", password=None) == 401


async def test_after_a_reset_even_an_open_connection_is_the_new_one(place: Secured) -> None:
    point = await place.charge_point("OPEN")
    assert await place.knock("OPEN", password=None) == 401
    await place.live.api.post(f"/actions/charge-point/v1.0/{point['id']}/reset-security-profile")
    assert await place.knock("OPEN", password=None) == 101
    await becomes(lambda: place.security(point), lambda one: one.get("currentProfile") == 0)
    assert await place.knock("OPEN", password=None) == 101
    path = f"/resources/charge-points/v2.0/{point['id']}"
    assert (await place.live.api.patch(path, {"network": {"password": "another one"}})).status == 200
    assert (await place.security(point))["currentProfile"] == 1, "what its operator gives it, it has to use"
    assert await place.knock("OPEN", password=None) == 401
    assert await place.knock("OPEN", password="another one") == 101


@pytest.mark.parametrize(
    ("change", "status"),
    [({"network": {"password": "a new one"}}, 401), ({"status": "disabled"}, 403), (None, 404)],
    ids=["password", "disabled", "deleted"],
)
async def test_who_may_be_there_no_more_is_sent_away(place: Secured, change: dict | None, status: int) -> None:
    point = await place.charge_point("AWAY")
    station = await place.station("AWAY")
    path = f"/resources/charge-points/v2.0/{point['id']}"
    changed = await (place.live.api.patch(path, change) if change else place.live.api.delete(path))
    assert changed.status in (200, 204)
    await until(station, lambda machine: not machine.online and str(status) in machine.uplink.line.refusal)
    assert await place.knock("AWAY") == status


async def test_other_changes_disturb_no_connection(place: Secured) -> None:
    point = await place.charge_point("STAYS")
    station = await place.station("STAYS")
    socket = station.uplink.line._socket
    path = f"/resources/charge-points/v2.0/{point['id']}"
    assert (await place.live.api.patch(path, {"name": "Bay", "status": "out of order"})).status == 200
    await place.live.system.outbox.drain()
    assert await station.uplink.call("Heartbeat", {})
    assert station.uplink.line._socket is socket


async def test_an_operators_own_authority_is_believed(system: System, tmp_path: Path) -> None:
    clock = SystemClock(10.0)
    root = new_root("Fleet", clock.now())
    bundle = tmp_path / "fleet.pem"
    bundle.write_text(root.certificate_text)
    async with secured(system.dsn, tmp_path, clock, ocpp_client_ca=bundle) as place:
        await place.charge_point("FLEET")
        proof = place.trusting()
        request = checked(proof.request("FLEET", "X"), "FLEET")
        proof = _with(place, proof, pem(charge_point_certificate(root, "FLEET", request.public_key(), clock.now())))
        assert await place.knock("FLEET", tls=True, password=None, proof=proof) == 101
        await place.charge_point("FLEET2")
        assert await place.knock("FLEET2", tls=True, password=None, proof=proof) == 403


async def test_too_many_refusals_are_not_looked_at(system: System, tmp_path: Path) -> None:
    async with secured(system.dsn, tmp_path, SystemClock(1.0), ocpp_refusals_per_minute=3) as place:
        await place.charge_point("KNOWN")
        await place.charge_point("NEW")
        assert await place.knock("KNOWN") == 101
        assert [await place.knock("NOBODY") for _ in range(4)] == [404, 404, 404, 429]
        assert await place.knock("NEW") == 429, "nobody knows it from there"
        assert await place.knock("KNOWN") == 101
        assert [await place.knock("KNOWN", password="guess") for _ in range(4)] == [401, 401, 401, 429]
        assert await place.knock("KNOWN", password=PASSWORD) == 429
