"""Commands about what a display shows of prices: amounts are in the currency's major unit, with tax."""

from datetime import datetime

from msgspec import Struct


class ShowUserPrice(Struct, frozen=True, kw_only=True):
    """Show a price to whoever presented a tag (OCPP 1.6; later ones are told it in the answer to the tag)."""

    id_tag: str
    text: str


class ShowCost(Struct, frozen=True, kw_only=True):
    """Show what a transaction costs so far, by its meter (Wh) at a moment; the price of a kWh is the one in force."""

    transaction_ref: str
    cost: float
    at: datetime
    meter_wh: int
    idle: bool
    kwh_price: float


class ShowFinalCost(Struct, frozen=True, kw_only=True):
    """Show what a transaction came to (OCPP 1.6; later ones are told it in the answer to its end)."""

    transaction_ref: str
    cost: float
    text: str


class ShowDefaultPrice(Struct, frozen=True, kw_only=True):
    """Show a text while nobody charges, or none; in OCPP 1.6 another one while the station is offline."""

    text: str | None
    offline_text: str | None = None
