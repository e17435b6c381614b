"""What the drivers' page is told, and tells."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from ohmstead.engines.languages import Language
from ohmstead.engines.pricing.offer import About
from ohmstead.kit.views import View
from ohmstead.rooms.billing.drive.place import Standing
from ohmstead.rooms.billing.drive.table import Reason, State
from ohmstead.rooms.network.connectors import Type
from ohmstead.rooms.operator.emails import Email

Amount = Annotated[Decimal, Meta(description="In major units of the currency, with tax.")]


class Plug(View):
    type: Type
    format: Literal["socket", "cable"] | None


class Station(View):
    name: str | None
    address: str | None
    physical_reference: Annotated[str, Meta(description="As on the label: whoever scanned another one sees it.")]
    plugs: list[Plug]
    current_type: str
    max_power: Annotated[int, Meta(description="W")] | None
    state: Standing


class PriceInWords(View):
    about: About
    text: str


class TariffInWords(View):
    """In the order kWh, minute, session, other, and the idle fee last. Without prices charging costs nothing."""

    currency: str
    prices: list[PriceInWords]
    tax_percentage: Decimal | None
    hold: Annotated[Amount, Meta(description="Held on the card before the charge.")] | None
    learn_more_url: str | None


class Operator(View):
    name: str | None
    phone: str | None
    email: str | None
    terms_url: str | None


class Place(View):
    language: Language
    station: Station
    tariff: Annotated[TariffInWords, Meta(description="Null where nobody charges here without an account.")] | None
    operator: Operator


class Wish(View):
    language: Language = "en"


class OfCharge(View):
    charge: Annotated[str, Meta(max_length=100, description="The key of the charge.")]


class ReceiptWish(OfCharge, kw_only=True):
    email: Annotated[Email, Meta(description="Used for this alone, and not kept.")]


class Begun(View):
    key: Annotated[str, Meta(description="Of the charge: whoever has it sees the charge and stops it.")]
    redirect_url: Annotated[str, Meta(description="Where the card is entered.")] | None


class Charge(View):
    state: State
    reason: Annotated[Reason, Meta(description="Why it came to nothing, as far as it did.")] | None
    station: str | None
    physical_reference: str
    currency: str
    hold: Amount | None
    redirect_url: Annotated[str, Meta(description="Where the card is entered, while it is not.")] | None
    seconds_left: Annotated[int, Meta(description="In which the vehicle must be plugged in.")] | None
    started_at: datetime | None
    stopped_at: datetime | None
    duration: Annotated[int, Meta(description="s")] | None
    energy: Annotated[float, Meta(description="kWh")]
    power: Annotated[float, Meta(description="kW")] | None
    cost: Amount | None
    left: Annotated[Amount, Meta(description="What is left of the hold.")] | None
    captured: Amount
    released: Amount
    receipt_url: Annotated[str, Meta(description="Of its PDF, for 24 hours; null while there is none.")] | None
    receipt_sent: Annotated[bool, Meta(description="By e-mail, which is done once.")]
