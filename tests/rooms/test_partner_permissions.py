"""What a partner's contract permits its tokens to do at charge points of its own; the operator's may all of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from ohmstead.rooms.devices.stations import Command, Outcome
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site

PERMISSIONS = ("sessionsRemoteControl", "startReservation", "stopReservation", "resetChargePoint", "firmwareUpdate")
PROFILE: dict[str, Any] = {
    "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]},
}  # fmt: skip
AT = "charge-point/v1.0/{point}"
ACTIONS: list[tuple[str, str, Any]] = [
    ("sessionsRemoteControl", f"{AT}/start", {}),
    ("sessionsRemoteControl", f"{AT}/start/1", {}),
    ("sessionsRemoteControl", "evse/v1.0/{evse}/start", {}),
    ("sessionsRemoteControl", f"{AT}/stop/{{session}}", {}),
    ("sessionsRemoteControl", f"{AT}/unlock/1", None),
    ("sessionsRemoteControl", f"{AT}/trigger-message", {"type": "Heartbeat"}),
    ("sessionsRemoteControl", "evse/v1.0/{evse}/trigger-message", {"type": "MeterValues"}),
    ("sessionsRemoteControl", f"{AT}/set-charging-profile/1", PROFILE),
    ("sessionsRemoteControl", f"{AT}/clear-charging-profile", {"evseNetworkId": "1"}),
    ("sessionsRemoteControl", f"{AT}/get-composite-schedule", {}),
    ("startReservation", f"{AT}/reserve/1", {"userId": "user"}),
    ("stopReservation", "reservation/v1.0/{reservation}/cancel", {}),
    ("resetChargePoint", f"{AT}/reset/soft", None),
    ("resetChargePoint", f"{AT}/reset/soft/1", None),
    ("firmwareUpdate", "charge-point/v2.0/{point}/update-firmware", {"url": "https://x.org/f", "signed": False}),
    ("sessionsRemoteControl", f"{AT}/send-custom-ocpp", {"action": "RemoteStopTransaction", "payload": {}}),
    ("startReservation", f"{AT}/send-custom-ocpp", {"action": "ReserveNow", "payload": {}}),
    ("stopReservation", f"{AT}/send-custom-ocpp", {"action": "CancelReservation", "payload": {}}),
    ("resetChargePoint", f"{AT}/send-custom-ocpp", {"action": "reset", "payload": {}}),
    ("firmwareUpdate", f"{AT}/send-custom-ocpp", {"action": "UpdateFirmware", "payload": {}}),
]


@dataclass
class Yard:
    """A partner's charge point, its token, and the ids that paths name."""

    given: Given
    here: Site
    partner: int
    client: Client
    ids: dict[str, int]

    async def act(self, client: Client, action: str, body: Any) -> int:
        """The status of an action, on a session or a reservation made for it."""
        for name in ("session", "reservation"):
            if f"{{{name}}}" in action:
                self.ids[name] = await self._made(name)
        said = {"userId": self.ids["user"]} if body and "userId" in body else body
        return (await client.post("/actions/" + action.format(**self.ids), said)).status

    async def _made(self, name: str) -> int:
        """By the operator."""
        at = f"/actions/{AT}".format(**self.ids)
        if name == "session":
            return (await self.given.api.post(f"{at}/start/1")).body["sessionId"]
        return (await self.given.api.post(f"{at}/reserve/1", {"userId": self.ids["user"]})).body["reservationId"]

    async def contract(self, *permissions: str, **fields: Any) -> None:
        """What is agreed with the partner."""
        permits = {one: one in permissions for one in PERMISSIONS}
        await self.given.partner_contract(self.partner, accessAndPermissions=permits, **fields)


@pytest.fixture
async def yard(given: Given, gateway: Gateway) -> AsyncIterator[Yard]:
    async def agrees(command: Command) -> Outcome:
        return Outcome(status="Accepted", payload={})

    gateway.answer = agrees
    await given.partner_of_id(71)
    here = await site(given, partner={"id": 71})
    await given.api.patch(f"/resources/evses/v2.1/{here.evses[0]}", {"allowsReservation": True})
    client = await given.client("*", partner_id=71)
    user = await client.post("/resources/users/v1.0", {"email": "own@example.org", "password": "correct horse"})
    yield Yard(given, here, 71, client, {"point": here.id, "evse": here.evses[0], "user": int(user.data["id"])})
    await client.close()


@pytest.mark.parametrize(("permission", "action", "body"), ACTIONS)
async def test_without_a_contract_nothing_is_permitted(
    yard: Yard, permission: str, action: str, body: Any, gateway: Gateway
) -> None:
    assert permission in PERMISSIONS
    made = action.count("{session}") + action.count("{reservation}")  # by the operator
    assert await yard.act(yard.client, action, body) == 403
    assert len(gateway.commands) == made


@pytest.mark.parametrize(("permission", "action", "body"), ACTIONS)
async def test_the_permission_is_enough(yard: Yard, permission: str, action: str, body: Any) -> None:
    await yard.contract(permission)
    assert await yard.act(yard.client, action, body) == 202


@pytest.mark.parametrize(("permission", "action", "body"), ACTIONS)
async def test_others_are_not(yard: Yard, permission: str, action: str, body: Any) -> None:
    await yard.contract(*(one for one in PERMISSIONS if one != permission))
    assert await yard.act(yard.client, action, body) == 403


@pytest.mark.parametrize(("permission", "action", "body"), ACTIONS)
async def test_the_operator_needs_no_contract(yard: Yard, permission: str, action: str, body: Any) -> None:
    assert permission in PERMISSIONS
    assert await yard.act(yard.given.api, action, body) == 202


async def test_a_contract_of_the_past_permits_nothing(yard: Yard) -> None:
    await yard.contract(*PERMISSIONS, endDate="2021-12-31T00:00:00Z")
    assert await yard.act(yard.client, f"{AT}/unlock/1", None) == 403


async def test_what_is_anothers_is_not_there_whatever_is_permitted(yard: Yard) -> None:
    await yard.contract(*PERMISSIONS)
    foreign = await site(yard.given)
    yard.ids |= {"point": foreign.id, "evse": foreign.evses[0]}
    for permission, action, body in ACTIONS:
        if "{session}" not in action and "{reservation}" not in action:
            assert await yard.act(yard.client, action, body) == 404, (permission, action)
