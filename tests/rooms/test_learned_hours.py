"""What was learned of circuits by hours outlives the server, for as long as it is good for, and the circuit's life."""

from datetime import UTC, datetime

from ohmstead.app.system import System
from ohmstead.engines.dlm.hours import HOUR, Hour
from ohmstead.rooms.power.management.learned_hours import keep_hours, known_hours
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import take
from ohmstead.rooms.power.management.tuning import Tuning
from tests.client import Client
from tests.given import Given


async def test_hours_are_kept_and_forgotten(system: System, api: Client, given: Given) -> None:
    circuit = (await given.circuit())["id"]
    async with system.database.begin() as tx:
        now = int(tx.now.timestamp() // HOUR)
        await keep_hours(tx, [(circuit, 0, now - 700, Hour(90, 9.0, 1.0)), (circuit, 0, now, Hour(5, 20.0, 3.0))])
    async with system.database.begin() as tx:
        await keep_hours(tx, [(circuit, 0, now, Hour(9, 24.0, 6.0)), (circuit, 2, now, Hour(9, 1.0, 0.5))])
    async with system.database.read() as tx:
        found = await known_hours(tx, [circuit])
    assert found == [(circuit, 0, now, Hour(9, 24.0, 6.0)), (circuit, 2, now, Hour(9, 1.0, 0.5))]
    assert (await api.delete(f"/resources/circuits/v2.0/{circuit}")).status == 204
    async with system.database.begin() as tx:
        await keep_hours(tx, [(circuit, 0, now, Hour(9, 24.0, 6.0))])
        assert await known_hours(tx, [circuit]) == []


async def test_who_steers_next_knows_them(system: System, given: Given) -> None:
    """A load that was at most 22 A at this hour of the week before needs no 15 A of margin after a restart."""
    meter = (await given.meter())["id"]
    circuit = (await given.circuit(electricityMeterId=meter, maxCurrent=63))["id"]
    async with system.database.begin() as tx:
        now = tx.now.timestamp()
        weeks = [int(now // HOUR) - 168 * week for week in (1, 2)]
        await keep_hours(tx, [(circuit, line, hour, Hour(360, 22.0, 12.0)) for line in range(3) for hour in weeks])
    async with system.database.read() as tx:
        snapshot = await take(tx, circuit)
        assert snapshot is not None
        site = Site(circuit, snapshot, Tuning(), hours=await known_hours(tx, [circuit]))
    site.metered(meter, now, (20.0, 10.0, 22.0))
    site.step(datetime.fromtimestamp(now, UTC))
    left = site.envelope.room([], now)[circuit]
    assert left == (63 - 20 - 3, 63 - 10 - 12, 63 - 22 - 1)
    learned = site.learned_hours()
    assert {hour[2] for hour in learned} == {int(now // HOUR)}
    assert site.learned_hours() == []
    site.learn_again(learned)
    assert site.learned_hours() == learned, "what could not be written down is not lost"
