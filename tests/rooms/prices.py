"""What the tests of prices share: a site that charges by a tariff, a clock that stands still, and the work that prices
sessions, done by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.charging.pricing.running import RunningPrices
from tests.client import Client
from tests.given import Given
from tests.rooms.booked import MORNING
from tests.rooms.charges import Site, energy, site, tag

SESSIONS = "/resources/sessions/v1.0"
MINUTES = {"pricePeriodInMinutes": 1}


def at(minutes: float) -> datetime:
    """A moment of the morning, counted from 08:00 UTC."""
    return MORNING + timedelta(minutes=minutes)


@dataclass
class Place:
    """A site whose EVSEs charge by tariffs, and a driver's card."""

    api: Client
    given: Given
    here: Site
    card: str
    running: RunningPrices

    @property
    def system(self) -> System:
        return self.given.system

    async def tariff(self, type: str = "duration+energy", **fields: Any) -> dict[str, Any]:
        """A tariff with the `pricing` of its fields."""
        named = {name: fields.pop(name) for name in ("restrictions", "dayTariffStart", "nightTariffStart", "name")
                 if name in fields}  # fmt: skip
        return await self.given.made("/resources/tariffs/v1.0", {"name": "T", "type": type, "pricing": fields} | named)

    async def charges_by(self, *tariffs: dict[str, Any], evse: int = 0) -> int:
        """Have an EVSE charge by tariffs, the first for everybody; their group."""
        group = await self.given.made("/resources/tariff-groups/v1.0", {"name": "G"})
        body = {"name": "G", "tariffIds": [one["id"] for one in tariffs]}
        answer = await self.api.put(f"/resources/tariff-groups/v1.0/{group['id']}", body)
        assert answer.status == 200, answer.body
        await self.follows(group["id"], evse)
        return group["id"]

    async def follows(self, group: int | None, evse: int = 0) -> None:
        """Have an EVSE charge by a group, or by none."""
        path = f"/resources/evses/v2.1/{self.here.evses[evse]}"
        answer = await self.api.patch(path, {"tariffGroupId": group})
        assert answer.status == 200, answer.body

    async def time(self, minutes: float) -> None:
        """It becomes so many minutes after 08:00, or is later already."""
        clock = self.system.clock
        assert isinstance(clock, ManualClock)
        await clock.advance(max(0.0, (at(minutes) - clock.now()).total_seconds()))

    async def starts(self, minutes: float = 0, wh: int = 1000, number: int = 1, card: str | None = None) -> int:
        """A transaction's number."""
        await self.time(minutes)
        return (await self.here.starts(self.card if card is None else card, at(minutes), wh, number))[0]

    async def reads(self, transaction: int, *told: tuple[float, float], number: int = 1) -> None:
        """Minutes and Wh of the register, told in one message."""
        await self.time(max(minutes for minutes, _ in told))
        samples = [energy(at(minutes), wh) for minutes, wh in told]
        await self.here.meters(*samples, transaction=transaction, number=number)

    async def stops(self, transaction: int, minutes: float, wh: int, **told: Any) -> None:
        await self.time(minutes)
        await self.here.stops(transaction, at(minutes), wh, **told)

    async def settled(self) -> None:
        """Everybody has heard of all facts."""
        while await self.system.outbox.drain():
            pass

    async def shown(self, key: int | str = 1, *flags: str) -> dict[str, Any]:
        """A session with its flags."""
        query = "&".join(f"{flag}=true" if "=" not in flag else flag for flag in flags)
        answer = await self.api.get(f"{SESSIONS}/{key}", query)
        assert answer.status == 200, answer.body
        return answer.data

    async def amount(self, key: int | str = 1) -> float | None:
        total = (await self.shown(key)).get("totalAmount")
        return total and total["withTax"]


async def place(api: Client, given: Given, evses: int = 1, tax: float | None = 19) -> Place:
    """At 08:00 of a Monday, in Berlin."""
    await given.currency()
    if tax is not None:
        await given.tax(percentage=tax)
    berlin = await given.location(timezone="Europe/Berlin")
    here = await site(given, evses=evses, locationId=berlin["id"])
    system = given.system
    return Place(api, given, here, await tag(given), RunningPrices(system.database, system.clock))
