"""The rows that requests are tried on: one of everything, what may be deleted, what some operations want besides."""

import random
import re
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from ohmstead.kit.operations import Operation
from ohmstead.rooms.billing.gateways.gateway import gateways
from ohmstead.rooms.billing.sessions.settling import settle
from ohmstead.rooms.charging.pricing.final import price_ended
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.stations import Command, GetConfiguration, Outcome, Setting, StationOffline
from tests.rooms.billing.labelled import TARIFF, code
from tests.rooms.charges import Site, site
from tests.rooms.partner_walk import HOOK, World

PROFILE = {
    "stackLevel": 0, "chargingProfilePurpose": "ChargePointMaxProfile", "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]},
}  # fmt: skip

OWNERS = {
    "mode": "user_schedule", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
    "phaseRotation": "RST", "minCurrent": 6, "enableKeepAwake": True,
}  # fmt: skip
CARD = {"number": "4242424242424242", "expMonth": 12, "expYear": 2049, "cvc": "123"}
SUN = {"type": "solar", "preferences": {"maxCurrentFromGrid": 6, "solarStableTime": 60}}


class FuzzWorld(World):
    """One owner's rows, where every operation that can succeed has a request that does."""

    async def make(self) -> "FuzzWorld":
        await super().make()
        given, ids = self.given, self.ids
        spare = await given.charge_point()
        owner = int((await given.user())["id"])
        own = await given.charge_point(type="personal", pin="1234", owner={"userId": owner})
        here = {"id": ids["chargePoint"]}
        self._spare = {
            "electricityMeter": (await given.meter())["id"],
            "location": (await given.location())["id"],
            "chargePoint": spare["id"],
            "vendorId": (await given.vendor())["id"],
            "evse": (await given.evse(here, networkId="2", allowsReservation=True))["id"],
            "circuit": (await given.circuit())["id"],
            "tariff": (await given.tariff())["id"],
            "tariffGroup": (await given.tariff_group())["id"],
            "paymentMethodId": await given.payment_method(int(ids["user"])),
            "notification": (await given.subscription(HOOK, "evse.changed"))["id"],
            "subscriptionPlan": (await given.plan())["id"],
        }
        terminal = {"terminalType": "Crane", "chargePointId": ids["chargePoint"]}
        self._spare["paymentTerminal"] = (await given.made("/resources/payment-terminals/v1.0", terminal))["id"]
        at = "/resources/downtime-period-notices/v1.0"
        self._spare["notice"] = (await given.made(at, {"type": "exempt", "notice": "n"}))["id"]
        site = Site(given.system, ids["chargePoint"], [ids["evse"]])
        await site.status("available", 0)
        await site.status("available", 2)
        wanted = f"/internal/sessions/v1.0/{ids['session']}/charging-needs"
        assert (await given.api.put(wanted, {"energyWh": 9000})).status == 200
        synced = await given.api.post(f"/actions/charge-point/v1.0/{ids['chargePoint']}/sync-configuration")
        assert synced.status == 202, synced.body
        self._instead: dict[str, dict[str, Any]] = {
            "POST .*/smart-charging$": {"chargePoint": spare["id"]},
            "change-(owner|sharing-code)$": {"chargePoint": own["id"]},
            "personal-smart-charging": {"chargePoint": own["id"]},
            "(reserve|start)/{evse}$": {"evse": 2},
            "set-charging-profile": {"evseNetworkId": 0},
            "(cancel-subscription|clear-subscription-amount-due)$": {"user": self.subscriber},
            "assign-user$": {"session": await self._billed(site)},
            "retry-payment$": {"session": await self._open(site, 78)},
            "waive$": {"session": await self._open(site, 79)},
        }
        confirmed = (await gateways.current.current.begin_setup("fuzz", None, None, "card")).reference
        its = f"/internal/embedded-gateway/v1.0/setups/{confirmed}"
        assert (await given.api.post(f"{its}/card", CARD | {"number": "4000002500003155"})).status == 200
        self._instead["/challenge$"] = {"reference": confirmed}
        await given.made(f"/resources/charge-points/v2.0/{own['id']}/smart-charging", OWNERS)
        market = (await given.api.get(f"/internal/price-integrations/v1.0/{ids['priceIntegration']}")).data
        self._spare["priceIntegration"] = (await given.made("/internal/price-integrations/v1.0", market))["id"]
        self._bodies: dict[str, Any] = {
            "set-charging-profile/": PROFILE,
            "price-integrations/": {name: market[name] for name in ("name", "type", "electricityRateId")},
            "/personal-smart-charging-preferences": SUN,
            "/setups/{reference}/card": CARD,
        }
        await self._labelled()
        return self

    async def _open(self, site: Site, number: int) -> int:
        """A session whose user could not pay it."""
        key = await self._billed(site, number)
        open = {"amount_with_tax": 5, "amount_without_tax": 5, "user_id": int(self.ids["user"])}
        open |= {"payment_method_id": "corporate:9"}
        async with site.system.database.begin() as tx:
            await tx.run(update(session).where(session.c.id == key).values(open))
            await settle(tx, key)
        return key

    async def _labelled(self) -> None:
        """An EVSE with a label, and a charge of who has no account that begins there."""
        given = self.given
        here, tariff = await site(given), await given.tariff(**TARIFF)
        group = {"tariffGroupId": (await given.tariff_group(tariff["id"]))["id"]}
        assert (await given.api.patch(f"/resources/evses/v2.1/{here.evses[0]}", group)).status == 200
        its = await code(given.system, here.evses[0])
        begun = await given.api.post(f"/internal/drive/v1.0/codes/{its}/charges", {})
        assert begun.status == 201, begun.body
        charge = {"charge": begun.body["key"]}
        self._instead["/drive/"] = {"code": its} | charge
        self._bodies |= {f"/drive/v1.0/{act}": charge for act in ("entered", "stop")}

    async def _billed(self, site: Site, number: int = 77) -> int:
        """A session of nobody, of which only the end was told, and which is billed."""
        await site.stops(number, site.system.clock.now() - timedelta(hours=1), 1000)
        key = (await site.sessions())[-1]["id"]
        async with site.system.database.begin() as tx:
            assert await price_ended(tx, [key]) == [key]
        return key

    def names(self, operation: Operation) -> dict[str, Any]:
        names = super().names(operation)
        for pattern, instead in self._instead.items():
            if re.search(pattern, f"{operation.method} {operation.path}"):
                names |= instead
        last = re.search(r"{(\w+)}$", operation.path)
        if operation.method == "DELETE" and last is not None and last[1] in self._spare:
            names[last[1]] = self._spare[last[1]]
        return names

    def body(self, operation: Operation) -> Any:
        for part, body in self._bodies.items():
            if part in operation.path:
                return body
        return super().body(operation)


class Moody:
    """Stations that mostly agree, sometimes refuse, and are sometimes not there."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.agrees = False  # always

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        mood = 1.0 if self.agrees else self._chance.random()
        if mood < 0.15:
            raise StationOffline
        if isinstance(command, GetConfiguration):
            return Outcome(status="Accepted", settings=(Setting("HeartbeatInterval", "60", False),))
        return Outcome(status="Rejected" if mood < 0.3 else "Accepted", payload={}, list_version=1)

    def connected(self, charge_point_id: int) -> bool:
        return self.agrees or self._chance.random() > 0.15
