"""When displays are told of prices, and when not again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update

from ohmstead.engines.pricing.model import Line, Period, SessionPrice
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.charging.displays import CostDisplay, DefaultPrices, UserPrices
from ohmstead.rooms.charging.displays.sending import it_may_be_another_by_now
from ohmstead.rooms.charging.displays.texts import final_text
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.configuration.learned_capabilities import learn
from ohmstead.rooms.devices.stations import (
    ChangeConfiguration,
    Setting,
    ShowCost,
    ShowDefaultPrice,
    ShowFinalCost,
    ShowUserPrice,
    StationRefused,
    StationSilent,
)
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.tariffs.tables import tariff, tariff_snapshot
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, booted, site, tag
from tests.rooms.later import Later
from tests.rooms.tariff_rows import FREE, tariffs_at

DISPLAY = {"display_messages"}
TEXTS = {"defaultPriceInformation": "50 ct", "priceInformation": "50 ct for you"}


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    """A station of 1.6 with a display, whose base tariff has texts."""
    await given.currency()
    found = await site(given)
    await changed(found, charge_point, capabilities=["display_messages"])
    await tariffs_at(given.system, found.evses, FREE | {"display": TEXTS})
    return found


async def changed(here: Site, table: Any, **values: Any) -> None:
    async with here.system.database.begin() as tx:
        await tx.run(update(table).values(values))


def priced(amount: str, idle: bool = False) -> SessionPrice:
    """A price with energy at 0.50 and a markup of 0.10."""
    lines = tuple(
        Line(kind, "kwh", Decimal(unit), Decimal(1), Decimal(unit), Decimal(unit))  # type: ignore[arg-type]
        for kind, unit in (("energy", "0.50"), ("service_fee", "0.10"))
    )
    start = SystemClock().now()
    period = Period(start, start + timedelta(minutes=1), 1000, idle, {}, Decimal(amount), lines)
    return SessionPrice(lines, Decimal(amount), Decimal(amount), None, (period,))


class Told:
    """The costs that a station is told, by a clock that a test moves."""

    def __init__(self, here: Site, later: Later, gateway: Gateway) -> None:
        self.here, self.later, self.gateway = here, later, gateway
        self.work = CostDisplay(later.database, later.clock)

    async def costs(self, after_s: float, amount: str, **price: Any) -> list[float]:
        """What is told of an amount, so many seconds on."""
        await self.later.clock.advance(after_s)
        before = len(self.gateway.commands)
        await self.work.show({1: priced(amount, **price)})
        return [command.cost for _, command in self.gateway.commands[before:]]  # type: ignore[union-attr]


@pytest.fixture
async def told(given: Given, here: Site, later: Later, gateway: Gateway) -> Told:
    await here.starts(await tag(given))
    return Told(here, later, gateway)


async def test_a_cost_is_told_when_it_changes_and_at_most_once_a_minute(told: Told) -> None:
    assert await told.costs(0, "1.00") == [1.0]
    assert await told.costs(30, "1.10") == []
    assert await told.costs(30, "1.20") == [1.2]
    assert await told.costs(300, "1.20") == []
    assert await told.costs(1, "1.30", idle=True) == [1.3]
    command = told.gateway.commands[-1][1]
    assert isinstance(command, ShowCost)
    assert (command.idle, command.kwh_price, command.transaction_ref) == (True, 0.6, "1")


async def test_what_it_came_to_is_told_once_and_soon(told: Told) -> None:
    now = told.later.clock.now()
    await changed(told.here, session, status="finished", stopped_at=now)
    assert await told.costs(30, "1.00") == [1.0]
    assert await told.costs(1, "1.00") == []
    assert await told.costs(1, "1.10") == [1.1]  # more became known
    text = "Energy 0.60 EUR"
    assert told.gateway.commands[-1][1] == ShowFinalCost(transaction_ref="1", cost=1.1, text=text)
    assert await told.costs(900, "2.00") == []


async def test_a_later_station_hears_of_the_end_in_its_answer(told: Told) -> None:
    await changed(told.here, charge_point, ocpp_version="2.0.1")
    assert await told.costs(0, "1.00") == [1.0]
    await changed(told.here, session, status="finished", stopped_at=told.later.clock.now())
    assert await told.costs(1, "1.10") == []


@pytest.mark.parametrize("answer", ["UnknownVendorId", StationRefused("NotImplemented")])
async def test_a_station_that_does_not_know_costs_is_not_told_again_until_it_boots(
    told: Told, gateway: Gateway, answer: Any
) -> None:
    gateway.answer = answer
    assert await told.costs(0, "1.00") == [1.0]
    assert await told.costs(60, "1.10") == []
    await told.here.tells(it_may_be_another_by_now, booted(told.here.id))
    assert await told.costs(60, "1.20") == [1.2]


@pytest.mark.parametrize("answer", ["Rejected", StationSilent(60), StationRefused("InternalError")])
async def test_one_that_did_not_take_it_this_time_is(told: Told, gateway: Gateway, answer: Any) -> None:
    gateway.answer = answer
    assert [await told.costs(60, amount) for amount in ("1.00", "1.10")] == [[1.0], [1.1]]


async def test_a_tariff_without_texts_shows_nothing(told: Told) -> None:
    async with told.here.system.database.begin() as tx:
        content = {"tariff": {"display": {"priceInformation": ""}}}
        row = {"hash": "x", "tariff_id": 1, "content": content, "created_at": tx.now, "updated_at": tx.now}
        made = await tx.value(insert(tariff_snapshot).values(row).returning(tariff_snapshot.c.id))
        await tx.run(update(session).values(tariff_snapshot_id=made))
    assert await told.costs(60, "1.00") == []


def test_what_is_said_in_the_end() -> None:
    lines = priced("0.60").lines
    flat = Line("flat", "session", Decimal(5), Decimal(1), Decimal(5), Decimal(5))
    idle = Line("idle_time", "minute", Decimal("0.1"), Decimal(3), Decimal("0.30"), Decimal("0.30"))
    display = {"totalCostInformation": "Thank you"}
    assert final_text(display, (*lines, flat, idle), "EUR") == "Energy 0.60 EUR, Idle 0.30 EUR. Thank you"
    assert final_text({}, (flat,), "EUR") == ""


class Defaults:
    """What stations are told of default prices, looked for as the work does, every 10 s."""

    def __init__(self, later: Later, gateway: Gateway) -> None:
        self.later, self.gateway = later, gateway

    async def after(self, minutes: float) -> list[Any]:
        before = len(self.gateway.commands)
        for _ in range(max(1, round(minutes * 6))):
            await self.later.clock.advance(10)
            work = DefaultPrices(self.later.database, self.later.clock)
            await work.start_due()
            await work.settled()
        return [command for _, command in self.gateway.commands[before:]]


@pytest.fixture
def defaults(here: Site, later: Later, gateway: Gateway) -> Defaults:
    return Defaults(later, gateway)


async def test_a_default_price_is_told_when_it_changes_and_after_a_boot(here: Site, defaults: Defaults) -> None:
    assert await defaults.after(5) == [ShowDefaultPrice(text="50 ct")]
    await changed(here, tariff, display={"defaultPriceInformation": "60 ct", "defaultPriceInformationOffline": "?"})
    assert await defaults.after(5) == [ShowDefaultPrice(text="60 ct", offline_text="?")]
    await here.tells(it_may_be_another_by_now, booted(here.id))
    assert await defaults.after(5) == [ShowDefaultPrice(text="60 ct", offline_text="?")]
    await changed(here, tariff, display={})
    assert await defaults.after(5) == [ShowDefaultPrice(text=None)]


async def test_a_later_station_has_another_place_for_offline_texts(here: Site, defaults: Defaults) -> None:
    await changed(here, charge_point, ocpp_version="2.0.1")
    await changed(here, tariff, display={"defaultPriceInformation": "60 ct", "defaultPriceInformationOffline": "?"})
    fallback = ChangeConfiguration(component="TariffCostCtrlr", key="TariffFallbackMessage", value="?")
    assert await defaults.after(5) == [ShowDefaultPrice(text="60 ct", offline_text="?"), fallback]


@pytest.mark.parametrize("answer", ["Rejected", "NotSupported", StationRefused("NotSupported")])
async def test_one_that_refuses_a_text_is_not_told_it_again(
    here: Site, defaults: Defaults, gateway: Gateway, answer: Any
) -> None:
    gateway.answer = answer
    assert len(await defaults.after(120)) == 1


async def test_one_that_says_nothing_is_told_again_ever_more_seldom(defaults: Defaults, gateway: Gateway) -> None:
    gateway.answer = StationSilent(60)
    assert len(await defaults.after(31)) == 5  # after 1, 3, 7 and 15 min


async def test_one_without_a_display_or_texts_is_told_nothing(here: Site, defaults: Defaults) -> None:
    await changed(here, charge_point, capabilities=[])
    assert await defaults.after(1) == []
    await changed(here, charge_point, capabilities=["display_messages"])
    await changed(here, tariff, display={"priceInformation": "50 ct"})
    assert await defaults.after(1) == []


@pytest.mark.parametrize(
    ("setting", "learned"),
    [
        (Setting("CustomDisplayCostAndPrice", "true", True), True),
        (Setting("CustomDisplayCostAndPrice", "false", True), False),
        (Setting("Available", "True", True, "DisplayMessageCtrlr"), True),
        (Setting("Available", "true", True, "TariffCostCtrlr"), False),
        (Setting("CustomDisplayCostAndPrice", None, True), False),
    ],
)
async def test_that_it_has_a_display_a_station_says_itself(
    api: Client, given: Given, setting: Setting, learned: bool
) -> None:
    here = await site(given)
    for _ in range(2):
        await here.tells(learn, here.id, [setting])
    shown = (await api.get(f"/resources/charge-points/v2.0/{here.id}")).data
    assert shown["capabilities"] == (["display_messages"] if learned else [])
    assert shown["displayTariffAndCosts"] is learned


@pytest.fixture
async def telling(here: Site) -> AsyncIterator[None]:
    work = asyncio.create_task(UserPrices(here.system.database, SystemClock(speed=1000)).run())
    await asyncio.sleep(0)
    yield
    work.cancel()


async def test_who_orders_from_afar_reads_his_price_too(
    api: Client, given: Given, here: Site, gateway: Gateway, telling: None
) -> None:
    user = await given.user()
    started = await api.post(f"/actions/charge-point/v1.0/{here.id}/start/1", {"userId": int(user["id"])})
    assert started.body["success"]
    gateway.asked.clear()
    await here.starts("*0000001")
    async with asyncio.timeout(20):
        await gateway.asked.wait()
    assert gateway.commands[-1] == (here.id, ShowUserPrice(id_tag="*0000001", text="50 ct for you"))
