"""A node: the program running whole, from the database up to both listeners, until it is told to stop."""

import asyncio
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass

from sqlalchemy import func, select

from ohmstead.app.clock import chosen, told
from ohmstead.app.database import NAME, Say, embedded, external
from ohmstead.app.descriptors import Shares, raised, shares
from ohmstead.app.http_bounds import Bounds
from ohmstead.app.http_server import HttpServer
from ohmstead.app.nodes.node_services import name_of
from ohmstead.app.settings import Settings, SettingsError
from ohmstead.app.system import System
from ohmstead.kit.audit import Act, write_audit
from ohmstead.kit.clock import Clock, SetClock, SystemClock
from ohmstead.ocpp.listener import raise_gc_thresholds
from ohmstead.rooms.operator.admins import api_token, create_token
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.store.engine import PostgresDatabase
from ohmstead.store.migrate import migrate


@dataclass(slots=True)
class Node:
    """A running node: where it is reached, and the administrator's token if this was the first start."""

    system: System
    api_url: str
    ocpp_url: str  # empty: charge points connect elsewhere
    ocpp_tls_url: str | None
    first_token: str | None
    _stack: AsyncExitStack

    @classmethod
    async def start(
        cls, settings: Settings, say: Say, clock: Clock | None = None, tuning: Tuning | None = None
    ) -> "Node":
        """Bring everything up. ClusterError and SettingsError carry a message for a person."""
        async with AsyncExitStack() as stack:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            found = _shares(settings, say)
            api_socket = _bound(settings.host, settings.port, "port")
            stack.callback(api_socket.close)
            url = settings.database_url
            dsn = await external(url) if url else await _embedded(settings, say, stack)
            if await migrate(dsn):
                say("The database is up to date.")
            system = System(settings, dsn, clock or await _clock(settings, dsn, say), tuning)
            stack.push_async_callback(system.stop)
            await system.start()
            token = await _first_token(system) if settings.serves_api else None
            ocpp_port = await _opened(system)
            await _serve(system, api_socket, found, stack)
            raise_gc_thresholds()
            host, port = api_socket.getsockname()[:2]
            tls_port = system.listener.tls_port
            return cls(
                system,
                f"http://{host}:{port}",
                "" if ocpp_port is None else f"ws://{settings.ocpp_host}:{ocpp_port}/ocpp",
                None if tls_port is None else f"wss://{settings.ocpp_host}:{tls_port}/ocpp",
                token,
                stack.pop_all(),
            )

    async def stop(self) -> None:
        """Take everything down in order; charge points are told that we go."""
        await self._stack.aclose()


async def _clock(settings: Settings, dsn: str, say: Say) -> Clock:
    """The machine's time, or what was set, which is said."""
    database = await PostgresDatabase.connect(dsn, SystemClock(), most=2)
    try:
        clock = await chosen(database, settings, name_of(settings))
    finally:
        await database.close()
    if isinstance(clock, SetClock):
        say(f"The clock was set: it is {told(clock.now())}, and {clock.speed:g} s pass in each second.")
    return clock


async def _embedded(settings: Settings, say: Say, stack: AsyncExitStack) -> str:
    """Our own database. A node that does but a part uses that of the Ohmstead running on this data folder."""
    cluster = embedded(settings, say)
    if settings.role != "all":
        if cluster.is_free():
            raise SettingsError(
                f"role {settings.role!r} needs a database that others share: set database_url, or a data_dir on which "
                "an Ohmstead of the role 'all' is running"
            )
        return await cluster.join(NAME)
    dsn = await cluster.start(NAME)
    stack.push_async_callback(cluster.stop)
    guard = asyncio.create_task(cluster.guard(SystemClock()))
    stack.callback(guard.cancel)
    return dsn


async def _first_token(system: System) -> str | None:
    """The first start makes an administrator with every right."""
    async with system.database.begin() as tx:
        if await tx.value(select(func.count()).select_from(api_token)):
            return None
        token = await create_token(tx, system.vault, "first start", ["*"])
        await write_audit(tx, Act("ohmstead serve", "tokens", changes={"name": "first start"}))
        return token


async def _opened(system: System) -> int | None:
    try:
        return await system.work()
    except OSError as error:
        named = {name: getattr(system.settings, name) for name in ("ocpp_port", "ocpp_tls_port")}
        ports = " or ".join(f"{name} {port}" for name, port in named.items() if port is not None)
        raise SettingsError(f"{ports} cannot be opened: {error.strerror}") from None


def _bound(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise SettingsError(f"{setting} {port} on {host} cannot be opened: {error.strerror}") from None
    return opened


async def _serve(system: System, api_socket: socket.socket, shares: Shares, stack: AsyncExitStack) -> None:
    metrics = system.metrics
    server = HttpServer(system.api.app, api_socket, Bounds(connections=shares.api), metrics.refused)
    metrics.api_connections.set_function(lambda: server.connections)
    await server.start()
    stack.push_async_callback(server.stop)


def _shares(settings: Settings, say: Say) -> Shares:
    """What each side gets of the descriptors; said where they are few."""
    found = shares(raised(), settings.api_connections, settings.database_connections)
    if found.few:
        say(
            f"This process may open {found.limit} files at once, so {found.charge_points} charge points can connect and"
            f" {found.api} callers of the API. Raise the limit (ulimit -n, LimitNOFILE) for more."
        )
    return found
