"""The operations of the drivers' page. They ask for no token: a code opens what is on the label, a key its charge."""

from sqlalchemy import select

from ohmstead.engines.languages import Language, language_of, text_in
from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Parameter, Transactions
from ohmstead.rooms.billing.drive.charges import ask_stop, begin, card_entered, hashed, look
from ohmstead.rooms.billing.drive.place import Asked, asked_at, place_of, standing
from ohmstead.rooms.billing.drive.receipts import mail_receipt
from ohmstead.rooms.billing.drive.views import (
    Begun,
    Charge,
    OfCharge,
    Operator,
    Place,
    Plug,
    PriceInWords,
    ReceiptWish,
    Station,
    TariffInWords,
    Wish,
)
from ohmstead.rooms.network.connectors import connectors_of
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.contact_details import contact_detail
from ohmstead.rooms.operator.files import files

drive = Group("internal / drive", "internal/drive/", "drive", access=OPERATOR, open=True)
_LANGUAGE = Parameter("language", Language, doc="Else the first of Accept-Language that there is, else English.")
_CODE, _KEY = Parameter("code", str), Parameter("charge", str, doc="The key that it was begun with.")
_UNKNOWN = "There is no such address."
_CONTACT = Statement(select(contact_detail.c.email, contact_detail.c.phone))


@drive.get("v1.0/codes/{code}", "Drive / Place", parameters=(_CODE, _LANGUAGE), gives=Place)
async def read_place(call: Call) -> Place:
    """What the label of an EVSE leads to: where it is, whether it is free, and what charging costs."""
    await _require_feature(call.tx)
    language, place = _language(call), await place_of(call.tx, call.path["code"])
    if place is None:
        raise NotFound(_UNKNOWN)
    asked = await asked_at(call.tx, place, language)
    return Place(
        language=language,
        station=await _station(call.tx, place, language),
        tariff=asked and _tariff(asked, language),
        operator=await _operator(call.tx),
    )


@drive.post(
    "v1.0/codes/{code}/charges",
    "Drive / Begin",
    body=Wish,
    parameters=(_CODE,),
    status=201,
    gives=Begun,
    errors=(404, 409, 422, 429, 503),
    transactions=Transactions.MANUAL,
)
async def begin_charge(call: Call, wish: Wish) -> Begun:
    """Begin a charge. It starts once its card was entered and the amount is held; 409 where nobody can charge now."""
    async with call.database.read() as tx:
        await _require_feature(tx)
    public_url = files.current.base or call.context.base_url
    begun = await begin(call.database, call.path["code"], wish.language, public_url.rstrip("/"))
    if begun is None:
        raise NotFound(_UNKNOWN)
    return begun


@drive.get("v1.0/charges/{charge}", "Drive / Charge", parameters=(_KEY, _LANGUAGE), gives=Charge)
async def read_charge(call: Call) -> Charge:
    """How a charge stands."""
    found = await look(call.tx, call.path["charge"], _language(call), call.context.base_url)
    if found is None:
        raise NotFound(_UNKNOWN)
    return found


# What follows has the key in its body: the paths of what changes something are kept, in the audit.


@drive.post("v1.0/entered", "Drive / Card entered", body=OfCharge, transactions=Transactions.MANUAL)
async def entered(call: Call, body: OfCharge) -> None:
    """The page of the provider led back: look whether a card was entered there. What follows needs nobody."""
    if not await card_entered(call.database, body.charge):
        raise NotFound(_UNKNOWN)


@drive.post("v1.0/stop", "Drive / Stop", body=OfCharge, transactions=Transactions.MANUAL)
async def stop_charge(call: Call, body: OfCharge) -> None:
    """End a charge, or give it up before it begins. Its station is asked until it obeys."""
    if not await ask_stop(call.database, body.charge):
        raise NotFound(_UNKNOWN)


@drive.post("v1.0/receipt", "Drive / Receipt by e-mail", body=ReceiptWish, errors=(404, 409, 422, 429))
async def send_receipt(call: Call, body: ReceiptWish) -> None:
    """Send the receipt of a charge by e-mail, once; 409 where there is none yet, or it was sent."""
    if not await mail_receipt(call.tx, hashed(body.charge), body.email):
        raise NotFound(_UNKNOWN)


async def _require_feature(tx: Tx) -> None:
    if not (await settings.read(tx)).features.ad_hoc_charging:
        raise NotFound(_UNKNOWN)


def _language(call: Call) -> Language:
    return language_of(call.headers.get("accept-language", ""), call.query.plain.get("language", ""))


async def _station(tx: Tx, place: Row, language: Language) -> Station:
    plugs = (await connectors_of(tx, [place["id"]]))[place["id"]]
    street = [text_in(place["address"], language), f"{place['post_code'] or ''} {place['city'] or ''}".strip()]
    return Station(
        name=text_in(place["location_name"], language) or place["charge_point_name"],
        address=", ".join(part for part in street if part) or None,
        physical_reference=place["physical_reference"],
        plugs=[Plug(type=one["type"], format=one.get("format")) for one in plugs],
        current_type=place["current_type"],
        max_power=place["max_power"],
        state=standing(place),
    )


def _tariff(asked: Asked, language: Language) -> TariffInWords:
    return TariffInWords(
        currency=asked.currency,
        prices=[PriceInWords(about=about, text=text) for about, text in asked.prices],
        tax_percentage=asked.terms.tax_percentage,
        hold=asked.hold and asked.hold.amount,
        learn_more_url=text_in(asked.tariff["learn_more_url"], language),
    )


async def _operator(tx: Tx) -> Operator:
    said, contact = (await settings.read(tx)).ad_hoc_charging, await tx.one(_CONTACT)
    return Operator(
        name=said.operator_name,
        phone=contact and contact["phone"],
        email=contact and contact["email"],
        terms_url=said.terms_url,
    )
