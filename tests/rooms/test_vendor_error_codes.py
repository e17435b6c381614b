"""Vendor error codes, and what is made of those that charge points report."""

from ohmstead.rooms.network.vendor_error_codes import vendor_error_codes
from tests.client import Client
from tests.contract import ResourceContract

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
