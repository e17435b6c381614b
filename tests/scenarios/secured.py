"""What the tests of security share: a system with a TLS port, and whoever knocks at it with what."""

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from ohmstead.engines.pki import checked
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Row
from ohmstead.simulator.certificates import CSMS, Certificates
from ohmstead.simulator.settings import Settings as Behaviour
from ohmstead.simulator.station import Station
from tests.live import PASSWORD, SPEAKS, Live, live

NAMES = "127.0.0.1,localhost"


@dataclass
class Secured:
    """A live system with both ports, and its root."""

    live: Live
    root: str

    @property
    def tls_url(self) -> str:
        return f"wss://127.0.0.1:{self.live.system.listener.tls_port}/ocpp"

    async def charge_point(self, identity: str, version: str = "1.6", **fields: Any) -> dict[str, Any]:
        """One with a password, unless `network` says otherwise."""
        network = {"id": identity, "protocol": f"ocpp {version}", "password": PASSWORD} | fields.pop("network", {})
        return await self.live.given.charge_point(network={k: v for k, v in network.items() if v is not None}, **fields)

    def trusting(self) -> Certificates:
        return Certificates(roots={CSMS: [self.root]})

    async def certified(self, point: dict[str, Any], identity: str | None = None) -> Certificates:
        """A certificate issued to a charge point, with its key."""
        made = self.trusting()
        await self.issue(made, point, identity or point["network"]["id"])
        return made

    async def issue(self, certificates: Certificates, point: dict[str, Any], identity: str) -> Row:
        request = checked(certificates.request(identity, "Ohmstead"), identity)
        async with self.live.system.database.begin() as tx:
            row = await self.live.system.authority.issue(tx, point["id"], identity, request)
        assert certificates.take(row["certificate"])
        return row

    async def station(self, identity: str, version: str = "1.6", *, wait: bool = True, **options: Any) -> Station:
        """A simulated station, switched on; stopped with the system."""
        given = {"url": self.live.ocpp_url, "password": PASSWORD, "certificates": self.trusting()} | options
        station = SPEAKS[version](
            given.pop("url"), identity, given.pop("password"), clock=self.live.clock,
            settings=Behaviour(sample_s=30, heartbeat_s=60), **given,
        )  # fmt: skip
        await station.start()
        self.live._stack.push_async_callback(station.stop)
        if wait:
            await station.until(lambda machine: machine.online and machine.accepted)
        return station

    async def knock(
        self, identity: str, *, tls: bool = False, password: str | None = PASSWORD, proof: Certificates | None = None
    ) -> int:
        """The status a handshake is answered with: 101 lets in; 0 where there was no handshake to answer."""
        context = (proof or self.trusting()).context(proof is not None) if tls else None
        try:
            async with self.dial(identity, tls, password, context) as socket:
                return 101 if socket.response is None else socket.response.status_code
        except InvalidStatus as refused:
            return refused.response.status_code
        except (InvalidHandshake, ConnectionClosed, OSError, EOFError):
            return 0

    def dial(self, identity: str, tls: bool, password: str | None, context: ssl.SSLContext | None) -> Any:
        token = base64.b64encode(f"{identity}:{password}".encode()).decode()
        options: dict[str, Any] = {"ssl": context} if tls else {}
        return connect(
            f"{self.tls_url if tls else self.live.ocpp_url}/{identity}",
            subprotocols=[Subprotocol("ocpp1.6")],
            additional_headers={} if password is None else {"Authorization": f"Basic {token}"},
            proxy=None,
            **options,
        )

    async def security(self, point: dict[str, Any]) -> dict[str, Any]:
        answer = await self.live.api.get(f"/resources/charge-points/v2.0/{point['id']}")
        return answer.data.get("security", {})

    async def events(self) -> list[tuple[str, str]]:
        rows = (await self.live.api.get("/resources/security-events/v2.0")).data
        return [(row["type"], row.get("techInfo", "")) for row in rows]


@asynccontextmanager
async def secured(dsn: str, folder: Path, clock: Clock, **settings: Any) -> AsyncIterator[Secured]:
    """A live system with a TLS port."""
    chosen = {"ocpp_tls_port": 0, "ocpp_tls_names": NAMES} | settings
    async with live(dsn, folder, clock, **chosen) as running:
        async with running.system.database.begin() as tx:
            root = await running.system.authority.root(tx)
        yield Secured(running, root.certificate_text)
