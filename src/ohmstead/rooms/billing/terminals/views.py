"""The shapes of a payment terminal: one of twelve, told apart by their `terminalType`."""

from typing import Annotated, Any, Literal, Union, get_args

import msgspec
from msgspec import UNSET, Meta, Struct

from ohmstead.kit.money import Price
from ohmstead.kit.views import Deprecated, HttpUrl, Id, Opt, ReadOnly, Translation, View, creates, fields

TerminalType = Literal[
    "Payter", "Valina", "Crane", "Ampeco", "Nayax", "Embedded", "Pax", "Windcave", "Web portal", "AdyenCastles",
    "Printec Castles", "Cardlink Castles",
]  # fmt: skip
NetworkStatus = Annotated[
    Literal["online", "offline", "unknown"],
    Meta(description="By its last call, which holds for ten minutes; who watches it elsewhere may say it, too."),
]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
_Text = Annotated[str, Meta(max_length=255)]
_Language = Annotated[str, Meta(min_length=2, max_length=10, description="Language tag, for example en or pt-BR.")]
_Seconds = Annotated[int, Meta(ge=0, le=86_400, description="Seconds.")]
_Zone = Annotated[int, Meta(description="Where it stands: the charging zone whose charge points it serves.")]
_Point = Annotated[int, Meta(description="Or the one charge point that it serves.")]
_Token = Annotated[
    str,
    Meta(description="What it calls this API with. Shown to whoever may do all that it may; made with the terminal."),
]
_Online = Annotated[bool, Meta(description="See networkStatus.")]
_Code = Annotated[str, Meta(description="Of the base currency, ISO 4217.")]


class Bundle(View):
    """The software that it should run."""

    version: Opt[str] = UNSET
    download_url: Opt[str] = UNSET


class InvoiceField(View):
    """What whoever wants an invoice is asked for."""

    field: str
    required: bool
    type: Literal["individual", "company"]


class _Somewhere(View):
    id: Id
    charging_zone_id: Opt[_Zone] = UNSET
    charge_point_id: Opt[_Point] = UNSET
    external_id: Opt[_Text] = UNSET


class _Terminal(_Somewhere):
    """What all have but the two that say more of it."""

    name: Opt[Name] = UNSET
    integration_id: Opt[int] = UNSET
    operator_id: Opt[int] = UNSET
    serial_number: Opt[_Text] = UNSET


class _Shown(_Terminal):
    """One with a screen."""

    default_language: Opt[_Language] = UNSET
    present_card_on_stop_session: Opt[bool] = False
    info: Opt[list[Translation]] = UNSET


class _Monitored(_Shown):
    """One with a screen that calls the API, and is watched."""

    admin_token: Opt[ReadOnly[_Token]] = UNSET
    network_status: Opt[NetworkStatus] = UNSET
    phone: Opt[_Text] = UNSET
    currency_code: Opt[ReadOnly[_Code]] = UNSET
    supported_languages: Opt[ReadOnly[list[str]]] = UNSET
    network_status_monitoring_enabled: Opt[ReadOnly[bool]] = UNSET
    kiosk_mode_enabled: Opt[ReadOnly[bool]] = UNSET


class Payter(_Somewhere, tag_field="terminalType", tag="Payter"):
    name: Name
    integration_id: int
    operator_id: int
    serial_number: _Text
    default_language: _Language
    preauthorize_amount: Opt[Annotated[Price, Meta(description="To be held, where it serves one charge point.")]] = (
        UNSET
    )
    currency_id: Opt[ReadOnly[int]] = UNSET
    value_added_tax_id: Opt[ReadOnly[int]] = UNSET
    transaction_timeout: Opt[Annotated[_Seconds, Meta(description="Where it serves a zone.")]] = UNSET
    display_text_timeout: Opt[_Seconds] = UNSET
    display_text: Opt[_Text] = UNSET
    is_online: Opt[ReadOnly[Deprecated[_Online]]] = UNSET
    network_status: Opt[ReadOnly[NetworkStatus]] = UNSET


class Valina(_Monitored, tag_field="terminalType", tag="Valina"):
    is_online: Opt[ReadOnly[Deprecated[_Online]]] = UNSET
    bundle: Opt[ReadOnly[Bundle]] = UNSET


class Crane(_Terminal, tag_field="terminalType", tag="Crane"):
    pass


class Ampeco(_Terminal, tag_field="terminalType", tag="Ampeco"):
    admin_token: Opt[ReadOnly[_Token]] = UNSET
    webhook_url: Opt[ReadOnly[str]] = UNSET


class Nayax(_Terminal, tag_field="terminalType", tag="Nayax"):
    terminal_id: Opt[Annotated[_Text, Meta(description="The device number it has with Nayax.")]] = UNSET


class Embedded(_Terminal, tag_field="terminalType", tag="Embedded"):
    pass


class Pax(_Shown, tag_field="terminalType", tag="Pax"):
    verification_code: Opt[_Text] = UNSET


class Windcave(_Terminal, tag_field="terminalType", tag="Windcave"):
    pass


class WebPortal(View, tag_field="terminalType", tag="Web portal"):
    id: Id
    name: Name
    integration_id: int
    operator_id: int
    invoice_fields: Opt[ReadOnly[list[InvoiceField]]] = UNSET


class AdyenCastles(_Monitored, tag_field="terminalType", tag="AdyenCastles"):
    merchant_account: Opt[_Text] = UNSET
    adyen_api_key: Opt[
        Annotated[_Text, Meta(description="Kept encrypted, and shown to whom the adminToken is shown.")]
    ] = UNSET


class PrintecCastles(_Monitored, tag_field="terminalType", tag="Printec Castles"):
    country_code: Opt[ReadOnly[Annotated[str, Meta(description="Where it stands, ISO 3166-1 alpha-2.")]]] = UNSET
    bundle: Opt[ReadOnly[Bundle]] = UNSET


class CardlinkCastles(_Monitored, tag_field="terminalType", tag="Cardlink Castles"):
    is_online: Opt[ReadOnly[Deprecated[_Online]]] = UNSET
    bundle: Opt[ReadOnly[Bundle]] = UNSET


Terminal = (
    Payter | Valina | Crane | Ampeco | Nayax | Embedded | Pax | Windcave | WebPortal | AdyenCastles | PrintecCastles
    | CardlinkCastles
)  # fmt: skip
KINDS: dict[str, type[Struct]] = {str(one.__struct_config__.tag): one for one in get_args(Terminal)}


def having(field: str) -> list[str]:
    """The kinds that have a field."""
    return [kind for kind, shape in KINDS.items() if field in fields(shape)]


def _new(kind: str, shape: type[Struct]) -> type[Struct]:
    """The body that one is made by."""
    return msgspec.defstruct(
        shape.__name__ + "Create", [], bases=(creates(shape),), module=__name__, tag_field="terminalType", tag=kind
    )


NewTerminal: Any = Union[tuple(_new(kind, shape) for kind, shape in KINDS.items())]  # noqa: UP007 - made of a list


class PaymentTerminal(View):
    """All that one may have, as it is read."""

    id: Id
    terminal_type: TerminalType
    name: Opt[Name] = UNSET
    integration_id: Opt[int] = UNSET
    operator_id: Opt[int] = UNSET
    charging_zone_id: Opt[_Zone] = UNSET
    charge_point_id: Opt[_Point] = UNSET
    serial_number: Opt[_Text] = UNSET
    external_id: Opt[_Text] = UNSET
    admin_token: Opt[ReadOnly[_Token]] = UNSET
    webhook_url: Opt[HttpUrl] = UNSET
    terminal_id: Opt[_Text] = UNSET
    verification_code: Opt[_Text] = UNSET
    is_online: Opt[ReadOnly[Deprecated[_Online]]] = UNSET
    network_status: Opt[NetworkStatus] = UNSET
    phone: Opt[_Text] = UNSET
    default_language: Opt[_Language] = UNSET
    present_card_on_stop_session: Opt[bool] = UNSET
    info: Opt[list[Translation]] = UNSET
    preauthorize_amount: Opt[Price] = UNSET
    transaction_timeout: Opt[_Seconds] = UNSET
    display_text_timeout: Opt[_Seconds] = UNSET
    display_text: Opt[_Text] = UNSET
    currency_id: Opt[ReadOnly[int]] = UNSET
    value_added_tax_id: Opt[ReadOnly[int]] = UNSET
    currency_code: Opt[ReadOnly[_Code]] = UNSET
    country_code: Opt[ReadOnly[str]] = UNSET
    merchant_account: Opt[_Text] = UNSET
    adyen_api_key: Opt[_Text] = UNSET
    supported_languages: Opt[ReadOnly[list[str]]] = UNSET
    bundle: Opt[ReadOnly[Bundle]] = UNSET
    network_status_monitoring_enabled: Opt[ReadOnly[bool]] = UNSET
    kiosk_mode_enabled: Opt[ReadOnly[bool]] = UNSET
    invoice_fields: Opt[ReadOnly[list[InvoiceField]]] = UNSET


class TerminalChange(PaymentTerminal):
    """What may change; null takes it from where it stands, so that it can stand elsewhere."""

    charging_zone_id: Opt[_Zone | None] = UNSET
    charge_point_id: Opt[_Point | None] = UNSET
    external_id: Opt[_Text | None] = UNSET


DETAILS = (
    "terminal_id", "verification_code", "phone", "default_language", "present_card_on_stop_session", "info",
    "webhook_url", "preauthorize_amount", "transaction_timeout", "display_text_timeout", "display_text",
    "merchant_account",
)  # fmt: skip
"""Attributes that a kind has of its own."""
