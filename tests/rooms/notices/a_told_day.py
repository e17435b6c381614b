"""A day on which everything happens that somebody can be told of: the examples of docs/notification-events.md. A clock
that stands still and names that are given make each run the same."""

from datetime import timedelta
from functools import partial
from typing import Any

from ohmstead.app.admitted import StationDefaults
from ohmstead.app.fact_intake import FactIntake
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.communication.diagnostics import log_status
from ohmstead.rooms.devices.communication.security_events import security_event_told
from ohmstead.rooms.devices.facts import Booted, Connected, DataReceived, Disconnected, LogStatus, SecurityEvent
from ohmstead.rooms.devices.stations import Outcome, Setting
from ohmstead.rooms.power.management.consumption import Consumption
from ohmstead.rooms.power.management.figures import LineLoad
from tests.client import Client
from tests.given import Given
from tests.rooms.booked import MORNING
from tests.rooms.charges import Gateway, energy, site

USER = {
    "email": "ada@example.org", "password": "correct horse", "first_name": "Ada", "last_name": "Example",
    "country": "AT", "city": "Vienna",
}  # fmt: skip
PROFILE = {
    "stackLevel": 0, "chargingProfilePurpose": "ChargePointMaxProfile", "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]},
}  # fmt: skip
NAME = [{"locale": "en", "translation": "Car park"}]


class ToldDay:
    """One site, its driver, and what happens there."""

    def __init__(self, api: Client, given: Given, gateway: Gateway) -> None:
        self.api, self.given, self.gateway = api, given, gateway
        self.system = given.system

    async def passes(self) -> None:
        """All of it, in an order in which it can happen."""
        for part in (
            self._people,
            self._network,
            self._station,
            self._charge,
            self._payment,
            self._subscription,
            self._power,
        ):
            await part()

    async def _people(self) -> None:
        given = self.given
        await given.made("/internal/sub-operators/v1.0", {"name": "North", "partner_ids": []})
        partner = await given.partner(name="Volt AG", businessName="Volt", regNo="R1", country="AT")
        await given.made(
            "/resources/partner-invites/v1.0",
            {
                "partnerId": partner["id"], "email": "guest@example.org",
                "options": {
                    "allowCorporateAccountBilling": True, "limitCorporateAccountBillingToPartnerChargePoints": False,
                },
            },
        )  # fmt: skip
        self.user = int((await given.user(**USER))["id"])
        await given.id_tag(idTagUid="04A1B2C3D4", userId=self.user)

    async def _network(self) -> None:
        given = self.given
        tariff = await given.tariff(name="By energy", type="duration+energy", pricing={"pricePerKwh": 0.45})
        group = await given.tariff_group(tariff["id"], name="Public")
        location = await given.location(name=NAME, city="Vienna")
        self.here = await site(given, name="Bay 1", networkId="bay-1", locationId=location["id"],
                               network={"id": "bay-1", "protocol": "ocpp 1.6"})  # fmt: skip
        more = {"tariffGroupId": group["id"], "allowsReservation": True, "physicalReference": "AT-1"}
        await self.api.patch(f"/resources/evses/v2.1/{self.here.evses[0]}", more)
        space = {"label": "A1", "locationId": location["id"], "evses": self.here.evses}
        made = await given.made("/resources/parking-spaces/v1.0", space)
        occupied = f"/actions/parking-spaces/v1.0/{made['id']}/update-occupancy-status"
        assert (await self.api.post(occupied, {"status": "occupied"})).status == 202

    async def _station(self) -> None:
        here, now = self.here, self.system.clock.now()
        heard: dict[str, Any] = {"charge_point_id": here.id, "received_at": now}
        booted = Booted(vendor="Zap", model="One", serial_number="S1", firmware_version="1.2", **heard)
        await here.tells(partial(presence.booted, interval_s=60), booted)
        await here.tells(presence.disconnected, Disconnected(charge_point_id=here.id, at=now))
        back = Connected(charge_point_id=here.id, version="1.6", remote_ip="::1", at=now + timedelta(seconds=9))
        await here.tells(presence.connected, back)
        self.gateway.answer = Outcome(status="Accepted", settings=(Setting("HeartbeatInterval", "60", False),))
        actions = f"/actions/charge-point/v1.0/{here.id}"
        assert (await self.api.post(f"{actions}/sync-configuration")).status == 202
        self.gateway.answer = "Accepted"
        await self.api.post(f"{actions}/get-diagnostics", {"location": "ftp://box.example/logs"})
        await here.tells(log_status, LogStatus(kind="diagnostics", status="Uploading", request_id=None, **heard))
        event = SecurityEvent(type="TamperDetectionActivated", tech_info="door", at=now, **heard)
        await here.tells(security_event_told, event)
        usual = StationDefaults(heartbeat_interval_s=60, call_timeout_s=5, boot_timeout_s=5)
        sent = DataReceived(vendor_id="Zap", message_id="temperature", data='{"celsius": 21}', **heard)
        await FactIntake(self.system.database, self.system.clock, usual).data_transfer(sent)

    async def _charge(self) -> None:
        here, later = self.here, MORNING + timedelta(minutes=30)
        number = (await here.starts("04A1B2C3D4", MORNING, 1000))[0]
        assert isinstance(self.system.clock, ManualClock)
        await self.system.clock.advance(1800)
        await here.meters(energy(later, 4600), transaction=number)
        await here.stops(number, later, 4600, reason="Local")
        reserve = f"/actions/charge-point/v1.0/{here.id}/reserve/{here.evses[0]}"
        answer = await self.api.post(reserve, {"userId": self.user})
        assert answer.status == 202, answer.body
        profile = f"/actions/charge-point/v1.0/{here.id}/set-charging-profile/0"
        assert (await self.api.post(profile, PROFILE)).status == 202

    async def _payment(self) -> None:
        told = {"sessionId": (await self.here.sessions())[-1]["id"], "status": "finalized", "totalAmount": 12.4}
        await self.given.made("/resources/transactions/v1.0", told)
        body = {"amount": 25, "reason": "Sorry for the broken cable"}
        await self.api.post(f"/actions/users/v1.0/{self.user}/add-balance", body)
        await self.given.payment_method(self.user)

    async def _subscription(self) -> None:
        name = [{"locale": "en", "translation": "Home"}]
        plan = await self.given.plan(name=name, description=name, freeRenewalPeriods=1)
        await self.given.subscribed(self.user, plan["id"])

    async def _power(self) -> None:
        await self.given.circuit(name="Main fuse")
        row: dict[str, Any] = {"id": 1, "phases": "three_phase", "connected_phase": None, "max_current": 63.0,
                               "min_charge_point_current": 6.0}  # fmt: skip
        at = MORNING.timestamp()
        flows = [LineLoad(1, line, amps, at, True, 0.0, None, False) for line, amps in ((1, 21.5), (2, 9), (3, 8))]
        async with self.system.database.begin() as tx:
            for fact in Consumption().due({1: row}, flows, at):
                tx.tell(fact)
