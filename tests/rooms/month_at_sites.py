"""The sites of the month of priced_month.py: tariffs in groups, users with cards, and what stations tell."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.engines.pricing import SessionPrice
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.charging.pricing.running import RunningPrices
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.people.users import ev_user
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Site, energy, site
from tests.rooms.priced_month import (
    CHANGES,
    DAY,
    GROUPS,
    MINUTE,
    OUTLETS,
    PERIODS,
    PLACE,
    SITES,
    STRANGER,
    THESE_DAYS,
    USERS,
    Stay,
    Told,
    audience,
    dearer,
)  # fmt: skip

FIRST_USER = 1000  # its id


@dataclass
class Month:
    """Sites with tariffs, users with cards, and what was told so far."""

    api: Client
    given: Given
    sites: list[Site] = field(default_factory=list)
    tariffs: dict[tuple[int, int], int] = field(default_factory=dict)  # (group, place in it) -> id
    version: int = 0
    numbers: dict[Stay, int] = field(default_factory=dict)  # of their transactions
    expected: dict[Stay, str] = field(default_factory=dict)  # the names of their tariffs
    over: set[int] = field(default_factory=set)  # sessions whose end was told
    finals: Counter[int] = field(default_factory=Counter)  # how often the price of one was told after its end

    @property
    def system(self) -> System:
        return self.given.system

    # --- what is there

    async def build(self) -> None:
        await self.given.currency()
        await self.given.tax(percentage=19)
        rate = await self.given.electricity_rate(defaultPrice=0.27)
        path = f"/resources/electricity-rates/v2.0/{rate['id']}/price-periods/week-day/any"
        assert (await self.api.put(path, {"periods": PERIODS})).status in (200, 201)
        await self._users()
        groups = [await self._group(number) for number in range(len(GROUPS))]
        location = (await self.given.location(timezone=str(PLACE)))["id"]
        for number in range(SITES):
            made = await site(self.given, evses=OUTLETS, locationId=location, electricityRateId=rate["id"])
            for outlet in made.evses:
                group = {"tariffGroupId": groups[number % len(groups)]}
                assert (await self.api.patch(f"/resources/evses/v2.1/{outlet}", group)).status == 200
            self.sites.append(made)

    async def _users(self) -> None:
        """Rows of their own: to hash a hundred passwords takes seconds."""
        self.staff, self.fleet = [int((await self.given.user_group())["id"]) for _ in range(2)]
        groups = {"staff": [self.staff], "fleet": [self.fleet]}
        async with self.system.database.begin() as tx:
            for user in range(USERS):
                named = {"id": FIRST_USER + user, "email": f"u{user}@example.org", "created_by": "admin"}
                row = {"user_group_ids": groups.get(audience(user), []), "password_hash": ""}
                await tx.run(ev_user.insert().values(**named, **row, created_at=tx.now, updated_at=tx.now))
        for user in range(USERS):
            await self.given.id_tag(idTagUid=f"CARD{user}", userId=FIRST_USER + user)

    async def _group(self, number: int) -> int:
        for place in range(len(GROUPS[number])):
            made = await self.given.made("/resources/tariffs/v1.0", self._body(number, place))
            self.tariffs[number, place] = made["id"]
        group = await self.given.made("/resources/tariff-groups/v1.0", {"name": f"Group {number}"})
        listed = [self.tariffs[number, place] for place in range(len(GROUPS[number]))]
        body = {"name": f"Group {number}", "tariffIds": listed}
        assert (await self.api.put(f"/resources/tariff-groups/v1.0/{group['id']}", body)).status == 200
        return group["id"]

    def _body(self, number: int, place: int) -> dict[str, Any]:
        type, whose, pricing = GROUPS[number][place]
        restrictions = {
            "everybody": {}, "nobody known": {"applyToAdHocUsers": True},
            "staff": {"applyToUserGroupIds": [self.staff]}, "fleet": {"applyToUserGroupIds": [self.fleet]},
            "these days": {"startDate": f"{THESE_DAYS[0]}", "endDate": f"{THESE_DAYS[1]}"},
        }[whose]  # fmt: skip
        two = type == "duration+energy time of day"
        return {
            "name": self.name(number, place), "type": type, "pricing": dearer(pricing, self.version),
            "restrictions": restrictions, **({"dayTariffStart": "06:00", "nightTariffStart": "22:00"} if two else {}),
        }  # fmt: skip

    def name(self, number: int, place: int) -> str:
        return f"{number}/{place}/{self.version}"

    # --- what happens

    async def becomes(self, moment: datetime) -> None:
        """It is so late; on the way prices change, and each day everybody hears of what was told."""
        clock = self.system.clock
        assert isinstance(clock, ManualClock)
        while (today := clock.now()).date() < moment.date():
            await clock.advance((min(moment, _midnight(today) + DAY) - today).total_seconds())
            await self.settle()
            if self.version < len(CHANGES) and clock.now() >= CHANGES[self.version]:
                await self.change()
        await clock.advance(max(0.0, (moment - clock.now()).total_seconds()))

    async def settle(self) -> None:
        await RunningPrices(self.system.database, self.system.clock).price()
        while await self.system.outbox.drain():
            pass

    async def change(self) -> None:
        """Other prices of every tariff."""
        self.version += 1
        for (number, place), key in self.tariffs.items():
            answer = await self.api.put(f"/resources/tariffs/v1.0/{key}", self._body(number, place))
            assert answer.status == 200, answer.body

    async def hears(self, told: Told) -> None:
        stay, here = told.stay, self.sites[told.stay.site]
        match told.what:
            case "start":
                card = STRANGER if stay.user is None else f"CARD{stay.user}"
                number = (await here.starts(card, stay.start, stay.registers[0][1], stay.outlet))[0]
                assert self.numbers.setdefault(stay, number) == number
                self.expected.setdefault(stay, self.resolved(stay))
            case "readings":
                samples = [energy(stay.start + minute * MINUTE, wh)
                           for minute, wh in (stay.registers[place] for place in told.places)]  # fmt: skip
                await here.meters(*samples, transaction=self.numbers[stay], number=stay.outlet)
            case "stop":
                await here.stops(self.numbers[stay], stay.end, stay.registers[-1][1])
                self.over.add(await self.id_of(self.numbers[stay]))

    async def id_of(self, transaction: int) -> int:
        async with self.system.database.read() as tx:
            return await tx.value(select(session.c.id).where(session.c.transaction_id == transaction))

    def prices(self, key: int, _: SessionPrice) -> None:
        """A price was told."""
        self.finals[key] += key in self.over

    def resolved(self, stay: Stay) -> str:
        """The name of the tariff that it has to have."""
        number, today = stay.site % len(GROUPS), stay.start.astimezone(PLACE).date()
        meant = {audience(stay.user), *(("these days",) if THESE_DAYS[0] <= today <= THESE_DAYS[1] else ())}
        found = [place for place, (_, whose, _) in enumerate(GROUPS[number]) if place == 0 or whose in meant]
        return self.name(number, found[-1])


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
