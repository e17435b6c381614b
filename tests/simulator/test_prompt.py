"""The prompt says what it does, and what cannot be done."""

from collections.abc import AsyncIterator

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.console import COMMANDS, prompt
from ohmstead.simulator.station_v16 import StationV16
from tests.simulator.central import Central
from tests.simulator.conftest import Maker, idle, online


class Talk:
    """Says lines one after the other, each once the station has come to rest."""

    def __init__(self, station: StationV16, *said: str) -> None:
        self.station = station
        self.said = said
        self.written: list[str] = []

    async def lines(self) -> AsyncIterator[str]:
        for line in self.said:
            yield line
            if self.station.online:
                await self.station.until(lambda s: s.in_flight == 0)

    async def take_place(self) -> str:
        await prompt(self.station, self.lines(), self.written.append)
        return "\n".join(self.written)


async def test_a_charging_by_hand(central: Central, station: StationV16):
    talk = await Talk(station, "plug 1p 20", "authorize TAG", "status", "stop", "unplug").take_place()
    assert "A car is plugged in: up to 20 A on 1 of 3 phases, 30 % full." in talk
    assert "Card TAG is accepted." in talk
    assert "Connector 1 is Charging." in talk
    assert "transaction 101" in talk
    assert "The car leaves with 30 %." in talk
    assert central.statuses() == ["Available", "Preparing", "Charging", "Finishing", "Available"]


async def test_start_plugs_in_by_itself(central: Central, station: StationV16, clock: ManualClock):
    talk = await Talk(station, "start", "start", "pause", "resume").take_place()
    assert "Card DEMO is accepted." in talk
    assert "Not done: a transaction is running already" in talk
    assert central.statuses()[-2:] == ["SuspendedEV", "Charging"]
    await clock.advance(5)
    assert station.draw(1) == (16, 16, 16)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("plugg", "did you mean 'plug'?"),
        ("xyzzy", "try 'help'"),
        ("plug 4p", "neither phases"),
        ("plug one", "neither phases"),
        ("unplug now", "say it as: unplug"),
        ("unplug", "no car is plugged in"),
        ("stop", "no transaction is running"),
        ("fault Tired", "the codes are"),
        ("connector 2", "the connectors are 1"),
        ("connector two", "the connectors are 1"),
        ("power on", "the power is on"),
        ("power sideways", "the power is on"),
        ("pause", "no car"),
        ('plug "', "No closing quotation"),
    ],
)
async def test_what_cannot_be_done_is_explained(station: StationV16, line: str, answer: str):
    assert answer in await Talk(station, line).take_place()


async def test_an_offline_station_decides_by_itself(make: Maker):
    station = make(url="ws://127.0.0.1:9")
    await station.start()
    await station.until(lambda s: s.uplink.line.pausing)
    talk = await Talk(station, "authorize TAG", "status").take_place()
    assert "Card TAG is refused by the station itself, which is offline." in talk
    assert "CP1 is offline (" in talk


async def test_faults_and_losses(central: Central, make: Maker):
    station = await online(make(connectors=2))
    talk = await Talk(
        station, "connector 2", "fault HighTemperature", "clear", "drop", "status", "power off", "power on"
    ).take_place()
    assert central.statuses(2) == ["Available", "Faulted", "Available"]
    assert "CP1 is offline" in talk
    assert "The power is off." in talk
    await idle(station)


async def test_help_names_every_word_and_quit_ends(station: StationV16):
    talk = await Talk(station, "", "help", "quit", "plug").take_place()
    assert all(f"\n  {word}" in talk for word in (*COMMANDS, "quit"))
    assert station.charging.connector(1).vehicle is None
    assert station.listeners == []
