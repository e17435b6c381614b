"""RequestStopTransaction: end this transaction."""

from ohmstead.ocpp.v201.types import RequestStopTransactionRequest
from ohmstead.rooms.devices.stations import RemoteStop


def request(command: RemoteStop) -> RequestStopTransactionRequest:
    return RequestStopTransactionRequest(transaction_id=command.transaction_ref)
