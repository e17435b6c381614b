"""Certificate requests: a promise outlives whoever does not listen, is kept once, and the newest is the one."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.kit.db import Row
from ohmstead.kit.facts import outbox
from ohmstead.rooms.devices.certificates.renewal import CertificateRenewals
from ohmstead.rooms.devices.certificates.requests import (
    MOST_AN_HOUR,
    MOST_ATTEMPTS,
    PendingSignings,
    certificate_wanted,
)
from ohmstead.rooms.devices.certificates.tables import certificate_request, issued_certificate
from ohmstead.rooms.devices.facts import CertificateWanted
from ohmstead.rooms.devices.stations import (
    CertificateSigned,
    StationOffline,
    StationSilent,
    TriggerMessage,
)
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.simulator.certificates import Certificates
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given, network={"id": "ASKS"})


async def asks(here: Site, identity: str = "ASKS") -> bool:
    text = Certificates().request(identity, "Maker")
    fact = CertificateWanted(charge_point_id=here.id, request=text, received_at=here.system.clock.now())
    return await here.tells(certificate_wanted, fact)


async def requests(here: Site) -> list[Row]:
    async with here.system.database.read() as tx:
        return await tx.all(select(certificate_request).order_by(certificate_request.c.id))


async def issued(here: Site) -> list[Row]:
    async with here.system.database.read() as tx:
        return await tx.all(select(issued_certificate).order_by(issued_certificate.c.id))


async def keep_all(here: Site) -> int:
    """Keep what is due, whenever that is; how many that were."""
    async with here.system.database.begin() as tx:
        await tx.run(update(certificate_request).values(due_at=tx.now - timedelta(seconds=1)))
        due = await tx.all(PendingSignings.due, now=tx.now, most=10)
    for row in due:
        await keep(here, row)
    return len(due)


async def keep(here: Site, promise: Row) -> None:
    await PendingSignings(here.system.database, here.system.clock).carry_out(promise)


async def test_a_promise_waits_for_its_answer_to_be_out(here: Site, gateway: Gateway) -> None:
    assert await asks(here)
    async with here.system.database.read() as tx:
        assert await tx.all(PendingSignings.due, now=tx.now, most=10) == []
    assert gateway.commands == [], "the station waits for our answer, and does not answer in between"


async def test_a_certificate_is_issued_handed_over_and_noted_once(here: Site, gateway: Gateway) -> None:
    assert await asks(here)
    assert await keep_all(here) == 1
    [certificate] = await issued(here)
    assert gateway.commands == [(here.id, CertificateSigned(chain=certificate["certificate"]))]
    assert (certificate["charge_point_id"], certificate["accepted_at"] is None) == (here.id, False)
    assert await keep_all(here) == 0
    [request] = await requests(here)
    await keep(here, request)
    assert len(gateway.commands) == 1
    async with here.system.database.read() as tx:
        topics = [row["topic"] for row in await tx.all(select(outbox.c.topic))]
    assert topics.count("certificate.accepted") == 1


async def test_who_is_offline_is_waited_for_with_the_same_certificate(here: Site, gateway: Gateway) -> None:
    gateway.answer = StationOffline()
    assert await asks(here)
    for _ in range(MOST_ATTEMPTS + 2):
        assert await keep_all(here) == 1
    gateway.answer = "Accepted"
    assert await keep_all(here) == 1
    assert len({command.chain for _, command in gateway.commands if isinstance(command, CertificateSigned)}) == 1
    assert [row["accepted_at"] is None for row in await issued(here)] == [False]


async def test_nobody_is_waited_for_longer_than_a_day(here: Site, gateway: Gateway) -> None:
    gateway.answer = StationOffline()
    assert await asks(here)
    async with here.system.database.begin() as tx:
        await tx.run(update(certificate_request).values(created_at=tx.now - timedelta(days=1, seconds=1)))
    assert [await keep_all(here) for _ in range(2)] == [1, 0]
    assert (await requests(here))[0]["error"] == "The charge point is not connected."


@pytest.mark.parametrize(
    ("answer", "tries", "error"),
    [(StationSilent(60), MOST_ATTEMPTS, "did not answer within 60"), ("Rejected", 1, "answered: Rejected")],
)
async def test_who_does_not_take_it_is_left_alone(
    here: Site, gateway: Gateway, answer: Any, tries: int, error: str
) -> None:
    gateway.answer = answer
    assert await asks(here)
    while await keep_all(here):
        assert len(gateway.commands) <= MOST_ATTEMPTS
    [request] = await requests(here)
    assert (len(gateway.commands), error in request["error"]) == (tries, True)
    assert [row["accepted_at"] for row in await issued(here)] == [None]


async def test_the_newest_request_is_the_one(here: Site, gateway: Gateway) -> None:
    for _ in range(3):
        assert await asks(here)
    assert await keep_all(here) == 1
    assert [row["error"] for row in await requests(here)] == ["It asked again.", "It asked again.", None]


async def test_a_request_of_an_identity_that_was_changed_comes_to_nothing(here: Site, gateway: Gateway) -> None:
    assert await asks(here)
    async with here.system.database.begin() as tx:
        await tx.run(update(charge_point).values(network_id="OTHER").where(charge_point.c.id == here.id))
    assert await keep_all(here) == 1
    assert (gateway.commands, await issued(here)) == ([], [])
    assert "common name" in (await requests(here))[0]["error"]


async def test_what_is_refused_leaves_no_promise(here: Site) -> None:
    assert not await asks(here, "SOMEBODY")
    assert await requests(here) == []


async def test_one_that_asks_in_circles_gets_no_more(here: Site, gateway: Gateway) -> None:
    for _ in range(MOST_AN_HOUR):
        assert await asks(here)
        assert await keep_all(here) == 1
    assert not await asks(here)
    async with here.system.database.begin() as tx:
        await tx.run(update(issued_certificate).values(created_at=tx.now - timedelta(minutes=61)))
    assert await asks(here)


async def test_only_what_is_in_use_and_ends_soon_is_renewed(here: Site, gateway: Gateway) -> None:
    async def set(**values: Any) -> None:
        async with here.system.database.begin() as tx:
            await tx.run(update(issued_certificate).values(**values))

    async def due() -> list[Row]:
        async with here.system.database.begin() as tx:
            return await tx.all(CertificateRenewals.due, now=tx.now, most=10)

    now = here.system.clock.now()
    assert await asks(here)
    await keep_all(here)
    await set(used_at=now)
    assert await due() == []
    await set(not_after=now + timedelta(days=29))
    [certificate] = await due()
    for other in ({"superseded_at": now}, {"revoked_at": now}, {"used_at": None}, {"not_after": now}):
        before = {name: certificate[name] for name in ("not_after",)} | {"used_at": now}
        await set(**other)
        assert await due() == [], other
        await set(superseded_at=None, revoked_at=None, **before)
    gateway.commands.clear()
    for answer in (StationOffline(), "Rejected", "Accepted"):
        gateway.answer = answer
        await set(renewal_asked_at=None)
        [row] = await due()
        await CertificateRenewals(here.system.database, here.system.clock).carry_out(row)
        assert await due() == [], "once a day"
    assert gateway.commands == [(here.id, TriggerMessage(message="SignChargePointCertificate"))] * 3
    await set(renewal_asked_at=now - timedelta(days=1, seconds=1))
    assert len(await due()) == 1
