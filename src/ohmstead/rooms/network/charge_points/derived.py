"""What a charge point shows that no column holds: objects made of columns, and states that follow from them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, any_, case, func, literal, null
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.parts import Columns, Member, Part
from ohmstead.kit.reading import NOW
from ohmstead.rooms.network.charge_points.table import charge_point

LONG_TERM = timedelta(hours=24)  # disconnected for longer than this is not expected back

_own = charge_point.c
_personal = _own.type == "personal"


def _if(condition: ColumnElement[bool], value: Any) -> ColumnElement[Any]:
    return case((condition, value), else_=null())


_heartless = and_(_own.network_protocol == "ocpp 1.5", literal("disregard_the_heartbeats") == any_(_own.capabilities))
NETWORK_STATUS = case(
    (_own.connected | func.coalesce(_heartless, False), "available"),
    (_own.first_contact_at.is_(None), "never_connected"),
    (_own.disconnected_at > NOW - LONG_TERM, "temporarily_unavailable"),
    else_="long-term_unavailable",
)
MANAGED = _own.communication_mode != "none"
_noticed = and_(_own.type == "private", _own.access_type == "public_view_private_use")
_EXPECTED_PROFILE = case(  # of one that has not connected yet
    (_own.accepts_any_profile, null()), (_own.network_password.is_(None), 0), else_=1
)
PARTS: Mapping[str, Part] = {
    "network": Columns(
        {
            "id": _own.network_id,
            "protocol": _own.network_protocol,
            "password": Member(_own.network_password),
            "ip": _own.network_ip,
            "port": _own.network_port,
        }
    ),
    "security": Columns(
        {
            "desired_profile": _own.desired_security_profile,
            "current_profile": func.coalesce(_own.current_security_profile, _EXPECTED_PROFILE),
            "hardware_enabled_profile": _own.hardware_security_profile,
            "desired_profile_status": _own.desired_security_profile_status,
        }
    ),
    "subscription": Columns(
        {"required": _own.subscription_required, "plan_ids": _own.subscription_plan_ids}, when=_personal
    ),
    "user": Columns(
        {"id": _own.user_id, "automatic_firmware_updates_enabled": _own.automatic_firmware_updates_enabled},
        when=_personal,
    ),
    "partner": Columns(
        {
            "id": _own.partner_id,
            "contract_id": _own.partner_contract_id,
            "contact_id": _own.partner_contact_id,
            "corporate_billing_as_default": _own.corporate_billing_as_default,
            "access_type": _own.access_type,
            "notice": Member(_own.partner_notice, shown=_if(_noticed, _own.partner_notice)),
        },
        when=_own.partner_id.is_not(None),
    ),
}
DERIVED: Mapping[str, Any] = {
    "managed_by_operator": MANAGED,
    "communication_mode": case((_own.roaming_operator_id.is_not(None), "roaming"), else_=_own.communication_mode),
    "display_tariff_and_costs": literal("display_messages") == any_(_own.capabilities),
    "network_status": NETWORK_STATUS,
    "vendor_error_code": _if(_own.hardware_status == "faulted", _own.vendor_error_code),
    "electricity_cost_reimbursement_integration_id": _if(_personal, _own.electricity_cost_reimbursement_integration_id),
    "enabled_randomised_delay": _if(_personal, func.coalesce(_own.enabled_randomised_delay, False)),
}
