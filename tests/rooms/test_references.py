"""Every id that a body takes is of something: a declared reference, one to a resource to come, or listed here."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.operations import Operation
from ohmstead.kit.references import ABSENT
from ohmstead.kit.views import alternatives, fields, hints, marked, structs

NUMBER = "a number of OCPP, not an id"
START = "a connector of the EVSE that is found, or a booking there: see control/checks"
LISTED = {  # last part of the path, attribute -> why it is no reference
    ("preview", "tariff.pricing.tax_id"): "as of tariffs",
    ("tariffs/v1.0", "pricing.tax_id"): "passed over while all tariffs have one tax: see tariffs",
    **{
        ("bulk-assign-tariff-group", f"filters.{name}_ids"): "selects what the caller may change"
        for name in ("location", "partner", "evse", "charge_point", "tariff_group")
    },
    ("user-priorities", "target_id"): "of a partner or a user group: see priorities",
    ("charge-points/v1.0", "owner_partner_id"): "partner.id of the newest version",
    ("charge-points/v1.0", "owner_partner_contract_id"): "partner.contract_id of the newest version",
    ("apply-to-charge-points", "charge_point_ids"): "found all at once, with the caller's rights",
    ("move-evses-to-satellite", "evse_ids"): "those of the charge point in the path",
    ("start", "connector_id"): START,
    ("start", "booking_id"): START,
    ("start", "charging_profile.transaction_id"): NUMBER,
    ("change-availability", "evse_network_id"): NUMBER,
    ("set-configuration", "evse_id"): NUMBER,
    ("variables", "evse_id"): NUMBER,
    ("variables", "connector_id"): NUMBER,
    ("insert-bulk-variables", "evse_id"): NUMBER,
    ("insert-bulk-variables", "connector_id"): NUMBER,
    ("set-charging-profile", "transaction_id"): NUMBER,
    ("get-composite-schedule", "evse_network_id"): NUMBER,
    ("retry-payment", "payment_method_id"): "a number or a word, of the session's user: see sessions/actions",
    ("payment-methods", "transaction_id"): "of a request to store a card, of this user: see methods/resource",
    ("payment-terminals/v1.0", "integration_id"): "no resource of the API: a number of the operator's",
    ("payment-terminals/v1.0", "operator_id"): "no resource of the API: a number of the operator's",
}
TO_COME = {
    "integration_id", "roaming_operator_id",
    "partner.contact_id", "authorized_token_ids",
    "notice_id", "electricity_cost_reimbursement_integration_id",
    "installation_and_maintenance_company_id", "pricing.subsidy_integration_id",
    "tariff.integration_id", "tariff.pricing.subsidy_integration_id",
}  # fmt: skip


def _ids(annotation: Any, above: str = "") -> Iterator[str]:
    """The integers of a body that are called ids, by their attributes."""
    for kind in alternatives(annotation):
        if get_origin(kind) is list:
            yield from _ids(get_args(kind)[0], above)
    for struct in structs(annotation):
        declared = hints(struct)
        for name, field in fields(struct).items():
            if marked(field, "readOnly"):
                continue
            plain = {get_args(kind)[0] if get_origin(kind) is list else kind for kind in alternatives(declared[name])}
            if name.endswith(("_id", "_ids")) and int in plain:
                yield above + name
            yield from _ids(declared[name], f"{above}{name}.")


def _place(operation: Operation) -> str:
    """What a path ends with before its parameters."""
    parts = [part for part in operation.path.split("/") if "{" not in part]
    return "/".join(parts[-2:]) if parts[-1].startswith("v") and parts[-1][1].isdigit() else parts[-1]


def test_every_id_is_of_something() -> None:
    unknown, used = [], set()
    for operation in OPERATIONS:
        for name in _ids(operation.body) if operation.body is not None else ():
            key = (_place(operation), name)
            if name not in operation.references and key not in LISTED:
                unknown.append(f"{operation.method} {operation.path}: {name}")
            used.add(key)
    assert unknown == []
    assert LISTED.keys() <= used


def test_every_reference_is_of_a_field() -> None:
    taken = {(operation.tag, name) for operation in OPERATIONS if operation.body for name in _fields(operation.body)}
    for operation in OPERATIONS:
        for name in operation.references:
            assert (operation.tag, name) in taken, f"{operation.path}: {name}"


def test_what_is_to_come_is_known() -> None:
    """A room that is built takes its own off this list."""
    found = {name for one in OPERATIONS for name, resource in one.references.items() if resource is ABSENT}
    assert found == TO_COME


def _fields(annotation: Any, above: str = "") -> Iterator[str]:
    for struct in structs(annotation):
        for name in fields(struct):
            yield above + name
            yield from _fields(hints(struct)[name], f"{above}{name}.")
