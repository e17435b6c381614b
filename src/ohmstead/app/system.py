"""The system: everything put together and started in order, stopped in reverse."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog

from ohmstead.app.admitted import StationDefaults
from ohmstead.app.bodies import WholeRequest
from ohmstead.app.card_page import add_card_page
from ohmstead.app.drive_page import add_drive_page
from ohmstead.app.fact_intake import FactIntake
from ohmstead.app.files import add_files
from ohmstead.app.gateways import close, known_gateways
from ohmstead.app.health import add_health
from ohmstead.app.invites import add_invites
from ohmstead.app.mail import chosen_mailer
from ohmstead.app.metrics import Metrics
from ohmstead.app.nodes.membership import Membership
from ohmstead.app.nodes.node_services import NodeServices, name_of
from ohmstead.app.open_calls import OpenCalls
from ohmstead.app.pages import add_pages
from ohmstead.app.pki import add_pki
from ohmstead.app.rooms import LEADER_WORK, OPERATIONS
from ohmstead.app.settings import Settings
from ohmstead.app.tls import ListenerTls, names
from ohmstead.kit.clock import Clock, SetClock
from ohmstead.kit.faults import Seldom, log_failure
from ohmstead.kit.http import Api
from ohmstead.kit.limits import RateLimit
from ohmstead.ocpp.listener import Listener, ListenerSettings
from ohmstead.ocpp.registry import Registry
from ohmstead.ocpp.v16.version import OCPP_1_6
from ohmstead.ocpp.v21.version import OCPP_2_1
from ohmstead.ocpp.v201.version import OCPP_2_0_1
from ohmstead.rooms.billing.gateways import calls as gateway_calls
from ohmstead.rooms.billing.gateways.gateway import gateways
from ohmstead.rooms.charging import flow, reservations
from ohmstead.rooms.charging.control import Autostart, Contradictions
from ohmstead.rooms.charging.displays import CostDisplay, UserPrices
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.certificates import Authority, authority
from ohmstead.rooms.devices.communication.log import CommunicationLog
from ohmstead.rooms.devices.security_profiles import Addresses, addresses
from ohmstead.rooms.devices.stations import stations
from ohmstead.rooms.energy.price_import import PriceFolder, PriceImport
from ohmstead.rooms.notices.dispatcher import Dispatcher
from ohmstead.rooms.notices.endpoints import Endpoints, endpoints
from ohmstead.rooms.notices.fan_out import CHANNEL, FanOut
from ohmstead.rooms.notices.transports import transports
from ohmstead.rooms.notices.wanted import Wanted, changed
from ohmstead.rooms.operator.admins import TokenAuthenticator, Vault
from ohmstead.rooms.operator.files import Files, files
from ohmstead.rooms.operator.mail.mailer import mailer
from ohmstead.rooms.operator.outbound import Outbound
from ohmstead.rooms.power import integrations
from ohmstead.rooms.power.management.figures import Figures
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.store import set_clock  # noqa: F401 - its table
from ohmstead.store.engine import PostgresDatabase
from ohmstead.store.outbox import OutboxReader
from ohmstead.store.partitions import ensure, keep_up

VERSION = version("ohmstead")
EXPIRE_EVERY_S = 10.0
_EXPIRING = (
    flow.expire_pending,
    flow.close_lost,
    flow.forget_begun,
    reservations.expire,
    presence.tell_long_gone,
)
AGAIN_S = 1.0
ANYWHERE = ("0.0.0.0", "::")
log = structlog.get_logger("ohmstead")


class System:
    """One process of Ohmstead over a migrated database at `dsn`."""

    def __init__(self, settings: Settings, dsn: str, clock: Clock, tuning: Tuning | None = None) -> None:
        self.settings, self.dsn, self.clock = settings, dsn, clock
        self.tuning = tuning or Tuning(
            lease=settings.limit_lease,
            meter_period=settings.meter_period,
            margin=settings.unmanaged_margin,
            rotation=settings.rotation or math.inf,
        )
        self.metrics = Metrics()
        if isinstance(clock, SetClock):
            self.metrics.telling(clock)
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> "System":
        """Open the database and assemble all that needs it."""
        settings = self.settings
        self.database = await PostgresDatabase.connect(self.dsn, self.clock, settings.database_connections)
        self._stack.push_async_callback(self.database.close)
        self.communication = CommunicationLog(self.database, self.metrics.frames.count)
        self._stack.push_async_callback(self.communication.close)
        async with self.database.begin() as tx:
            await ensure(tx)
        self.vault = Vault.at(settings.data_dir / "secret.key")
        self._stack.callback(files.provide(Files(settings.data_dir, self.vault, self.clock, settings.public_url)))
        providers = known_gateways(settings, self.database, self.clock, self.vault)
        self._stack.push_async_callback(close, providers)
        self._stack.callback(gateways.provide(providers))
        self._stack.callback(mailer.provide(chosen_mailer(settings)))
        self.authority = Authority(self.vault, self.clock, settings.ocsp_url)
        self._stack.callback(authority.provide(self.authority))
        self.authenticator = TokenAuthenticator(self.database, self.clock, settings.api_refusals_per_minute)
        self.limit = RateLimit(settings.rate_limit_per_minute, settings.rate_limit_per_day)
        fan_out = FanOut(self.database, self.clock)
        self.outbox = OutboxReader(self.database, fan_out)
        self.outbox.told.connect(fan_out.announce)
        fan_out.made.connect(self.metrics.notices.made)
        self.api = self._api()
        self.tls = await self._tls()
        self._assemble_gateway()
        self._stack.push_async_callback(self.node_services.leave)
        self._stack.push_async_callback(self._cancel)
        return self

    def _api(self) -> Api:
        """The API and its pages; of a node that does not serve it, health and metrics alone."""
        serves = self.settings.serves_api
        api = Api(
            OPERATIONS if serves else [],
            self.database,
            self.authenticator,
            self.clock,
            self.limit,
            VERSION,
            self.metrics.request,
            trusts_proxy=self.settings.trusts_proxy,
            request_type=WholeRequest,
            admit_address=OpenCalls(self.clock.real, self.settings.open_calls_per_minute).admit,
        )
        add_health(api.app, self.database, self.metrics, lambda: self.connected, self.clock)
        if serves:
            add_pages(api.app, VERSION)
            add_card_page(api.app, self.database)
            add_drive_page(api.app)
            add_files(api.app, self.database)
            add_invites(api.app, self.database)
            add_pki(api.app, self.database, self.authority)
        return api

    async def _tls(self) -> ListenerTls | None:
        if self.settings.ocpp_tls_port is None:
            return None
        tls = ListenerTls(self.settings, self.database, self.authority, self.clock)
        await tls.open()
        return tls

    def _assemble_gateway(self) -> None:
        settings = self.settings
        usual = StationDefaults(
            heartbeat_interval_s=settings.heartbeat_interval,
            call_timeout_s=settings.command_timeout,
            boot_timeout_s=settings.boot_timeout,
        )
        members = Membership(self.database, name_of(settings), settings.role)
        outbound = self.outbound = Outbound(host.strip() for host in settings.private_hosts.split(","))
        self._stack.callback(endpoints.provide(Endpoints(outbound, self.vault)))
        self._stack.callback(changed.connect(self.database.notifier_of(CHANNEL).notify))
        self._stack.callback(gateway_calls.begun.connect(self.database.notifier_of(gateway_calls.CHANNEL).notify))
        if settings.load_balancer_url:
            balancer = integrations.HttpBalancer(outbound, settings.load_balancer_url)
            self._stack.callback(integrations.register(integrations.HTTP, balancer))
        rooms = FactIntake(self.database, self.clock, usual, members, outbound)
        if self.tls is not None:
            self.tls.refused = rooms.not_believed
        self.registry = Registry(rooms, self.clock)
        self.node_services = NodeServices(
            members, self.registry, self.database, self.clock, self.tuning, settings.command_timeout
        )
        self.load_management = self.node_services.load_management
        self.metrics.steering(self._figures)
        rooms.moved.connect(self.node_services.relay.came)
        self.listener = Listener(
            ListenerSettings(
                host=settings.ocpp_host,
                port=settings.ocpp_port,
                tls_port=settings.ocpp_tls_port or 0,
                ssl=self.tls.context if self.tls else None,
                deflate=settings.ocpp_compression,
                plain_frames=settings.ocpp_plain_frames,
                refusals_per_minute=settings.ocpp_refusals_per_minute,
            ),
            (OCPP_2_0_1, OCPP_2_1, OCPP_1_6),
            self.registry,
            rooms,
            self.clock,
            rooms.admit,
            self.communication.frame,
            rooms.handshake_refused,
        )

    async def work(self) -> int | None:
        """Join the other nodes, start what runs beside the requests, and take charge points in: all as the role of this
        node has it. The port charge points connect to, if they may."""
        node_services = self.node_services
        await node_services.join()
        self._stack.callback(stations.provide(node_services.relay))
        self._keep(node_services.members.run)
        self._keep(node_services.messages.run)
        self._keep(Wanted(self.database).run)
        if self.settings.works:
            self._manage()
        if self.settings.works or self.settings.serves_api:
            self._keep(partial(keep_up, self.database, self.clock, self._ages(), self._prune_files))
        port = await self._take_stations() if self.settings.takes_stations else None
        self._stack.callback(addresses.provide(self._addresses(port)))
        return port

    def _manage(self) -> None:
        """What happens beside all requests: facts and load management shared among nodes, the rest done by one."""
        members, settings = self.node_services.members, self.settings
        self._keep(self.node_services.relay.run)
        self._keep(self.outbox.run)
        dispatcher = self._dispatcher()
        dispatcher.attempted.connect(self.metrics.notices.attempted)
        self._keep(dispatcher.run)
        self._keep(self.load_management.run)
        self._keep(CostDisplay(self.database, self.clock).run)
        self._keep(partial(members.lead, self._expire))
        grace = timedelta(seconds=settings.lost_stop_grace)
        led = [
            *(work(self.database, self.clock) for work in LEADER_WORK),
            Contradictions(self.database, self.clock, grace),
        ]
        if (folder := settings.price_files) is not None:
            led.append(PriceImport(self.database, self.clock, PriceFolder(folder), self.metrics.prices_imported))
        for work in led:
            self._keep(partial(members.lead, work.run))

    def _dispatcher(self) -> Dispatcher:
        """What delivers notifications: the workers share the subscriptions."""
        ways = transports(self.outbound, self.vault, self.settings.tenant, self.clock)
        members = self.node_services.members
        return Dispatcher(self.database, self.vault, self.clock, ways, lambda: members.steering)

    def _ages(self) -> dict[str, timedelta]:
        """How long the tables keep what they hold where that is a setting."""
        settings = self.settings
        kept = {"communication_log": settings.keep_communication_log, "security_event": settings.keep_security_events}
        return {name: timedelta(days=days) for name, days in kept.items()}

    async def _prune_files(self) -> None:
        """In the data folder of this node, which alone it may know. Files bear the machine's time."""
        before = self.clock.real.now() - timedelta(days=self.settings.keep_uploads)
        for folder in ("uploads", "mail"):
            await files.current.prune(folder, before)

    async def _take_stations(self) -> int:
        self._keep(self.communication.run)
        if self.tls is not None:
            self._keep(self.tls.keep_up)
        self._keep(Autostart(self.database, self.clock).run)
        self._keep(UserPrices(self.database, self.clock).run)
        port = await self.listener.start()
        self._stack.push_async_callback(self.listener.stop)
        return port

    def _addresses(self, port: int | None) -> Addresses:
        """Where charge points are told to connect; the listener's own address, where there is one that says where it
        is."""
        settings, tls_port = self.settings, self.listener.tls_port
        unsaid = port is None or settings.ocpp_host in ANYWHERE
        plain = None if unsaid else f"ws://{settings.ocpp_host}:{port}/ocpp"
        tls = None if tls_port is None else f"wss://{names(settings)[0]}:{tls_port}/ocpp"
        return Addresses(
            settings.ocpp_url or plain, settings.ocpp_tls_url or tls, settings.ocpp_tls_certificate is None
        )

    @property
    def connected(self) -> int:
        """How many charge points hold a socket here."""
        return len(self.registry)

    def _figures(self) -> dict[int, Figures]:
        """How load management fares with each circuit tree that is steered here, by its root."""
        now = self.clock.now().timestamp()
        sites = {root: loop.site for root, loop in self.load_management.loops.items()}
        return {root: site.figures(now) for root, site in sites.items() if site is not None}

    async def _expire(self) -> None:
        """Sessions that were asked for and never began come to an end, those of stations long out of reach, and
        reservations whose time is up; of stations long gone it is told. What cannot be done of one keeps nobody from
        the others."""
        while True:
            await self.clock.sleep(EXPIRE_EVERY_S)
            for expire in _EXPIRING:
                try:
                    async with self.database.begin() as tx:
                        await expire(tx)
                except Exception as error:
                    log_failure(log, "not expired", error, what=expire.__qualname__)

    def _keep(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run in the background until the system stops, again whenever it fails (while the database is away, say)."""

        async def run() -> None:
            seldom = Seldom()
            while True:
                try:
                    await work()
                except Exception as error:
                    if seldom.passes(repr(error)):
                        log_failure(log, "background work failed", error, work=_name_of(work))
                await asyncio.sleep(AGAIN_S)

        self._tasks.append(asyncio.create_task(run()))

    async def stop(self) -> None:
        """Stop in the reverse order of the start."""
        await self._stack.aclose()

    async def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _name_of(work: Any) -> str:
    """What background work is called in the log."""
    if isinstance(work, partial):
        inner = [one for one in (work.func, *work.args) if callable(one)]
        return " ".join(_name_of(one) for one in inner)
    return getattr(work, "__qualname__", repr(work))
