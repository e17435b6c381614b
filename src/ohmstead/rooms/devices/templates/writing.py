"""Writing: variables given to one charge point, many in a call where it can take that, and what became of each."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from ohmstead.kit.db import Tx
from ohmstead.rooms.devices.configuration.variable_store import keep_taken
from ohmstead.rooms.devices.stations import (
    AGREED,
    ChangeConfiguration,
    Setting,
    SetVariables,
    StationRefused,
    VariableName,
    stations,
)
from ohmstead.rooms.devices.templates.batch_sizes import Portion

Begin = Callable[[], AbstractAsyncContextManager[Tx]]
Identity = tuple[object, ...]
Refused = dict[Identity, str]
"""What was not taken, and why."""


class Writer:
    """Writes to one station. `portion` is how many at once; None: each by itself, as OCPP 1.6 has it. Once it refused a
    call with many, it is given one at a time."""

    def __init__(self, begin: Begin, station_id: int, portion: Portion | None) -> None:
        self._begin, self._station_id, self._portion = begin, station_id, portion

    async def write(self, changes: Sequence[ChangeConfiguration]) -> Refused:
        """Have the station take the values, and keep those it took. Raises a `StationError` where it is not there."""
        refused: Refused = {}
        for part in (self._portion or Portion(1)).cut(changes):
            untold = [one for one in part if isinstance(one, ChangeConfiguration)]
            if len(untold) > 1 and self._portion is not None:
                told = await self._together(untold)
                refused |= await self._settled(untold, told)
                untold = [one for one in untold if identity(one) not in told]
            for change in untold:
                refused |= await self._settled([change], {identity(change): await self._alone(change)})
        return refused

    async def _together(self, changes: Sequence[ChangeConfiguration]) -> dict[Identity, str]:
        """The station's words by variable; nothing where it would not have so many."""
        try:
            outcome = await stations.current.call(self._station_id, SetVariables(changes=tuple(changes)))
        except StationRefused:
            self._portion = None
            return {}
        return {identity(setting): status for setting, status in outcome.verdicts}

    async def _alone(self, change: ChangeConfiguration) -> str:
        try:
            return (await stations.current.call(self._station_id, change)).status
        except StationRefused as error:
            return str(error)

    async def _settled(self, changes: Sequence[ChangeConfiguration], told: dict[Identity, str]) -> Refused:
        """Keep what was taken of these, and say what was not."""
        words = {identity(one): told[identity(one)] for one in changes if identity(one) in told}
        taken = [one for one in changes if words.get(identity(one)) in AGREED]
        if taken:
            async with self._begin() as tx:
                for change in taken:
                    await keep_taken(tx, self._station_id, change, words[identity(change)])
        return {key: word for key, word in words.items() if word not in AGREED}


def identity(name: VariableName | Setting) -> Identity:
    """What tells a variable from all others; where no attribute is named it is the actual value."""
    place = (name.component, name.component_instance, name.evse_network_id, name.connector_network_id)
    return (name.key, name.instance, *place, name.attribute or "Actual")
