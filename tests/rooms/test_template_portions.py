"""Writing a template to a 2.0.1 station: many variables in a call, as many as it takes, and the fate of each."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.configuration.variable_store import keep_told
from ohmstead.rooms.devices.facts import Connected
from ohmstead.rooms.devices.stations import (
    ChangeConfiguration,
    Command,
    Outcome,
    Setting,
    SetVariables,
    StationRefused,
    stations,
)
from ohmstead.rooms.devices.templates.batch_sizes import Portion
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Site, site
from tests.rooms.test_configuration_templates import applied, applies, template, variables_of, works


def variable(number: int, value: str = "1") -> dict[str, Any]:
    return {"variableName": f"Variable{number:02}", "component": "Ctrlr", "value": value}


def name_of(change: ChangeConfiguration) -> str:
    return f"{change.component}.{change.key}"


@dataclass
class Later:
    """A station of 2.0.1 that takes `most` variables in a call, or refuses it; of the `forgotten` it says nothing when
    it is told many. `refusals` are what it answers to single ones."""

    most: int = 1000
    refusals: dict[str, str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    told: list[list[str]] = field(default_factory=list)

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        if isinstance(command, ChangeConfiguration):
            self.told.append([name_of(command)])
            return Outcome(status=self._word(command))
        if not isinstance(command, SetVariables):
            return Outcome(status="Accepted")
        self.told.append([name_of(one) for one in command.changes])
        if len(command.changes) > self.most:
            raise StationRefused("OccurrenceConstraintViolation", "too many")
        verdicts = [
            (Setting(one.key, None, False, component=one.component), self._word(one))
            for one in reversed(command.changes)
            if name_of(one) not in self.forgotten
        ]
        return Outcome(status="Rejected", verdicts=tuple(verdicts))

    def _word(self, change: ChangeConfiguration) -> str:
        return self.refusals.get(name_of(change), "Accepted")

    def connected(self, charge_point_id: int) -> bool:
        return True


@pytest.fixture
async def box() -> AsyncIterator[Later]:
    found = Later()
    stations.provide(found)
    yield found
    stations.provide(None)


@pytest.fixture
async def here(given: Given, box: Later) -> Site:
    found = await site(given)
    spoken = Connected(charge_point_id=found.id, version="2.0.1", remote_ip="::1", at=given.system.clock.now())
    await found.tells(presence.connected, spoken)
    return found


async def says(here: Site, **limits: str) -> None:
    """What the station tells of its messages."""
    told = tuple(
        Setting(name, value, True, component="DeviceDataCtrlr", instance="SetVariables")
        for name, value in limits.items()
    )
    async with here.system.database.begin() as tx:
        await keep_told(tx, here.id, [Outcome(status="Accepted", settings=told)], everything=False)


async def test_many_in_a_call_and_the_fate_of_each(api: Client, given: Given, here: Site, box: Later) -> None:
    box.refusals = {"Ctrlr.Variable03": "UnknownVariable", "Ctrlr.Variable11": "Rejected"}
    made = await template(given, "ocpp 2.0.1", *(variable(number) for number in range(12)))
    await applies(api, made, here.id)
    await works(here)
    assert [len(part) for part in box.told] == [10, 2]
    [row] = await applied(here)
    assert (row["due_at"], row["error"], row["refused"]) == (None, None, box.refusals)
    kept = await variables_of(api, here)
    assert (len(kept), "Variable03" in kept, kept["Variable00"]) == (10, False, ("1", None))


@pytest.mark.parametrize(
    ("limits", "parts"),
    [({"ItemsPerMessage": "5"}, [5, 5, 2]), ({"ItemsPerMessage": "20"}, [12]), ({"ItemsPerMessage": "0"}, [10, 2]),
     ({"ItemsPerMessage": "20", "BytesPerMessage": "1100"}, [4, 4, 4]), ({"BytesPerMessage": "90"}, [1] * 12)],
)  # fmt: skip
async def test_as_many_as_it_says(
    api: Client, given: Given, here: Site, box: Later, limits: dict[str, str], parts: list[int]
) -> None:
    await says(here, **limits)
    made = await template(given, "ocpp 2.0.1", *(variable(number) for number in range(12)))
    await applies(api, made, here.id)
    await works(here)
    assert [len(part) for part in box.told] == parts


async def test_one_that_refuses_many_is_given_one_at_a_time(api: Client, given: Given, here: Site, box: Later) -> None:
    box.most, box.refusals = 1, {"Ctrlr.Variable02": "Rejected"}
    made = await template(given, "ocpp 2.0.1", *(variable(number) for number in range(12)))
    await applies(api, made, here.id)
    await works(here)
    assert [len(part) for part in box.told] == [10] + [1] * 12
    [row] = await applied(here)
    assert (row["refused"], len(await variables_of(api, here))) == (box.refusals, 11)


async def test_what_it_says_nothing_of_is_written_again(api: Client, given: Given, here: Site, box: Later) -> None:
    box.forgotten = {"Ctrlr.Variable01"}
    made = await template(given, "ocpp 2.0.1", *(variable(number) for number in range(3)))
    await applies(api, made, here.id)
    await works(here)
    assert [len(part) for part in box.told] == [3, 1]
    assert len(await variables_of(api, here)) == 3


def test_a_call_is_no_longer_than_it_may_be() -> None:
    """What is counted is never less than what goes on the wire."""
    changes = [ChangeConfiguration(key="K" * 40, component="C" * 40, value='"' * 100)] * 5
    assert [len(part) for part in Portion(10, 1200).cut(changes)] == [2, 2, 1]
    assert list(Portion(10, 10).cut([])) == []
