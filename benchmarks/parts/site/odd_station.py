"""The simulated stations with odds: each command may come late, each limit may be rejected or get lost."""

import random
from typing import Any

from ohmstead.simulator.frames import Call
from ohmstead.simulator.ocpp_station import OcppStation
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.station_v201 import StationV201
from parts.site.scenario import Odds, late


class Odd(OcppStation):
    """`profiles_heard` counts the limits that came; `over_s` is for how long it drew clearly above its limit."""

    def __init__(self, *args: Any, odds: Odds, dice: random.Random, **options: Any) -> None:
        super().__init__(*args, **options)
        self._odds, self._dice = odds, dice
        self.profiles_heard = 0
        self.away = 0
        """How many outages of its network there are at once."""

    async def _obey(self, call: Call) -> None:
        faults = self.faults
        faults.answer_delay_s = late(self._odds, self._dice)
        if call.action == "SetChargingProfile":
            self.profiles_heard += 1
            self._throw()
        await super()._obey(call)

    def _throw(self) -> None:
        odds, fate, faults = self._odds, self._dice.random(), self.faults
        if fate < odds.rejected:
            faults.reject_next = 1
        elif fate < odds.rejected + odds.lost / 2:
            faults.lose_answers_sent = 1
        elif fate < odds.rejected + odds.lost:
            faults.lose_commands = 1


class OddV16(Odd, StationV16):
    """One that speaks OCPP 1.6."""


class OddV201(Odd, StationV201):
    """One that speaks OCPP 2.0.1."""


SPEAKS: dict[str, type[OddV16 | OddV201]] = {"1.6": OddV16, "2.0.1": OddV201}
