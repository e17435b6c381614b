"""A charge point as its driver, its electrician and the grid meet it: the face of the simulator for tests and demo."""

from datetime import timedelta

from ohmstead.simulator.connector import NO_ERROR, Transaction
from ohmstead.simulator.machine import Machine
from ohmstead.simulator.vehicle import Vehicle

Currents = tuple[float, float, float]


class Station(Machine):
    """Connectors count from 1; currents are A per phase, energy is Wh. KeyError for a connector that is not there."""

    # The driver

    def plug(self, connector: int, vehicle: Vehicle) -> Vehicle:
        """Plug a car in. ValueError when one is there already, KeyError without such a connector."""
        self.charging.plug(connector, vehicle)
        return vehicle

    def unplug(self, connector: int) -> Vehicle:
        """Pull the cable out; the car that leaves. ValueError when there is none."""
        return self.charging.unplug(connector)

    async def present_tag(self, connector: int, tag: str) -> bool:
        """Hold a card to the reader, to start or to stop; whether it was accepted."""
        running = self.charging.connector(connector).transaction
        if running and running.tag == tag:
            self.charging.end(connector, "Local", tag)
            return True
        verdict = await self.authorization.verdict(tag)
        if not verdict.accepted:
            return False
        running = self.charging.connector(connector).transaction
        if running and verdict.group and running.group == verdict.group:
            self.charging.end(connector, "Local", tag)
            return True
        if not self.charging.free(connector, tag, verdict.group):
            return False
        self.charging.permit(connector, tag, verdict.group)
        return True

    def stop_local(self, connector: int) -> None:
        """Press the stop button. ValueError when no transaction is running."""
        self.charging.end(connector, "Local")

    def vehicle_wants(self, connector: int, wants: bool) -> None:
        """The driver tells the car to charge or to pause."""
        vehicle = self.charging.connector(connector).vehicle
        if vehicle is None:
            raise ValueError(f"no car is plugged in at connector {connector}")
        with self.charging.change():
            vehicle.wants = wants

    # The eye on the meter

    def draw(self, connector: int) -> Currents:
        """A on the connector's own terminals, right now."""
        self.hardware.advance(self.clock.now())
        return self.charging.connector(connector).draw

    def site_draw(self) -> Currents:
        """A on the phases of the site, right now."""
        self.hardware.advance(self.clock.now())
        return self.hardware.site_draw()

    def offered(self, connector: int) -> float:
        """A per phase that the pilot shows, right now; 0 while the contactor is open."""
        self.hardware.advance(self.clock.now())
        return self.charging.connector(connector).offer.amps

    def energy_wh(self, connector: int) -> float:
        """The reading of the connector's meter, right now."""
        self.hardware.advance(self.clock.now())
        return self.charging.connector(connector).register_wh

    def transaction(self, connector: int) -> Transaction | None:
        return self.charging.connector(connector).transaction

    # The electrician

    async def drop(self, *, close_frame: bool = True, half_open: bool = False) -> None:
        """Lose the line in one of three ways; the station connects again after its back-off."""
        line = self.uplink.line
        if half_open:
            line.abandon()
        elif close_frame:
            await line.close()
        else:
            line.abort()

    def lose_network(self, *, half_open: bool = False) -> None:
        """Cut the line, unnoticed by the other side if `half_open`; none can be opened until the network is back."""
        line = self.uplink.line
        line.reachable = False
        line.abandon() if half_open else line.abort()

    def find_network(self) -> None:
        """The network is back; the next attempt to connect finds it."""
        self.uplink.line.reachable = True

    def fault(self, connector: int, code: str = "GroundFailure") -> None:
        """Break a connector: the current stops, the transaction stays open until it ends or the fault is cleared. What
        it was reserved for cannot be."""
        with self.charging.change():
            broken = self.charging.connector(connector)
            broken.error = code
            self.charging.end_reservation(broken, "Removed")

    def clear(self, connector: int) -> None:
        """Mend a connector; an open transaction goes on."""
        with self.charging.change():
            self.charging.connector(connector).error = NO_ERROR

    def skew_clock(self, seconds: float) -> None:
        """Set the station's own clock ahead of the true time, or behind it."""
        with self.charging.change():
            self.hardware.skew = timedelta(seconds=seconds)

    def ignore_profiles(self, ignores: bool = True) -> None:
        """Accept charging profiles and do not obey them."""
        with self.charging.change():
            self.hardware.obeys_profiles = not ignores

    def hold_profiles(self, holds: bool = True) -> None:
        """Obey the first limit of each charging profile for ever, past its duration, validity and further periods."""
        with self.charging.change():
            self.hardware.profiles.holds_for_ever = holds
