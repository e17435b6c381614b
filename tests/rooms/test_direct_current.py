"""DC EVSEs in the circuit's amperes: their rating, their limits in W that they give, what they draw from the grid."""

from dataclasses import replace
from decimal import Decimal
from math import sqrt
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.engines.dlm.planning import Send
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.management.lines import against_limit, lines_of
from ohmstead.rooms.power.management.profiles import fallback, setpoint
from ohmstead.rooms.power.management.snapshot import Charge, Outlet, _details, take
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site
from tests.rooms.test_watt_limits import NOON, outlet

STAR_W, DELTA_W = sqrt(3) * 360, sqrt(3) * 207  # W an A on three lines at the lowest voltage
CHARGE = Charge(1, "1", NOON, 1.0, ())


def direct(efficiency: float | None, configuration: str = "star", volts: str | None = None) -> Outlet:
    made = outlet("three_phase", None, configuration, volts, "W")
    return replace(made, is_dc=True, efficiency=efficiency, rating=250.0)


@pytest.mark.parametrize(
    ("efficiency", "configuration", "watts"),
    [
        (0.95, "star", STAR_W * 95),
        (None, "star", STAR_W * 90),  # of which nothing is known it may be so little
        (0.95, "delta", DELTA_W * 95),
    ],
)
def test_its_limit_is_what_it_gives_at_the_lowest_voltage(
    efficiency: float | None, configuration: str, watts: float
) -> None:
    period = fallback(direct(efficiency, configuration), 100, NOON).periods[0]
    assert period.limit == pytest.approx(watts)
    assert period.phases is None, "of a direct current nothing is said of phases"


@pytest.mark.parametrize(("efficiency", "amps"), [(0.95, 100.0), (None, 95.0)])
def test_what_it_tells_is_what_it_gives(efficiency: float | None, amps: float) -> None:
    """Of which no efficiency is known draws that at the least: the rest counts as unmanaged, not as managed."""
    told_w = 230 * 3 * 100 * 0.95
    assert lines_of(direct(efficiency), {}, told_w, 230.0) == pytest.approx([amps] * 3)


@pytest.mark.parametrize("efficiency", [0.95, None])
@pytest.mark.parametrize("configuration", ["star", "delta"])
def test_who_draws_all_the_watts_he_was_told_draws_all_of_his_limit(
    efficiency: float | None, configuration: str
) -> None:
    """Else it were taken to have no use for all, and be given less and less."""
    here = direct(efficiency, configuration)
    told_w = fallback(here, 100, NOON).periods[0].limit
    own = lines_of(here, {}, told_w, 230.0)
    assert own is not None
    assert max(own) < 100, "at a better voltage it is less"
    assert against_limit(here, own, told_w, 230.0) == pytest.approx(100)


def test_an_ac_station_limited_in_watts_counts_by_its_busiest_line_all_the_same() -> None:
    here = outlet("three_phase", None, "star", None, "W")
    assert against_limit(here, [16.0, 0.0, 0.0], 3680.0, 230.0) == 16.0
    assert against_limit(here, [10.0, 10.0, 10.0], None, 230.0) == pytest.approx(6900 / STAR_W)
    assert against_limit(replace(here, unit="A"), [10.0, 9.0, 9.0], 9000.0, 230.0) == 10.0


@pytest.mark.parametrize(
    ("phases", "line", "configuration", "watts", "amps"),
    [
        ("single_phase", "L1_L2", "delta", 3680, [16, 16]),  # one current on both of its lines
        ("split_phase", "L1_L2", "star", 3680, [16, 16]),
        ("three_phase", None, "delta", sqrt(3) * 230 * 16, [16, 16, 16]),
        ("single_phase", "L2", "star", 3680, [16]),
        ("three_phase", None, "star", 11_040, [16, 16, 16]),
    ],
)
def test_power_between_lines_is_no_power_to_neutral(
    phases: str, line: str | None, configuration: str, watts: float, amps: list[float]
) -> None:
    assert lines_of(outlet(phases, line, configuration, None, "A"), {}, watts, 230.0) == pytest.approx(amps)


@pytest.mark.parametrize(
    ("phases", "line", "configuration", "told"),
    [
        ("single_phase", "L1_L2", "delta", 1), ("split_phase", "L1_L2", "star", 1), ("three_phase", None, "delta", 3),
        ("single_phase", "L2", "star", 1), ("three_phase", None, "star", 3),
    ],
)  # fmt: skip
def test_what_lies_between_two_lines_is_one_phase_to_its_station(
    phases: str, line: str | None, configuration: str, told: int
) -> None:
    assert fallback(outlet(phases, line, configuration, None, "A"), 10, NOON).periods[0].phases == told


def test_where_nobody_said_which_line_it_is_on_it_gets_the_watts_of_one() -> None:
    tree = Tree([Circuit(1, None, 63.0)])
    lost = replace(outlet("three_phase", None, "star", None, "W"), wiring=tree.wiring(1, "single_phase", None, None))
    assert lost.wiring.mask == (1, 1, 1)
    period = fallback(lost, 10, NOON).periods[0]
    assert (period.limit, period.phases) == (pytest.approx(2070), 1)
    assert lines_of(lost, {}, 2300.0, 230.0) == pytest.approx([10.0])


@pytest.mark.parametrize(
    ("unit", "phases", "told"),
    [
        ("A", None, [(10.0, 3), (6.0, 3)]),
        ("A", 1, [(10.0, 1), (6.0, 1)]),
        ("W", 1, [(360 / sqrt(3) * 10, 1), (360 / sqrt(3) * 6, 1)]),
    ],
)  # fmt: skip
def test_a_limit_may_be_for_one_of_its_lines(unit: str, phases: int | None, told: list[tuple[float, int]]) -> None:
    here = outlet("three_phase", None, "star", "400", unit)
    sent = Send(1, 1, 10.0, 6.0, NOON.timestamp(), NOON.timestamp() + 900, "first")
    periods = setpoint(here, CHARGE, sent, phases).periods
    assert [(one.limit, one.phases) for one in periods] == [(pytest.approx(limit), count) for limit, count in told]


# As the database has it


async def seen(api: Client, given: Given, here: Site, **options: Any) -> Outlet:
    """Its EVSE as load management sees it, on a circuit of 400 A."""
    path = f"/resources/evses/v2.1/{here.evses[0]}"
    body = {"currentType": "dc", "powerOptions": options}
    assert (await api.patch(path, body)).status == 200
    circuit = await given.circuit(maxCurrent=400)
    smart = {"mode": "dynamic", "defaultChargePointMaxCurrent": 400, "maxVoltage": "400", "phases": "three_phase",
             "electricalConfiguration": "star", "phaseRotation": "RST"}  # fmt: skip
    await given.made(f"/resources/charge-points/v2.0/{here.id}/smart-charging", smart)
    joined = {"chargePointId": here.id}
    assert (await api.post(f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point", joined)).status == 202
    async with here.system.database.read() as tx:
        snapshot = await take(tx, int(circuit["id"]))
    assert snapshot is not None
    return snapshot.outlets[here.evses[0]]


@pytest.mark.parametrize(
    ("options", "rating"),
    [
        ({"maxPower": 150_000}, 150_000 / (STAR_W * 0.9)),
        ({"maxPower": 150_000, "maxAmperage": 500}, 150_000 / (STAR_W * 0.9)),  # A of the cable to the car
        ({"maxAmperage": 200}, 200),
        ({}, 400),
    ],
)
async def test_its_rating_is_its_power_in_the_amperes_of_the_circuit(
    api: Client, given: Given, gateway: Gateway, options: dict[str, Any], rating: float
) -> None:
    here = await seen(api, given, await site(given), **{"maxPower": None} | options)
    assert (here.is_dc, here.unit, here.efficiency) == (True, "W", None)
    assert here.rating == pytest.approx(rating)


async def test_its_efficiency_is_its_models(api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given)
    model = await given.model(quirks={"efficiencyPercent": 96})
    assert (await api.patch(f"/resources/charge-points/v2.0/{here.id}", {"modelId": model["id"]})).status == 200
    found = await seen(api, given, here, maxPower=150_000)
    assert (found.efficiency, found.rating) == (0.96, pytest.approx(150_000 / (STAR_W * 0.96)))


async def test_its_efficiency_goes_with_the_template_it_is_made_from(
    api: Client, given: Given, gateway: Gateway
) -> None:
    template = await given.template(
        {"networkId": "1", "currentType": "dc", "efficiencyPercent": 94.5, "powerOptions": {"maxPower": 150_000}}
    )
    body = {"templateId": template["id"], "name": "Post", "networkId": None, "status": "active"}
    body["locationId"] = int((await given.location())["id"])
    made = await given.made("/resources/charge-points/v1.0", body)
    async with given.system.database.read() as tx:
        found = await tx.all(select(evse.c.efficiency_percent).where(evse.c.charge_point_id == int(made["id"])))
    assert [row[0] for row in found] == [Decimal("94.5")]


def test_what_its_charge_point_does_not_say_of_the_voltage_its_circuit_does() -> None:
    row: Any = {"smart_charging": {"maxVoltage": None, "mode": "dynamic"}}
    circuit: Any = {"max_voltage": "208", "electrical_configuration": "delta"}
    assert _details(row, circuit) == {"mode": "dynamic", "maxVoltage": "208", "electricalConfiguration": "delta"}
    row["smart_charging"]["maxVoltage"] = "230"
    assert _details(row, circuit)["maxVoltage"] == "230"
