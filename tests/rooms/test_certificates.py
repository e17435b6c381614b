"""Certificates of charge points: roots installed, deleted and asked for through the API, and what it says if not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.engines.pki import CertificateHash
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.certificates.installed import keep
from ohmstead.rooms.devices.certificates.tables import installed_certificate, issued_certificate, root_certificate
from ohmstead.rooms.devices.stations import (
    InstalledCertificate,
    StationOffline,
    StationRefused,
)
from ohmstead.simulator.certificates import CSMS, hashed
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site
from tests.scenarios.secured import Secured, secured

MAKER = "ManufacturerRootCertificate"
ROOTS = (CSMS, MAKER, "V2GRootCertificate", "MORootCertificate")
HASH = CertificateHash("SHA256", "aa", "bb", "1f")


def path(point: int, action: str) -> str:
    return f"/actions/charge-point/v2.0/{point}/{action}-certificate{'s' if action == 'sync' else ''}"


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Secured]:
    async with secured(system.dsn, tmp_path, SystemClock(10.0)) as running:
        yield running


async def known(system: System) -> set[tuple[str, str]]:
    """What is kept of installed certificates: type and number."""
    async with system.database.read() as tx:
        rows = await tx.all(select(installed_certificate.c.type, installed_certificate.c.serial))
        return {(row["type"], row["serial"]) for row in rows}


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_roots_come_and_go(place: Secured, version: str) -> None:
    point = (await place.charge_point("ROOTS", version))["id"]
    station = await place.station("ROOTS", version)
    held, api, roots = station.safe.certificates.roots, place.live.api, ROOTS
    for root in roots:
        assert (await api.post(path(point, "install"), {"certificateType": root})).status == 202
    assert held[CSMS] == [place.root]
    assert {root: len(held[root]) for root in roots} == dict.fromkeys(roots, 1)
    subjects = {x509.load_pem_x509_certificate(held[root][0].encode()).subject for root in roots}
    assert len(subjects) == len(roots), "each purpose has a root of its own"
    everything = {(root, hashed(held[root][0])["serialNumber"]) for root in roots}
    assert await known(place.live.system) == everything
    for gone in (MAKER, "V2GRootCertificate"):
        assert (await api.post(path(point, "delete"), {"certificateType": gone})).status == 202
        assert held[gone] == []
        everything = {one for one in everything if one[0] != gone}
        assert await known(place.live.system) == everything
    held["MORootCertificate"].clear()
    assert (await api.post(path(point, "sync"), {"certificateType": "MORootCertificate"})).status == 202
    assert await known(place.live.system) == {one for one in everything if one[0] != "MORootCertificate"}
    answer = await api.post(path(point, "delete"), {"certificateType": MAKER})
    assert (answer.status, "no certificate of this type" in answer.body["message"]) == (406, True)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_sync_finds_what_others_did(place: Secured, version: str) -> None:
    point = (await place.charge_point("SYNC", version))["id"]
    station = await place.station("SYNC", version)
    held, api, system = station.safe.certificates.roots, place.live.api, place.live.system
    async with system.database.begin() as tx:
        await keep(tx, point, InstalledCertificate(MAKER, HASH))
    everything = {(CSMS, hashed(place.root)["serialNumber"])}
    assert (await api.post(path(point, "sync"), {"certificateType": CSMS})).status == 202
    assert await known(system) == everything | {(MAKER, "1f")}, "of the others nothing was asked"
    for body in ({}, {"certificateType": None}, {"certificateType": ""}, None):
        assert (await api.post(path(point, "sync"), body)).status == 202
        assert await known(system) == everything
    held.clear()
    assert (await api.post(path(point, "sync"))).status == 202
    assert await known(system) == set()
    held[CSMS] = [place.root]  # the operator need not know of it
    assert (await api.post(path(point, "delete"), {"certificateType": CSMS})).status == 202
    assert held[CSMS] == []


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_charge_point_keeps_its_own_certificate(place: Secured, version: str) -> None:
    """As the standard wants it; one that gives it up has it revoked."""
    point = await place.charge_point("OWN", version)
    own = {"certificateType": "ChargingStationCertificate"}
    assert (await place.live.api.post(path(point["id"], "delete"), own)).status == 406
    station = await place.station("OWN", version)
    trigger = f"/actions/charge-point/v1.0/{point['id']}/trigger-message"
    assert (await place.live.api.post(trigger, {"type": "SignChargingStationCertificate"})).status == 202
    await station.until(lambda machine: bool(machine.safe.certificates.chain))
    answer = await _when_accepted(place, point["id"], own)
    assert (answer.status, "Failed" in answer.body["message"]) == (406, True)
    station.safe.certificates.chain = ""
    station.safe.certificates.roots[CSMS] = []
    assert (await place.live.api.post(path(point["id"], "delete"), own)).status == 202
    async with place.live.system.database.read() as tx:
        assert await tx.value(select(issued_certificate.c.revoked_at).where(issued_certificate.c.charge_point_id > 0))


async def _when_accepted(place: Secured, point: int, own: dict[str, Any]) -> Any:
    """The station has it a moment before it is noted that it took it."""
    while True:
        answer = await place.live.api.post(path(point, "delete"), own)
        if "no certificate of this system" not in answer.body["message"]:
            return answer


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given)


@pytest.mark.parametrize(
    ("answer", "words"),
    [("Rejected", "Rejected"), (StationOffline(), "not connected"), (StationRefused("NotImplemented"), "NotImpl")],
)
@pytest.mark.parametrize("action", ["install", "delete", "sync"])
async def test_what_a_charge_point_refuses_is_said(
    api: Client, here: Site, gateway: Gateway, action: str, answer: Any, words: str
) -> None:
    async with here.system.database.begin() as tx:
        await keep(tx, here.id, InstalledCertificate(MAKER, HASH))
    gateway.answer = answer
    refused = await api.post(path(here.id, action), {"certificateType": MAKER})
    assert (refused.status, words in refused.body["message"]) == (406, True)
    assert await known(here.system) == {(MAKER, "1f")}, "nothing is noted that did not happen"


async def test_what_is_asked_for_is_checked(api: Client, given: Given, here: Site) -> None:
    for action in ("install", "delete", "sync"):
        wrong = await api.post(path(here.id, action), {"certificateType": "Diploma"})
        assert (wrong.status, list(wrong.body["errors"])) == (422, ["certificateType"])
        assert (await api.post(path(999, action), {"certificateType": MAKER})).status == 404
        narrow = await given.client("charge-points.read")
        assert (await narrow.post(path(here.id, action), {"certificateType": MAKER})).status == 403
        await narrow.close()
    for action, type in (("install", None), ("delete", None), ("install", "V2GCertificateChain")):
        body = {} if type is None else {"certificateType": type}
        assert (await api.post(path(here.id, action), body)).status == 422
    assert (await api.post("/actions/charge-point/v1.0/999/reset-security-profile")).status == 404


async def test_a_root_is_made_once_and_its_key_is_not_readable(system: System, api: Client) -> None:
    async with system.database.begin() as tx:
        first = await system.authority.root(tx, MAKER)
    async with system.database.begin() as tx:
        again = await system.authority.root(tx, MAKER)
        kept = await tx.value(select(root_certificate.c.private_key).where(root_certificate.c.purpose == MAKER))
    assert again.certificate_text == first.certificate_text
    assert b"PRIVATE KEY" not in kept
    assert system.vault.open(kept) == first.key_text


async def test_whoever_checks_our_certificates_finds_root_and_revocations(system: System, api: Client) -> None:
    base = api.base.removesuffix("/public-api")
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{base}/pki/root.pem") as answer:
            root = x509.load_pem_x509_certificate(await answer.read())
        async with http.get(f"{base}/pki/revoked.crl") as answer:
            revoked = x509.load_der_x509_crl(await answer.read())
    assert revoked.is_signature_valid(root.public_key())  # type: ignore[arg-type]
    assert len(revoked) == 0
