"""Reports from the field about energy, each as raw frames: what was metered is what is billed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import Live, live
from tests.scenarios.waiting import becomes
from tests.stations.charger import Charger, plugged
from tests.stations.conftest import Yard
from tests.stations.talker import Talker, talker

TOKEN = {"idToken": "CARD", "type": "ISO14443"}
EVSE = {"id": 1, "connectorId": 1}
POWER, REGISTER = "Power.Active.Import", "Energy.Active.Import.Register"
SPELLINGS = {
    "three lines": {"L1": 0.5, "L2": 0.3, "L3": 0.2},
    "three lines to neutral": {"L1-N": 0.5, "L2-N": 0.3, "L3-N": 0.2},
    "one line": {"L1": 1.0},
    "one line to neutral": {"L1-N": 1.0},
    "the neutral": {"N": 1.0},
    "between lines": {"L1-L2": 0.25, "L2-L3": 0.25, "L3-L1": 0.5},
    "a line and the neutral": {"L2": 1.0, "N": 1.0},
    "a total beside its parts": {None: 1.0, "L1": 0.9, "L2": 0.3},
}
"""Phase -> its share of the whole."""


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock()) as running:
        await running.driver("CARD")
        yield running


@pytest.fixture
async def station(site: Live) -> AsyncIterator[Talker]:
    await site.charge_point("S", version="2.0.1")
    async with talker(site, "S", site.clock.now() - timedelta(hours=6)) as found:
        yield found


async def sessions(site: Live) -> list[dict[str, Any]]:
    """What is metered, oldest first."""
    return (await site.api.get("/internal/sessions/v1.0")).data


async def only_session(site: Live) -> dict[str, Any]:
    found = await sessions(site)
    assert len(found) == 1, found
    return found[0]


async def plugs_in(station: Talker, minute: float = 0, wh: float | None = 10_000, **facts: Any) -> None:
    read = [] if wh is None else [station.reading(minute, wh, "Transaction.Begin")]
    plugged_in: dict[str, Any] = {"triggerReason": "CablePluggedIn", "evse": EVSE}
    plugged_in |= ({"meterValue": read} if read else {}) | facts
    await station.event("Started", minute, {"chargingState": "EVConnected"}, **plugged_in)


async def is_allowed(station: Talker, minute: float, **facts: Any) -> None:
    await station.event("Updated", minute, **{"triggerReason": "Authorized", "idToken": TOKEN} | facts)


async def meters(station: Talker, minute: float, wh: float, context: str = "Sample.Periodic") -> None:
    await station.event("Updated", minute, meterValue=[station.reading(minute, wh, context)])


async def ends(station: Talker, minute: float, wh: float, **facts: Any) -> None:
    told: dict[str, Any] = {"meterValue": [station.reading(minute, wh, "Transaction.End")]}
    await station.event("Ended", minute, **told | facts)


# The cable first


@pytest.mark.parametrize("samples", [(), ((15, 12_500), (30, 15_000), (45, 17_500))])
@pytest.mark.parametrize("contexts", ["Sample.Periodic", "Sample.Clock"])
async def test_a_cable_that_comes_first_carries_the_register(
    site: Live, station: Talker, samples: tuple[tuple[int, int], ...], contexts: str
) -> None:
    await plugs_in(station)
    assert await sessions(site) == []
    await is_allowed(station, 5)
    for minute, wh in samples:
        await meters(station, minute, wh, contexts)
        assert (await only_session(site))["energy"] == wh - 10_000
    await ends(station, 60, 20_000)
    found = await only_session(site)
    assert (found["status"], found["energy"], found["anomalies"]) == ("finished", 10_000, 0)
    assert found["startedAt"] == (station.began + timedelta(minutes=5)).isoformat(timespec="seconds")


async def test_the_cables_register_outlives_the_line_the_server_and_is_known_to_others(
    system: System, tmp_path: Path
) -> None:
    """What is told of a transaction before anybody is named comes over one line, the name over another, to a server
    that was started in between; the EVSE is told once."""
    async with live(system.dsn, tmp_path, SystemClock()) as site:
        await site.driver("CARD")
        point = await site.charge_point("S", version="2.0.1")
        second = await site.given.evse(point, powerOptions={"maxAmperage": 32}, networkId="2")
        began = site.clock.now() - timedelta(hours=2)
        async with talker(site, "S", began) as station:
            await plugs_in(station, evse={"id": 2})
    async with live(system.dsn, tmp_path, SystemClock()) as site:
        async with talker(site, "S", began) as station:
            await is_allowed(station, 20)
        async with talker(site, "S", began) as station:
            await ends(station, 60, 14_000)
        found = await only_session(site)
        assert (found["status"], found["energy"], found["evseId"]) == ("finished", 4000, second["id"])


@pytest.mark.parametrize(
    "order", ["SAME", "ASME", "AMSE", "SAEM", "ASEM", "SSAAMMEE", "MASE", "MSAE", "AESM", "AEMS", "SMAE", "MSSAEA"]
)
async def test_events_in_any_order_and_told_twice_make_the_same_charge(site: Live, station: Talker, order: str) -> None:
    """S: started by the cable, A: authorized, M: a sample, E: ended."""
    told = {
        "S": lambda: plugs_in(station, 0, 10_000, offline=True), "A": lambda: is_allowed(station, 5, evse=EVSE),
        "M": lambda: meters(station, 30, 12_500), "E": lambda: ends(station, 60, 14_000),
    }  # fmt: skip
    for event in order:
        await told[event]()
    found = await only_session(site)
    assert (found["energy"], found["anomalies"], found["status"]) == (4000, 0, "finished")


async def test_a_later_register_of_the_authorization_is_not_the_start(site: Live, station: Talker) -> None:
    await plugs_in(station)
    await is_allowed(station, 20, meterValue=[station.reading(20, 10_400)])
    assert (await only_session(site))["energy"] == 400
    await ends(station, 60, 14_000)
    assert (await only_session(site))["energy"] == 4000


async def test_a_cable_that_tells_its_register_a_moment_later(site: Live, station: Talker) -> None:
    """The first reading is the start, whatever event before the token it stands in."""
    await plugs_in(station, wh=None)
    for minute, wh in ((2, 10_000), (3, 10_001)):
        await meters(station, minute, wh)
    await is_allowed(station, 5)
    await ends(station, 60, 14_000)
    assert (await only_session(site))["energy"] == 4000


async def test_the_beginning_may_be_told_with_the_end(site: Live, station: Talker) -> None:
    await plugs_in(station, wh=None)
    await is_allowed(station, 5)
    await meters(station, 30, 12_500)
    whole = [station.reading(0, 10_000, "Transaction.Begin"), station.reading(60, 14_000, "Transaction.End")]
    await ends(station, 60, 14_000, meterValue=whole)
    found = await only_session(site)
    assert (found["energy"], found["anomalies"]) == (4000, 0)


async def test_a_second_token_is_no_second_charge(site: Live, station: Talker) -> None:
    """One transaction is one charge, of whoever was named first."""
    await plugs_in(station)
    await is_allowed(station, 5)
    await meters(station, 20, 11_000)
    await is_allowed(station, 25, idToken={"idToken": "OTHER", "type": "ISO14443"})
    await ends(station, 60, 14_000)
    found = await only_session(site)
    assert (found["energy"], found["idTag"]) == (4000, "CARD")


async def test_energy_that_nobody_was_named_for_is_kept(site: Live, station: Talker) -> None:
    await plugs_in(station)
    await ends(station, 60, 14_000)
    found = await only_session(site)
    assert (found["energy"], found["userId"], found["anomalies"]) == (4000, None, 0)


async def test_a_cable_without_a_charge_leaves_nothing_to_the_next(site: Live, station: Talker) -> None:
    """Neither a session nor a register, though the name is given again."""
    await plugs_in(station)
    await ends(station, 5, 10_000)
    assert await sessions(site) == []
    await plugs_in(station, 10, 10_000)
    await is_allowed(station, 12)
    await ends(station, 60, 13_000)
    assert (await only_session(site))["energy"] == 3000


async def test_a_name_that_is_given_again_after_a_crash_is_another_charge(site: Live, station: Talker) -> None:
    await plugs_in(station)
    await is_allowed(station, 5)
    await meters(station, 30, 12_500)
    await station.boots()
    await plugs_in(station, 60, 12_500)
    await meters(station, 62, 12_501)
    await is_allowed(station, 65)
    await ends(station, 120, 15_500)
    first, second = await sessions(site)
    assert (first["energy"], second["energy"]) == (2500, 3000)


async def test_readings_of_a_transaction_are_not_its_predecessors(site: Live, station: Talker) -> None:
    """The end of the first was lost: what the next one is told of under its own name is none of the first's."""
    await plugs_in(station)
    await is_allowed(station, 5)
    second = {"transactionId": "tx-2"}
    await station.event("Started", 30, second, triggerReason="CablePluggedIn", evse=EVSE,
                        meterValue=[station.reading(30, 12_500)])  # fmt: skip
    await station.event("Updated", 60, second, meterValue=[station.reading(60, 15_000)])
    await station.event("Updated", 31, second, triggerReason="Authorized", idToken=TOKEN)
    await station.event("Ended", 90, second, meterValue=[station.reading(90, 17_000)])
    assert [one["energy"] for one in await sessions(site)] == [0, 4500]


# The register by phase


def by_phase(shares: dict[str | None, float], whole: float, measurand: str = REGISTER) -> list[dict[str, Any]]:
    told = [{"value": whole * share, "measurand": measurand, "phase": phase} for phase, share in shares.items()]
    return [{key: value for key, value in one.items() if value is not None} for one in told]


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_register_by_phase_is_the_sum_of_its_phases_2_0_1(site: Live, station: Talker, spelling: str) -> None:
    """evcc #27206 and PR #19405, lbbrhzn PR #1925, citrineos-core PR #395, MicroOcpp #387."""

    def reading(minute: float, wh: float) -> dict[str, Any]:
        return {"timestamp": station.at(minute), "sampledValue": by_phase(SPELLINGS[spelling], wh)}

    await station.event("Started", 0, evse=EVSE, idToken=TOKEN, meterValue=[reading(0, 10_000)])
    await station.event("Updated", 30, meterValue=[reading(30, 12_000)])
    assert (await only_session(site))["energy"] == 2000
    await station.event("Ended", 60, meterValue=[reading(60, 14_000)])
    found = await only_session(site)
    assert (found["energy"], found["anomalies"]) == (4000, 0)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_register_by_phase_is_the_sum_of_its_phases_1_6(yard: Yard, spelling: str) -> None:
    async with plugged(yard.site) as charger:
        number = (await charger.starts(10_000, charger.now(-3600)))["transactionId"]
        told = [one | {"value": str(one["value"])} for one in by_phase(SPELLINGS[spelling], 12_000)]
        await charger.meters(*told, at=charger.now(-1800), transactionId=number)
        await becomes(yard.session, lambda one: one["energy"] == 2000)
        await charger.stops(number, 14_000)
    assert (await yard.session("finished"))["energy"] == 4000


@pytest.mark.parametrize(
    ("spelling", "amps"),
    [
        ("one line to neutral", [15.2, 0, 0]),
        ("the neutral", [5.1, 5.1, 5.1]),  # which names no line
        ("three lines to neutral", [7.6, 4.6, 3.0]),
    ],
)
async def test_a_power_by_phase_is_seen_by_load_management(yard: Yard, spelling: str, amps: list[float]) -> None:
    """evcc #27206: 3.5 kW told as L1-N or N, and no currents, were no power and 0 A."""
    circuit = await yard.site.given.circuit(maxCurrent=32)
    await yard.site.attach(circuit, yard.point)
    told = [one | {"value": str(one["value"])} for one in by_phase(SPELLINGS[spelling], 3500, POWER)]
    async with plugged(yard.site) as charger:
        number = (await charger.starts(10_000))["transactionId"]

        async def consumption() -> list[float]:
            await charger.meters(*told, transactionId=number)
            found = await yard.site.api.get(f"/resources/circuits/v2.0/{circuit['id']}/consumption")
            return [one["consumption"] for one in found.data]

        assert await becomes(consumption, lambda found: any(found)) == amps
        session = await becomes(yard.session, lambda one: one["power"]["latest"] is not None)
        assert session["power"]["latest"] == 3500
        stats = (await yard.site.api.get(f"/resources/sessions/v1.0/{session['id']}/consumption-stats")).data
        assert stats[-1]["power"] == 3500


# A start of 0 that is none


async def test_a_start_of_0_before_a_lifetimes_register_is_no_start_1_6(yard: Yard) -> None:
    """citrineos-core PR 1060, evcc PR 29656, lbbrhzn #1709: the first real reading is the start."""
    async with plugged(yard.site) as charger:
        number = (await charger.starts(0, charger.now(-7200)))["transactionId"]
        for minutes, wh in ((-115, 12_345_678), (-60, 12_350_678)):
            await charger.meters({"value": str(wh)}, at=charger.now(60.0 * minutes), transactionId=number)
        await charger.stops(number, 12_355_678)
        await yard.session("finished")
    found = await only_session(yard.site)
    assert (found["energy"], found["anomalies"], found["meterStop"]) == (10_000, 1, 12_355_678)


async def test_a_start_of_0_before_a_lifetimes_register_is_no_start_2_0_1(site: Live, station: Talker) -> None:
    await station.event("Started", 0, evse=EVSE, idToken=TOKEN, offline=True,
                        meterValue=[station.reading(0, 0, "Transaction.Begin")])  # fmt: skip
    for minute, wh in ((15, 912_406), (30, 920_000), (60, 928_000)):
        await meters(station, minute, wh)
    await ends(station, 120, 934_906)
    found = await only_session(site)
    assert (found["energy"], found["anomalies"]) == (22_500, 1)
    stats = (await site.api.get(f"/resources/sessions/v1.0/{found['id']}/consumption-stats")).data
    assert [one["energy"] for one in stats] == [0, 0, 7594, 15_594, 22_500]


async def test_a_real_start_of_0_survives_a_number_that_is_none(yard: Yard) -> None:
    """A register that counts from 0 in each charge: one leap does not make the charge free."""
    async with plugged(yard.site) as charger:
        number = (await charger.starts(0, charger.now(-3600)))["transactionId"]
        for minutes, wh in ((-50, 99_999_999), (-40, 1500), (-20, 2500)):
            await charger.meters({"value": str(wh)}, at=charger.now(60.0 * minutes), transactionId=number)
        await becomes(yard.session, lambda one: one["energy"] == 2500)
        await charger.stops(number, 4000)
        await yard.session("finished")
    found = await only_session(yard.site)
    assert (found["energy"], found["anomalies"]) == (4000, 1)


# The stop's own register


async def stopped(
    yard: Yard, wh: int, *samples: tuple[float, str], start: int = 1000, data: Any = ()
) -> dict[str, Any]:
    """A charge of an hour: samples are minutes before the stop and a register, `data` what the stop carries."""
    async with plugged(yard.site) as charger:
        end = yard.site.clock.now()

        def at(minutes: float) -> str:
            return stamped(charger, end + timedelta(minutes=minutes))

        number = (await charger.starts(start, at(-60)))["transactionId"]
        for minutes, value in samples:
            await charger.meters({"value": value}, at=at(minutes), transactionId=number)
        carried = [
            {"timestamp": at(minutes), "sampledValue": [{"value": value, "context": context}]}
            for minutes, value, context in data
        ]
        await charger.stops(number, wh, at(0), **({"transactionData": carried} if carried else {}))
        await yard.session("finished")
    return await only_session(yard.site)


def stamped(charger: Charger, moment: Any) -> str:
    return charger.now((moment - charger.clock.now()).total_seconds())


async def test_a_sample_with_decimals_does_not_beat_the_stop(yard: Yard) -> None:
    found = await stopped(yard, 1999, (-1, "1999.6"))
    assert (found["energy"], found["anomalies"]) == (999, 0)


async def test_energies_have_no_binary_dust(yard: Yard) -> None:
    """1999.6 less 1000 is 999.6, in all that is answered."""
    async with plugged(yard.site) as charger:
        number = (await charger.starts(1000, charger.now(-3600)))["transactionId"]
        await charger.meters({"value": "1999.6"}, at=charger.now(-600), transactionId=number)
        session = await becomes(yard.session, lambda one: one["energy"] > 0)
        assert (session["energy"], session["energyConsumption"]["grid"]) == (999.6, 999.6)
        stats = (await yard.site.api.get(f"/resources/sessions/v1.0/{session['id']}/consumption-stats")).data
        assert stats[-1]["energy"] == 999.6


async def test_a_reading_after_the_stop_does_not_outbid_it(yard: Yard) -> None:
    """MicroOcpp #133: Transaction.End a second later."""
    data = ((-60, "1644", "Transaction.Begin"), (1 / 60, "2421", "Transaction.End"))
    found = await stopped(yard, 2310, start=1644, data=data)
    assert (found["energy"], found["anomalies"]) == (666, 0)


async def test_what_was_read_before_does_not_outbid_the_stop(yard: Yard) -> None:
    """The stop is what counts; that a reading says more is an anomaly."""
    found = await stopped(yard, 3000, (-30, "2000"), (-10, "3500"))
    assert (found["energy"], found["anomalies"]) == (2000, 1)


@pytest.mark.parametrize("wh", [0, 1000, 5_000_000])
async def test_a_stop_that_cannot_be_leaves_what_was_read(yard: Yard, wh: int) -> None:
    """0, the start once more, or further than the outlet could have given."""
    found = await stopped(yard, wh, (-30, "2000"), (-10, "3500"))
    assert (found["energy"], found["anomalies"]) == (2500, 1)


async def test_a_stop_that_cannot_be_is_replaced_by_the_reading_of_the_end(yard: Yard) -> None:
    found = await stopped(yard, 0, (-30, "2000"), data=((1 / 60, "3500", "Transaction.End"),))
    assert (found["energy"], found["anomalies"]) == (2500, 1)


async def test_ends_of_the_charge_alone_count_though_readings_between_are_the_lifetimes(yard: Yard) -> None:
    found = await stopped(yard, 5000, (-50, "12345678"), (-10, "12349678"), start=0)
    assert found["energy"] == 5000
