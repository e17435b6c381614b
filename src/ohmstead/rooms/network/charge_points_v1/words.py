"""From bodies of version 1.0 to the newest words, and from the newest answers to the older ones."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct

from ohmstead.kit.views import camel, snake, stamp
from ohmstead.rooms.network.charge_points.view import Network, Partner, Security
from ohmstead.rooms.network.charge_points_v1.view import LaidProfileV1, LastBootV1

OLDER_CAPABILITIES = ("remote_start_stop_capable", "meter_values", "stop_transaction_on_ev_disconnect")
"""Those it has a word for; it writes them in capitals."""
FIELDS = {  # of 1.0 -> newest
    "name": "name",
    "plug_and_charge": "auto_start_without_authorization",
    "location_id": "location_id",
    "pin": "pin",
    "access_type": "type",
    "managed_by_operator": "managed_by_operator",
    "tags": "tags",
    "external_id": "external_id",
    "template_id": "template_id",
    "evses": "evses",
    "uptime_tracking_enabled": "uptime_tracking_enabled",
    "auto_fault_recovery": "enable_auto_fault_recovery",
    "roaming_operator_id": "roaming_operator_id",
    "display_tariffs_and_costs": "display_tariff_and_costs",
    "vendor_error_code": "vendor_error_code",
    "hardware_status": "hardware_status",
    "first_connection": "first_contact_at",
    "created_at": "created_at",
    "last_updated_at": "last_updated_at",
}
_NETWORK = {f"network_{name}": name for name in ("id", "protocol", "password", "ip", "port")}
_PARTNER = {
    "owner_partner_id": "id",
    "owner_partner_contract_id": "contract_id",
    "partner_corporate_billing_as_default": "corporate_billing_as_default",
    "partner_access_type": "access_type",
}
WORDS = (
    {  # newest -> of 1.0, as they are on the wire
        camel(newest): camel(older) for older, newest in FIELDS.items()
    }
    | {
        f"{whole}.{camel(newest)}": camel(older)
        for whole, names in (("network", _NETWORK), ("partner", _PARTNER))
        for older, newest in names.items()
    }
    | {"security.desiredProfile": "desiredSecurityProfile"}
)


def upgrade(body: dict[str, Any]) -> dict[str, Any]:
    """A body's fields in the newest words; of EVSEs, templates and capabilities rules make what they mean."""
    newest = {FIELDS[name]: value for name, value in body.items() if name in FIELDS}
    if "status" in body:
        newest["status"] = body["status"].replace("active", "enabled")
    if network := {new: body[old] for old, new in _NETWORK.items() if old in body}:
        if network.get("port") is not None:
            network["port"] = int(network["port"])
        newest["network"] = Network(**network)
    if partner := {new: body[old] for old, new in _PARTNER.items() if old in body}:
        if "access_type" in partner:
            partner["access_type"] = snake(partner["access_type"])
        newest["partner"] = Partner(**partner)
    if "desired_security_profile" in body:
        newest["security"] = Security(desired_profile=body["desired_security_profile"])
        if body["desired_security_profile"] is None:
            newest["desired_security_profile_status"] = None
    if "capabilities" in body:
        newest["older_capabilities"] = [word.lower() for word in body["capabilities"]]
    return newest


def downgrade(newest: dict[str, Any]) -> dict[str, Any]:
    """An answer's fields in the old words; where they know no null, what is not set is left out."""
    answer = {older: newest[name] for older, name in FIELDS.items() if name in newest}
    for name in ("name", "pin"):
        if answer.get(name) is None:
            answer.pop(name, None)
    return (
        answer
        | _network(newest.get("network") or {})
        | _security(newest.get("security") or {})
        | _partner(newest.get("partner") or {}, newest["type"])
        | _tracking(newest["operational_since"])
        | {
            "id": newest["id"],
            "status": newest["status"].replace("enabled", "active"),
            "network_status": newest["network_status"].replace("_", " "),
            "capabilities": [word.upper() for word in newest["capabilities"] if word in OLDER_CAPABILITIES],
            "charging_profile": in_snake_case(newest["charging_profile"], LaidProfileV1),
            "last_boot_notification": in_snake_case(newest["last_boot_notification"], LastBootV1),
            "owner_user_id": (newest.get("user") or {}).get("id"),
        }
    )


def _network(shown: Mapping[str, Any]) -> dict[str, Any]:
    port = shown.get("port")
    return {
        "network_id": shown.get("id"),
        "network_protocol": shown.get("protocol", "ocpp 1.6"),
        "network_password": None,
        "network_ip": shown.get("ip"),
        "network_port": None if port is None else str(port),
    }


def _security(shown: Mapping[str, Any]) -> dict[str, Any]:
    wished = shown.get("desiredProfile")
    found = {
        "hardware_enabled_security_profile": shown.get("hardwareEnabledProfile"),
        "desired_security_profile": wished if wished in (0, 1, 2) else None,  # it knows no other
    }
    kept = {"currentProfile": "current_security_profile", "desiredProfileStatus": "desired_security_profile_status"}
    return found | {name: shown[newest] for newest, name in kept.items() if newest in shown}


def _partner(shown: Mapping[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "owner_partner_id": shown.get("id"),
        "owner_partner_contract_id": shown.get("contractId"),
        "partner_corporate_billing_as_default": shown.get("corporateBillingAsDefault", False),
    }
    access = shown.get("accessType")
    if access is not None:
        found["partner_access_type"] = camel(access)
    if kind == "private":
        found["show_to_public_with_notice"] = noticed = access == "public_view_private_use"
        found["notice"] = _text(shown.get("notice") or ()) if noticed else None
    return found


def _text(texts: Iterable[Mapping[str, str]]) -> str | None:
    """The English text of some languages', or else the first."""
    by_locale = {one["locale"]: one["translation"] for one in texts}
    return by_locale.get("en", next(iter(by_locale.values()), None))


def _tracking(since: datetime | None) -> dict[str, Any]:
    return {
        "uptime_tracking_enabled": since is not None,
        "uptime_tracking_activated_at": UNSET if since is None else stamp(since),
    }


def in_snake_case(shown: Mapping[str, Any] | None, view: type[Struct]) -> dict[str, Any] | None:
    """An object as a view of 1.0 has it, of what the newest shows."""
    if shown is None:
        return None
    words = {"Daily": "daily", "Weekly": "weekly"}
    found = {snake(name): words.get(value, value) if isinstance(value, str) else value for name, value in shown.items()}
    return {name: value for name, value in found.items() if name in view.__struct_fields__}
