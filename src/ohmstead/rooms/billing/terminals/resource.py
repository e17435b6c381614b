"""Payment terminals: devices at which drivers without an account pay by card."""

from decimal import Decimal
from typing import Any

from msgspec import UNSET, to_builtins
from sqlalchemy import ARRAY, BigInteger, Boolean, Text, any_, bindparam, case, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import row_changed
from ohmstead.kit.filters import equals
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.reading import NOW
from ohmstead.kit.resources import Resource
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import camel, fields
from ohmstead.kit.writes import Write
from ohmstead.rooms.billing.terminals.table import payment_terminal
from ohmstead.rooms.billing.terminals.tokens import (
    ONLINE_FOR,
    adyen_keys_of,
    make_token,
    revoke_tokens,
    tokens_of,
)
from ohmstead.rooms.billing.terminals.views import (
    DETAILS,
    KINDS,
    NewTerminal,
    PaymentTerminal,
    Terminal,
    TerminalChange,
    having,
)
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.locations import location, locations
from ohmstead.rooms.network.zones import charging_zone, zones
from ohmstead.rooms.operator.currencies import currency
from ohmstead.rooms.operator.files import files
from ohmstead.rooms.operator.settings import IS_BASE, setting
from ohmstead.rooms.operator.taxes import tax

_PLACES = ("charging_zone_id", "charge_point_id")
_own = payment_terminal.c
_key = bindparam("key", type_=BigInteger)
_STANDS = select(_own.id).where(_own.deleted_at.is_(None)).limit(1)
_AT_POINT = Statement(_STANDS.where(_own.charge_point_id == _key))
_IN_ZONE = Statement(_STANDS.where(_own.charging_zone_id == _key))
_AT_LOCATION = Statement(
    _STANDS.join(charging_zone, charging_zone.c.id == _own.charging_zone_id).where(charging_zone.c.location_id == _key)
)
_LOCATION = func.coalesce(charge_point.c.location_id, charging_zone.c.location_id)
_COUNTRIES = Statement(
    select(_own.id, location.c.country)
    .join_from(payment_terminal, charge_point, isouter=True)
    .join(charging_zone, charging_zone.c.id == _own.charging_zone_id, isouter=True)
    .join(location, location.c.id == _LOCATION)
    .where(
        _own.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        _own.terminal_type == any_(literal(having("country_code"), ARRAY(Text))),
    )
)
_CHOSEN_TAX = select(cast(setting.c.value["id"].astext, BigInteger)).where(setting.c.key == "defaultTax")
_TAX = func.coalesce(_CHOSEN_TAX.scalar_subquery(), select(func.min(tax.c.id)).scalar_subquery())
_PRESENTS = func.coalesce(_own.details["present_card_on_stop_session"], cast(literal("false", Text), JSONB))
_status = case((_own.online_until.is_(None), "unknown"), (_own.online_until > NOW, "online"), else_="offline")


def _of(field: str, value: Any) -> Any:
    """A field that is shown of the kinds that have it."""
    return case((_own.terminal_type == any_(literal(having(field), ARRAY(Text))), value))


async def _countries_of(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, str]:
    return dict(await tx.all(_COUNTRIES, ids=ids))


terminals = Resource(
    "payment-terminals",
    payment_terminal,
    tag="resource / payment terminals",
    title="Payment Terminal",
    key="paymentTerminal",
    access=OPERATOR,
    versions=[
        Version(
            "v1.0",
            PaymentTerminal,
            pages=Pages.NUMBER,
            create_body=NewTerminal,
            update_view=TerminalChange,
            answer=Terminal,
            created=200,
        )
    ],
    columns={
        **{name: _own.details[name] for name in DETAILS},
        "present_card_on_stop_session": _of("present_card_on_stop_session", _PRESENTS),
        "network_status": _of("network_status", _status),
        "is_online": _of("is_online", _own.online_until.is_not(None) & (_own.online_until > NOW)),
        "network_status_monitoring_enabled": _of("network_status_monitoring_enabled", literal(True, Boolean)),
        "currency_code": _of("currency_code", select(currency.c.alphabetic_code).where(IS_BASE).scalar_subquery()),
        "currency_id": _of("currency_id", select(currency.c.id).where(IS_BASE).scalar_subquery()),
        "value_added_tax_id": _of("value_added_tax_id", _TAX),
        # of these we know nothing: which languages and which software a device has is its provider's
        **dict.fromkeys(("supported_languages", "bundle", "kiosk_mode_enabled", "invoice_fields"), null()),
    },
    includes=(
        Include("adminToken", tokens_of, always=True, empty=UNSET),
        Include("countryCode", _countries_of, always=True, empty=UNSET),
        Include("adyenApiKey", adyen_keys_of, always=True, empty=UNSET),
    ),
    filters=[equals("serialNumber", _own.serial_number)],
    references={"charging_zone_id": zones, "charge_point_id": charge_points},
    changed=row_changed("paymentTerminal"),
)


@terminals.updating
async def it_stays_what_it_is(write: Write) -> None:
    """A change names no other kind, and gives no field that its kind does not have."""
    assert write.before is not None
    kind = write.before["terminal_type"]
    if write.values.pop("terminal_type", kind) != kind:
        write.add_error("terminalType", f"The terminal type cannot be changed: it is {kind}.")
    for name in write.values.keys() - {"updated_at"}:
        if name not in fields(KINDS[kind]):
            write.add_error(camel(name), f"The {label(camel(name))} is no field of the type {kind}.")
    write.raise_errors()


@terminals.writing
async def what_its_kind_has_is_kept(write: Write) -> None:
    """Secrets are closed; what others say of its network holds as if it had called."""
    given = {name: write.values.pop(name) for name in DETAILS if name in write.values}
    before = write.before["details"] if write.before else {}
    write.values["details"] = before | to_builtins(given, builtin_types=(Decimal,))
    if "adyen_api_key" in write.values:
        write.values["adyen_api_key"] = files.current.vault.close(write.values["adyen_api_key"])
    if (status := write.values.pop("network_status", None)) is not None:
        until = {"online": write.tx.now + ONLINE_FOR, "offline": write.tx.now, "unknown": None}
        write.values["online_until"] = until[status]


@terminals.rule
async def it_stands_in_one_place(write: Write) -> None:
    """In a zone or at a charge point; the portal of the web stands nowhere."""
    if write.value_of("terminal_type") == "Web portal":
        return
    if sum(write.value_of(name) is not None for name in _PLACES) != 1:
        named = [name for name in _PLACES if write.gives(name)] or _PLACES[:1]
        write.add_error(camel(named[-1]), "Exactly one of chargingZoneId and chargePointId must be given.")


@terminals.rule
async def a_payter_says_what_its_place_wants(write: Write) -> None:
    if write.value_of("terminal_type") != "Payter":
        return
    single = write.value_of("charge_point_id") is not None
    wanted = "preauthorize_amount" if single else "transaction_timeout"
    if wanted not in write.values["details"]:
        where = "charge point id" if single else "charging zone id"
        write.add_error(camel(wanted), f"The {label(camel(wanted))} field is required when {where} is present.")


@terminals.created
async def it_gets_its_token(write: Write) -> None:
    if write.values["terminal_type"] in having("admin_token"):
        await make_token(write.tx, write.id)


@terminals.deleted
async def its_token_dies(write: Write) -> None:
    await revoke_tokens(write.tx, write.id)


@charge_points.deleting
async def no_terminal_stands_at_the_charge_point(write: Write) -> None:
    await _nothing_stands(write, _AT_POINT, "at the charge point")


@zones.deleting
async def no_terminal_stands_in_the_zone(write: Write) -> None:
    await _nothing_stands(write, _IN_ZONE, "in the charging zone")


@locations.deleting
async def no_terminal_stands_at_the_location(write: Write) -> None:
    await _nothing_stands(write, _AT_LOCATION, "in a charging zone of the location")


async def _nothing_stands(write: Write, statement: Statement, where: str) -> None:
    if (terminal := await write.tx.value(statement, key=write.id)) is not None:
        raise Conflict(f"The payment terminal {terminal} stands {where}.")
