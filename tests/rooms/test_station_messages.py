"""Triggered messages and data transfers: what is sent, what comes back, what is refused."""

import pytest

from ohmstead.rooms.devices.stations import (
    Command,
    DataTransfer,
    Outcome,
    StationError,
    StationOffline,
    StationRefused,
    TriggerMessage,
    stations,
)
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site

PATH = "/actions/charge-point/v1.0"


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given, evses=2)


async def test_a_trigger(api: Client, here: Site, gateway: Gateway) -> None:
    whole, outlet = f"{PATH}/{here.id}/trigger-message", f"/actions/evse/v1.0/{here.evses[1]}/trigger-message"
    for path in (whole, outlet):
        answer = await api.post(path, {"type": "StatusNotification"})
        assert (answer.status, answer.body) == (202, None)
    assert gateway.commands == [
        (here.id, TriggerMessage(message="StatusNotification")),
        (here.id, TriggerMessage(message="StatusNotification", evse_network_id=2)),
    ]
    for refusal, words in (
        ("NotImplemented", "NotImplemented"), ("Rejected", "Rejected"), (StationOffline(), "not connected"),
    ):  # fmt: skip
        gateway.answer = refusal
        for path in (whole, outlet):
            answer = await api.post(path, {"type": "Heartbeat"})
            assert (answer.status, words in answer.body["message"]) == (406, True)
    for path in (whole, outlet):
        for body in ({}, {"type": "Coffee"}):
            assert set((await api.post(path, body)).body["errors"]) == {"type"}
        gone = path.replace(f"/{here.id}/", "/999/") if path == whole else "/actions/evse/v1.0/999/trigger-message"
        assert (await api.post(gone, {"type": "Heartbeat"})).status == 404


class Vendor:
    """A station that answers a vendor's messages."""

    def __init__(self, answer: Outcome | StationError) -> None:
        self.answer = answer
        self.commands: list[Command] = []

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        self.commands.append(command)
        if isinstance(self.answer, StationError):
            raise self.answer
        return self.answer

    def connected(self, charge_point_id: int) -> bool:
        return True


@pytest.mark.parametrize("status", ["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"])
async def test_a_data_transfer_hands_the_answer_on(api: Client, here: Site, status: str) -> None:
    vendor = Vendor(Outcome(status=status, data="d" if status == "Accepted" else None))
    stations.provide(vendor)
    sent = {"vendorId": "org.example", "messageId": "m", "data": "x"}
    answer = await api.post(f"{PATH}/{here.id}/send-data-transfer", sent)
    assert answer.status == 200
    assert answer.body == {"status": status} | ({"data": "d"} if status == "Accepted" else {})
    assert vendor.commands == [DataTransfer(vendor_id="org.example", message_id="m", data="x")]


async def test_a_data_transfer_that_fails(api: Client, here: Site) -> None:
    path = f"{PATH}/{here.id}/send-data-transfer"
    assert set((await api.post(path, {})).body["errors"]) == {"vendorId"}
    assert (await api.post(path, {"vendorId": "v", "messageId": "m" * 51})).status == 422
    assert (await api.post(f"{PATH}/999/send-data-transfer", {"vendorId": "v"})).status == 404
    for refusal in (StationOffline(), StationRefused("NotImplemented")):
        vendor = Vendor(refusal)
        stations.provide(vendor)
        answer = await api.post(path, {"vendorId": "v", "messageId": None, "data": None})
        assert (answer.status, answer.body["message"]) == (406, str(refusal))
        assert vendor.commands == [DataTransfer(vendor_id="v")]
