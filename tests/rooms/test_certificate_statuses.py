"""Statuses of certificates, asked of their authorities' responders: which addresses are asked, what is believed, and
for how long."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import falcon.asgi
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from ohmstead.app.system import System
from ohmstead.engines.pki import CertificateHash, charge_point_certificate, hashed, new_root
from ohmstead.engines.pki.statuses import asked, new_signer, status
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.devices.certificates import Responders, revoke
from ohmstead.rooms.devices.facts import CertificateStatus, CertificateStatusWanted
from ohmstead.rooms.operator.outbound import Outbound
from tests.conftest import served

HOST = "127.0.0.1"


class Elsewhere:
    """Another authority and its responder; `say` makes of a request and an answer what it answers."""

    def __init__(self, clock: ManualClock) -> None:
        self.root, self.clock, self.asked = new_root("Elsewhere", clock.now()), clock, 0
        self.say: Callable[[Any], Awaitable[None]] | None = None

    def certificate(self) -> CertificateHash:
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        return hashed(charge_point_certificate(self.root, "CP", key, self.clock.now()), self.root.certificate)

    async def on_post(self, req: Any, resp: Any) -> None:
        self.asked += 1
        assert req.content_type == "application/ocsp-request"
        request = asked(await req.stream.read())
        now = self.clock.now()
        resp.data = status(new_signer(self.root, now), request, True, now, now)
        if self.say is not None:
            await self.say(resp)


@pytest.fixture
def clock(system: System) -> ManualClock:
    return ManualClock(system.clock.now())


@pytest.fixture
def elsewhere(clock: ManualClock) -> Elsewhere:
    return Elsewhere(clock)


@pytest.fixture
async def url(elsewhere: Elsewhere) -> AsyncIterator[str]:
    app = falcon.asgi.App()
    app.add_route("/", elsewhere)
    async with served(app) as base:
        yield base + "/"


@pytest.fixture
def responders(system: System, clock: ManualClock) -> Responders:
    return Responders(system.database, clock, Outbound([HOST]))


async def told(responders: Responders, hash: CertificateHash, url: str) -> CertificateStatus:
    return await responders.status(CertificateStatusWanted(charge_point_id=1, hash=hash, responder_url=url))


async def test_a_responder_is_asked_and_its_answer_kept_while_it_holds(
    responders: Responders, elsewhere: Elsewhere, url: str, clock: ManualClock
) -> None:
    one, other = elsewhere.certificate(), elsewhere.certificate()
    first = await told(responders, one, url)
    assert first.answer is not None
    assert load_der_ocsp_response(first.answer).certificate_status is OCSPCertStatus.REVOKED
    assert first.meaning == "revoked"
    assert await told(responders, one, url) == first
    assert elsewhere.asked == 1
    await told(responders, other, url)
    assert elsewhere.asked == 2
    await told(responders, one, url + "?other")
    assert elsewhere.asked == 3, "what one responder says is not said for another"
    await clock.advance(timedelta(days=1).total_seconds())
    await told(responders, one, url)
    assert elsewhere.asked == 4


async def test_what_a_responder_says_wrong(responders: Responders, elsewhere: Elsewhere, url: str) -> None:
    other = elsewhere.certificate()

    async def why(**change: Any) -> tuple[str | None, str | None]:
        async def say(resp: Any) -> None:
            for name, value in change.items():
                setattr(resp, name, value)

        elsewhere.say = say
        answer = await told(responders, other, url)
        assert answer.answer is None
        return answer.reason, answer.info

    assert await why(data=b"nonsense") == ("BadAnswer", "the answer is none for this certificate")
    assert await why(status=falcon.HTTP_500) == ("NoAnswer", "the answer has the status 500")
    moved = await why(status=falcon.HTTP_302, location=f"http://{HOST}:1/")
    assert moved == ("NoAnswer", "the answer has the status 302")
    assert await why(data=b"x" * 20_000) == ("NoAnswer", "the answer has more than 16384 bytes")
    assert (await told(responders, other._replace(serial="no"), url)).reason == "BadAnswer"


async def test_a_private_responder_is_asked_where_it_is_listed(
    system: System, elsewhere: Elsewhere, url: str, clock: ManualClock
) -> None:
    one, named = elsewhere.certificate(), url.replace(HOST, "localhost")
    strict = Responders(system.database, clock, Outbound())
    assert (await told(strict, one, url)).reason == (await told(strict, one, named)).reason == "NotPublic"
    assert (await told(Responders(system.database, clock, Outbound(["Localhost"])), one, named)).answer is not None
    assert elsewhere.asked == 1


async def test_of_our_own_we_tell_ourselves(system: System, responders: Responders) -> None:
    async with system.database.begin() as tx:
        root = (await system.authority.root(tx)).certificate
        row = await system.authority.issue_own(tx, ["localhost"])
    about = hashed(root, root)._replace(serial=row["serial"])

    async def says(hash: CertificateHash) -> OCSPCertStatus:
        found = await told(responders, hash, "http://nowhere.invalid/")
        assert found.answer is not None, found
        status = load_der_ocsp_response(found.answer).certificate_status
        assert found.meaning == status.name.lower()
        return status

    assert await says(about) is OCSPCertStatus.GOOD
    assert await says(hashed(root, root)) is OCSPCertStatus.GOOD
    assert await says(about._replace(serial="1")) is OCSPCertStatus.UNKNOWN
    async with system.database.begin() as tx:
        await revoke(tx, row["serial"])
    assert await says(about) is OCSPCertStatus.REVOKED
