"""A day of a car park in acnportal's simulation: 54 single-phase sockets on three boards below a main cable."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from acnportal.acnsim import Simulator
from acnportal.acnsim.events import EventQueue, PluginEvent
from acnportal.acnsim.models import EV, EVSE, Battery
from acnportal.acnsim.network import ChargingNetwork, Current
from acnportal.algorithms import BaseAlgorithm

SOCKETS, BOARDS = 54, 3
VOLTS, MOST_A = 230.0, 32.0
STEP_MIN, STEPS = 5, 288
A_KWH = VOLTS * STEP_MIN / 60 / 1000  # kWh that 1 A is in a step


@dataclass(frozen=True)
class Site:
    """A on each of the three lines, of the main cable and of each board."""

    main: float
    board: float


@dataclass(frozen=True)
class Car:
    """Steps of its arrival and departure, and the kWh it asks for."""

    socket: int
    arrival: int
    departure: int
    kwh: float


def board_of(socket: int) -> str:
    return f"board{socket * BOARDS // SOCKETS}"


def line_of(socket: int) -> int:
    return socket % 3


def cars(seed: int) -> list[Car]:
    """Every socket has a car for a working day, and two in five another one after it."""
    dice = random.Random(seed)
    found = []
    for socket in range(SOCKETS):
        arrival, stays = _steps(dice.gauss(8.5, 1.2)), (7.5, 2.0)
        while arrival < STEPS - 24:
            departure = min(STEPS - 1, arrival + max(12, _steps(dice.gauss(*stays))))
            most = (departure - arrival) * MOST_A * A_KWH
            found.append(Car(socket, arrival, departure, min(most, dice.uniform(4.0, 33.0))))
            after = departure + _steps(dice.expovariate(1 / 1.5))
            arrival, stays = after if dice.random() < 0.4 else STEPS, (2.5, 1.0)
    return found


def network(site: Site) -> ChargingNetwork:
    """The cables as acnportal sees them."""
    found = ChargingNetwork()
    for socket in range(SOCKETS):
        found.register_evse(EVSE(str(socket), max_rate=MOST_A), VOLTS, 0)
    for line in range(3):
        there = [socket for socket in range(SOCKETS) if line_of(socket) == line]
        found.add_constraint(Current([str(one) for one in there]), site.main, f"main L{line + 1}")
        for board in sorted({board_of(one) for one in there}):
            below = [str(one) for one in there if board_of(one) == board]
            found.add_constraint(Current(below), site.board, f"{board} L{line + 1}")
    return found


def play(site: Site, visits: list[Car], algorithm: BaseAlgorithm) -> Simulator:
    """The day with an algorithm in charge. A battery takes what its car asked for."""
    queue = EventQueue()
    for number, car in enumerate(visits):
        battery = Battery(car.kwh, 0.0, MOST_A * VOLTS / 1000)
        ev = EV(car.arrival, car.departure, car.kwh, str(car.socket), str(number), battery)
        queue.add_event(PluginEvent(car.arrival, ev))
    simulator = Simulator(network(site), algorithm, queue, datetime(2026, 1, 5, tzinfo=UTC), STEP_MIN, verbose=False)
    simulator.run()
    return simulator


def _steps(hours: float) -> int:
    return max(0, round(hours * 60 / STEP_MIN))
