"""Charge points: what the operator says of them, and what follows from it."""

from typing import Any

from ohmstead.kit.resources import Version
from ohmstead.rooms.network.charge_points import charge_points
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

BASE = "/resources/charge-points/v2.0"


class TestChargePoints(ResourceContract):
    resource = charge_points
    update = {"name": "Renamed", "tags": ["b"], "status": "out of order"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {
            "name": "Garage 1",
            "type": "public",
            "locationId": (await given.location())["id"],
            "status": "enabled",
            "externalId": "ext",
            "networkType": "cellular",
            "capabilities": ["meter_values"],
            "tags": ["a", "b"],
            "usesRenewableEnergy": True,
            "communicationMode": "direct_ocpp",
            "integratedAt": "2025-01-02T03:04:05+00:00",
        }
