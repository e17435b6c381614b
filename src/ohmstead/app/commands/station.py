"""`ohmstead station`: one simulated charge point with a prompt."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from ohmstead.simulator.certificates import CSMS, Certificates
from ohmstead.simulator.console import prompt
from ohmstead.simulator.station import Station
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.station_v201 import StationV201

VERSIONS: dict[str, type[StationV16 | StationV201]] = {"1.6": StationV16, "2.0.1": StationV201}


def station(
    identity: str,
    *,
    url: str = "ws://127.0.0.1:9000/ocpp",
    password: str | None = None,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    tls_url: str | None = None,
    connectors: int = 1,
    phases: int = 3,
    amps: float = 32.0,
    tag: str = "DEMO0001",
    version: Literal["1.6", "2.0.1"] = "1.6",
) -> None:
    """Be a charge point: plug, authorize, start, stop, fault, drop.

    Parameters
    ----------
    identity
        The charge point's OCPP identity, as it was given when it was created.
    url
        Where the gateway listens.
    password
        The charge point's password.
    ca
        The file of the root it trusts (PEM), for a wss:// URL.
    certificate
        The file of its own certificate (PEM), to prove itself by instead of a password.
    key
        The file of the key to that (PEM).
    tls_url
        Where it connects once it is told to use TLS, where that is not at the URL.
    connectors
        How many connectors it has.
    phases
        How many phases it is connected to.
    amps
        Its rating, A a phase.
    tag
        The card used where a command names none.
    version
        The OCPP version it speaks.
    """
    with suppress(KeyboardInterrupt):
        speaks, certificates = VERSIONS[version], _certificates(ca, certificate, key)
        point = speaks(
            url,
            identity,
            password,
            tls_url=tls_url,
            certificates=certificates,
            connectors=connectors,
            phases=phases,
            rating_a=amps,
        )
        asyncio.run(_be(point, tag))


def _certificates(ca: Path | None, certificate: Path | None, key: Path | None) -> Certificates:
    if (certificate is None) != (key is None):
        raise SystemExit("ohmstead: a certificate and its key belong together")
    try:
        made = Certificates(key.read_text() if key else "", certificate.read_text() if certificate else "")
        if ca is not None and not made.install(CSMS, ca.read_text()):
            raise SystemExit(f"ohmstead: {ca} holds no certificate")
    except OSError as error:
        raise SystemExit(f"ohmstead: {error.filename}: {error.strerror}") from None
    return made


async def _be(charge_point: Station, tag: str) -> None:
    await charge_point.start()
    try:
        await prompt(charge_point, _lines(), lambda text: print(text, flush=True), tag=tag)
    finally:
        await charge_point.stop()


async def _lines() -> AsyncIterator[str]:
    """What is typed, line by line."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode(errors="replace")
