"""A prompt for one station: what a driver, an electrician or a bad day can do to it, line by line."""

import difflib
import inspect
import json
import shlex
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from ohmstead.simulator.connector import State
from ohmstead.simulator.frames import CallError
from ohmstead.simulator.line import Unanswered
from ohmstead.simulator.ocpp_station import OcppStation
from ohmstead.simulator.station import Station
from ohmstead.simulator.station_v201 import StationV201
from ohmstead.simulator.vehicle import Vehicle

Write = Callable[[str], None]


async def prompt(
    station: Station, lines: AsyncIterable[str], write: Write, *, connector: int = 1, tag: str = "DEMO"
) -> None:
    """Obey the lines until "quit" or their end, and write what happens; each text ends without a line break.

    The station must be switched on, and stays so. `tag` is the card used where a line names none.
    """
    context = Prompt(station, write, connector, tag)
    station.listeners.append(context.tell)
    try:
        write(f"This is station {station.identity}. Type 'help' for what you can do.")
        async for line in lines:
            if not line.strip():
                continue
            if not await context.obey(line):
                break
    finally:
        station.listeners.remove(context.tell)


class Command(NamedTuple):
    arguments: str
    meaning: str
    do: Callable[..., Awaitable[None]]


@dataclass
class Prompt:
    """Commands act on the connector chosen last."""

    station: Station
    write: Write
    connector: int
    tag: str

    async def obey(self, line: str) -> bool:
        """Do what a line says, or say why not; whether to go on."""
        try:
            word, *rest = shlex.split(line)
            if word in ("quit", "exit"):
                return False
            await self._do(word.lower(), rest)
        except ValueError as fault:
            self.write(f"Not done: {fault}")
        return True

    def tell(self, connector: int, state: State) -> None:
        """Say that a state is new."""
        who = f"Connector {connector}" if connector else "The station"
        self.write(f"{who} is {state.value}.")

    async def _do(self, word: str, rest: list[str]) -> None:
        command = COMMANDS.get(word)
        if command is None:
            near = difflib.get_close_matches(word, [*COMMANDS, "quit"], 1)
            raise ValueError(f"there is no {word!r}; " + (f"did you mean {near[0]!r}?" if near else "try 'help'"))
        try:
            inspect.signature(command.do).bind(self, *rest)
        except TypeError:
            raise ValueError(f"say it as: {word} {command.arguments}".rstrip()) from None
        await command.do(self, *rest)

    async def plug(self, *words: str) -> None:
        vehicle = _vehicle(words)
        self.station.plug(self.connector, vehicle)
        self.write(
            f"A car is plugged in: up to {vehicle.max_a:g} A on {vehicle.phases} of 3 phases, {vehicle.soc:.0f} % full."
        )

    async def unplug(self) -> None:
        vehicle = self.station.unplug(self.connector)
        self.write(f"The car leaves with {vehicle.soc:.0f} %.")

    async def authorize(self, tag: str = "") -> None:
        accepted = await self.station.present_tag(self.connector, tag or self.tag)
        asked = "" if self.station.online else " by the station itself, which is offline"
        self.write(f"Card {tag or self.tag} is {'accepted' if accepted else 'refused'}{asked}.")

    async def start(self, tag: str = "") -> None:
        if self.station.transaction(self.connector):
            raise ValueError("a transaction is running already")
        if not self.station.charging.connector(self.connector).vehicle:
            await self.plug()
        await self.authorize(tag)

    async def stop(self) -> None:
        self.station.stop_local(self.connector)

    async def pause(self) -> None:
        self.station.vehicle_wants(self.connector, False)

    async def resume(self) -> None:
        self.station.vehicle_wants(self.connector, True)

    async def fault(self, code: str = "GroundFailure") -> None:
        if code not in ERRORS:
            raise ValueError("the codes are " + ", ".join(ERRORS))
        self.station.fault(self.connector, code)

    async def clear(self) -> None:
        self.station.clear(self.connector)

    async def event(self, component: str, variable: str, value: str, evse: str = "0", code: str = "") -> None:
        self._later().tell_event(component, variable, value, _whole(evse), **({"code": code} if code else {}))

    async def limit(self, amps: str, evse: str = "0") -> None:
        if amps != "off" and not amps.replace(".", "", 1).isdecimal():
            raise ValueError("a limit is in A a phase, or off")
        self._later().limit_outside(None if amps == "off" else float(amps), _whole(evse))

    async def needs(self, minutes: str, kwh: str = "") -> None:
        if not minutes.isdecimal() or (not kwh.replace(".", "", 1).isdecimal() and kwh):
            raise ValueError("a car stays for so many minutes, and wants so many kWh")
        wh = float(kwh) * 1000 if kwh else None
        self._later().tell_needs(self.connector, timedelta(minutes=int(minutes)), wh)

    async def send(self, action: str, payload: str = "{}") -> None:
        try:
            answer = await self._speaker().send(action, json.loads(payload))
        except (Unanswered, CallError) as failure:
            raise ValueError(f"{action} got no answer: {failure or type(failure).__name__}") from None
        self.write(f"{action} was answered: {json.dumps(answer)}")

    async def certificate(self, url: str) -> None:
        try:
            status = await self._speaker().certificate_status(url)
        except (Unanswered, CallError) as failure:
            raise ValueError(f"nobody said: {failure or type(failure).__name__}") from None
        self.write(f"Its certificate: {status}.")

    def _speaker(self) -> OcppStation:
        if not isinstance(self.station, OcppStation):
            raise ValueError("this station does not speak")
        return self.station

    def _later(self) -> StationV201:
        if not isinstance(self.station, StationV201):
            raise ValueError("that takes a station of OCPP 2.0.1")
        return self.station

    async def drop(self, how: str = "politely") -> None:
        await self.station.drop(close_frame=how == "politely")
        self.write("The line is down; the station will try again.")

    async def power(self, switch: str) -> None:
        on = self.station.hardware.powered
        if switch not in ("on", "off") or (switch == "on") == on:
            raise ValueError(f"the power is {'on' if on else 'off'}; it can be switched {'off' if on else 'on'}")
        self.station.power_on() if switch == "on" else self.station.power_off()
        self.write(f"The power is {switch}.")

    async def choose(self, number: str) -> None:
        if not number.isdecimal() or int(number) not in self.station.hardware.connectors:
            raise ValueError("the connectors are " + ", ".join(map(str, self.station.hardware.connectors)))
        self.connector = int(number)
        self.write(f"This is about connector {number} now.")

    async def status(self) -> None:
        station = self.station
        line = "online" if station.online else f"offline ({station.uplink.line.refusal or 'not accepted yet'})"
        self.write(f"{station.identity} is {line}, with {station.in_flight} messages to be answered.")
        for connector in station.hardware.connectors:
            self.write(self._standing(connector))

    async def help(self) -> None:
        for word, (arguments, meaning, _) in COMMANDS.items():
            self.write(f"  {word + ' ' + arguments:<24} {meaning}")
        self.write(f"  {'quit':<24} leave")

    def _standing(self, number: int) -> str:
        station, connector = self.station, self.station.charging.connector(number)
        amps = "  ".join(f"L{phase} {amps:.1f} A" for phase, amps in enumerate(station.draw(number), 1))
        parts = [
            f"{'*' if number == self.connector else ' '} {number}  {connector.state.value:<13}",
            f"{amps}  of {station.offered(number):.1f} A offered",
            f"{connector.power_w / 1000:.2f} kW",
            f"{connector.register_wh / 1000:.3f} kWh",
        ]
        if connector.transaction:
            parts.append(f"transaction {connector.transaction.id or 'not confirmed yet'}")
        if connector.vehicle:
            parts.append(f"car at {connector.vehicle.soc:.1f} %")
        return "  |  ".join(parts)


COMMANDS = {
    "plug": Command("[1p|2p|3p] [A]", "plug a car in: its phases, and the most it takes", Prompt.plug),
    "unplug": Command("", "pull the cable out", Prompt.unplug),
    "authorize": Command("[TAG]", "hold a card to the reader, to start or to stop", Prompt.authorize),
    "start": Command("[TAG]", "the same, with a car plugged in first if there is none", Prompt.start),
    "stop": Command("", "press the stop button", Prompt.stop),
    "pause": Command("", "the car stops asking for current", Prompt.pause),
    "resume": Command("", "the car asks for current again", Prompt.resume),
    "fault": Command("[CODE]", "break the connector, by an error code of OCPP 1.6", Prompt.fault),
    "clear": Command("", "mend the connector", Prompt.clear),
    "event": Command("COMPONENT VARIABLE VALUE [EVSE] [CODE]", "report an event (2.0.1)", Prompt.event),
    "limit": Command("A|off [EVSE]", "somebody else limits the station, or does so no longer (2.0.1)", Prompt.limit),
    "needs": Command("MINUTES [kWh]", "the car says how long it stays and what it wants (2.0.1)", Prompt.needs),
    "send": Command("ACTION [JSON]", "say any message of OCPP", Prompt.send),
    "certificate": Command("URL", "ask whether its certificate counts, by a responder", Prompt.certificate),
    "drop": Command("[abruptly]", "lose the line, with a goodbye or without", Prompt.drop),
    "power": Command("on|off", "pull the station's own plug, or put it back", Prompt.power),
    "connector": Command("N", "speak of another connector from now on", Prompt.choose),
    "status": Command("", "how everything stands", Prompt.status),
    "help": Command("", "this list", Prompt.help),
}

ERRORS = (
    "ConnectorLockFailure", "EVCommunicationError", "GroundFailure", "HighTemperature", "InternalError",
    "LocalListConflict", "OtherError", "OverCurrentFailure", "PowerMeterFailure", "PowerSwitchFailure",
    "ReaderFailure", "ResetFailure", "UnderVoltage", "OverVoltage", "WeakSignal",
)  # fmt: skip


def _whole(word: str) -> int:
    if not word.isdecimal():
        raise ValueError(f"{word!r} is no number of an EVSE")
    return int(word)


def _vehicle(words: tuple[str, ...]) -> Vehicle:
    """A car of "1p" to "3p" and "16" or "16A", in any order."""
    phases, amps = 3, 16.0
    for word in words:
        plain = word.lower()
        if plain in ("1p", "2p", "3p"):
            phases = int(plain[0])
        elif plain.removesuffix("a").replace(".", "", 1).isdecimal():
            amps = float(plain.removesuffix("a"))
        else:
            raise ValueError(f"{word!r} is neither phases (1p, 2p, 3p) nor A per phase (16)")
    return Vehicle(phases, amps)
