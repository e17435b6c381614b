"""What a station of 1.6 means by a required field that is absent, null or cannot be read.

A moment is then the time of receipt. What is not listed has no meaning: a status without its status says nothing, and
is refused; a sampled value without its value is left out.
"""

from ohmstead.ocpp.payload_repair import Meanings
from ohmstead.ocpp.v16 import types

UNKNOWN = "unknown"

MEANT: Meanings = {
    types.AuthorizeRequest: {"id_tag": ""},  # nobody's: Invalid
    types.BootNotificationRequest: {"charge_point_vendor": UNKNOWN, "charge_point_model": UNKNOWN},
    types.DataTransferRequest: {"vendor_id": ""},  # whom nobody knows
    types.MeterValuesRequest: {"connector_id": None, "meter_value": []},  # whichever the transaction tells
    types.MeterValue: {"sampled_value": []},
    types.SecurityEventNotificationRequest: {"type": UNKNOWN},
    types.SignCertificateRequest: {"csr": ""},  # which is no request: Rejected
    types.StartTransactionRequest: {"connector_id": 0, "id_tag": "", "meter_start": None},  # the first reading's
    types.StatusNotificationRequest: {"connector_id": 0, "error_code": "NoError"},
    types.StopTransactionRequest: {"meter_stop": None, "transaction_id": None},  # the last reading's, and the open one
    types.TransactionData: {"sampled_value": []},
}
