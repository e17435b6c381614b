"""Prices on displays: CostUpdated, and the message that is shown while nobody charges."""

from ohmstead.ocpp.v201.types import (
    ClearDisplayMessageRequest,
    CostUpdatedRequest,
    CostUpdatedResponse,
    MessageContentType,
    MessageInfoType,
    SetDisplayMessageRequest,
)
from ohmstead.rooms.devices.stations import Outcome, ShowCost, ShowDefaultPrice

DEFAULT_PRICE = 1  # our only message
LENGTH = 512
"""Characters of a message's content."""


def content(text: str) -> MessageContentType:
    return MessageContentType(format="UTF8", content=text[:LENGTH])


def cost(command: ShowCost) -> CostUpdatedRequest:
    return CostUpdatedRequest(total_cost=command.cost, transaction_id=command.transaction_ref)


def taken(response: CostUpdatedResponse) -> Outcome:
    """It is answered with nothing."""
    return Outcome(status="Accepted")


def default_price(command: ShowDefaultPrice) -> SetDisplayMessageRequest | ClearDisplayMessageRequest:
    if not command.text:
        return ClearDisplayMessageRequest(id=DEFAULT_PRICE)
    message = MessageInfoType(
        id=DEFAULT_PRICE, priority="NormalCycle", state="Idle", message=content(command.text)
    )  # fmt: skip
    return SetDisplayMessageRequest(message=message)
