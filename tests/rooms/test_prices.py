"""What a kWh costs: as the operator wrote it, and as files of markets say, with their faults."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.engines.electricity_prices import ElectricityPrices, electricity_prices
from ohmstead.kit.operations import encoder
from ohmstead.kit.versions import Version
from ohmstead.rooms.energy.price_files import contents
from ohmstead.rooms.energy.price_import import PriceFolder, PriceImport, price_delivery
from ohmstead.rooms.energy.price_integrations import price_integrations
from ohmstead.rooms.energy.prices import prices_of, rate_content
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

BERLIN = ZoneInfo("Europe/Berlin")
RATES = "/resources/electricity-rates/v2.0"
MARKETS = "/internal/electricity-rates/v1.0"
HEAD = "electricityRateId,startsAt,endsAt,price\n"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


async def prices(system: System, rate: int, start: datetime, end: datetime) -> ElectricityPrices:
    async with system.database.read() as tx:
        found = await prices_of(tx, rate, start, end)
    assert found is not None
    return found


def shown(found: ElectricityPrices, start: datetime, end: datetime) -> list[tuple[str, str]]:
    """When a price begins, and what it is."""
    every, said = found.billed(start, end, BERLIN), list[tuple[str, str]]()
    assert [one.start for one in every[1:]] == [one.end for one in every[:-1]]
    for one in every:
        if not said or said[-1][1] != str(one.per_kwh):
            said.append((f"{one.start.astimezone(BERLIN):%H:%M}", str(one.per_kwh)))
    return said


async def market(given: Given, **fields: object) -> int:
    body = {"name": "Agile", "defaultPrice": 0.3, "taxPercentage": 5, "type": "agile_octopus"} | fields
    return (await given.made(MARKETS, body))["id"]


class TestPriceIntegrations(ResourceContract):
    resource = price_integrations
    update = {"name": "Agile, South East"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {"name": "Agile Octopus", "type": "octopus_agile", "electricityRateId": await market(given)}


async def test_an_integration_has_a_rate_of_its_market(api: Client, given: Given) -> None:
    own, go = (await given.electricity_rate())["id"], await market(given, type="octopus_go")
    body = {"name": "x", "type": "octopus_go", "electricityRateId": own}
    path = "/internal/price-integrations/v1.0"
    assert (await api.post(path, body)).body["errors"].keys() == {"electricityRateId"}
    made = await given.made(path, body | {"electricityRateId": go})
    assert (await api.patch(f"{path}/{made['id']}", {"type": "nordpool"})).body["errors"].keys() == {
        "electricityRateId"
    }
    assert (await api.patch(f"{MARKETS}/{go}", {"type": "nord_pool"})).body["errors"].keys() == {"type"}
    assert (await api.delete(f"{RATES}/{go}")).status == 409
    assert (await api.delete(f"{path}/{made['id']}")).status == 204
    assert (await api.delete(f"{RATES}/{go}")).status == 204


async def test_a_rate_of_charge_points_does_not_become_a_markets(api: Client, given: Given) -> None:
    rate = (await given.electricity_rate())["id"]
    await given.charge_point(electricityRateId=rate)
    assert (await api.patch(f"{MARKETS}/{rate}", {"type": "nord_pool"})).body["errors"].keys() == {"type"}
    assert (await api.patch(f"{MARKETS}/{rate}", {"type": "admin_defined", "name": "y"})).status == 200


async def test_an_operators_hole_has_the_default_price(api: Client, given: Given, system: System) -> None:
    """The hole in the electricity prices of the money rules."""
    rate = (await given.electricity_rate(defaultPrice=0.30))["id"]
    periods = [
        {"startsAt": of, "endsAt": to, "price": price}
        for of, to, price in (("10:00", "10:15", 0.21), ("10:15", "10:30", 0.24), ("10:45", "11:00", 0.27))
    ]
    await api.put(f"{RATES}/{rate}/price-periods/date/2026-11-24", {"periods": periods})
    start, end = local("2026-11-24 10:00"), local("2026-11-24 11:00")
    found = await prices(system, rate, start, end)
    assert shown(found, start, end) == [("10:00", "0.21"), ("10:15", "0.24"), ("10:30", "0.3"), ("10:45", "0.27")]


async def test_dates_go_before_week_days_and_both_before_the_default(api: Client, given: Given, system: System) -> None:
    rate = (await given.electricity_rate(defaultPrice=0.30))["id"]
    path = f"{RATES}/{rate}/price-periods"
    tuesday = [
        {"startsAt": "00:00", "endsAt": "06:00", "price": 0.1},
        {"startsAt": "20:00", "endsAt": "24:00", "price": 0.4},
    ]
    await api.put(f"{path}/week-day/tue", {"periods": tuesday})
    await api.put(f"{path}/date/2026-11-24", {"periods": [{"startsAt": "05:00", "endsAt": "07:00", "price": -0.05}]})
    start, end = local("2026-11-24 00:00"), local("2026-11-25 01:00")
    assert shown(await prices(system, rate, start, end), start, end) == [
        ("00:00", "0.1"), ("05:00", "-0.05"), ("07:00", "0.3"), ("20:00", "0.4"), ("00:00", "0.3"),
    ]  # fmt: skip


async def test_the_doubled_hour_has_its_price_twice(api: Client, given: Given, system: System) -> None:
    rate = (await given.electricity_rate(defaultPrice=0.30))["id"]
    await api.put(
        f"{RATES}/{rate}/price-periods/week-day/any",
        {"periods": [{"startsAt": "02:30", "endsAt": "03:00", "price": 1}]},
    )
    start, end = local("2026-10-25 01:00"), local("2026-10-25 04:00")
    found = await prices(system, rate, start, end)
    assert [str(one.start.time()) for one in found.known(start, end, BERLIN) if one.per_kwh == 1] == [
        "00:30:00",
        "01:30:00",
    ]


class Import:
    """A folder, and the import that reads it."""

    def __init__(self, system: System, folder: Path) -> None:
        self.folder, self.told = folder / "prices", list[tuple[int, int]]()
        self.folder.mkdir(exist_ok=True)
        self.job = PriceImport(
            system.database, system.clock, PriceFolder(self.folder), lambda *told: self.told.append(told)
        )

    async def file(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        await self.job.take_new()


@pytest.fixture
def files(system: System, tmp_path: Path) -> Import:
    return Import(system, tmp_path)


def rows(rate: int, *lines: str) -> str:
    return HEAD + "".join(f"{rate},{line}\n" for line in lines)


FIRST = "2026-11-24T10:00:00Z,2026-11-24T10:30:00Z,0.2"
SECOND = "2026-11-24T10:30:00Z,2026-11-24T11:00:00Z,-0.01"
SPAN = datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)


async def test_what_a_file_says_is_kept_once_and_a_hole_stays_one(
    given: Given, system: System, files: Import, tmp_path: Path
) -> None:
    rate = await market(given)
    await files.file("a.csv", rows(rate, SECOND, FIRST))
    await files.job.take_new()
    again = Import(system, tmp_path)
    await again.job.take_new()
    assert files.told == [(2, 0)], "the same file is taken once, by whoever reads it"
    assert again.told == []
    found = await prices(system, rate, *SPAN)
    assert [one.per_kwh for one in found.known(*SPAN, BERLIN)] == [Decimal("0.2"), Decimal("-0.01")]
    assert shown(found, *SPAN)[-1] == ("12:00", "0.3"), "who bills takes the default for the hole"
    async with system.database.read() as tx:
        [kept] = await tx.all(select(price_delivery))
    assert (kept["name"], kept["prices"], kept["faults"]) == ("a.csv", 2, 0)


async def test_json_says_the_same(given: Given, system: System, files: Import) -> None:
    rate = await market(given)
    slots = [
        {"electricityRateId": rate, "startsAt": of, "endsAt": to, "price": price}
        for of, to, price in (line.split(",") for line in (FIRST, SECOND))
    ]
    await files.file("a.json", json.dumps(slots, indent=2))
    assert [str(one.per_kwh) for one in (await prices(system, rate, *SPAN)).known(*SPAN, BERLIN)] == ["0.2", "-0.01"]


async def test_a_correction_replaces_what_it_covers_and_no_more(given: Given, system: System, files: Import) -> None:
    rate = await market(given)
    await files.file("a.csv", rows(rate, FIRST, SECOND))
    await files.file("b.csv", rows(rate, "2026-11-24T10:15:00Z,2026-11-24T10:45:00Z,0.5"))
    found = await prices(system, rate, *SPAN)
    assert [(str(one.start.time()), str(one.per_kwh)) for one in found.known(*SPAN, BERLIN)] == [
        ("10:00:00", "0.2"), ("10:15:00", "0.5"), ("10:45:00", "-0.01"),
    ]  # fmt: skip


async def test_a_slot_that_ends_a_second_early_ends_where_the_next_begins(
    given: Given, system: System, files: Import
) -> None:
    rate = await market(given)
    early, short = FIRST.replace("10:30:00Z", "10:29:59Z"), SECOND.replace("11:00:00Z", "10:58:30Z")
    await files.file("a.csv", rows(rate, early, short))
    await files.file("b.csv", rows(rate, "2026-11-24T11:00:00Z,2026-11-24T11:30:00Z,0.4"))
    known = (await prices(system, rate, *SPAN)).known(*SPAN, BERLIN)
    assert [str(one.end.time()) for one in known] == ["10:30:00", "10:58:30", "11:30:00"], "over a minute is a hole"


async def test_faults_have_their_lines_and_the_others_are_taken(
    given: Given, files: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    rate, own = await market(given), (await given.electricity_rate())["id"]
    text = (
        rows(
            rate,
            FIRST,
            "yesterday,2026-11-24T11:00:00Z,1",
            "2026-11-24T10:15:00Z,2026-11-24T10:20:00Z,1",
            "2026-11-24T13:00:00Z,2026-11-24T12:00:00Z,1",
            "2026-11-24T13:00:00,2026-11-24T14:00:00Z,1",
            "2026-11-24T13:00:00Z,2026-11-24T14:00:00Z,NaN",
            SECOND,
        )
        + f"{own},{FIRST}\n"
    )
    await files.file("a.csv", text)
    assert files.told == [(2, 6)]
    said = capsys.readouterr().out
    assert all(f"line {line}: " in said for line in (3, 4, 5, 6, 7, 9)), said
    assert "line 4: It is for the same time as line 2." in said


@pytest.mark.parametrize(
    ("name", "raw", "line"),
    [
        ("a.csv", b"rate,price\n1,2\n", 1),
        ("a.csv", b"\xff\xfe", 1),
        ("a.json", b'{"prices": []}', 1),
        ("a.json", b'[\n{"electricityRateId": 1},\n{"elec', 2),
        ("a.json", b"[", 1),
        ("a.json", b"", 1),
        ("a.json", b"[\n1", 2),
    ],
)
def test_what_is_no_file_of_prices(name: str, raw: bytes, line: int) -> None:
    found = contents(name, raw)
    assert found.slots == []
    assert found.faults[0][0] == line


async def test_what_is_still_written_is_left_alone(files: Import) -> None:
    await files.file("a.csv.part", "half")
    assert files.told == []


async def content(system: System, rate: int, at: datetime, zone: str | None = "Europe/Berlin") -> dict[str, Any]:
    async with system.database.read() as tx:
        found = await rate_content(tx, rate, zone, at)
    assert found is not None
    return msgspec.json.decode(encoder.encode(found))


async def test_a_snapshot_keeps_what_the_operator_wrote_of_days_to_come(
    api: Client, given: Given, system: System
) -> None:
    rate = (await given.electricity_rate(defaultPrice=0.30, taxPercentage=19))["id"]
    night, path = {"startsAt": "00:00", "endsAt": "06:00", "price": 0.1}, f"{RATES}/{rate}/price-periods"
    for day in ("week-day/tue", "date/2026-11-20", "date/2026-11-24", "date/2026-12-24", "date/2027-11-24"):
        assert (await api.put(f"{path}/{day}", {"periods": [night]})).status == 201
    assert await content(system, rate, local("2026-11-24 10:00")) == {
        "id": rate, "defaultPrice": 0.3, "taxPercentage": 19, "weekDays": {"tue": [night]},
        "dates": {"2026-11-24": [night], "2026-12-24": [night]},
    }  # fmt: skip
    async with system.database.read() as tx:
        assert await rate_content(tx, 999_999, None, local("2026-11-24 10:00")) is None


async def test_a_snapshot_keeps_what_a_market_said_from_midnight_on(
    given: Given, system: System, files: Import
) -> None:
    rate = await market(given)
    lines = [f"2026-11-{day}T{hour}:00:00Z,2026-11-{day}T{hour}:59:59Z,0.2" for day in (23, 24) for hour in (22, 23)]
    await files.file("a.csv", rows(rate, *lines))
    kept = await content(system, rate, local("2026-11-24 23:30"))
    assert [one[0] for one in kept["slots"]] == [
        "2026-11-23T23:00:00+00:00", "2026-11-24T22:00:00+00:00", "2026-11-24T23:00:00+00:00",
    ]  # fmt: skip
    assert len((await content(system, rate, local("2026-11-25 00:30"), None))["slots"]) == 2, "UTC's midnight"
    billed = electricity_prices(kept).billed(local("2026-11-24 23:30"), local("2026-11-25 01:30"), BERLIN)
    assert [str(one.per_kwh) for one in billed] == ["0.2", "0.3"]
