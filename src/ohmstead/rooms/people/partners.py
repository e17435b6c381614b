"""Partners: companies whose charge points stand in the operator's system, with what they may do and what is agreed."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, Column, Index, Numeric, Text, any_, bindparam, false, select, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import PARTNER, Access
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.errors import Forbidden
from ohmstead.kit.facts import RowChanged, contents
from ohmstead.kit.filters import changed, equals
from ohmstead.kit.money import Bounds, Percent, Price
from ohmstead.kit.operations import Actor
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Merged
from ohmstead.kit.resources import Resource
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator.admins import api_token
from ohmstead.rooms.operator.places import Country, State, a_country_has_states_or_regions
from ohmstead.rooms.operator.registration_numbers import bank_details_have_an_iban_that_can_be, vat_number_problem
from ohmstead.rooms.operator.settings import base_precision
from ohmstead.rooms.operator.sub_operators import sub_operators
from ohmstead.rooms.people.user_views import BankDetails, Email, Short

_RIGHTS = ("createUsers", "addUserBalance", "supplierOnReceipts", "allowToControlTariffs", "allowToControlTariffGroups")
_NOTHING: dict[str, Any] = dict.fromkeys(_RIGHTS, False)
_NOT_TOLD = {"technical": {"chargePointFaults": False}, "billing": {"settlementReports": False}}
_NO_BILLING = {"enabled": False}

partner = table(
    "partner",
    Column("name", Text, nullable=False),
    *(Column(name, Text) for name in ("business_name", "reg_no", "vat_no", "address", "postcode", "city", "country")),
    *(Column(name, Text) for name in ("region", "state", "external_id")),
    Column("contact_details", JSONB, nullable=False, server_default="{}"),
    Column("notifications", JSONB, nullable=False, server_default=json.dumps(_NOT_TOLD)),
    Column("options", JSONB, nullable=False, server_default=json.dumps(_NOTHING)),
    Column("corporate_billing", JSONB, nullable=False, server_default=json.dumps(_NO_BILLING)),
    Column("bank_details", JSONB, nullable=False, server_default="{}"),
    Column("monthly_platform_fee", Numeric),  # base currency, without tax
    timestamp("deleted_at"),
    Index("ix_partner_external_id", "external_id"),
)


Name = Annotated[str, Meta(min_length=1, max_length=255)]


class Contact(View):
    contact_person: Opt[Short | None] = UNSET
    email: Opt[Email | None] = UNSET
    phone: Opt[Short | None] = UNSET


class ContactDetails(View):
    administrative: Opt[Contact | None] = UNSET
    technical: Opt[Contact | None] = UNSET
    billing: Opt[Contact | None] = UNSET


class TechnicalNotifications(View):
    charge_point_faults: Opt[bool] = UNSET


class BillingNotifications(View):
    settlement_reports: Opt[bool] = UNSET


class Notifications(View):
    """What is sent to the contacts by e-mail."""

    technical: Opt[TechnicalNotifications] = UNSET
    billing: Opt[BillingNotifications] = UNSET


class Options(View):
    """What the partner may do beyond looking after its own charge points."""

    create_users: Opt[bool] = UNSET
    add_user_balance: Annotated[Opt[bool], Meta(description="Whether its tokens see users' balances.")] = UNSET
    supplier_on_receipts: Opt[bool] = UNSET
    allow_to_control_tariffs: Annotated[Opt[bool], Meta(description="Whether it sets prices of its tariffs.")] = UNSET
    allow_to_control_tariff_groups: Annotated[
        Opt[bool], Meta(description="Whether it also puts tariffs into groups, and orders them.")
    ] = UNSET


class CorporateBilling(View):
    """Whether its users may charge on the partner's account."""

    enabled: Opt[bool] = UNSET
    monthly_limit: Opt[Price | None] = UNSET
    discount: Annotated[Opt[Percent | None], Meta(description="%")] = UNSET


class Partner(View):
    id: Id
    name: Annotated[Name, Meta(description="The company's name.")]
    business_name: Annotated[Opt[Short], Meta(description="What drivers are shown; its name where it has none.")] = (
        UNSET
    )
    reg_no: Opt[Short | None] = UNSET
    vat_no: Opt[Short | None] = UNSET
    address: Opt[Short | None] = UNSET
    postcode: Opt[Short | None] = UNSET
    city: Opt[Short | None] = UNSET
    country: Opt[Country | None] = UNSET
    region: Annotated[Opt[Short | None], Meta(description="Of a country without states.")] = UNSET
    state: Annotated[Opt[State], Meta(description="Of US, AU, CA, UM and RO.")] = UNSET
    contact_details: Opt[ContactDetails | None] = UNSET
    notifications: Opt[Notifications] = UNSET
    monthly_platform_fee: Annotated[Opt[Price | None], Meta(description="Without tax.")] = UNSET
    options: Opt[Options] = UNSET
    corporate_billing: Opt[CorporateBilling] = UNSET
    external_id: Opt[Short | None] = UNSET
    last_updated_at: ReadOnly[datetime]
    bank_details: Opt[BankDetails] = UNSET


class PartnerCreation(Partner):
    name: Annotated[Opt[Name], Meta(description="Its business name where left out.")] = UNSET


class PartnerV1(View):
    """One contact, and another address for faults."""

    id: Id
    name: Name
    reg_no: Opt[Short | None] = UNSET
    vat_no: Opt[Short | None] = UNSET
    country: Opt[Country | None] = UNSET
    city: Opt[Short | None] = UNSET
    postcode: Opt[Short | None] = UNSET
    address: Opt[Short | None] = UNSET
    contact_person: Opt[Short | None] = UNSET
    email: Opt[Email | None] = UNSET
    phone: Opt[Short | None] = UNSET
    fault_notifications_email: Opt[Email | None] = UNSET
    monthly_platform_fee: Opt[Price | None] = UNSET
    options: Opt[Options] = UNSET
    corporate_billing: Opt[CorporateBilling] = UNSET
    external_id: Opt[Short | None] = UNSET
    last_updated_at: ReadOnly[datetime]


_CONTACT = ("contact_person", "email", "phone")


def contacts_by_purpose(values: dict[str, Any]) -> dict[str, Any]:
    """v1.0 -> v2.0: its contact is the administrative one, its address for faults the technical one's."""
    one = {name: values.pop(name) for name in _CONTACT if name in values}
    contacts: dict[str, Any] = {"administrative": Contact(**one)} if one else {}
    if "fault_notifications_email" in values:
        address = values.pop("fault_notifications_email")
        contacts["technical"] = Contact(email=address)
        faults = TechnicalNotifications(charge_point_faults=address is not None)
        values["notifications"] = Notifications(technical=faults)
    return values | ({"contact_details": ContactDetails(**contacts)} if contacts else {})


def one_contact(fields: dict[str, Any]) -> dict[str, Any]:
    """v2.0 -> v1.0."""
    contacts, told = fields.get("contact_details") or {}, fields.get("notifications") or {}
    main, technical = contacts.get("administrative") or {}, contacts.get("technical") or {}
    faults = (told.get("technical") or {}).get("chargePointFaults")
    kept = {name: fields[name] for name in PartnerV1.__struct_fields__ if name in fields}
    return kept | {
        "contact_person": main.get("contactPerson"),
        "email": main.get("email"),
        "phone": main.get("phone"),
        "fault_notifications_email": technical.get("email") if faults else None,
    }


class PartnerChanged(RowChanged, topic="partner.changed"):
    """A partner was made, changed or deleted. It carries by what others know the partner."""


partners = Resource(
    "partners",
    partner,
    tag="resource / partners",
    title="Partner",
    key="partner",
    access=Access(sees=partner.c.id == PARTNER, changes=false()),
    versions=[
        Version("v2.0", Partner, pages=Pages.EITHER, create_view=PartnerCreation, update_view=Partner),
        Version("v1.0", PartnerV1, pages=Pages.EITHER, upgrade=contacts_by_purpose, downgrade=one_contact,
                deprecated=True, required_on_update=("name",)),
    ],
    filters=[
        equals("country", partner.c.country, Country),
        equals("regNo", partner.c.reg_no),
        equals("externalId", partner.c.external_id, str | None),
        *changed(partner.c.updated_at),
    ],
    parts={
        "contact_details": Merged(partner.c.contact_details),
        "notifications": Merged(partner.c.notifications, _NOT_TOLD),
        "options": Merged(partner.c.options, _NOTHING),
        "corporate_billing": Merged(partner.c.corporate_billing, _NO_BILLING),
        "bank_details": Merged(partner.c.bank_details),
    },
    changed=PartnerChanged,
)  # fmt: skip
sub_operators.refer(partner_ids=partners)


@partners.creating
async def it_has_a_name(write: Write) -> None:
    if not write.values.setdefault("name", write.values.get("business_name")):
        write.add_error("name", "The name field is required.")


partners.writing(a_country_has_states_or_regions)
partners.rule(bank_details_have_an_iban_that_can_be)


@partners.rule
async def a_vat_number_can_be_one_of_its_country(write: Write) -> None:
    number, country = write.value_of("vat_no"), write.value_of("country")
    if write.gives("vat_no", "country") and number and (problem := vat_number_problem(country, number)):
        write.add_error("vatNo", problem)


@partners.rule
async def amounts_have_the_decimals_of_the_base_currency(write: Write) -> None:
    limit = (write.values.get("corporate_billing") or {}).get("monthlyLimit")
    amounts = {"monthlyPlatformFee": write.values.get("monthly_platform_fee"), "corporateBilling.monthlyLimit": limit}
    given = {field: one for field, one in amounts.items() if isinstance(one, Decimal)}  # not what JSON kept as a float
    bounds = Bounds(places=(await base_precision(write.tx)).amounts) if given else Bounds()
    for field, amount in given.items():
        for text in bounds.objections(amount, label(field)):
            write.add_error(field, text)


_KNOWN_BY = ("external_id", "name", "business_name", "reg_no", "vat_no", "country")
_NAMES = Statement(
    select(partner.c.id, *partner.c[_KNOWN_BY]).where(
        partner.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))), partner.c.deleted_at.is_(None)
    )
)


@contents(PartnerChanged)
async def by_what_others_know_it(tx: Tx, ids: list[int]) -> dict[int, Any]:
    return {
        row["id"]: {name: row[name] for name in _KNOWN_BY if row[name] is not None}
        for row in await tx.all(_NAMES, ids=ids)
    }


_ITS_TOKENS = Statement(
    update(api_token)
    .where(api_token.c.partner_id == bindparam("key", type_=BigInteger), api_token.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), updated_at=bindparam("now"))
)


_OPTIONS = Statement(select(partner.c.options).where(partner.c.id == bindparam("partner", type_=BigInteger)))


async def require_option(tx: Tx, actor: Actor, option: str, partner_id: int | None) -> None:
    """Forbidden where a token of partners writes for `partner_id` what that partner's options do not let it. One that
    says no partner where it has several is objected to elsewhere. The operator's tokens may."""
    if (
        actor.binding
        and partner_id is not None
        and not (await tx.value(_OPTIONS, partner=partner_id) or {}).get(option)
    ):
        raise Forbidden


@partners.deleted
async def its_tokens_end_with_it(write: Write) -> None:
    await write.tx.run(_ITS_TOKENS, key=write.id, now=write.tx.now)
