"""Who may charge where: permits, reservations, and the transactions that begin and end by them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ohmstead.kit.clock import Clock
from ohmstead.simulator.charging_profile import Profile
from ohmstead.simulator.charging_profiles import ProfileRefused
from ohmstead.simulator.connector import NO_ERROR, Connector, Permit, Reservation, Transaction
from ohmstead.simulator.hardware import Hardware
from ohmstead.simulator.settings import Settings
from ohmstead.simulator.vehicle import Vehicle


@dataclass
class Charging:
    """A transaction begins once a permit and a cable meet. `changed` is called after all that is not time's doing."""

    hardware: Hardware
    settings: Settings
    clock: Clock
    started: Callable[[Transaction], None]
    ended: Callable[[Transaction], None]
    changed: Callable[[], None]
    reservation_released: Callable[[Reservation, str], None]
    """Told of a reservation that the station ended by itself, and how: Expired or Removed."""

    def time(self) -> datetime:
        """What the station believes the time to be."""
        return self.clock.now() + self.hardware.skew

    def connector(self, number: int) -> Connector:
        """KeyError when the station has no such connector."""
        return self.hardware.connectors[number]

    @contextmanager
    def change(self) -> Iterator[None]:
        """Around every change: what flowed until now is metered before, what may flow from now on is decided after."""
        with self.hardware.changing(self.clock.now()):
            yield
        self.changed()

    def plug(self, number: int, vehicle: Vehicle) -> None:
        connector = self.connector(number)
        if connector.vehicle:
            raise ValueError(f"a car is plugged in at connector {number} already")
        with self.change():
            connector.vehicle, connector.finished = vehicle, False
            self._begin_if_ready(connector)

    def unplug(self, number: int) -> Vehicle:
        """Take the cable out; the transaction ends with it unless the settings say otherwise."""
        connector = self.connector(number)
        if connector.vehicle is None:
            raise ValueError(f"no car is plugged in at connector {number}")
        with self.change():
            if connector.transaction and self.settings.ends_on_unplug and self.hardware.powered:
                self._end(connector, "EVDisconnected")
            connector.open()
            vehicle, connector.vehicle, connector.finished = connector.vehicle, None, False
        return vehicle

    def permit(self, number: int, tag: str, group: str | None = None, profile: Profile | None = None) -> None:
        """Let `tag` charge at a connector, now or as soon as a cable is plugged in before the time-out."""
        connector = self.connector(number)
        with self.change():
            until = self.clock.now() + timedelta(seconds=self.settings.connection_timeout_s)
            connector.permit = Permit(tag, until, group, profile)
            self._begin_if_ready(connector)

    def end(self, number: int, reason: str, tag: str | None = None) -> None:
        """End the running transaction. ValueError when there is none."""
        connector = self.connector(number)
        if connector.transaction is None:
            raise ValueError(f"no transaction is running at connector {number}")
        with self.change():
            self._end(connector, reason, tag)

    def end_all(self, reason: str, at: datetime | None = None) -> None:
        """End whatever runs; `at` in the station's time, when that was before now."""
        with self.change():
            for connector in self.hardware.connectors.values():
                if connector.transaction:
                    self._end(connector, reason, at=at)

    def bar(self, transaction: Transaction) -> None:
        """The central system does not want this transaction's tag (OCPP 1.6, 4.8): end it, or stop only its current."""
        connector = self.connector(transaction.connector)
        if connector.transaction is not transaction:
            return
        with self.change():
            if self.settings.ends_on_invalid_tag:
                self._end(connector, "DeAuthorized")
            else:
                connector.barred = True

    def free(self, number: int, tag: str, group: str | None = None) -> bool:
        """Whether `tag` could begin to charge at a connector."""
        if not self.hardware.powered:
            return False
        connector = self.connector(number)
        reserved = connector.reservation
        for_them = reserved is None or reserved.tag == tag or (group is not None and reserved.group == group)
        return connector.transaction is None and connector.operative and connector.error == NO_ERROR and for_them

    def expire(self) -> None:
        """Drop permits and reservations whose time is up."""
        now = self.clock.now()
        for connector in self.hardware.connectors.values():
            if connector.permit and connector.permit.until <= now:
                connector.permit = None
            if connector.reservation and connector.reservation.until <= self.time():
                self.end_reservation(connector, "Expired")

    def end_reservation(self, connector: Connector, how: str) -> None:
        """Keep the connector for nobody any longer, and say so."""
        ended, connector.reservation = connector.reservation, None
        if ended:
            self.reservation_released(ended, how)

    def next_expiry(self) -> datetime | None:
        connectors = self.hardware.connectors.values()
        permits = [c.permit.until for c in connectors if c.permit]
        reservations = [c.reservation.until - self.hardware.skew for c in connectors if c.reservation]
        return min([*permits, *reservations], default=None)

    def revoke(self) -> None:
        """Nobody may begin to charge any more who has not begun yet."""
        for connector in self.hardware.connectors.values():
            connector.permit = None

    def forget_transactions(self) -> None:
        """Lose what was running, without a word to anybody."""
        for connector in self.hardware.connectors.values():
            connector.transaction = None
            self.hardware.profiles.end_transaction(connector.id)

    def _begin_if_ready(self, connector: Connector) -> None:
        permit = connector.permit
        if permit is None or connector.vehicle is None or connector.transaction:
            return
        if permit.profile:
            try:
                self.hardware.profiles.install(replace(permit.profile, installed_at=self.time()))
            except ProfileRefused:  # there was room when the start was accepted; without its limit it is off
                connector.permit = None
                return
        self.started(connector.begin(permit.tag, self.time(), permit.group))

    def _end(self, connector: Connector, reason: str, tag: str | None = None, at: datetime | None = None) -> None:
        self.hardware.profiles.end_transaction(connector.id)
        self.ended(connector.end(at or self.time(), reason, tag))
