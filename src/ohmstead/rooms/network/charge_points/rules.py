"""The rules a charge point's row keeps, whichever version writes it."""

from typing import Any

from msgspec import to_builtins

from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points.passwords import hashed
from ohmstead.rooms.network.charge_points.resource import charge_points

_ALONE = {"partner_id": None, "partner_contract_id": None, "partner_contact_id": None, "access_type": None,
          "partner_notice": None, "corporate_billing_as_default": False}  # fmt: skip
_SOAP = ("ocpp 1.5", "ocpp 1.6 soap")


@charge_points.writing
async def without_a_partner_nothing_is_agreed_with_one(write: Write) -> None:
    if "partner_id" in write.values and write.values["partner_id"] is None:
        write.values |= _ALONE


@charge_points.rule
async def a_contract_is_of_its_partner(write: Write) -> None:
    contract = write.referred("partner.contract_id")
    if contract is not None and contract["partner_id"] != write.value_of("partner_id"):
        write.add_error("partner.contractId", "The contract is another partner's.")


@charge_points.writing
async def a_list_names_each_once(write: Write) -> None:
    for name in ("tags", "capabilities"):
        if name in write.values:
            write.values[name] = list(dict.fromkeys(write.values[name] or ()))


@charge_points.creating
async def whether_it_shows_messages_is_found_out(write: Write) -> None:
    """When it boots."""
    if "display_messages" in write.values.get("capabilities", ()):
        write.values["capabilities"].remove("display_messages")


@charge_points.creating
async def how_it_is_reached_is_settled_at_creation(write: Write) -> None:
    managed = write.values.pop("managed_by_operator", None)
    write.values.setdefault("communication_mode", "none" if managed is False else "direct_ocpp")


@charge_points.updating
async def the_older_flag_says_whether_it_is_reached(write: Write) -> None:
    mode = write.value_of("communication_mode")
    managed = write.values.pop("managed_by_operator", mode != "none")
    if managed is not (mode != "none"):
        if mode == "via_ocpp_connected_charge_point":
            write.add_error("managedByOperator", "A satellite charge point is managed through its master.")
        write.values["communication_mode"] = "direct_ocpp" if managed else "none"


@charge_points.creating
async def a_satellite_has_a_master(write: Write) -> None:
    field, column = "ocppConnectedChargePointId", "ocpp_connected_charge_point_id"
    if write.values["communication_mode"] != "via_ocpp_connected_charge_point":
        write.values.pop(column, None)
    elif write.values.get(column) is None:
        write.add_error(field, "The ocpp connected charge point id field is required.")
    else:
        write.values.pop("network_id", None)
        master = write.referred(column)
        if master is not None and master["communication_mode"] != "direct_ocpp":
            write.add_error(field, "The selected charge point has no OCPP connection of its own.")


@charge_points.rule
async def its_type_asks_for_a_place_or_a_pin(write: Write) -> None:
    if write.value_of("type", "public") == "personal":
        if write.value_of("pin") is None:
            write.add_error("pin", "The pin field is required for personal charge points.")
    elif write.value_of("location_id") is None:
        write.add_error("locationId", "The location id field is required.")


@charge_points.writing
async def only_a_personal_one_has_an_owner(write: Write) -> None:
    if write.value_of("type", "public") != "personal" and write.value_of("user_id") is not None:
        if write.values.get("user_id") is not None:
            write.add_error("user.id", "Only a personal charge point has an owner.")
        write.values["user_id"] = None


@charge_points.rule
async def a_zone_belongs_to_its_location(write: Write) -> None:
    zone, place = write.referred("charging_zone_id"), write.value_of("location_id")
    if zone is not None and zone["location_id"] != place:
        write.add_error("chargingZoneId", "The charging zone does not belong to the location.")


@charge_points.updating
async def what_moves_leaves_its_zone(write: Write) -> None:
    if write.before is not None and write.value_of("location_id") != write.before["location_id"]:
        write.values.setdefault("charging_zone_id", None)


@charge_points.rule
async def soap_needs_an_address(write: Write) -> None:
    if write.gives("network_protocol", "network_ip", "network_port") and write.value_of("network_protocol") in _SOAP:
        for name in ("ip", "port"):
            if write.value_of(f"network_{name}") is None:
                write.add_error(f"network.{name}", f"The network {name} field is required for SOAP.")


@charge_points.writing
async def a_password_is_kept_as_a_hash(write: Write) -> None:
    password = write.values.get("network_password")
    if "network_password" not in write.values:
        return
    write.values["network_password"] = hashed(password.encode()) if password else None
    used = write.before["current_security_profile"] if write.before else None
    if used == 0 if password else used in (1, 2):  # what it used to use proves nothing about what it shall use now
        write.values["current_security_profile"] = None


@charge_points.writing
async def a_wished_security_profile_is_pending(write: Write) -> None:
    """Until the charge point took it, which it is asked to when it boots; it is never asked to lower it."""
    wished = write.values.get("desired_security_profile")
    if wished is not None:
        used: Any = write.before["current_security_profile"] if write.before else None
        write.values["desired_security_profile_status"] = (
            "pending" if used is None or wished > used else "applied" if wished == used else "rejected"
        )


@charge_points.writing
async def a_notice_by_id_outranks_a_text(write: Write) -> None:
    notice = write.values.get("partner_notice")
    if notice is not None and write.values.get("notice_id") is not None:
        del write.values["partner_notice"]
    elif notice is not None:
        write.values["partner_notice"] = to_builtins(notice)
