"""The shapes of invoice details as the invoice managers of other companies have them. The published API names them
beside the one that is offered here; what comes in one of them is told so."""

from collections.abc import Mapping
from typing import Any

from ohmstead.rooms.operator import iso3166

OFFERED = "Invoices are issued by Ohmstead itself: give requireInvoice and invoiceType, with the fields beside them."

_Schema = dict[str, Any]
_TEXT: _Schema = {"type": ["string", "null"]}
_GIVEN: _Schema = {"type": "string"}
_PLACE = {
    "country": {"type": ["string", "null"], "enum": [*iso3166.COUNTRIES, None]},
    **dict.fromkeys(("city", "postcode", "address"), _TEXT),
}
_CLIENT_TYPE = {"type": ["string", "null"], "enum": ["individual", "company", None]}
_PERSON = dict.fromkeys(("name", "email", "mobilePhoneNumber", "taxId"), _TEXT)
_COMPANY = _PERSON | {"landlinePhoneNumber": _TEXT}
_ECPAY = {
    "invoiceType": {"type": "string", "enum": ["EInvoice", "Company", "Donation"]},
    "carrierType": {"type": ["string", "null"], "enum": ["Mobile", "Citizen", "GreenWorld", None]},
    **dict.fromkeys(("loveCode", "mobileBarCode", "citizenId", "companyId", "name", "email", "phone"), _TEXT),
    **_PLACE,
}
_PARTS = {"individual": {"type": "object", "properties": _PERSON | _PLACE}}
_PARTS["company"] = {"type": "object", "properties": _COMPANY | _PLACE}
_CARDCOM = {"invoiceRequired": {"type": "boolean", "default": False}, "clientType": _CLIENT_TYPE}
_SOFT_ONE = dict.fromkeys(("firstName", "lastName", "email"), _GIVEN)


def _object(name: str, properties: _Schema, *required: str) -> _Schema:
    described = f"As {name} has them; not offered here."
    return {"type": "object", "description": described, "properties": properties, "required": list(required)}


BODIES: list[_Schema] = [
    _object("Cardcom", _CARDCOM | _COMPANY | _PLACE, "invoiceRequired", "clientType"),
    _object("SoftOne", _SOFT_ONE | {"phone": _TEXT} | _PLACE, *_SOFT_ONE),
    _object("ECPay", _ECPAY, "invoiceType", "name", "email", "phone"),
]
ANSWERS: list[_Schema] = [
    _object("Cardcom", _CARDCOM | _PARTS, "invoiceRequired", "clientType", *_PARTS),
    _object("SoftOne", dict.fromkeys((*_SOFT_ONE, "phone"), _TEXT) | _PLACE, *_SOFT_ONE),
    _object("ECPay", _ECPAY, "invoiceType", "name", "email"),
]
"""What is required tells them from what is answered here."""


def is_of_another(body: Mapping[str, Any], known: set[str]) -> bool:
    """Whether a body is in one of their shapes rather than with the fields that are `known` here."""
    theirs = {name for one in BODIES for name in one["properties"]} - known
    return bool(theirs & body.keys()) or body.get("invoiceType") in _ECPAY["invoiceType"]["enum"]
