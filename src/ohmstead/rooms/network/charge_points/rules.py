"""The rules a charge point's row keeps, whichever version writes it."""

from typing import Any

from msgspec import UNSET, to_builtins

from ohmstead.kit.views import provided
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points.passwords import hashed
from ohmstead.rooms.network.charge_points.resource import charge_points
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.models import models
from ohmstead.rooms.network.zones import zones
from ohmstead.rooms.people.users import users

_MEMBERS = {  # object -> its member -> column
    "network": {name: f"network_{name}" for name in ("id", "protocol", "password", "ip", "port")},
    "security": {"desired_profile": "desired_security_profile"},
    "subscription": {"required": "subscription_required", "plan_ids": "subscription_plan_ids"},
    "user": {"id": "user_id", "automatic_firmware_updates_enabled": "automatic_firmware_updates_enabled"},
    "partner": {
        "id": "partner_id",
        "contract_id": "partner_contract_id",
        "contact_id": "partner_contact_id",
        "corporate_billing_as_default": "corporate_billing_as_default",
        "access_type": "access_type",
        "notice": "partner_notice",
    },
}
_ALONE = {"partner_id": None, "partner_contract_id": None, "partner_contact_id": None, "access_type": None,
          "partner_notice": None, "corporate_billing_as_default": False}  # fmt: skip
_SOAP = ("ocpp 1.5", "ocpp 1.6 soap")


@charge_points.rule
async def objects_are_columns(write: Write) -> None:
    alone = "partner" in write.values and write.values["partner"] is None
    for name, columns in _MEMBERS.items():
        part = write.values.pop(name, None)
        if part is not None:
            said = provided(part)
            write.values |= {column: said[member] for member, column in columns.items() if member in said}
    if alone or write.values.get("partner_id", "unsaid") is None:
        write.values |= _ALONE


@charge_points.rule
async def a_partner_token_writes_its_own(write: Write) -> None:
    if write.call.actor.partner_id is not None and "partner_id" in write.values:
        write.values["partner_id"] = write.call.actor.partner_id


@charge_points.rule
async def a_list_names_each_once(write: Write) -> None:
    for name in ("tags", "capabilities"):
        if name in write.values:
            write.values[name] = list(dict.fromkeys(write.values[name] or ()))
    if write.verb == "create" and "display_messages" in write.values.get("capabilities", ()):
        write.values["capabilities"].remove("display_messages")  # found out when it boots


@charge_points.rule
async def how_it_is_reached_is_settled_at_creation(write: Write) -> None:
    """The older flag says only whether it is reached at all."""
    managed = write.values.pop("managed_by_operator", UNSET)
    if write.verb == "create":
        write.values.setdefault("communication_mode", "none" if managed is False else "direct_ocpp")
    elif managed is not UNSET and managed is not (write.value_of("communication_mode") != "none"):
        if write.value_of("communication_mode") == "via_ocpp_connected_charge_point":
            write.add_error("managedByOperator", "A satellite charge point is managed through its master.")
        write.values["communication_mode"] = "direct_ocpp" if managed else "none"


@charge_points.rule
async def a_satellite_has_a_master(write: Write) -> None:
    field, column = "ocppConnectedChargePointId", "ocpp_connected_charge_point_id"
    if write.verb != "create":
        return
    if write.values["communication_mode"] != "via_ocpp_connected_charge_point":
        write.values.pop(column, None)
    elif write.values.get(column) is None:
        write.add_error(field, "The ocpp connected charge point id field is required.")
    else:
        write.values.pop("network_id", None)
        master = await write.check_reference(field, charge_points)
        if master is not None and master["communication_mode"] != "direct_ocpp":
            write.add_error(field, "The selected charge point has no OCPP connection of its own.")


@charge_points.rule
async def its_type_asks_for_a_place_or_a_pin(write: Write) -> None:
    kind = write.value_of("type", "public")
    if kind == "personal":
        if write.value_of("pin") is None:
            write.add_error("pin", "The pin field is required for personal charge points.")
    elif write.value_of("location_id") is None:
        write.add_error("locationId", "The location id field is required.")
    if kind != "personal" and write.value_of("user_id") is not None:
        if write.values.get("user_id") is not None:
            write.add_error("user.id", "Only a personal charge point has an owner.")
        write.values["user_id"] = None


@charge_points.rule
async def what_it_names_exists(write: Write) -> None:
    await write.check_reference("locationId", locations)
    await write.check_reference("user.id", users, "user_id")
    await write.check_reference("modelId", models)
    zone = await write.check_reference("chargingZoneId", zones)
    place = write.value_of("location_id")
    if zone is not None and zone["location_id"] != place:
        write.add_error("chargingZoneId", "The charging zone does not belong to the location.")
    if write.before is not None and place != write.before["location_id"]:
        write.values.setdefault("charging_zone_id", None)


@charge_points.rule
async def soap_needs_an_address(write: Write) -> None:
    if write.gives("network_protocol", "network_ip", "network_port") and write.value_of("network_protocol") in _SOAP:
        for name in ("ip", "port"):
            if write.value_of(f"network_{name}") is None:
                write.add_error(f"network.{name}", f"The network {name} field is required for SOAP.")


@charge_points.rule
async def a_password_is_kept_as_a_hash(write: Write) -> None:
    password = write.values.get("network_password")
    if "network_password" not in write.values:
        return
    write.values["network_password"] = hashed(password.encode()) if password else None
    used = write.before["current_security_profile"] if write.before else None
    if used == 0 if password else used in (1, 2):  # what it used to use proves nothing about what it shall use now
        write.values["current_security_profile"] = None


@charge_points.rule
async def a_wished_security_profile_is_pending(write: Write) -> None:
    """Until the charge point took it, which it is asked to when it boots; it is never asked to lower it."""
    wished = write.values.get("desired_security_profile")
    if wished is not None:
        used: Any = write.before["current_security_profile"] if write.before else None
        write.values["desired_security_profile_status"] = (
            "pending" if used is None or wished > used else "applied" if wished == used else "rejected"
        )


@charge_points.rule
async def a_notice_by_id_outranks_a_text(write: Write) -> None:
    notice = write.values.get("partner_notice")
    if notice is not None and write.values.get("notice_id") is not None:
        del write.values["partner_notice"]
    elif notice is not None:
        write.values["partner_notice"] = to_builtins(notice)
