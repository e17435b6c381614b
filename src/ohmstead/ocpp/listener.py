"""The WebSocket server stations connect to: a port of its own, for client certificates need a native server."""

import asyncio
import gc
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from ssl import SSLContext

import structlog
from msgspec import Struct
from websockets import Request, Response, Subprotocol
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode

from ohmstead.engines.throttle import Throttle
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import DatabaseUnavailable
from ohmstead.ocpp.boot_phase import BootPhase
from ohmstead.ocpp.commands import send
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.connection_identity import Admit, Admitted, Refused, Tls, agreed
from ohmstead.ocpp.fact_intake import Rooms
from ohmstead.ocpp.handshake import NO_CONNECTION, NOBODY, OnRefused, complete, read
from ohmstead.ocpp.line import OnFrame
from ohmstead.ocpp.plain_frames import PlainSocket
from ohmstead.ocpp.registry import Registry
from ohmstead.ocpp.silence_monitor import sweep
from ohmstead.ocpp.versions import Version
from ohmstead.ocpp.websocket import StationSocket, keep_alive

logger = structlog.get_logger()

CHALLENGE = 'Basic realm="OCPP", charset="UTF-8"'
DEFLATE = ServerPerMessageDeflateFactory(server_max_window_bits=12, client_max_window_bits=12)
"""Windows of 4 kB: ten thousand stations with the usual 32 kB would not fit into memory."""


class ListenerSettings(Struct, frozen=True, kw_only=True):
    """Where to listen, and how. Times in s, sizes in bytes.

    With an `ssl` context, the `tls_port` is opened too: there stations prove themselves by a password or by a client
    certificate (CERT_OPTIONAL). `refusals_per_minute` of one address are answered, further attempts are not looked at.

    A pong is never waited for: some stations send none. `deflate` saves cellular data and costs half the throughput
    and four times the memory. Without `plain_frames` the library takes every frame apart (see there).
    """

    host: str = "0.0.0.0"
    port: int = 9000
    tls_port: int = 0
    ssl: SSLContext | None = None
    refusals_per_minute: int = 30
    deflate: bool = False
    plain_frames: bool = True
    backlog: int = 4096  # handshakes the kernel keeps for us: after an outage all stations come in the same second
    max_size: int = 2**20
    ping_interval_s: float | None = 60.0
    handshake_timeout_s: float = 30.0
    close_timeout_s: float = 5.0
    keepalive_idle_s: int = 120
    sweep_interval_s: float = 30.0


def raise_gc_thresholds() -> None:
    """Call once after start: with thousands of connections most of the time would go into collecting nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class Listener:
    """`start` opens the ports, `stop` closes every connection and waits for the last answers.

    `versions` are those we speak, the most wanted first.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        versions: Sequence[Version],
        registry: Registry,
        rooms: Rooms,
        clock: Clock,
        admit: Admit,
        on_frame: OnFrame,
        on_refused: OnRefused = lambda identity, remote_ip, why: None,
    ) -> None:
        self._settings = settings
        self._versions = versions
        self._registry = registry
        self._rooms = rooms
        self._clock = clock
        self._admit = admit
        self._on_frame = on_frame
        self._on_refused = on_refused
        self._throttle = Throttle(clock.real, settings.refusals_per_minute)
        self._servers: list[Server] = []
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen; the port, which is of use where the settings say 0."""
        settings = self._settings
        self._servers = [await self._serve(settings.port, None)]
        if settings.ssl is not None:
            self._servers.append(await self._serve(settings.tls_port, settings.ssl))
        self._sweeping = asyncio.create_task(sweep(self._registry, self._clock.real, settings.sweep_interval_s))
        return _port(self._servers[0])

    @property
    def tls_port(self) -> int | None:
        """The port where TLS is spoken; None where it is not."""
        return _port(self._servers[1]) if len(self._servers) > 1 else None

    async def _serve(self, port: int, ssl: SSLContext | None) -> Server:
        settings = self._settings
        kind = PlainSocket if settings.plain_frames else StationSocket
        return await serve(
            self._hold,
            settings.host,
            port,
            ssl=ssl,
            process_request=self._greet,
            process_response=self._shake,
            select_subprotocol=self._select_subprotocol,
            create_connection=partial(kind, on_no_request=self._tell_refused),  # pyright: ignore
            compression=None,
            extensions=[DEFLATE] if settings.deflate else None,
            backlog=settings.backlog,
            max_size=settings.max_size,
            open_timeout=settings.handshake_timeout_s,
            close_timeout=settings.close_timeout_s,
            ping_interval=settings.ping_interval_s,
            ping_timeout=None,
            server_header=None,
        )

    async def stop(self) -> None:
        """Refuse newcomers, close all connections as going away, return when the last call is answered."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for server in self._servers:
            server.close(code=CloseCode.GOING_AWAY, reason="the server is going away")
        for server in self._servers:
            await server.wait_closed()

    async def _greet(self, socket: ServerConnection, request: Request) -> Response | None:
        """Refuse the handshake, or remember who was admitted."""
        assert isinstance(socket, StationSocket)
        verdict = await self._verdict(socket, request)
        if isinstance(verdict, Refused):
            socket.refused = True
            logger.info("station refused", target=request.path, remote_ip=socket.remote_ip, reason=verdict.reason)
            return _refusal(socket, verdict)
        socket.admitted = verdict
        socket.completed = complete(request.headers)
        socket.ping_every(verdict.ping_interval_s)
        return None

    async def _verdict(self, socket: StationSocket, request: Request) -> Admitted | Refused:
        handshake = read(request)
        who = socket.identity = handshake.identity
        if not handshake.attempted:
            return NOBODY
        if self._throttle.holds_back(socket.remote_ip, who):
            return Refused(HTTPStatus.TOO_MANY_REQUESTS, "too many refused attempts, come back later")
        if handshake.fault is not None:
            self._throttle.refused(socket.remote_ip, who)
            self._on_refused(who, socket.remote_ip, handshake.fault.reason)
            return handshake.fault
        verdict = await self._admit(who, handshake.password, handshake.offered, socket.remote_ip, _tls(socket))
        if isinstance(verdict, Refused) and verdict.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._throttle.refused(socket.remote_ip, who)
        return verdict

    def _shake(self, socket: ServerConnection, request: Request, response: Response) -> None:
        """The answer to a handshake goes out: that of the library, where we refused nothing. 500 is a fault of ours."""
        assert isinstance(socket, StationSocket)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._throttle.admitted(socket.remote_ip, socket.identity)
        elif not socket.refused and response.status_code != HTTPStatus.INTERNAL_SERVER_ERROR:
            socket.refused = True
            self._throttle.refused(socket.remote_ip, socket.identity)
            self._tell_refused(socket, str(socket.protocol.handshake_exc))

    def _tell_refused(self, socket: StationSocket, reason: str) -> None:
        logger.info("handshake refused", identity=socket.identity, remote_ip=socket.remote_ip, reason=reason)
        self._on_refused(socket.identity, socket.remote_ip, reason)

    def _select_subprotocol(self, socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """OCPP-J (1.6 section 3.2): where there is no agreement, complete the handshake without one, then close."""
        assert isinstance(socket, StationSocket)
        socket.version = agreed(self._versions, socket.admitted, offered)
        chosen = Subprotocol(socket.version.dialect.subprotocol) if socket.version else None
        return chosen if chosen in offered else None

    async def _hold(self, socket: ServerConnection) -> None:
        """Serve one station until its socket closes."""
        assert isinstance(socket, StationSocket)
        if socket.version is None:
            logger.warning("no common subprotocol", charge_point_id=socket.admitted.charge_point_id)
            await socket.close(CloseCode.PROTOCOL_ERROR, "no common subprotocol")
            return
        keep_alive(socket, self._settings.keepalive_idle_s)
        self._tell_completed(socket)
        connection = self._connection(socket, socket.version)
        watching = asyncio.create_task(connection.boot_phase.watch(partial(send, connection)))
        try:
            await self._registry.enter(connection, socket.remote_ip, socket.admitted.proof)
            await connection.run()
        except DatabaseUnavailable as error:
            logger.warning("station sent away, it cannot be written down", identity=socket.identity, why=str(error))
            await socket.close(CloseCode.TRY_AGAIN_LATER, "not ready, come back later")
        finally:
            watching.cancel()
            await self._leave(connection)

    def _tell_completed(self, socket: StationSocket) -> None:
        """What was made good in the handshake stands in the communication log, as what is made good in frames."""
        if socket.completed and socket.request is not None:
            line = f"GET {socket.request.path} HTTP/1.1".encode()
            point = socket.admitted.charge_point_id
            self._on_frame(point, self._clock.now(), "in", line, None, None, None, (NO_CONNECTION,))

    def _connection(self, socket: StationSocket, version: Version) -> Connection:
        admitted = socket.admitted
        return Connection(
            admitted.charge_point_id,
            version,
            socket,
            self._rooms,
            self._clock,
            self._on_frame,
            settings=admitted,
            beginning=self._beginning(admitted, version),
            assumed=socket.subprotocol is None,
        )

    def _beginning(self, admitted: Admitted, version: Version) -> BootPhase:
        """In 1.6 the statuses of all outlets are asked for at once."""
        evses = () if version.dialect.version == "1.6" else admitted.evses
        return BootPhase(self._clock.real, admitted.boot_timeout_s, admitted.waits_for_boot, evses)

    async def _leave(self, connection: Connection) -> None:
        connection.boot_phase.end()
        try:
            await self._registry.leave(connection)
        except DatabaseUnavailable as error:
            logger.warning("that a station left is not written down", why=str(error))
        finally:
            await connection.finish()


def _port(server: Server) -> int:
    return next(iter(server.sockets)).getsockname()[1]


def _tls(socket: ServerConnection) -> Tls | None:
    """What TLS knows of the other side; None on a plain line."""
    secured = socket.transport.get_extra_info("ssl_object")
    return None if secured is None else Tls(secured.getpeercert(binary_form=True))


def _refusal(socket: StationSocket, refused: Refused) -> Response:
    response = socket.respond(HTTPStatus(refused.status), f"{refused.reason}\n")
    if refused.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response
