"""Every wiring through the real gateway: between lines, split phase, a single phase, direct current and limits in W.
The true currents stay within the limits second by second, and every car gets some."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.charging_profile import Unit
from ohmstead.simulator.charging_profiles import ChargingProfiles
from ohmstead.simulator.station import Station
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.lines import SPLIT_PHASE, Lines, Load, watched
from tests.scenarios.places import Ear, fleet
from tests.scenarios.waiting import becomes

SPEED = 25.0  # simulated s a second
IT = {"electricalConfiguration": "delta"}


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    tuning = Tuning(tick=5.0, band=EXACT, pace=Pace(hold=10.0))
    async with live(system.dsn, tmp_path, SystemClock(SPEED), tuning) as running:
        yield running


async def hang(
    site: Live, name: str, circuit: dict[str, Any], wired: str, seen: str, version: str, *,
    rating: float = 32, configuration: str = "star", power_w: int | None = None, model: dict[str, Any] | None = None,
    **options: Any,
) -> Load:  # fmt: skip
    """A station on a circuit: `wired` as the circuit has its lines, `seen` from the root. It takes what it is given."""
    point = await site.charge_point(name, rating, wired, version, configuration, power_w)
    if model is not None:
        kind = await site.given.model(quirks=model)
        path = f"/resources/charge-points/v2.0/{point['id']}"
        assert (await site.api.patch(path, {"modelId": kind["id"]})).status == 200
    await site.attach(circuit, point)
    station = await site.station(name, rating, seen, version, **options)
    return Load(station, seen, point["id"])


async def known_to_take_watts(site: Live, *loads: Load) -> None:
    """Wait until load management has asked them after their boot."""

    async def units() -> set[str]:
        found = [(site.system.load_management.site_of(load.point), load.point) for load in loads]
        return {outlet.unit for one, point in found if one for outlet in one.outlets.values()
                if outlet.charge_point_id == point}  # fmt: skip

    await becomes(units, lambda told: told == {"W"})


async def charge(site: Live, card: str, *loads: Load, most: float = 32) -> None:
    for load in loads:
        load.station.plug(1, Vehicle(3, most, soc=10))
        assert await load.station.present_tag(1, card)


async def shared(stations: Sequence[Station], amps: Sequence[Any]) -> None:
    """Wait until each draws so many A on its first line."""

    async def drawn() -> list[float]:
        return [round(one.draw(1)[0], 1) for one in stations]

    await becomes(drawn, lambda found: found == list(amps))


def about(amps: float) -> Any:
    return pytest.approx(amps, abs=0.2)


async def test_single_phases_between_the_lines_of_an_it_system(site: Live) -> None:
    """Two on the root and two on a circuit whose phases are turned, and one on three lines."""
    card = await fleet(site)
    root = await site.given.circuit(name="root", maxCurrent=40, maxVoltage="230", **IT)
    deck = await site.given.circuit(name="deck", maxCurrent=20, maxVoltage="230", parentCircuitId=root["id"],
                                    phaseRotation="STR", **IT)  # fmt: skip
    below = [
        await hang(site, "D1", deck, "L1_L2", "L2_L3", "1.6", **_it()),
        await hang(site, "D2", deck, "L2_L3", "L1_L3", "2.0.1", **_it()),
    ]
    on_root = [
        await hang(site, "R1", root, "L1_L2", "L1_L2", "2.0.1", **_it()),
        await hang(site, "R2", root, "RST", "RST", "1.6", **_it()),
    ]
    everything, lower = Lines(40, [*on_root, *below]), Lines(20, below)
    async with watched(site.clock, everything, lower):
        await charge(site, card, *below, *on_root)
        # on the deck's L2, the root's L3, two meet: half of 20 A each; the rest of the root is shared by three
        await shared([load.station for load in (*below, *on_root)], [about(10), about(10), about(15), about(15)])
        assert 34 < max(everything.now()) <= 40, "by magnitude it is full; the true currents are a little less"


def _it() -> dict[str, Any]:
    return {"configuration": "delta"}


async def test_a_split_phase_with_loads_between_and_on_its_lines(site: Live) -> None:
    card = await fleet(site)
    root = await site.given.circuit(name="root", phases="split_phase", maxCurrent=40, maxVoltage="240")
    loads = [
        await hang(site, "S1", root, "L1_L2", "L1_L2", "2.0.1"),
        await hang(site, "S2", root, "L1_L2", "L1_L2", "1.6"),
        await hang(site, "P1", root, "L1", "L1", "1.6"),
        await hang(site, "P2", root, "L2", "L2", "2.0.1"),
    ]
    lines = Lines(40, loads, SPLIT_PHASE)
    async with watched(site.clock, lines):
        await charge(site, card, *loads)
        await shared([load.station for load in loads], [about(13.3)] * 4)
        loads[0].station.unplug(1)
        await shared([load.station for load in loads[1:]], [about(20)] * 3)
        assert lines.now() == pytest.approx([40, 40], abs=0.2)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_single_phase_root(site: Live, version: str) -> None:
    card = await fleet(site)
    root = await site.given.circuit(name="root", phases="single_phase", maxCurrent=25, maxVoltage="230")
    loads = [await hang(site, name, root, "L1", "L1", version) for name in ("A", "B")]
    lines = Lines(25, loads, (0.0,))
    async with watched(site.clock, lines):
        await charge(site, card, *loads)
        await shared([load.station for load in loads], [about(12.5)] * 2)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_direct_current_beside_one_that_takes_only_watts(site: Live, version: str) -> None:
    """100 A for a DC station of 50 kW, an AC one limited in W and one in A."""
    card, ear = await fleet(site), Ear()
    root = await site.given.circuit(name="root", maxCurrent=90, maxVoltage="400")
    fast = ChargingProfiles(80, 3, units=frozenset({Unit.WATT}), efficiency=0.95)
    direct = await hang(site, "DC", root, "RST", "RST", version, power_w=50_000, model={"efficiencyPercent": 95},
                        rating=80, profiles=fast, trace=ear)  # fmt: skip
    watts = await hang(site, "W", root, "STR", "STR", version, profiles=ChargingProfiles(32, 3, units=fast.units))
    amps = await hang(site, "A", root, "TRS", "TRS", version)
    lines = Lines(90, [direct, watts, amps])
    async with watched(site.clock, lines):
        await known_to_take_watts(site, direct, watts)
        await charge(site, card, direct, most=80)
        await shared([direct.station], [pytest.approx(72.3, abs=0.3)])  # of 80 A, for the voltage is no low one
        await charge(site, card, watts, amps)
        # 30 A each; what is said in W is reckoned at the lowest voltage, 360 V between lines
        await shared(
            [load.station for load in (direct, watts, amps)],
            [pytest.approx(27.1, abs=0.4), pytest.approx(27.1, abs=0.4), pytest.approx(30, abs=0.3)],
        )
        amps.station.unplug(1)
        await shared([direct.station], [pytest.approx(52, abs=3)])
    laid = [one.get("csChargingProfiles") or one["chargingProfile"] for one in ear.commands("SetChargingProfile")]
    schedules = [one["chargingSchedule"] for one in laid]
    for schedule in (one[0] if isinstance(one, list) else one for one in schedules):
        assert schedule["chargingRateUnit"] == "W"
        assert not any("numberPhases" in period for period in schedule["chargingSchedulePeriod"])


async def test_who_draws_all_his_watts_is_not_given_less_and_less(system: System, tmp_path: Path) -> None:
    """At a voltage better than the lowest he draws fewer A than he was told, and has use for all of them."""
    tuning = Tuning(tick=5.0, band=EXACT, pace=Pace(hold=10.0))
    async with live(system.dsn, tmp_path, SystemClock(50), tuning) as site:
        card, only_watts = await fleet(site), frozenset({Unit.WATT})
        root = await site.given.circuit(name="root", maxCurrent=120, maxVoltage="400")
        fast = ChargingProfiles(80, 3, units=only_watts, efficiency=0.95)
        direct = await hang(site, "DC", root, "RST", "RST", "2.0.1", power_w=50_000, rating=80, profiles=fast)
        watts = await hang(site, "W", root, "STR", "STR", "1.6", profiles=ChargingProfiles(32, 3, units=only_watts))
        await known_to_take_watts(site, direct, watts)
        async with watched(site.clock, Lines(120, [direct, watts])):
            await charge(site, card, direct, watts, most=80)
            told = [pytest.approx(68.5, abs=0.5), pytest.approx(28.9, abs=0.3)]
            await shared([direct.station, watts.station], told)
            await site.clock.sleep(240)
            await shared([direct.station, watts.station], told)
