"""GetTransactionStatus: does a transaction go on, and is there anything of it that we were not told yet (E14)?"""

from ohmstead.ocpp.v201.types import GetTransactionStatusRequest, GetTransactionStatusResponse
from ohmstead.rooms.devices.stations import GetTransactionStatus, Outcome


def request(command: GetTransactionStatus) -> GetTransactionStatusRequest:
    return GetTransactionStatusRequest(transaction_id=command.transaction_ref)


def outcome(response: GetTransactionStatusResponse) -> Outcome:
    """The response has no status; a station that answers has agreed."""
    return Outcome(status="Accepted", goes_on=response.ongoing_indicator, untold=response.messages_in_queue)
