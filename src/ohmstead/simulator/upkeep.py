"""Upkeep: a station's logs are uploaded, its firmware is fetched, checked and installed; each step is told."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from ohmstead.simulator.frames import CallError
from ohmstead.simulator.line import Unanswered
from ohmstead.simulator.machine import Machine

IDLE = "Idle"
AGAIN_S = 30
"""Between attempts, where nobody said how long to wait."""
TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass
class Progress:
    """How far something is. `say` tells the central system the word it is given."""

    say: Callable[[str], Awaitable[None]]
    status: str = IDLE

    async def reach(self, status: str) -> None:
        """Be there, and tell."""
        self.status = status
        await self._tell(status)

    async def end(self, status: str) -> None:
        """Tell how it ended, and be idle."""
        self.status = IDLE
        await self._tell(status)

    async def _tell(self, status: str) -> None:
        with suppress(Unanswered, CallError):
            await self.say(status)


@dataclass(frozen=True)
class Attempts:
    """How often to try, and how many s lie between."""

    retries: int = 0
    wait_s: int = AGAIN_S


async def upload(
    station: Machine, progress: Progress, url: str, content: bytes, failed: str, attempts: Attempts
) -> None:
    """Put a log to a URL; `failed` is the word of the version for what went wrong."""
    await progress.reach("Uploading")
    for attempt in range(attempts.retries + 1):
        if attempt:
            await station.clock.sleep(attempts.wait_s)
        if await _put(url, content):
            await progress.end("Uploaded")
            break
    else:
        await progress.end(failed)


@dataclass(frozen=True)
class Firmware:
    """What to install: where it lies, from when on, and what proves it, if anything does."""

    url: str
    retrieve_at: datetime
    attempts: Attempts
    certificate: x509.Certificate | None = None
    signature: bytes = b""


async def install(station: Machine, progress: Progress, firmware: Firmware, started: Callable[[str], None]) -> None:
    """Fetch and install, with a restart between; `started` takes the new version's name before it."""
    await station.clock.sleep((firmware.retrieve_at - station.charging.time()).total_seconds())
    await progress.reach("Downloading")
    content = await _fetched(station, firmware)
    if content is None:
        await progress.end("DownloadFailed")
        return
    await progress.reach("Downloaded")
    if not await _proved(progress, firmware, content):
        await progress.end("InvalidSignature")
        return
    await progress.reach("Installing")
    started(firmware.url.partition("?")[0].rpartition("/")[2][:50] or "unnamed")
    await station.reset(hard=False)
    await station.until(lambda machine: machine.online)
    await progress.end("Installed")


async def _fetched(station: Machine, firmware: Firmware) -> bytes | None:
    for attempt in range(firmware.attempts.retries + 1):
        if attempt:
            await station.clock.sleep(firmware.attempts.wait_s)
        if (content := await _get(firmware.url)) is not None:
            return content
    return None


async def _proved(progress: Progress, firmware: Firmware, content: bytes) -> bool:
    """Whether it may be installed: unsigned firmware always, signed if the signature is the certificate's."""
    if firmware.certificate is None:
        return True
    proved = signed_by(firmware.certificate, firmware.signature, content)
    if proved:
        await progress.reach("SignatureVerified")
    return proved


def signed_by(certificate: x509.Certificate, signature: bytes, content: bytes) -> bool:
    """Whether the signature over the content's SHA-256 is one of the certificate's key (RSA-PSS or ECDSA)."""
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO), SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


async def _put(url: str, content: bytes) -> bool:
    try:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as http, http.put(url, data=content) as answer:
            return answer.ok
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _get(url: str) -> bytes | None:
    try:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as http, http.get(url) as answer:
            return await answer.read() if answer.ok else None
    except (aiohttp.ClientError, TimeoutError):
        return None
