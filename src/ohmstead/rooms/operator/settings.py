"""Settings: what the operator decided once for the whole house. The API reads them; the command line sets them."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Column, ColumnElement, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import Statement, Tx, metadata, timestamp
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.money import Precision, Price
from ohmstead.kit.operations import Call
from ohmstead.kit.questions import Question
from ohmstead.kit.views import Opt, ReadOnly, View, snake, stamp
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator.currencies import currencies, currency, precision
from ohmstead.rooms.operator.taxes import taxes

setting = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSONB, nullable=False),  # what was set of the section; the rest has its defaults
    timestamp("updated_at", nullable=False),
)

Moment = ReadOnly[Opt[Annotated[str, Meta(extra_json_schema={"format": "date-time"})]]]
Minutes = Annotated[int, Meta(ge=0)]


class BaseCurrency(View):
    id: int
    last_updated_at: Moment = UNSET


class DefaultTax(View):
    id: int
    enable_multi_tax_support: Annotated[
        bool, Meta(description="Each tariff may have its own tax; balances, vouchers and top-ups are then off.")
    ] = False
    tax_information_not_in_invoices_and_receipts: bool = False
    last_updated_at: Moment = UNSET


class Reservations(View):
    enable_reservations: bool = True
    reservation_time: Annotated[Minutes, Meta(description="How long a reservation lasts, min.")] = 15
    expiry_notification: Annotated[Minutes, Meta(description="How long before its end the user is told, min.")] = 5
    max_reservations_per_day_per_user: Annotated[int, Meta(ge=0)] = 5
    cooldown_time_between_reservations: Annotated[
        Minutes, Meta(description="The pause after a reservation before the same user's next, min.")
    ] = 0
    enable_reservations_queue: Annotated[
        bool, Meta(description="Whether an EVSE where somebody charges may be reserved for when it is free.")
    ] = False
    last_updated_at: Moment = UNSET


class PlugAndCharge(View):
    """EMAIDs are issued where it is enabled and says under whose name."""

    enable_plug_and_charge: bool = True
    country_code: Annotated[str, Meta(pattern=r"^[A-Z]{2}$(?!\n)")] | None = None
    provider_id: Annotated[str, Meta(pattern=r"^[0-9A-Z]{3}$(?!\n)")] | None = None


class Features(View):
    """What is there unless the operator switches it off."""

    operational_availability: bool = True
    parking_space_occupancy: bool = True
    vouchers: bool = True
    top_up_packages: bool = True
    ad_hoc_charging: Annotated[bool, Meta(description="By card on the page behind an EVSE's QR code.")] = True
    subscriptions: bool = True
    post_paid_subscriptions: bool = True
    last_updated_at: Moment = UNSET


class IdlePeriodDetection(View):
    """When a vehicle that stands there counts as idle, where its tariff has a price for that."""

    average_power_threshold: Annotated[float, Meta(ge=0, description="Below so many W over five minutes.")] = 200.0
    soc_threshold: Annotated[float, Meta(ge=0, le=100, description="Above so many % of its battery.")] | None = None
    allow_custom_power_threshold_per_tariff: bool = True
    allow_custom_soc_threshold_per_tariff: bool = True
    last_updated_at: Moment = UNSET


Strategy = Literal[
    "nothing_required", "payment_method", "payment_method_and_authorization", "minimum_balance",
    "payment_method_or_minimum_balance",
]  # fmt: skip


class Billing(View):
    """What a user needs to start a session that may cost something, and how what it cost is collected."""

    strategy: Strategy = "nothing_required"
    minimum_balance: Annotated[Price, Meta(description="In base currency, for the last two strategies.")] = Decimal(0)
    authorize_amount: Annotated[
        Price | None, Meta(description="Held where a tariff names no amount, in its currency.")
    ] = None
    retry_after_days: Annotated[
        list[Annotated[int, Meta(ge=1, le=365)]], Meta(description="From one failed payment to the next.")
    ] = msgspec.field(default_factory=lambda: [1, 3, 7])


class AdHocCharging(View):
    """What the page behind an EVSE's QR code says beside it."""

    operator_name: Annotated[str, Meta(max_length=255)] | None = None
    terms_url: Annotated[str, Meta(pattern=r"^https?://\S+$(?!\n)", max_length=2000)] | None = None
    last_updated_at: Moment = UNSET


class Supplier(View):
    """Who sells, as documents name it; an electronic invoice needs its name, country and VAT number."""

    name: Annotated[str, Meta(max_length=255)] | None = None
    address: Annotated[str, Meta(max_length=255)] | None = None
    post_code: Annotated[str, Meta(max_length=255)] | None = None
    city: Annotated[str, Meta(max_length=255)] | None = None
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$(?!\n)", description="ISO 3166-1.")] | None = None
    vat_no: Annotated[str, Meta(max_length=255)] | None = None
    reg_no: Annotated[str, Meta(max_length=255)] | None = None
    iban: Annotated[str, Meta(max_length=34)] | None = None


class Documents(View):
    """Which documents are issued, and what becomes of them."""

    invoices: Annotated[
        Literal["on_request", "monthly"],
        Meta(description="on_request: for users who want invoices, and for single payments; monthly: for all users."),
    ] = "on_request"
    always_collect_invoice_details: bool = False
    issue_window_days: Annotated[
        int, Meta(ge=1, le=3650, description="So long a single payment can be invoiced afterwards.")
    ] = 30
    send_receipts: Annotated[bool, Meta(description="By e-mail.")] = True
    send_invoices: Annotated[bool, Meta(description="By e-mail.")] = True


class Regional(View):
    time_zone: Annotated[str, Meta(description="Of the IANA database: in which the operator's days end.")] = "UTC"


class Settings(View):
    """The sections that the API shows. The base currency is the first one and the default tax likewise, until others
    are chosen."""

    base_currency: Opt[BaseCurrency] = UNSET
    default_tax: Opt[DefaultTax] = UNSET
    reservations: Reservations


class AllSettings(Settings):
    """With those that it does not."""

    plug_and_charge: PlugAndCharge
    features: Features
    idle_period_detection: IdlePeriodDetection
    billing: Billing
    ad_hoc_charging: AdHocCharging
    regional: Regional
    supplier: Supplier
    documents: Documents


class SettingsAnswer(View):
    data: Settings


_KINDS = {
    "baseCurrency": BaseCurrency,
    "defaultTax": DefaultTax,
    "reservations": Reservations,
    "plugAndCharge": PlugAndCharge,
    "features": Features,
    "idlePeriodDetection": IdlePeriodDetection,
    "billing": Billing,
    "adHocCharging": AdHocCharging,
    "regional": Regional,
    "supplier": Supplier,
    "documents": Documents,
}
_NAMED = {"baseCurrency": currencies, "defaultTax": taxes}  # section -> what its id names
_STORED = Statement(select(setting))
_SECTION = Statement(select(setting.c.value).where(setting.c.key == bindparam("key", type_=Text)))
_FIRST = Statement(select(*(select(func.min(one.table.c.id)).scalar_subquery() for one in _NAMED.values())))
_LIVING = {
    key: Statement(select(one.table.c.id).where(one.table.c.id == bindparam("id"))) for key, one in _NAMED.items()
}
_OTHERS = {
    key: Statement(select(one.table.c.id).where(one.table.c.id != bindparam("id"))) for key, one in _NAMED.items()
}
_CHOSEN = select(cast(setting.c.value["id"].astext, BigInteger)).where(setting.c.key == "baseCurrency")
_OLDEST = select(func.min(currency.c.id)).correlate(None)
IS_BASE = currency.c.id == func.coalesce(_CHOSEN.scalar_subquery(), _OLDEST.scalar_subquery())
_BASE_DECIMALS = Statement(select(currency.c.decimal, currency.c.unit_price_and_calculations_decimal).where(IS_BASE))
_BASE_CODE = Statement(select(currency.c.alphabetic_code).where(IS_BASE))


counted_in_base: Question[[Tx], str] = Question("what is there that counts in the base currency?")
"""Asked before it becomes another one, which nothing is exchanged into."""


async def read(tx: Tx) -> AllSettings:
    """The settings in force. A section that names a currency or a tax is UNSET while there is none."""
    sections: dict[str, Any] = {key: {} for key in _KINDS.keys() - _NAMED.keys()}
    firsts = await tx.one(_FIRST) or ()
    sections |= {key: {"id": first} for key, first in zip(_NAMED, firsts, strict=True) if first is not None}
    for key, value, updated_at in await tx.all(_STORED):
        sections[key] = sections.get(key, {}) | value | {"lastUpdatedAt": stamp(updated_at)}
    return msgspec.convert(sections, AllSettings)


async def idle_detection(tx: Tx) -> IdlePeriodDetection:
    """That section alone, which is asked for often."""
    return msgspec.convert(await tx.value(_SECTION, key="idlePeriodDetection") or {}, IdlePeriodDetection)


def payment_is_required() -> ColumnElement[bool]:
    """Whether a user needs something to start a session, to be asked along with something else."""
    strategy = select(setting.c.value["strategy"].astext).where(setting.c.key == "billing").scalar_subquery()
    return func.coalesce(strategy, "nothing_required") != "nothing_required"


async def billing(tx: Tx) -> Billing:
    """That section alone."""
    return msgspec.convert(await tx.value(_SECTION, key="billing") or {}, Billing)


async def documents(tx: Tx) -> Documents:
    """That section alone."""
    return msgspec.convert(await tx.value(_SECTION, key="documents") or {}, Documents)


async def supplier(tx: Tx) -> Supplier:
    """That section alone."""
    return msgspec.convert(await tx.value(_SECTION, key="supplier") or {}, Supplier)


async def balances_are_off(tx: Tx) -> bool:
    """Whether each tariff may have its own tax: users have no balances then."""
    return bool((await tx.value(_SECTION, key="defaultTax") or {}).get("enableMultiTaxSupport"))


async def time_zone(tx: Tx) -> ZoneInfo:
    """In which the operator's days end."""
    return ZoneInfo((await tx.value(_SECTION, key="regional") or {}).get("timeZone", "UTC"))


async def base_precision(tx: Tx) -> Precision:
    """The precisions of the base currency, in which balances, fees and dues are; without one there is no telling."""
    return precision(*(await tx.one(_BASE_DECIMALS) or (None, None)))


async def base_currency_code(tx: Tx) -> str | None:
    """The base currency by its ISO 4217 code, in which prices are; None while there is no currency."""
    return await tx.value(_BASE_CODE)


async def put(tx: Tx, section: str, **values: Any) -> None:
    """Set some values of a section, all by their API names; Invalid names what is wrong (`section.field`)."""
    stored = {key: value for key, value, _ in await tx.all(_STORED)}
    merged = stored.get(section, {}) | values
    kind = _KINDS[section]
    for field in values.keys() - {one.encode_name for one in msgspec.structs.fields(kind)}:
        raise Invalid.of({f"{section}.{field}": ["There is no such setting."]})
    try:
        msgspec.convert({"id": 0} | merged, kind)
    except msgspec.ValidationError as error:
        raise Invalid.of({section: [str(error)]}) from None
    if section == "regional" and merged.get("timeZone", "UTC") not in available_timezones():
        raise Invalid.of({"regional.timeZone": ["The time zone must be one of the IANA database."]})
    if "id" in values and await tx.value(_LIVING[section], id=values["id"]) is None:
        raise Invalid.of({f"{section}.id": ["The selected id is invalid."]})
    if section == "baseCurrency" and values.get("id") != _id_of((await read(tx)).base_currency):
        for reason in await counted_in_base(tx):
            raise Invalid.of({"baseCurrency.id": [f"The base currency stays: {reason}."]})
    changed = {"value": merged, "updated_at": tx.now}
    put_in = insert(setting).values(key=section, **changed)
    await tx.run(put_in.on_conflict_do_update(index_elements=["key"], set_=changed))


def _id_of(chosen: Opt[BaseCurrency]) -> int | None:
    return None if chosen is UNSET else chosen.id


async def _stays(write: Write, section: str, text: str) -> None:
    """Keep what is in force, unless it was never chosen and nothing else would silently take its place."""
    in_force = getattr(await read(write.tx), snake(section))
    if in_force.id != write.id:
        return
    if in_force.last_updated_at is not UNSET or await write.tx.value(_OTHERS[section], id=write.id):
        raise Conflict(text)


@currencies.deleting
async def base_currency_stays(write: Write) -> None:
    """Balances and settlements count in it."""
    await _stays(write, "baseCurrency", "The base currency cannot be deleted.")


@taxes.deleting
async def default_tax_stays(write: Write) -> None:
    """Prices without a tax of their own count with it."""
    await _stays(write, "defaultTax", "The default tax cannot be deleted.")


actions = Group("resource / settings", "resources/settings/", "settings", access=SHARED)


@actions.get("v1.0", "Settings / Listing", gives=SettingsAnswer)
async def show(call: Call) -> SettingsAnswer:
    """Every setting the API shows."""
    found = msgspec.structs.asdict(await read(call.tx))
    return SettingsAnswer(data=Settings(**{name: found[name] for name in Settings.__struct_fields__}))
