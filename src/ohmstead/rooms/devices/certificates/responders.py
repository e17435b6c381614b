"""Responders: who tells the status of other authorities' certificates (OCSP), asked for charge points (2.0.1, M06).

Their addresses are said by charge points, so only public ones are asked unless the operator lists them. What one
responder told is told again only to who names the same: nobody can vouch for another's.
"""

import asyncio
from datetime import datetime

from cryptography.x509.ocsp import load_der_ocsp_request

from ohmstead.engines.pki import StatusRefused
from ohmstead.engines.pki.statuses import Told, believed, meaning, question
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database
from ohmstead.rooms.devices.certificates.statuses import told
from ohmstead.rooms.devices.facts import CertificateStatus, CertificateStatusWanted
from ohmstead.rooms.operator.outbound import NoAnswer, NotPublic, Outbound

PATIENCE_S = 10.0
MOST_BYTES = 16 << 10
MOST_KEPT = 1_000
AT_ONCE = 16

_Key = tuple[str, bytes]


class Responders:
    """Asks, and keeps what was told for as long as it holds."""

    def __init__(self, database: Database, clock: Clock, outbound: Outbound) -> None:
        self._database, self._clock, self._outbound = database, clock.real, outbound
        self._kept: dict[_Key, Told] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def status(self, fact: CertificateStatusWanted) -> CertificateStatus:
        """The answer of ours or of the responder, or why there is none."""
        try:
            asked = question(fact.hash)
            answer = await self._answer(asked, fact.responder_url)
            return CertificateStatus(answer=answer, meaning=meaning(answer, asked))
        except StatusRefused as refused:
            return CertificateStatus(reason="BadAnswer", info=str(refused))
        except NotPublic as refused:
            return CertificateStatus(reason="NotPublic", info=str(refused))
        except NoAnswer as failure:
            return CertificateStatus(reason="NoAnswer", info=str(failure))

    async def _answer(self, asked: bytes, url: str) -> bytes:
        async with self._database.begin() as tx:
            ours = await told(tx, load_der_ocsp_request(asked))
        return ours or await self._theirs(url, asked)

    async def _theirs(self, url: str, asked: bytes) -> bytes:
        known = self._kept.get((url, asked))
        if known is not None and _holds(known, self._clock.now()):
            return known.answer
        async with self._turns:
            raw = await self._outbound.post(url, asked, "application/ocsp-request", MOST_BYTES, PATIENCE_S)
        answer = believed(raw, asked, self._clock.now())
        self._keep((url, asked), answer)
        return answer.answer

    def _keep(self, key: _Key, answer: Told) -> None:
        """Where too many are kept, those that hold no more go, then the oldest."""
        now = self._clock.now()
        if len(self._kept) >= MOST_KEPT:
            self._kept = {one: told for one, told in self._kept.items() if _holds(told, now)}
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        if answer.until is not None:
            self._kept[key] = answer


def _holds(told: Told, now: datetime) -> bool:
    return told.until is not None and told.until > now
