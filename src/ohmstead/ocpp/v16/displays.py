"""Prices on displays: 1.6 has no messages for them, but the OCA application note "OCPP & California Pricing
Requirements" has, inside DataTransfer, as JSON in its text, and a configuration key for the price of everybody."""

from typing import Any

import msgspec

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v16.types import ChangeConfigurationRequest, DataTransferRequest
from ohmstead.rooms.devices.stations import ShowCost, ShowDefaultPrice, ShowFinalCost, ShowUserPrice

VENDOR = "org.openchargealliance.costmsg"
DEFAULT_PRICE = "DefaultPrice"


def user_price(command: ShowUserPrice) -> DataTransferRequest:
    return _wrapped("SetUserPrice", {"idToken": command.id_tag, "priceText": command.text})


def cost(command: ShowCost) -> DataTransferRequest:
    """The station may reckon on by the price of a kWh until it is told the next."""
    data = {
        "transactionId": int(command.transaction_ref), "timestamp": sent(command.at), "meterValue": command.meter_wh,
        "cost": command.cost, "state": "Idle" if command.idle else "Charging",
        "chargingPrice": {"kWhPrice": command.kwh_price},
    }  # fmt: skip
    return _wrapped("RunningCost", data)


def final_cost(command: ShowFinalCost) -> DataTransferRequest:
    data = {"transactionId": int(command.transaction_ref), "cost": command.cost, "priceText": command.text}
    return _wrapped("FinalCost", data)


def default_price(command: ShowDefaultPrice) -> ChangeConfigurationRequest:
    shown = {"priceText": command.text or ""}
    if command.offline_text:
        shown["priceTextOffline"] = command.offline_text
    return ChangeConfigurationRequest(key=DEFAULT_PRICE, value=_json(shown))


def _wrapped(message: str, data: dict[str, Any]) -> DataTransferRequest:
    return DataTransferRequest(vendor_id=VENDOR, message_id=message, data=_json(data))


def _json(data: Any) -> str:
    return msgspec.json.encode(data).decode()
