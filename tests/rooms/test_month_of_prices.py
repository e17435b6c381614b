"""A month of a hundred users, tariffs of all types, outages, late data and new prices: each session is priced once for
what is known of it, and each price is made again from its snapshot and what really happened, by the engine and by the
oracle."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import msgspec
import pytest
from sqlalchemy import Text, cast, select

from ohmstead.engines.idle import IdleRules, Read, stretches
from ohmstead.engines.pricing import TYPES, Stretch, price_of, terms_of
from ohmstead.kit.db import Row
from ohmstead.rooms.charging.pricing.final import price_ended
from ohmstead.rooms.charging.pricing.tables import session_price
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import price_changed
from ohmstead.rooms.tariffs.tables import tariff_snapshot
from tests.client import Client
from tests.engines.pricing import oracle
from tests.given import Given
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.month_at_sites import FIRST_USER, Month
from tests.rooms.priced_month import BEGIN, DAY, DAYS, MINUTE, USERS, Stay, stays, telling

SEED = 12
_exact = msgspec.json.Decoder(float_hook=Decimal)


@pytest.fixture
async def month(api: Client, given: Given) -> AsyncIterator[Month]:
    """Built, and before its first day."""
    made = Month(api, given)
    await made.build()
    done = price_changed.connect(made.prices)
    yield made
    done()


async def test_each_session_is_priced_once_and_can_be_priced_again(month: Month) -> None:
    dice = Random(SEED)
    real = list(stays(dice))
    told = sorted((one for stay in real for one in telling(dice, stay)), key=lambda one: one.at)
    for one in told:
        await month.becomes(one.at)
        await month.hears(one)
    await month.becomes(BEGIN + (DAYS + 3) * DAY)
    await month.settle()

    rows, contents = await everything(month)
    assert len(rows) == len(real) > 200
    assert {content["tariff"]["type"] for content in contents.values()} == set(TYPES)
    spent: dict[int | None, Decimal] = defaultdict(Decimal)
    for stay in real:
        row = rows[month.numbers[stay]]
        content = contents[row["tariff_snapshot_id"]]
        assert (row["status"], row["billing_status"], row["energy_wh"]) == ("finished", "completed", stay.wh), stay
        assert content["tariff"]["name"] == month.expected[stay], stay
        assert row["user_id"] == (None if stay.user is None else FIRST_USER + stay.user)
        spent[row["user_id"]] += again(stay, content, row)
        once = stay.how != "in part too late"
        assert month.finals[row["id"]] == 1 if once else month.finals[row["id"]] in (1, 2), stay
    assert await billed(month) == spent
    assert len(spent) > USERS * 0.8
    assert None in spent
    assert 2 in month.finals.values(), "what was told late changed a price"
    async with month.system.database.begin() as tx:
        assert await price_ended(tx, [row["id"] for row in rows.values()]) == [], "nothing is left to be priced"


async def everything(month: Month) -> tuple[Mapping[int, Row], Mapping[int, Any]]:
    """The sessions by their transactions, and what their snapshots hold."""
    async with month.system.database.read() as tx:
        of_lines = select(session, session_price.c.lines).outerjoin(session_price)
        rows = {row["transaction_id"]: row for row in await tx.all(of_lines)}
        snapshots = await tx.all(select(tariff_snapshot.c.id, cast(tariff_snapshot.c.content, Text)))
    return rows, {key: _exact.decode(content) for key, content in snapshots}


def course(stay: Stay) -> list[Stretch]:
    """What really happened, charging and idle."""
    (_, first), *after = stay.registers
    reads = [Read(stay.start + minute * MINUTE, wh - first) for minute, wh in after]
    return stretches(stay.start, stay.end, reads, (), IdleRules())


def again(stay: Stay, content: Any, row: Row) -> Decimal:
    """What a session costs by its snapshot: twice the same, and what is stored of it."""
    parts = course(stay)
    price = price_of(terms_of(content), stay.start, parts)
    second = oracle.price_of(
        content, stay.start, [(one.start, one.end, one.energy_wh, one.idle, one.boosted) for one in parts]
    )
    assert (row["amount_with_tax"], row["amount_without_tax"]) == (price.amount, price.net), stay
    assert (Fraction(price.amount), Fraction(price.net)) == (second.amount, second.net), stay
    stored = [(line["type"], Decimal(str(line["price"]))) for line in row["lines"] or ()]
    assert stored == [(line.type, line.price) for line in price.lines], stay
    return price.amount


async def billed(month: Month) -> dict[int | None, Decimal]:
    """What each user's sessions cost, as the API tells."""
    found: dict[int | None, Decimal] = defaultdict(Decimal)
    url: str | None = "/resources/sessions/v1.0"
    query = "per_page=100&cursor="
    while url is not None:
        answer = await month.api.get(url, query)
        for shown in answer.data:
            found[shown.get("userId")] += Decimal(str(shown["totalAmount"]["withTax"]))
        url, query = answer.body["links"]["next"], ""
    return found
