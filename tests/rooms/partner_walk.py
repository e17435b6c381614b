"""A world of one owner's rows, and a request for every operation in it: what a partner's token is tried on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select

from ohmstead.kit.operations import Operation
from ohmstead.kit.references import ABSENT
from ohmstead.kit.views import camel
from ohmstead.rooms.billing.gateways.gateway import Money, gateways
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.devices.communication.security_events import security_event, turned_away
from ohmstead.rooms.devices.firmware.versions import firmware_version
from ohmstead.rooms.network.charge_points.shares import charge_point_share
from ohmstead.rooms.operator import mail, settings
from ohmstead.rooms.tariffs.snapshots import snapshot_of
from ohmstead.rooms.tariffs.tables import tariff
from tests.client import DOCUMENT
from tests.given import Given
from tests.rooms.charges import site
from tests.rooms.notices.logged import logged

HOOK = "https://hooks.example/"
WORDS: dict[str, Any] = {
    "name": "x", "email": "new@example.org", "password": "correct horse", "idTagUid": "NEW", "country": "AT",
    "startedAt": "2020-01-01T00:00:00Z", "endedAt": "2020-01-02T00:00:00Z", "url": "https://example.org/f",
    "alphabeticCode": "USD", "action": "Heartbeat", "payload": {}, "notice": "n", "currentL1": 1000, "priority": 2,
    "communicationMode": "direct_ocpp", "upperThresholdPercent": 80, "networkId": "2", "desiredProfile": 1,
    "mode": "disabled", "physicalReference": "new", "keyName": "new", "validFrom": "2999-01-01T00:00:00Z",
    "rfidTagUid": "OLD", "defaultLanguage": "en", "pcId": "W" * 17, "label": "x", "callbackUrl": HOOK,
}  # fmt: skip
"""Values of fields that no schema tells."""
OFFERED = {"currentL1", "sendViaEmail"}
"""Fields that no schema requires, and an operation does."""
SMART = {
    "mode": "dynamic", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
    "phaseRotation": "RST", "electricalConfiguration": "star",
}  # fmt: skip
_LATER = datetime.now(UTC) + timedelta(days=2)
LATER = {"startAt": _LATER.isoformat(), "endAt": (_LATER + timedelta(hours=1)).isoformat()}
WORDS |= LATER
ASKED = {"periods": [{"startTime": LATER["startAt"], "endTime": LATER["endAt"], "maxPower": 5000}]}
TAKEN = "taken"
"""What everything that is unique is called in the world."""


class World:
    """The ids of one owner's rows, by the names of path parameters and of the fields that refer to them."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.ids: dict[str, Any] = {"type": "hard", "phase": "l1", "key": "HeartbeatInterval", "evseNetworkId": 1}
        self.ids |= {"code": "nobody", "charge": 1}  # of a driver without an account

    async def make(self) -> "World":
        """One row of everything, in the order things hang on each other; the charge point belongs to who `given` is."""
        for made in (
            self._network, self._tariffs, self._devices, self._charging, self._power, self._payments, self._gateway,
        ):  # fmt: skip
            await made()
        return self

    async def _network(self) -> None:
        given, ids = self.given, self.ids
        ids["location"] = (await given.location())["id"]
        zone = {"name": "z", "status": "enabled"}
        ids["chargingZone"] = (await given.made(f"{self._at('locations/v2.0', 'location')}/charging-zones", zone))["id"]
        here = await site(given, locationId=ids["location"], tags=["a"])
        ids |= {"chargePoint": here.id, "evse": here.evses[0], "evseNumber": 1}
        await given.api.patch(f"/resources/evses/v2.1/{ids['evse']}", {"bookingEnabled": True})
        outlet = f"/resources/charge-points/v2.0/{here.id}/evses/{ids['evse']}"
        connector = {"name": "c", "type": "type2", "format": "socket", "status": "enabled"}
        ids["connector"] = (await given.made(f"{outlet}/connectors", connector))["id"]
        await given.made(f"/resources/charge-points/v2.0/{here.id}/smart-charging", SMART)
        ids["currency"] = (await given.currency())["id"]
        pair = {"base": "EUR", "target": "CHF", "rate": 0.9}
        ids["currencyRate"] = (await given.made("/resources/currency-rates/v1.0", pair))["id"]
        number = await given.made("/resources/tax-identification-numbers/v2.0", {"name": "n"})
        ids["taxIdentificationNumber"] = number["id"]
        ids["tax"] = (await given.tax(taxIdentificationNumberId=number["id"]))["id"]
        await given.api.put("/resources/contact-details/v2.0", {"email": "us@example.org"})
        ids["partner"] = (await given.partner())["id"]
        ids["partnerContract"] = (await given.partner_contract(ids["partner"]))["id"]
        its = {"name": "s", "partner_ids": [ids["partner"]]}
        ids["subOperator"] = (await given.made("/internal/sub-operators/v1.0", its))["id"]
        translated = [{"locale": "en", "translation": "x"}]
        texts = {"question": translated, "answer": translated}
        ids["faq"] = (await given.made("/resources/faqs/v2.0", texts))["id"]
        ids["utility"] = (await given.utility())["id"]
        ids |= {"electricityRate": (await given.electricity_rate())["id"], "weekDay": "mon", "date": "2026-01-01"}
        for day in ("week-day/mon", "date/2026-01-01"):
            periods = f"{self._at('electricity-rates/v2.0', 'electricityRate')}/price-periods/{day}"
            await given.api.put(periods, {"periods": []})
        said = {"consentRequired": True, "consentCollection": "explicit", "consentCheckboxDefaultState": False}
        agreed = said | {"consentText": translated, "termType": "signup"}
        ids["termDocument"] = (await given.made("/internal/term-documents/v1.0", agreed))["id"]
        text = {"validFrom": WORDS["validFrom"], "content": translated}
        ids["termVersion"] = (await given.made(f"/internal/term-documents/v1.0/{ids['termDocument']}/versions", text))[
            "id"
        ]
        ids["vendorErrorCode"] = (
            await given.made("/resources/vendor-error-codes/v2.0", {"vendorId": "v", "errorCode": "E"})
        )["id"]
        model = await given.model()
        ids |= {"modelId": model["id"], "vendorId": model["vendorId"]}
        written = "/internal/charge-point-templates/v1.0"
        ids["chargePointTemplate"] = (await given.made(written, {"name": "t"}))["id"]
        outlet = {"networkId": "1", "currentType": "ac"}
        ids["templateEvse"] = (await given.made(f"{written}/{ids['chargePointTemplate']}/evses", outlet))["id"]
        notices = "/resources/downtime-period-notices/v1.0"
        ids["notice"] = (await given.made(notices, {"type": "exempt", "notice": "n"}))["id"]
        period = {"noticeId": ids["notice"], "startedAt": WORDS["startedAt"], "endedAt": WORDS["endedAt"]}
        of_point = period | {"chargePointId": here.id}
        ids["chargePointDowntimePeriod"] = (
            await given.made("/resources/charge-point-downtime-periods/v1.0", of_point)
        )["id"]
        of_evse = period | {"evseId": ids["evse"]}
        ids["evseDowntimePeriod"] = (await given.made("/resources/evse-downtime-periods/v1.0", of_evse))["id"]
        ids["notification"] = (await given.subscription(HOOK, "evse.changed"))["id"]
        ids["delivery"] = await logged(given.system, ids["notification"])
        async with given.system.database.begin() as tx:
            ids["emailMessage"] = await mail.send(tx, mail.Email("ada@example.org", "s", "b"))
        beside = {"label": "A1", "locationId": ids["location"], "evses": [ids["evse"]]}
        ids["parkingSpace"] = (await given.made("/resources/parking-spaces/v1.0", beside))["id"]

    async def _tariffs(self) -> None:
        given, ids = self.given, self.ids
        priced = await given.tariff(name=TAKEN)
        group = await given.tariff_group(priced["id"])
        ids |= {"tariff": priced["id"], "tariffGroup": group["id"]}
        async with given.system.database.begin() as tx:
            row = await tx.one(select(tariff).where(tariff.c.id == priced["id"]))
            ids["tariffSnapshot"] = await snapshot_of(tx, row, None, tx.now, None)

    async def _devices(self) -> None:
        given, ids = self.given, self.ids
        template = {"name": TAKEN, "ocppVersion": "ocpp 1.6"}
        ids["template"] = (await given.made("/resources/configuration-templates/v1.0", template))["id"]
        variables = f"/resources/configuration-templates/v1.0/{ids['template']}/variables"
        ids["variable"] = (await given.made(variables, {"keyName": "HeartbeatInterval", "value": "60"}))["id"]
        async with given.system.database.begin() as tx:
            times = {"created_at": tx.now, "updated_at": tx.now}
            row = {"firmware_version": "1", "charge_point_vendor_id": ids["vendorId"], "file_name": "f.bin", **times}
            ids["firmwareVersion"] = await tx.value(
                insert(firmware_version).values(row).returning(firmware_version.c.id)
            )
            await turned_away(tx, f"CP-{ids['chargePoint']}", "::1", "InvalidPassword")
            ids["securityEvent"] = ids["securityEventLog"] = await tx.value(select(func.max(security_event.c.id)))

    async def _charging(self) -> None:
        given, ids = self.given, self.ids
        invite = {"partnerId": (await given.partner())["id"], "sendViaEmail": False}
        ids["partnerInvite"] = (await given.made("/resources/partner-invites/v1.0", invite))["id"]
        ids["userGroup"] = (await given.user_group())["id"]
        ids["user"] = int((await given.user())["id"])
        tag = await given.id_tag(userId=ids["user"])
        ids |= {"idTag": tag["id"], "rfidTag": (await given.id_tag(userId=ids["user"]))["id"]}
        async with given.system.database.begin() as tx:
            await settings.put(tx, "plugAndCharge", countryCode="DE", providerId="OHM")
        vehicle = {"pcId": "V" * 17, "name": "x", "vehicleType": "private", "userId": ids["user"]}
        made = await given.made("/resources/provisioning-certificates/v2.0", vehicle)
        ids["provisioningCertificate"] = made["id"]
        reserved = f"/actions/charge-point/v1.0/{ids['chargePoint']}/reserve/1"
        await given.api.post(reserved, {"userId": ids["user"]})
        at = f"/actions/charge-point/v1.0/{ids['chargePoint']}/start/1"
        await given.api.post(at, {"userId": ids["user"]})
        wish = {"type": "create", "userId": ids["user"], "locationId": ids["location"], **LATER}
        asked = await given.made("/resources/booking-requests/v1.0", wish)
        ids |= {"bookingRequest": asked["id"], "booking": asked["bookingId"]}
        async with given.system.database.begin() as tx:
            shared = {"charge_point_id": ids["chargePoint"], "user_id": ids["user"]}
            row = {**shared, "created_at": tx.now, "updated_at": tx.now}
            ids["share"] = await tx.value(insert(charge_point_share).values(row).returning(charge_point_share.c.id))
            ids["reservation"] = await tx.value(select(func.max(reservation.c.id)))
            ids["session"] = await tx.value(select(func.max(session.c.id)))
            ids["authorization"] = await tx.value(select(func.max(authorization.c.id)))

    async def _power(self) -> None:
        given, ids = self.given, self.ids
        ids["electricityMeter"] = (await given.meter())["id"]
        circuit = await given.circuit(electricityMeterId=ids["electricityMeter"])
        hung = {"chargePointId": ids["chargePoint"]}
        await given.api.post(f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point", hung)
        ids["circuit"] = circuit["id"]
        await given.api.put(f"/internal/circuits/v1.0/{circuit['id']}/schedule", {"windows": [], "dates": []})
        priority = {"type": "partner", "targetId": (await given.partner())["id"], "priority": 2}
        priorities = f"/resources/circuits/v2.0/{circuit['id']}/user-priorities"
        ids["userPriority"] = (await given.made(priorities, priority))["id"]
        market = {"name": "m", "defaultPrice": 0.3, "taxPercentage": 20, "type": "octopus_go"}
        rate = await given.made("/internal/electricity-rates/v1.0", market)
        followed = {"name": "m", "type": "octopus_go", "electricityRateId": rate["id"]}
        ids["priceIntegration"] = (await given.made("/internal/price-integrations/v1.0", followed))["id"]
        ids |= {"integration": ids["priceIntegration"], "applicableTax": ids["tax"]}
        at_point = {"chargePointId": ids["chargePoint"]}
        ids["flexibilityAsset"] = (await given.made("/resources/flexibility-assets/v1.0", at_point))["id"]
        ask = f"/actions/flexibility-asset/v1.0/{ids['flexibilityAsset']}/create-activation-request"
        ids["flexibilityActivationRequest"] = (await given.made(ask, ASKED))["id"]

    async def _payments(self) -> None:
        given, ids = self.given, self.ids
        told = {"sessionId": ids["session"], "status": "initialized", "totalAmount": 5}
        ids["paymentMethodId"] = int(await given.payment_method(int(ids["user"])))
        ids["gateway"] = "embedded"
        ids["transaction"] = (await given.made("/resources/transactions/v1.0", told))["id"]
        at_point = {"terminalType": "Valina", "chargePointId": ids["chargePoint"]}
        ids["paymentTerminal"] = (await given.made("/resources/payment-terminals/v1.0", at_point))["id"]
        self.collected = await given.made("/resources/transactions/v1.0", told | {"status": "finalized"})
        await given.balance(ids["user"], 50)
        applied = f"/actions/users/v1.0/{ids['user']}/apply-custom-fee"
        assert (await given.api.post(applied, {"amount": 3, "description": "x"})).status == 202
        ids["customFee"] = (await given.api.get("/resources/custom-fees/v2.0")).data[-1]["id"]
        ids["voucher"], self.code = (await given.voucher(prefix="OLD"))["id"], (await given.voucher())["code"]
        ids["topUpPackage"] = (await given.top_up_package())["id"]
        ids["subscriptionPlan"] = ids["plan"] = (await given.plan())["id"]
        partner = {"partner_id": ids.get("partner")}
        ids["invoice"] = await given.document("invoice", int(ids["user"]), **partner)
        ids["receipt"] = await given.document("receipt", int(ids["user"]), **partner)
        self.subscriber = int((await given.user())["id"])
        await given.balance(self.subscriber, 50)
        ids["subscription"] = await given.subscribed(self.subscriber, ids["plan"])

    async def _gateway(self) -> None:
        gateway = gateways.current.current
        ids = self.ids
        ids["reference"] = (await gateway.begin_setup("walk", None, None, "card")).reference
        await gateway.authorize("walk", (await self.given.card()).token, Money(Decimal(5), "EUR"), "x")
        [asked] = (await self.given.api.get("/internal/embedded-gateway/v1.0/payments")).data
        ids["event"] = asked["events"][0]["id"]

    def _at(self, resource: str, key: str) -> str:
        return f"/resources/{resource}/{self.ids[key]}"

    def path(self, operation: Operation) -> str:
        """An operation's path, on this owner's rows."""
        return operation.path.removeprefix("/public-api").format(**self.names(operation))

    def names(self, operation: Operation) -> dict[str, Any]:
        """What the parameters of an operation's path name, on this owner's rows."""
        numbered = operation.path.endswith(("/start/{evse}", "/unlock/{evse}", "/reserve/{evse}"))
        chosen = {name: words[0] for name, words in operation.choices.items()}
        names = self.ids | ({"evse": 1} if numbered else {}) | chosen
        return names | ({"transaction": self.collected["id"]} if operation.path.endswith("/refund") else {})

    def body(self, operation: Operation) -> Any:
        """A body of an operation with all that is required, and all that refers to rows."""
        content = DOCUMENT["paths"][operation.path][operation.method.lower()].get("requestBody")
        if content is None:
            return None
        body = self._of(content["content"]["application/json"]["schema"], "")
        for name in (name for name, resource in operation.references.items() if resource is ABSENT):
            body.pop(camel(name), None)
        if "templateId" in body:  # of a charge point: what it needs beside
            body |= {"templateId": self.ids["chargePointTemplate"], "networkId": None, "name": "x", "status": "active"}
        if operation.path.endswith("/personal-smart-charging-preferences"):
            body |= {"enabled": False}
        if operation.path.endswith("/flexibility-assets/v1.0"):
            body.pop("evseId", None)  # it is in one place
        if "/tariffs/v1.0" in operation.path:
            body |= {"type": "free"}
        if "/tariff-groups/v1.0" in operation.path:
            body.pop("partnerId", None)  # the operator's EVSE has the group by then
        if "/notifications/v2.0" in operation.path:
            body |= {"via": "webhook", "webhook": {"callbackUrl": HOOK}}
        if operation.path.endswith("/payment-methods"):
            body = {}  # begin to store one
        if operation.path.endswith("/payment-terminals/v1.0"):  # a Payter, in one place
            body = {name: value for name, value in body.items() if name != "chargingZoneId"} | {"preauthorizeAmount": 5}
        elif "/payment-terminals/" in operation.path:
            body = {"serialNumber": "S"}
        if operation.path.endswith("/redeem-voucher"):
            body = {"code": self.code}
        if operation.path.endswith("/payment-methods"):
            body = {}  # begin to store one
        if operation.path.endswith("/create-activation-request"):
            body = ASKED
        return body

    def _of(self, schema: dict[str, Any], name: str) -> Any:
        while "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        if (key := self.key(name)) is not None:
            return [key] if schema.get("type") == "array" else key
        for kind in ("allOf", "anyOf", "oneOf"):
            if kind in schema:
                return self._of(next(one for one in schema[kind] if one.get("type") != "null"), name)
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        if schema.get("type") == "object" or "properties" in schema:
            required = {*schema.get("required", ())}
            return {
                one: self._of(its, one) for one, its in schema.get("properties", {}).items()
                if not its.get("readOnly") and (one in required or one in OFFERED or self.key(one) is not None)
            }  # fmt: skip
        if name in WORDS:
            return WORDS[name]
        if schema.get("type") == "array":
            return [self._of(schema["items"], "")] if schema.get("minItems") or not name else []
        return {"integer": max(1, schema.get("minimum", 1)), "number": 1, "boolean": False}.get(
            schema.get("type", ""), "x"
        )

    def key(self, name: str) -> Any:
        """The id of the row that a field refers to."""
        for plain in (name.removesuffix("Id"), name.removesuffix("Ids")):
            if plain != name and plain in self.ids:
                return self.ids[plain]
        return None
