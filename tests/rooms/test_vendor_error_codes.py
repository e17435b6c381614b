"""Vendor error codes, and what is made of those that charge points report."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import StatusChanged
from ohmstead.rooms.devices.presence.status_log import KEEP, hardware_status_log
from ohmstead.rooms.network.hardware_status import HardwareStatus
from ohmstead.rooms.network.models.vendor_error_codes import vendor_error_codes
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import Site, site

PATH = "/resources/vendor-error-codes/v2.0"


class TestVendorErrorCodes(ResourceContract):
    resource = vendor_error_codes
    create = {
        "vendorId": "org.acme",
        "errorCode": "E7",
        "errorCodeDescription": "The latch is stuck.",
        "errorCodeCustomerAction": "Pull the cable once more.",
    }
    update = {"vendorId": "org.acme", "errorCode": "E8", "errorCodeCustomerAction": None}


async def test_what_a_code_is_of_is_said_in_every_change(api: Client) -> None:
    made = (await api.post(PATH, {"vendorId": "V", "errorCode": "1"})).data
    assert (made["errorCodeDescription"], made["errorCodeCustomerAction"]) == (None, None)
    refused = await api.patch(f"{PATH}/{made['id']}", {"errorCodeDescription": "Hot"})
    assert (refused.status, set(refused.body["errors"])) == (422, {"vendorId", "errorCode"})


@pytest.fixture
async def here(given: Given) -> Site:
    return await site(given, evses=2)


async def says(here: Site, number: int, status: HardwareStatus, error: str | None = None, **facts: str | None) -> None:
    """The charge point (0) or an EVSE is in a state, of an error in the words of OCPP and its vendor's."""
    now = here.system.clock.now()
    told: dict[str, Any] = {"vendor_error_code": None, "vendor_id": None, "info": None} | facts
    fact = StatusChanged(
        charge_point_id=here.id,
        evse_network_id=number,
        status=status,
        error_code=error,
        at=now,
        received_at=now,
        **told,
    )
    await here.tells(presence.status_changed, fact)


async def test_statuses_are_logged_with_what_the_codes_mean(api: Client, here: Site) -> None:
    for meaning in ("Old.", "The latch is stuck."):
        body = {"vendorId": "org.acme", "errorCode": "E7", "errorCodeDescription": meaning}
        assert (await api.post(PATH, body | {"errorCodeCustomerAction": "Pull once more."})).status == 201
    assert (await api.post(PATH, {"vendorId": "org.other", "errorCode": "E7"})).status == 201
    acme = {"vendor_id": "org.acme", "vendor_error_code": "E7", "info": "latch"}
    await says(here, 1, "faulted", "ConnectorLockFailure", **acme)
    await says(here, 1, "faulted", "ConnectorLockFailure", **acme)  # no news
    await says(here, 1, "available")
    await says(here, 2, "faulted", "OtherError", vendor_id="org.acme", vendor_error_code="E8")
    path = f"/resources/evses/v2.0/{here.evses[0]}"
    fresh, faulted, well = (await api.get(f"{path}/hardware-status-logs")).data
    assert (fresh["status"], fresh["errorCode"]) == ("available", "NoError")
    assert faulted.pop("timestamp")
    assert faulted == {
        "status": "faulted", "errorCode": "ConnectorLockFailure", "vendorId": "org.acme", "info": "latch",
        "vendorErrorCode": "E7", "errorCodeDescription": "The latch is stuck.",
        "errorCodeCustomerAction": "Pull once more.",
    }  # fmt: skip
    assert well.keys() == {"status", "timestamp", "errorCode"}
    assert (await api.get(f"{path}/latest-hardware-status-log")).data == well
    other = (await api.get(f"/resources/evses/v2.0/{here.evses[1]}/latest-hardware-status-log")).data
    assert (other["vendorErrorCode"], "errorCodeDescription" in other) == ("E8", False)


async def test_the_log_of_a_charge_point_is_its_own(api: Client, here: Site) -> None:
    path = f"/resources/charge-points/v2.0/{here.id}"
    assert (await api.get(f"{path}/latest-hardware-status-log")).status == 404
    assert (await api.get(f"{path}/hardware-status-logs")).data == []
    await says(here, 0, "faulted", "GroundFailure")
    await says(here, 0, "available")
    await says(here, 0, "unavailable")
    logged = await api.get(f"{path}/hardware-status-logs", "per_page=2")
    assert [one["status"] for one in logged.data] == ["faulted", "available"]
    assert [one["status"] for one in (await api.get(logged.body["links"]["next"])).data] == ["unavailable"]
    assert (await api.get(f"{path}/latest-hardware-status-log")).data["status"] == "unavailable"
    assert (await api.get(f"{path}/hardware-status-logs", "filter[createdAfter]=2099-01-01")).data == []
    assert len((await api.get(f"{path}/hardware-status-logs", "filter[createdBefore]=2099-01-01")).data) == 3
    for nowhere in ("charge-points/v2.0/999", "evses/v2.0/999"):
        for log in ("hardware-status-logs", "latest-hardware-status-log"):
            assert (await api.get(f"/resources/{nowhere}/{log}")).status == 404


async def test_what_is_old_is_forgotten_with_the_next_entry(api: Client, here: Site) -> None:
    path = f"/resources/evses/v2.0/{here.evses[0]}/hardware-status-logs"
    async with here.system.database.begin() as tx:
        old = here.system.clock.now() - KEEP - timedelta(hours=1)
        await tx.run(update(hardware_status_log).values(created_at=old))
    assert len((await api.get(path)).data) == 1
    await says(here, 2, "charging")
    assert (await api.get(path)).data == []


async def test_a_partner_reads_the_logs_of_its_own(given: Given) -> None:
    own, other = await site(given, partner={"id": 7}), await site(given)
    client = await given.client("*", partner_id=7)
    try:
        assert (await client.get(f"/resources/evses/v2.0/{own.evses[0]}/latest-hardware-status-log")).status == 200
        for path in (f"evses/v2.0/{other.evses[0]}", f"charge-points/v2.0/{other.id}"):
            assert (await client.get(f"/resources/{path}/latest-hardware-status-log")).status == 404
            assert (await client.get(f"/resources/{path}/hardware-status-logs")).status == 404
    finally:
        await client.close()
