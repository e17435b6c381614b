"""Chargers that lose answers, numbers, messages and their sense of time; each charge is one session all the same."""

import asyncio
from datetime import datetime, timedelta

from tests.scenarios.waiting import becomes
from tests.stations.charger import CARD, plugged, stamp
from tests.stations.conftest import Yard

HUGE = 9_223_372_036_854_775_807
REGISTER = "Energy.Active.Import.Register"


async def test_1_one_that_loses_an_answer_tells_its_start_again(yard: Yard) -> None:
    """MicroOcpp #237, steve #1294: after a lost answer with a new message id, maybe on a new line."""
    async with plugged(yard.site) as charger:
        at = charger.now()
        lost = await charger.starts(at=at)
    async with plugged(yard.site) as charger:
        again, once_more = await charger.starts(at=at), await charger.starts(at=at)
        assert lost == again == once_more
        assert again["idTagInfo"]["status"] == "Accepted"
        ended = charger.now(60)
        for _ in range(2):
            await charger.stops(again["transactionId"], 1500, ended, idTag=CARD)
    session = await yard.session("finished")
    assert session["energy"] == 500


async def test_2_one_that_does_not_know_its_number(yard: Yard) -> None:
    """libocpp #495, mobilityhouse #478, lbbrhzn #45: -1 at the stop, 0 in meter values, a number beyond 64 bits."""
    async with plugged(yard.site) as charger:
        await charger.starts(1000)
        await charger.meters({"value": "1200"}, at=charger.now(30), transactionId=0)
        await charger.meters({"value": "1300"}, at=charger.now(40), transactionId=HUGE)
        assert await charger.stops(-1, 1400, charger.now(60)) is not None
        assert (await yard.session("finished"))["energy"] == 400
        assert await charger.stops(HUGE * 4, 99, charger.now(90)) is not None


async def test_3_one_that_tells_only_of_the_end(yard: Yard) -> None:
    """steve #156, MicroOcpp #454: a stop is always confirmed, and what it says is kept."""
    async with plugged(yard.site) as charger:
        for _ in range(2):
            answer = await charger.stops(4711, 2500, "2026-01-01T10:00:00Z", idTag=CARD, reason="PowerLoss")
            assert answer["idTagInfo"]["status"] == "Accepted"
    session = await yard.session("finished")
    assert session["idTag"] == CARD


async def test_4_one_that_meters_without_a_transaction(yard: Yard) -> None:
    """citrineos-core #1025, lbbrhzn #2075: values belong to what runs there; those after the end revive nothing."""
    async with plugged(yard.site) as charger:
        await charger.ask("MeterValues", connectorId=0, meterValue=[
            {"timestamp": charger.now(), "sampledValue": [{"value": "77000"}]}])  # fmt: skip
        started = await charger.starts(1000)
        await charger.meters({"value": "1400"}, at=charger.now(60))
        assert (await becomes(yard.session, lambda one: one["energy"] > 0))["energy"] == 400
        await charger.stops(started["transactionId"], 1500, charger.now(90))
        await charger.meters({"value": "1500", "context": "Transaction.End"}, transactionId=started["transactionId"])
        await charger.meters({"value": "1500", "context": "Transaction.End"}, at=charger.now(95))
    session = await yard.session("finished")
    assert (session["energy"], session["status"]) == (500, "finished")


async def test_5_one_that_starts_a_hundred_times(yard: Yard) -> None:
    """citrineos #172: no number is given twice, whatever happens to the line."""
    given = []
    for _ in range(5):
        async with plugged(yard.site) as charger:
            for _ in range(20):
                number = (await charger.starts(at=charger.now()))["transactionId"]
                await charger.stops(number, 1000)
                given.append(number)
    assert len(set(given)) == 100
    assert all(0 < number < 2**31 for number in given)


async def test_6_one_that_lives_in_1970(yard: Yard) -> None:
    """MicroOcpp #311: a clock that was never set is not believed."""
    async with plugged(yard.site) as charger:
        before = charger.clock.now()
        number = (await charger.starts(at="1970-01-01T00:00:11Z"))["transactionId"]
        await charger.stops(number, 1500, "1970-01-01T00:05:11Z")
        after = charger.clock.now()
    session = await yard.session("finished")
    for moment in (session["startedAt"], session["stoppedAt"]):
        assert before - timedelta(seconds=1) <= datetime.fromisoformat(moment) <= after


async def test_6_one_that_calls_its_local_time_utc(yard: Yard) -> None:
    """steve #136: hours ahead, which nobody can be; and evcc #10399: no zone at all, which is taken for UTC."""
    async with plugged(yard.site) as charger:
        before = charger.clock.now()
        number = (await charger.starts(at=stamp(before + timedelta(hours=2))))["transactionId"]
        await charger.stops(number, 1500, stamp(before + timedelta(hours=2, minutes=5)))
        after = charger.clock.now()
        session = await yard.session("finished")
        assert before - timedelta(seconds=1) <= datetime.fromisoformat(session["startedAt"]) <= after
        naive = stamp(charger.clock.now()).removesuffix("Z")
        number = (await charger.starts(2000, at=naive))["transactionId"]
        await charger.stops(number, 2500, naive)
        sessions = await yard.sessions()
        told = datetime.fromisoformat(naive + "+00:00")
        assert abs(datetime.fromisoformat(sessions[-1]["startedAt"]) - told) < timedelta(seconds=1)


async def test_6_one_that_lags_behind(yard: Yard) -> None:
    """steve #136, west of Greenwich: hours behind, which could be a message that was kept. Its clock is learned."""
    async with plugged(yard.site) as charger:
        lag = timedelta(hours=5)
        path = f"/resources/charge-points/v1.0/{yard.point['id']}/status"

        async def drift() -> float:
            said = stamp(charger.clock.now() - lag)
            await charger.ask("StatusNotification", connectorId=1, errorCode="NoError", status="Preparing",
                              timestamp=said)  # fmt: skip
            return (await yard.site.api.get(path)).data.get("clockDriftSeconds", 0)

        assert abs(await becomes(drift, lambda found: found != 0) + lag.total_seconds()) < 60
        before = charger.clock.now()
        number = (await charger.starts(at=stamp(before - lag)))["transactionId"]
        await charger.stops(number, 1000, stamp(charger.clock.now() - lag))
        after = charger.clock.now()
    session = await yard.session("finished")
    for moment in (session["startedAt"], session["stoppedAt"]):
        assert before - timedelta(seconds=60) <= datetime.fromisoformat(moment) <= after


async def test_12_one_that_is_careless_with_units(yard: Yard) -> None:
    """OpenEVSE #703, lbbrhzn #1709, #1756: kWh called Wh, a drop to 0, two registers in one message."""
    async with plugged(yard.site) as charger:
        at = charger.now()
        number = (await charger.starts(10_000, at=at))["transactionId"]
        await charger.meters({"value": "10.2", "unit": "Wh"}, at=charger.now(30), transactionId=number)
        await charger.meters({"value": "0", "unit": "Wh"}, at=charger.now(40), transactionId=number)
        await charger.meters(
            {"value": "0", "context": "Transaction.Begin", "measurand": REGISTER},
            {"value": "10.4", "unit": "kWh", "measurand": REGISTER},
            {"value": "7400", "measurand": "Power.Active.Import"},
            at=charger.now(100), transactionId=number,
        )  # fmt: skip
        await becomes(yard.session, lambda one: one["energy"] == 400)
        await charger.stops(number, 10_500, charger.now(150))
    assert (await yard.session("finished"))["energy"] == 500


async def test_12_one_that_counts_from_nought_in_between(yard: Yard) -> None:
    """lbbrhzn PR #919: readings of the charge alone, between ends of the lifetime's register, are not believed. #1989:
    a power without a unit is in W."""
    async with plugged(yard.site) as charger:
        number = (await charger.starts(10_000))["transactionId"]
        for minute, wh in ((1, 100), (2, 200)):
            await charger.meters({"value": str(wh)}, {"value": "7400", "measurand": "Power.Active.Import"},
                                 at=charger.now(60.0 * minute), transactionId=number)  # fmt: skip
        session = await becomes(yard.session, lambda one: one["power"]["latest"] is not None)
        assert (session["energy"], session["power"]["latest"]) == (0, 7400)
        await charger.stops(number, 10_300, charger.now(180))
    assert (await yard.session("finished"))["energy"] == 300


async def test_14_one_whose_states_run_ahead_of_its_transaction(yard: Yard) -> None:
    """libocpp PR #1000, steve #79: free before the stop, finishing after it. The stop alone ends the session."""
    async with plugged(yard.site) as charger:
        await charger.is_in("Preparing")
        number = (await charger.starts())["transactionId"]
        await charger.is_in("Charging")
        await charger.is_in("Available")
        assert (await yard.session("active"))["status"] == "active"
        await charger.stops(number, 1500, charger.now(60), reason="Local")
        await charger.is_in("Finishing")
        assert ((await yard.session("finished"))["energy"], (await yard.evse())["hardwareStatus"]) == (500, "finishing")


async def test_14_one_that_accepts_a_start_and_forgets_it(yard: Yard) -> None:
    """steve #796, #740: after two minutes the session has expired, and the outlet is free for another."""
    async with plugged(yard.site) as charger:
        await charger.is_in("Available")
        started = await becomes(lambda: yard.act("start/1", {}), lambda answer: answer.body["success"])
        assert started.status == 202
        assert (await charger.hears("RemoteStartTransaction"))["connectorId"] == 1
        assert (await yard.session("pending"))["energy"] == 0
        assert (await yard.session("expired"))["reason"] == "timeout"
        assert (await yard.act("start/1", {})).body["success"] is True


async def test_14_one_that_ends_by_itself_when_it_may_not_charge(yard: Yard) -> None:
    """evcc PR #33020: at a limit of 0 A the charger gives up its transaction; that is an end like any other."""
    circuit = await yard.site.given.circuit(maxCurrent=5)
    await yard.site.attach(circuit, yard.point)
    async with plugged(yard.site) as charger:
        await charger.is_in("Preparing")
        number = (await charger.starts())["transactionId"]
        profile = (await charger.hears("SetChargingProfile"))["csChargingProfiles"]
        assert profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 0
        await charger.stops(number, 1000, reason="Other")
        await charger.is_in("Finishing")
    assert (await yard.session("finished"))["energy"] == 0


async def test_8_one_that_leaves_its_old_socket_open(yard: Yard) -> None:
    """steve #357, ts-ocpp #19: the new line takes over, and the end of the old one changes nothing."""
    async with plugged(yard.site) as old:
        await old.boots()
        async with plugged(yard.site) as new:
            await new.boots()
            await asyncio.wait_for(old.socket.wait_closed(), 20)
            assert (await yard.act("reset/soft")).body == {"success": True}
            assert await new.hears("Reset") == {"type": "Soft"}
            status = f"/resources/charge-points/v1.0/{yard.point['id']}/status"
            assert (await yard.site.api.get(status)).data["networkStatus"] == "available"
