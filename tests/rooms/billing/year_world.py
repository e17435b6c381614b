"""The world of year_plan.py: plans, people with cards and tags, outlets at the kerb and at home, and the server's work,
done when the test says so."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.gateways.embedded.delivering import EmbeddedEvents
from ohmstead.rooms.billing.sessions.settling import Settling
from ohmstead.rooms.billing.subscriptions.bill_outcomes import BillOutcomes
from ohmstead.rooms.billing.subscriptions.bills import BillMaking
from ohmstead.rooms.billing.subscriptions.renewing import Renewals
from ohmstead.rooms.billing.subscriptions.replacing import Replacements
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user
from ohmstead.store.due_work import DueWork
from tests.rooms.billing.quarter_world import FIRST_USER, Quarter
from tests.rooms.billing.year_plan import PEOPLE, PLANS, Charge, Person
from tests.rooms.charges import Site, site

WORK: dict[str, type[DueWork]] = {
    "renewals": Renewals, "bills": BillMaking, "outcomes": BillOutcomes, "replacements": Replacements,
    "settling": Settling, "events": EmbeddedEvents,
}  # fmt: skip
_DUE = """
SELECT EXISTS (SELECT FROM subscription WHERE due_at <= :now) AS renewals,
    EXISTS (SELECT FROM subscription WHERE bill_due_at <= :now) AS bills,
    EXISTS (SELECT FROM payment_transaction WHERE settle_due_at <= :now) AS outcomes,
    EXISTS (SELECT FROM subscription_plan WHERE replace_due_at <= :now) AS replacements,
    EXISTS (SELECT FROM session_payment WHERE due_at <= :now) AS settling,
    EXISTS (SELECT FROM embedded_event WHERE due_at <= :now) AS events,
    EXISTS (SELECT FROM gateway_call WHERE due_at <= :now) AS calls"""


@dataclass
class Year(Quarter):
    """What is there, and what of it has an id."""

    plans: dict[str, int] = field(default_factory=dict)
    kerb: list[Site] = field(default_factory=list)
    homes: dict[Person, list[Site]] = field(default_factory=dict)
    sessions: dict[Charge, int] = field(default_factory=dict)

    async def build(self) -> None:
        await self.given.currency(alphabeticCode="EUR")
        await self.given.tax(percentage=19)
        async with self.system.database.begin() as tx:
            await settings.put(tx, "regional", timeZone="Europe/Berlin")
        berlin = (await self.given.location(timezone="Europe/Berlin"))["id"]
        tariff = (await self.given.tariff(type="duration+energy", pricing={"pricePerKwh": 0.5}))["id"]
        self.group = (await self.given.tariff_group(tariff))["id"]
        self.kerb = [await self.outlet(4, locationId=berlin)]
        for name, plan in PLANS.items():
            made = await self.given.made("/resources/subscription-plans/v2.0", plan.body(name))
            self.plans[name] = made["id"]
        await self._people()

    async def outlet(self, evses: int, **fields: Any) -> Site:
        """A charge point at which a kWh costs what it does everywhere."""
        here = await site(self.given, evses=evses, **fields)
        await self.run(
            "UPDATE evse SET tariff_group_id = :group WHERE station_id = :key", group=self.group, key=here.id
        )
        return here

    async def _people(self) -> None:
        async with self.system.database.begin() as tx:
            times = {"created_at": tx.now, "updated_at": tx.now}
            for one in PEOPLE:
                key = FIRST_USER + one.number
                user = {"id": key, "email": f"u{key}@example.org", "password_hash": "", "created_by": "admin"}
                await tx.run(insert(ev_user).values(user | times))
                tag = {"id_tag_uid": f"TAG{key}", "status": "enabled", "type": "rfid", "user_id": key}
                await tx.run(insert(id_tag).values(tag | times))
        for one in PEOPLE:
            if one.of_kind.card:
                await self.card(one, one.of_kind.card, is_default=True)
            if one.of_kind.balance:
                await self.given.balance(FIRST_USER + one.number, one.of_kind.balance)
            self.homes[one] = [await self.outlet(1) for _ in range(one.chargers)]
            for home in self.homes[one]:
                personal = "UPDATE charge_point SET type = 'personal', user_id = :user WHERE id = :key"
                await self.run(personal, user=FIRST_USER + one.number, key=home.id)

    async def has_another_card(self, user: Person, number: str) -> None:
        """In the place of the one before."""
        gone = "UPDATE payment_method SET removed_at = now(), is_default = false WHERE user_id = :user"
        await self.run(gone, user=FIRST_USER + user.number)
        await self.card(user, number, is_default=True)

    # --- what happens

    async def charges(self, charge: Charge) -> None:
        here = self.homes[charge.user][0] if charge.at_home else self.kerb[0]
        await self.becomes(charge.start)
        number = (await here.starts(f"TAG{FIRST_USER + charge.user.number}", charge.start, 0, charge.outlet))[0]
        await self.becomes(charge.end)
        await here.stops(number, charge.end, charge.kwh * 1000)
        (row,) = await self.rows("SELECT id FROM session WHERE transaction_id = :number", number=number)
        self.sessions[charge] = row["id"]

    async def acts(self, user: Person, action: str, body: dict[str, Any], *statuses: int) -> Any:
        return await self.posts(f"/actions/users/v1.0/{FIRST_USER + user.number}/{action}", body, *statuses)

    # --- the server's work

    async def works(self) -> None:
        """All that is due is done, and what follows from it, banks that answer late included."""
        for pause in (0, 15, 60):
            await self.becomes(self.system.clock.now() + timedelta(seconds=pause))
            await self.works_off(_DUE, WORK)
            if not await self.awaits_banks():
                return

    async def of_users(self, query: str) -> dict[Person, Row]:
        """Rows by their `user_id`."""
        return {PEOPLE[row["user_id"] - FIRST_USER]: row for row in await self.rows(query)}
