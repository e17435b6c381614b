"""Makers: what a test needs to be there, made through the API, with as few words as the test cares for."""

import itertools
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.app.system import System
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.issuing import Item, Order, issue
from ohmstead.rooms.billing.documents.series import Kind
from ohmstead.rooms.billing.gateways.embedded import cards
from ohmstead.rooms.billing.gateways.embedded.known_cards import KNOWN_CARDS
from ohmstead.rooms.billing.gateways.gateway import Card
from ohmstead.rooms.billing.methods.setup import store_card
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.admins import create_token
from ohmstead.rooms.operator.currencies import currency
from ohmstead.rooms.people.partner_invites import partner_invite
from ohmstead.rooms.people.partners import partner
from tests.client import Client

_number = itertools.count(1)
_LET = {"createUsers": True, "allowToControlTariffs": True, "allowToControlTariffGroups": True}


async def partner_of_id(system: System, number: int) -> int:
    """The partner of this number, made where there is none: tests say who is who by numbers of their own."""
    async with system.database.begin() as tx:
        row = {"id": number, "name": f"Partner {number}", "options": _LET}
        times = {"created_at": tx.now, "updated_at": tx.now}
        await tx.run(insert(partner).values(row | times).on_conflict_do_nothing())
    return number


class Given:
    """Each maker answers the new row's `data`."""

    def __init__(self, system: System, api: Client) -> None:
        self.system, self.api = system, api

    async def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST and expect 201, or 200 where that is what is documented."""
        answer = await self.api.post(path, body)
        assert answer.status in (200, 201), answer.body
        return answer.body.get("data", answer.body)

    async def token(self, *scopes: str, **facts: Any) -> str:
        """A token with just these scopes."""
        if facts.get("partner_id"):
            await self.partner_of_id(facts["partner_id"])
        async with self.system.database.begin() as tx:
            return await create_token(tx, self.system.vault, "narrow", list(scopes), **facts)

    async def client(self, *scopes: str, **facts: Any) -> Client:
        """A client with just these scopes; the caller closes it."""
        return Client(self.api.base, await self.token(*scopes, **facts))

    async def partner(self, **fields: Any) -> dict[str, Any]:
        return await self.made("/resources/partners/v2.0", {"name": f"Partner {next(_number)}"} | fields)

    async def partner_contract(self, partner_id: int, **fields: Any) -> dict[str, Any]:
        """Without end, from 2020."""
        body = {"title": f"Contract {next(_number)}", "partnerId": partner_id, "startDate": "2020-01-01T00:00:00Z"}
        return await self.made("/resources/partner-contracts/v1.0", body | fields)

    async def partner_of_id(self, number: int) -> int:
        """See the function."""
        return await partner_of_id(self.system, number)

    async def meter(self, **fields: Any) -> dict[str, Any]:
        return await self.made("/resources/electricity-meters/v1.0", {"name": f"Meter {next(_number)}"} | fields)

    async def location(self, **fields: Any) -> dict[str, Any]:
        name = [{"locale": "en", "translation": f"Location {next(_number)}"}]
        return await self.made("/resources/locations/v2.0", {"name": name, "country": "AT"} | fields)

    async def currency(self, **fields: Any) -> dict[str, Any]:
        return await self.made("/resources/currencies/v2.0", {"alphabeticCode": "EUR"} | fields)

    async def tariff(self, **fields: Any) -> dict[str, Any]:
        """A free one; the base currency is euros where there is none."""
        await self._a_currency()
        return await self.made("/resources/tariffs/v1.0", {"name": f"Tariff {next(_number)}", "type": "free"} | fields)

    async def tariff_group(self, *tariff_ids: int, **fields: Any) -> dict[str, Any]:
        """Its base tariff, and these."""
        await self._a_currency()
        body = {"name": f"Tariff group {next(_number)}", "tariffIds": list(tariff_ids)}
        return await self.made("/resources/tariff-groups/v1.0", body | fields)

    async def _a_currency(self) -> None:
        async with self.system.database.begin() as tx:
            if await settings.base_currency_code(tx) is None:
                facts = {"name": "EUR (Euro)", "alphabetic_code": "EUR", "numeric_code": "978", "decimal": 2}
                row = facts | {"created_at": tx.now, "updated_at": tx.now}
                await tx.run(insert(currency).values(row).on_conflict_do_nothing())

    async def tax(self, **fields: Any) -> dict[str, Any]:
        return await self.made("/resources/taxes/v2.0", {"name": f"Tax {next(_number)}", "percentage": 20} | fields)

    async def electricity_rate(self, **fields: Any) -> dict[str, Any]:
        usual = {"name": f"Rate {next(_number)}", "defaultPrice": 0.3, "taxPercentage": 19}
        return await self.made("/resources/electricity-rates/v2.0", usual | fields)

    async def utility(self, **fields: Any) -> dict[str, Any]:
        return await self.made("/resources/utilities/v1.0", {"name": f"Utility {next(_number)}"} | fields)

    async def user(self, **fields: Any) -> dict[str, Any]:
        """The `id` is a text, as the API shows it."""
        email = f"user{next(_number)}@example.org"
        return await self.made("/resources/users/v1.0", {"email": email, "password": "correct horse"} | fields)

    async def user_group(self, **fields: Any) -> dict[str, Any]:
        return await self.made("/resources/user-groups/v1.0", {"name": f"Group {next(_number)}"} | fields)

    async def subscription(self, url: str, *names: str, **fields: Any) -> dict[str, Any]:
        """Of these notifications, by webhook unless `fields` say otherwise; the URL may be one of 127.0.0.1."""
        body = {"via": "webhook", "notifications": list(names), "webhook": {"callbackUrl": url}}
        return await self.made("/notifications/v2.0", body | fields)

    async def plan(self, **fields: Any) -> dict[str, Any]:
        """A pre-paid plan of 9.90 a month, unless `fields` say otherwise."""
        await self._a_currency()
        name = [{"locale": "en", "translation": f"Plan {next(_number)}"}]
        usual = {"name": name, "description": name, "renewalCycle": "monthly", "type": "pre-paid", "baseFee": 9.9}
        return await self.made("/resources/subscription-plans/v2.0", usual | {"status": "enabled"} | fields)

    async def subscribed(self, user_id: int, plan_id: int, **fields: Any) -> int:
        """A user has a plan from now on; the id of the subscription."""
        path = f"/actions/users/v1.0/{user_id}/activate-subscription"
        answer = await self.api.post(path, {"planId": plan_id} | fields)
        assert answer.status == 202, answer.body
        query = select(subscription.c.id).where(subscription.c.user_id == user_id).order_by(subscription.c.id.desc())
        async with self.system.database.read() as tx:
            return await tx.value(query.limit(1))

    async def document(self, kind: Kind = "receipt", user_id: int | None = None, **values: Any) -> int:
        """A document over a fee of 7.77."""
        item = Item(what=items.custom_fee("A blocked bay"), gross=Decimal("7.77"))
        usual: dict[str, Any] = {"purchase_type": "custom_fee", "currency": "EUR", "items": [item], "user_id": user_id}
        async with self.system.database.begin() as tx:
            return (await issue(tx, Order(kind=kind, **(usual | values))))[0]

    async def row_of(self, resource: str) -> dict[str, Any]:
        """One of a resource, by its name, with all that it hangs on."""
        if resource == "evses":
            return await self.evse(await self.charge_point())
        if resource == "partner-contracts":
            return await self.partner_contract((await self.partner())["id"])
        if resource == "charging-zones":
            path = f"/resources/locations/v2.0/{(await self.location())['id']}/charging-zones"
            return await self.made(path, {"name": "Deck", "status": "enabled"})
        makers = {
            "locations": self.location, "users": self.user, "charge-points": self.charge_point,
            "user-groups": self.user_group, "partners": self.partner, "tariffs": self.tariff,
            "tariff-groups": self.tariff_group,
        }  # fmt: skip
        return await makers[resource]()

    async def id_tag(self, **fields: Any) -> dict[str, Any]:
        if fields.get("partnerId"):
            await self.partner_of_id(fields["partnerId"])
        body = {"idTagUid": f"TAG{next(_number):05}", "status": "enabled", "type": "rfid"}
        return await self.made("/resources/id-tags/v2.0", body | fields)

    async def circuit(self, **fields: Any) -> dict[str, Any]:
        body = {"name": f"Circuit {next(_number)}", "phases": "three_phase", "maxCurrent": 63}
        return await self.made("/resources/circuits/v2.0", body | fields)

    async def charge_point(self, **fields: Any) -> dict[str, Any]:
        """A public one with an OCPP identity, at a location of its own unless one is given."""
        number = next(_number)
        if fields.get("partner"):
            await self.partner_of_id(fields["partner"]["id"])
        if "locationId" not in fields and fields.get("type") != "personal":
            fields["locationId"] = (await self.location())["id"]
        body = {"name": f"Charge point {number}", "type": "public", "network": {"id": f"CP-{number}"}} | fields
        return await self.made("/resources/charge-points/v2.0", body)

    async def template(self, *evses: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A charge point template; each EVSE is of AC unless it says otherwise."""
        base = "/internal/charge-point-templates/v1.0"
        made = await self.made(base, {"name": f"Template {next(_number)}"} | fields)
        for number, one in enumerate(evses, 1):
            await self.made(f"{base}/{made['id']}/evses", {"networkId": str(number), "currentType": "ac"} | one)
        return made

    async def vendor(self, **fields: Any) -> dict[str, Any]:
        return await self.made("/resources/charge-point-vendors/v1.0", {"name": f"Vendor {next(_number)}"} | fields)

    async def model(self, **fields: Any) -> dict[str, Any]:
        """Of a vendor of its own unless one is given."""
        if "vendorId" not in fields:
            fields["vendorId"] = (await self.vendor())["id"]
        return await self.made("/resources/charge-point-models/v1.0", {"name": f"Model {next(_number)}"} | fields)

    async def evse(self, charge_point: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """An EVSE of a charge point: number 1 unless said otherwise."""
        body = {"physicalReference": f"E-{next(_number)}", "currentType": "ac", "networkId": "1", "status": "enabled"}
        return await self.made(f"/resources/charge-points/v2.0/{charge_point['id']}/evses", body | fields)

    async def managed_charge_point(self, **details: Any) -> dict[str, Any]:
        """A charge point with one EVSE (`evses[0]`), ready to hang on a three-phase circuit."""
        made = await self.charge_point()
        outlet = await self.evse(made)
        smart = {
            "mode": "dynamic", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
            "phaseRotation": "RST", "electricalConfiguration": "star",
        }  # fmt: skip
        await self.made(f"/resources/charge-points/v2.0/{made['id']}/smart-charging", smart | details)
        return made | {"evses": [outlet]}

    # Billing: cards

    async def card(self, number: str = "4242424242424242") -> Card:
        """A test card in the vault of the embedded gateway, whose bank behaves by its number."""
        async with self.system.database.begin() as tx:
            return cards.shown(await cards.store(tx, KNOWN_CARDS[number], 12, 2049))

    async def corporate_account(
        self, partner_id: int, user_id: int, *, only_at_partner: bool = False, **billing: Any
    ) -> str:
        """A partner of this number lets a user charge on its account; `corporate:N`."""
        await self.partner_of_id(partner_id)
        async with self.system.database.begin() as tx:
            row = {
                "partner_id": partner_id, "user_id": user_id, "status": "accepted", "email": f"u{user_id}@example.org",
                "send_via_email": False, "allow_corporate_account_billing": True, "accepted_at": tx.now,
                "limit_corporate_account_billing_to_partner_charge_points": only_at_partner,
                "created_at": tx.now, "updated_at": tx.now,
            }  # fmt: skip
            await tx.run(insert(partner_invite).values(row).on_conflict_do_nothing())
            enabled = partner.update().where(partner.c.id == partner_id)
            await tx.run(enabled.values(corporate_billing={"enabled": True} | billing))
        return f"corporate:{partner_id}"

    async def voucher(self, **fields: Any) -> dict[str, Any]:
        """Of 25 euros."""
        await self._a_currency()
        return await self.made("/resources/vouchers/v2.1", {"amount": 25} | fields)

    async def balance(self, user_id: int, amount: float) -> None:
        """So much more on a user's balance, by the operator."""
        await self._a_currency()
        body = {"amount": amount, "reason": "given"}
        answer = await self.api.post(f"/actions/users/v1.0/{user_id}/add-balance", body)
        assert answer.status == 202, answer.body

    async def top_up_package(self, **fields: Any) -> dict[str, Any]:
        """20 euros, and 3 on top."""
        await self._a_currency()
        return await self.made("/resources/top-up-packages/v2.0", {"price": 20, "bonus": 3, "enabled": True} | fields)

    async def payment_method(self, user_id: int, number: str = "4242424242424242") -> str:
        """A stored card of a user's at the embedded gateway, which behaves by its number; its id. The first of a user
        is the default."""
        card = await self.card(number)
        async with self.system.database.begin() as tx:
            return str((await store_card(tx, user_id, "embedded", card))["id"])
