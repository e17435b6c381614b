"""RemoteStopTransaction: end this transaction."""

from ohmstead.ocpp.v16.transactions import transaction_number
from ohmstead.ocpp.v16.types import RemoteStopTransactionRequest
from ohmstead.rooms.devices.stations import RemoteStop


def request(command: RemoteStop) -> RemoteStopTransactionRequest:
    return RemoteStopTransactionRequest(transaction_id=transaction_number(command.transaction_ref))
