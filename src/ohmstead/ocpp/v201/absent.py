"""What a station of 2.x means by a required field that is absent, null or cannot be read.

A moment is then the time of receipt, an object one of which nothing is told. What is not listed has no meaning: an
event of a transaction that has no name, or a status without its status, is refused; a sampled value without its value,
and whatever else in a list means nothing, is left out.
"""

from ohmstead.ocpp.payload_repair import Meanings
from ohmstead.ocpp.v201 import types

UNKNOWN = "unknown"
OTHER = "Other"
"""Whose limit it is, where that is none of those that have a word of their own."""

MEANT: Meanings = {
    types.ACChargingParametersType: {"energy_amount": 0, "ev_min_current": 0, "ev_max_current": 0, "ev_max_voltage": 0},
    types.AuthorizeRequest: {"id_token": types.IdTokenType(id_token="", type="ISO14443")},  # nobody's: Invalid
    types.BootNotificationRequest: {"reason": "Unknown"},
    types.ChargingLimitType: {"charging_limit_source": OTHER},
    types.ChargingNeedsType: {"requested_energy_transfer": UNKNOWN},
    types.ChargingScheduleType: {"id": 0},
    types.ChargingStationType: {"model": UNKNOWN, "vendor_name": UNKNOWN},
    types.ClearedChargingLimitRequest: {"charging_limit_source": OTHER},
    types.DataTransferRequest: {"vendor_id": ""},  # whom nobody knows
    types.DCChargingParametersType: {"ev_max_current": 0, "ev_max_voltage": 0},
    types.EventDataType: {
        "event_id": 0,
        "trigger": UNKNOWN,
        "actual_value": "",
        "event_notification_type": UNKNOWN,
    },
    types.Get15118EVCertificateRequest: {"iso15118_schema_version": "", "action": UNKNOWN, "exi_request": ""},  # Failed
    types.IdTokenType: {"type": "ISO14443"},
    types.MeterValueType: {"sampled_value": []},
    types.MeterValuesRequest: {"evse_id": 0, "meter_value": []},
    types.NotifyCustomerInformationRequest: {"data": "", "seq_no": 0, "request_id": 0},
    types.NotifyDisplayMessagesRequest: {"request_id": 0},
    types.NotifyEVChargingNeedsRequest: {"evse_id": 0},  # which is none: Rejected
    types.NotifyEVChargingScheduleRequest: {"evse_id": 0},
    types.NotifyEventRequest: {"seq_no": 0, "event_data": []},
    types.NotifyMonitoringReportRequest: {"request_id": 0, "seq_no": 0},
    types.NotifyReportRequest: {"request_id": 0, "seq_no": 0},
    types.OCSPRequestDataType: {  # which nobody can be asked: Failed; of a chain it is a link that does not hold
        "hash_algorithm": UNKNOWN,
        "issuer_name_hash": "",
        "issuer_key_hash": "",
        "serial_number": "",
        "responder_url": "",
    },
    types.ReportChargingProfilesRequest: {
        "request_id": 0,
        "charging_limit_source": OTHER,
        "charging_profile": [],
        "evse_id": 0,
    },
    types.ReportDataType: {"variable_attribute": []},
    types.ReservationStatusUpdateRequest: {"reservation_update_status": "Removed"},
    types.SecurityEventNotificationRequest: {"type": UNKNOWN},
    types.SignCertificateRequest: {"csr": ""},  # which is no request: Rejected
    types.SignedMeterValueType: {"signing_method": "", "encoding_method": "", "public_key": ""},
    types.StatusNotificationRequest: {"evse_id": 0, "connector_id": 0},
    types.TransactionEventRequest: {"event_type": "Updated", "trigger_reason": UNKNOWN, "seq_no": 0},
    types.VariableCharacteristicsType: {"data_type": "string", "supports_monitoring": False},
    types.VariableMonitoringType: {"transaction": False},
}
