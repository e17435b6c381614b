"""Notices of 2.0.1 that want no more than an answer: the communication log keeps what they say."""

from ohmstead.ocpp.message import Message
from ohmstead.ocpp.v201 import types
from ohmstead.ocpp.versions import Answer, Arrival


def acknowledged(response: type[Message]) -> Answer:
    """Answers a notice with an empty response."""

    async def answer(request: Message, at: Arrival) -> Message:
        return response()

    return answer


NOTICES: dict[str, Answer] = {
    "NotifyCustomerInformation": acknowledged(types.NotifyCustomerInformationResponse),
    "NotifyDisplayMessages": acknowledged(types.NotifyDisplayMessagesResponse),
    "PublishFirmwareStatusNotification": acknowledged(types.PublishFirmwareStatusNotificationResponse),
}
