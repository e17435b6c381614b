"""A station that runs by itself: powered, connected, following its physics. What it says is left to a protocol."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any, Self

from ohmstead.kit.clock import Clock, SystemClock
from ohmstead.simulator.authorization import Authorization, Verdict
from ohmstead.simulator.certificates import Certificates
from ohmstead.simulator.charging import Charging
from ohmstead.simulator.charging_profiles import ChargingProfiles
from ohmstead.simulator.connector import Reservation, State, Transaction
from ohmstead.simulator.credential_store import CredentialStore
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.frames import Call, CallError
from ohmstead.simulator.hardware import Hardware
from ohmstead.simulator.heartbeat import HeartbeatTask
from ohmstead.simulator.line import Address, Patience, Unanswered
from ohmstead.simulator.settings import Settings
from ohmstead.simulator.tasks import Tasks
from ohmstead.simulator.uplink import Hooks, Uplink
from ohmstead.simulator.watch import Watch


class Machine(ABC):
    """A simulated station. Connectors count from 1; currents are A per phase, energy is Wh, times are of the clock.

    `rotation` says which phase of the site feeds each terminal: "RST" to "TSR", or the one phase ("L2") of a
    single-phase station. `tls_url` is where it connects by security profiles 2 and 3, if not at `url`; `certificates`
    are its own and whom it trusts. `profiles` replaces the charging profile store where it is to understand less.
    `trace` sees each frame after "<" (came in), ">" (went out) or "x" (should have gone out, but for a fault).
    """

    subprotocol: str

    def __init__(
        self,
        url: str,
        identity: str,
        password: str | bytes | None = None,
        *,
        connectors: int = 1,
        phases: int = 3,
        rating_a: float = 32.0,
        rotation: str = "RST",
        clock: Clock | None = None,
        seed: int = 0,
        profiles: ChargingProfiles | None = None,
        settings: Settings | None = None,
        patience: Patience | None = None,
        tls_url: str | None = None,
        certificates: Certificates | None = None,
        trace: Callable[[str, str], None] | None = None,
    ) -> None:
        self.identity = identity
        self.clock = clock or SystemClock()
        self.settings = settings or Settings()
        self.faults = Faults()
        # an empty store is falsy, and none the less the one that was asked for
        store = ChargingProfiles(rating_a, phases) if profiles is None else profiles
        self.hardware = Hardware(connectors, store, rotation)
        self.charging = Charging(
            self.hardware, self.settings, self.clock, self._post_start, self._post_stop, self._touch, self._post_let_go
        )
        self.authorization = Authorization(self.settings, self.charging.time, self._ask)
        secure = url.startswith("wss:")
        self.safe = CredentialStore(
            identity,
            self.subprotocol,
            plain=None if secure else url,
            tls=url if secure else tls_url,
            password=password.encode() if isinstance(password, str) else password,
            certificates=certificates or Certificates(),
        )
        self.powered, self.outside, self._speech = Tasks(identity), Tasks(identity), Tasks(identity)
        self.heart = HeartbeatTask(self.clock, self.powered, self._settle)
        self.uplink = Uplink(
            self.safe.first(),
            self.clock,
            self.faults,
            random.Random(f"{seed} {identity}"),
            self.settings,
            patience or Patience(),
            self.powered,
            Hooks(self._come_online, self._obey, self._seen, trace or (lambda direction, frame: None)),
        )
        self.accepted = False
        """Whether the central system has accepted this station since it was switched on."""
        self.listeners: list[Callable[[int, State], None]] = []
        """Called with a connector (0 is the station) and its new state."""
        self._watch = Watch()
        self._shown: dict[int, State] = {}
        self._told: dict[int, State] = {}
        self._lost_power_at: datetime | None = None

    # What it is

    def state(self, connector: int) -> State:
        """The state of a connector, or of the whole station for 0."""
        if connector == 0:
            return State.AVAILABLE if self.hardware.operative else State.UNAVAILABLE
        return self.charging.connector(connector).state

    @property
    def online(self) -> bool:
        """Whether the line is open and the central system has accepted the station."""
        return self.uplink.online

    @property
    def in_flight(self) -> int:
        """Messages made and not answered yet: waiting, on the wire, or kept for better times."""
        return len(self.uplink.outbox) + max(len(self._speech), self.uplink.open_calls)

    async def until(self, predicate: Callable[[Self], bool]) -> None:
        """Return once the predicate holds of this station: at once, or at the first change after which it does."""
        await self._watch.until(lambda: predicate(self))

    # Power

    async def start(self) -> None:
        """Switch the station on. It connects by itself; wait for `online` where that matters."""
        self.power_on()

    async def stop(self) -> None:
        """Take the station out of the world: close the line and end everything."""
        self.heart.stop()
        await self.uplink.line.close()
        self.uplink.line.bury()
        for tasks in (self.outside, self.powered, self._speech):
            await tasks.ended()

    def power_on(self, reason: str = "PowerLoss") -> None:
        """Boot. Transactions that were running when the power went end with `reason`, unless they were forgotten."""
        if self.hardware.powered:
            return
        self._recover(reason)
        with self.charging.change():
            self.hardware.powered = True
        wanted = self.safe.preferred()
        if wanted is not None and wanted.profile > self.uplink.line.address.profile:
            self.uplink.line.move_to(wanted)
        self.uplink.start()
        self.rhythm()

    def power_off(self, *, half_open: bool = False) -> None:
        """Pull the plug: no goodbye. With `half_open` the other side is left with a socket that nobody reads."""
        self._lost_power_at = self.charging.time()
        with self.charging.change():
            self.hardware.powered = False
            self.charging.revoke()
        line = self.uplink.line
        line.abandon() if half_open else line.abort()
        self.heart.stop()
        self.powered.cancel()
        self._speech.cancel()
        self.accepted = False
        self._told.clear()

    async def reset(self, *, hard: bool) -> None:
        """Reboot; the soft way ends transactions first, and gives the central system time to hear of it."""
        if not hard:
            self.charging.end_all("SoftReset")
            heard = self.outside.start(self.until(lambda machine: not machine.online or machine.in_flight == 0))
            patience = self.outside.start(self.clock.sleep(self.uplink.line.patience.answer_s))
            await asyncio.wait({heard, patience}, return_when=asyncio.FIRST_COMPLETED)
            heard.cancel()
            patience.cancel()
        await self.reboot("HardReset" if hard else "SoftReset")

    async def reconnect(self, address: Address) -> None:
        """Close the line and connect there, with a new introduction; if that fails, as before."""
        self.uplink.line.move_to(address)
        self.accepted = False
        await self.uplink.line.close()

    async def reboot(self, reason: str = "PowerLoss") -> None:
        """Off, and on again after the time a boot takes."""
        self.power_off()
        await self.clock.sleep(self.settings.reboot_s)
        self.power_on(reason)

    # What it does by itself

    def rhythm(self) -> None:
        """Take up the regular intervals anew, after they were changed or the power came back."""
        self.heart.beat("heartbeat", lambda: self.settings.heartbeat_s, self._beat)
        self.heart.beat("sample", lambda: self.settings.sample_s, self._sample)

    def _recover(self, reason: str) -> None:
        if self.faults.forgets_transactions:
            self.charging.forget_transactions()
        if self.faults.forgets_profiles:
            self.hardware.profiles.clear()
        self.charging.end_all(reason, self._lost_power_at)

    def _seen(self) -> None:
        self._watch.changed()

    def _touch(self) -> None:
        if self.hardware.powered:
            self.heart.touch()
        else:
            self._watch.changed()

    def _settle(self) -> datetime | None:
        """Bring everything up to now, tell what is new, and say when to look again."""
        self.hardware.advance(self.clock.now())
        self.charging.expire()
        for connector in (0, *self.hardware.connectors):
            if (state := self.state(connector)) is not self._shown.get(connector):
                self._shown[connector] = state
                self._show(connector, state)
        self._watch.changed()
        due = (self.hardware.next_change(), self.charging.next_expiry())
        return min((moment for moment in due if moment), default=None)

    def _show(self, connector: int, state: State) -> None:
        for listener in self.listeners:
            listener(connector, state)
        if self.online:
            self.tell_state(connector)

    def say(self, words: Coroutine[Any, Any, None]) -> None:
        """Begin to say something that is not worth keeping, and that counts as in flight from now on."""
        self._speech.start(words).add_done_callback(lambda _: self._seen())

    def tell_state(self, connector: int) -> None:
        """Say the present state of a connector; what fails is said again when the station comes online."""
        self.say(self._tell_state(connector, self.state(connector), self.charging.time()))

    async def _tell_state(self, connector: int, state: State, at: datetime) -> None:
        with suppress(Unanswered, CallError):
            await self._say_state(connector, state, at)
            self._told[connector] = state

    async def _come_online(self) -> None:
        await self._introduce()
        for connector in (0, *self.hardware.connectors):
            if self._told.get(connector) is not self.state(connector):
                self.tell_state(connector)

    def _beat(self) -> None:
        if self.online:
            self.say(self._heartbeat())

    def _sample(self) -> None:
        self.hardware.advance(self.clock.now())
        for connector in self.hardware.connectors.values():
            if connector.transaction:
                self._post_sample(connector.id)

    # What the protocol adds

    @abstractmethod
    async def _introduce(self) -> None:
        """After the line has opened: return once the central system has accepted the station."""

    @abstractmethod
    async def _obey(self, call: Call) -> None:
        """Do and answer what the central system asks for."""

    @abstractmethod
    async def _ask(self, tag: str) -> Verdict:
        """What the central system says of a tag. Unanswered or CallError when it says nothing."""

    @abstractmethod
    async def _say_state(self, connector: int, state: State, at: datetime) -> None:
        """Tell a state that began at `at`. Unanswered or CallError when nobody took it."""

    @abstractmethod
    async def _heartbeat(self) -> None:
        """Say that the station is alive."""

    @abstractmethod
    def _post_start(self, transaction: Transaction) -> None:
        """See to it that the central system hears of a start."""

    @abstractmethod
    def _post_stop(self, transaction: Transaction) -> None:
        """See to it that the central system hears of an end."""

    def _post_let_go(self, reservation: Reservation, how: str) -> None:
        """See to it that the central system hears of a reservation that the station ended; 1.6 has no word for it."""
        self.heart.touch()

    @abstractmethod
    def _post_sample(self, connector: int) -> None:
        """See to it that the central system gets the present readings of a running transaction."""
