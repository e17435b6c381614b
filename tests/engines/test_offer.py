"""What a tariff asks before a charge: in the order of AFIR, as it is through the next day."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ohmstead.engines.electricity_prices import electricity_prices
from ohmstead.engines.pricing import Pricing, Terms
from ohmstead.engines.pricing.offer import Item, offer
from ohmstead.kit.money import Precision
from ohmstead.rooms.billing.drive.words import in_words

NOON = datetime(2027, 3, 1, 11, tzinfo=UTC)  # of a Monday, in Berlin


def terms(
    type: str, pricing: dict[str, Any], rate: Any = None, day: str | None = None, night: str | None = None
) -> Terms:  # fmt: skip
    fields = msgspec.convert(pricing, Pricing, strict=False)
    return Terms(type, fields, Precision(2, 4), Decimal(19), "Europe/Berlin", rate, (day, night))


def told(found: Terms, at: datetime = NOON) -> list[str]:
    """In English, each after what it is about."""
    return [f"{item.about}: {in_words(item, 'EUR', 'en')}" for item in offer(found, at)]


TARIFFS: dict[str, tuple[Terms, list[str]]] = {
    "free": (terms("free", {}), []),
    "flat rate": (terms("flat rate", {"pricePerSession": 8.5, "minPrice": 9}), [
        "session: €8.50 per charge", "other: a charge costs at least €9.00",
    ]),
    "hours and conditions": (
        terms("duration+energy", {
            "pricePerKwh": 0.5925, "pricePerPeriod": 0.6, "pricePeriodInMinutes": 15, "durationFeeFrom": "08:00",
            "durationFeeTo": "20:00", "durationFeeGracePeriod": 10, "durationFeeLimit": 6, "connectionFee": 1,
            "connectionFeeMinimumSessionDuration": 5, "connectionFeeMinimumSessionEnergy": 0.5, "idleFeePerMinute": 0.2,
            "idlePricingPeriodInMinutes": 15, "idleFeeLimit": 12,
        }),
        [
            "energy: €0.5925 per kWh", "time: €0.60 for each 15 minutes begun (08:00 to 20:00)",
            "time: the first 10 minutes cost nothing", "time: €6.00 at most",
            "session: €1.00 per charge, if it lasts at least 5 minutes, if it takes at least 0.5 kWh",
            "idle: €3.00 for each 15 minutes begun", "idle: €12.00 at most",
        ],
    ),
    "day and night": (
        terms("duration+energy time of day", {
            "dayPricePerKwh": 0.49, "nightPricePerKwh": 0.29, "nightPricePerPeriod": 0.02, "pricePeriodInMinutes": 1,
        }, day="06:00", night="22:00"),
        [
            "energy: €0.49 per kWh (06:00 to 22:00)", "energy: €0.29 per kWh (22:00 to 06:00)",
            "time: €0.02 per minute (22:00 to 06:00)",
        ],
    ),
    "locked": (
        terms("duration+energy time of day", {
            "dayPricePerKwh": 0.49, "nightPricePerKwh": 0.29, "lockPriceOnSessionStart": True,
        }, day="06:00", night="22:00"),
        ["energy: €0.49 per kWh"],
    ),
    "levels": (
        terms("standard", {
            "multiPricePerKwh": [
                {"firstKwh": 0, "lastKwh": 5, "flatFee": 2}, {"firstKwh": 5, "lastKwh": 10, "feePerKwh": 0.35},
                {"firstKwh": 10, "lastKwh": None, "feePerKwh": 0.4, "flatFee": 1},
            ],
            "multiPricePerDuration": [
                {"firstUnit": 0, "lastUnit": 3}, {"firstUnit": 4, "lastUnit": None, "feePerUnit": 0.5},
            ],
        }),
        [
            "energy: €2.00 once, for the part from 0 to 5 kWh", "energy: €0.35 per kWh, for the part from 5 to 10 kWh",
            "energy: €1.00 once, €0.40 per kWh, for the part above 10 kWh",
            "time: €0.50 for each 15 minutes begun, from minute 60 on",
        ],
    ),
    "power": (
        terms("peak power levels", {
            "peakPowerLevels": [
                {"peakPowerUpToKw": 11, "regularPricePerMinute": 0.05, "excessUsePricePerMin": 0.1},
                {"peakPowerUpToKw": 50, "regularPricePerMinute": 0.2, "excessUsePricePerMin": 0.2},
            ],
            "regularUsePeriod": 60,
        }),
        [
            "time: €0.05 per minute at up to 11 kW, €0.10 after 60 minutes", "time: €0.20 per minute at up to 50 kW",
        ],
    ),
    "periods": (
        terms("standard_tod", {
            "timePeriods": [{"startTime": "07:00", "endTime": "19:00"}, {"startTime": "19:00", "endTime": "07:00"}],
            "pricePeriods": {
                "connectionFeePeriods": {"fee": [1, 2]}, "energyFeePeriods": {"fee": [0.5, 0.3]},
                "idleFeePeriods": {"fee": [0.1, 0]},
            },
        }),
        [
            "energy: €0.50 per kWh (07:00 to 19:00)", "energy: €0.30 per kWh (19:00 to 07:00)",
            "session: €1.00 per charge", "idle: €0.10 per minute (07:00 to 19:00)",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TARIFFS)
def test_in_the_order_of_afir(name: str) -> None:
    found, wanted = TARIFFS[name]
    assert told(found) == wanted


def test_a_price_that_goes_with_the_market_is_told_as_it_is_now_and_as_it_may_be() -> None:
    quarter = timedelta(minutes=15)
    begins = [(NOON + quarter * number, f"0.{20 + number % 12}") for number in range(97)]
    slots = [(start.isoformat(), (start + quarter).isoformat(), price) for start, price in begins]
    rate = electricity_prices({"defaultPrice": "0.3", "slots": slots})
    [item] = offer(terms("energy tou", {"markupFixedFeePerKwh": 0.1, "chargePointElectricityRate": True}, rate), NOON)
    assert (item.kind, item.prices["price"]) == ("kwh_varies", Decimal("0.3"))
    assert (item.prices["least"], item.prices["most"]) == (Decimal("0.3"), Decimal("0.41"))


SENTENCES = [
    (Item("energy", "kwh", {"price": Decimal("0.59")}, {"minutes": 1}),
     "€0.59 per kWh", "0,59\xa0€ je kWh", "0,59\xa0€ par kWh"),
    (Item("time", "unit", {"price": Decimal("1.2")}, {"minutes": 60}, [("22:00", "06:00"), ("12:00", "14:00")]),
     "€1.20 for each 60 minutes begun (22:00 to 06:00 and 12:00 to 14:00)",
     "1,20\xa0€ je angefangene 60 Minuten (22:00 bis 06:00 Uhr und 12:00 bis 14:00 Uhr)",
     "1,20\xa0€ par tranche de 60 minutes entamée (de 22:00 à 06:00 et de 12:00 à 14:00)"),
    (Item("energy", "kwh_varies", {"least": Decimal("0.2"), "price": Decimal("0.3"), "most": Decimal("0.4")}),
     "now €0.30 per kWh; as electricity costs between €0.20 and €0.40 in the next 24 hours",
     "jetzt 0,30\xa0€ je kWh; mit dem Strompreis in den nächsten 24 Stunden zwischen 0,20\xa0€ und 0,40\xa0€",
     "actuellement 0,30\xa0€ par kWh ; selon le prix de l’électricité entre 0,20\xa0€ et 0,40\xa0€ dans les 24 "
     "prochaines heures"),
    (Item("idle", "free_minutes", {}, {"minutes": 10}), "the first 10 minutes after charging ended cost nothing",
     "die ersten 10 Minuten nach dem Laden kosten nichts", "les 10 premières minutes après la charge sont gratuites"),
    (Item("other", "minimum", {"price": Decimal(1234)}), "a charge costs at least €1,234.00",
     "ein Ladevorgang kostet mindestens 1.234,00\xa0€", "une recharge coûte au moins 1\u202f234,00\xa0€"),
]  # fmt: skip


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one[0].kind)
def test_in_three_languages(sentence: tuple[Item, str, str, str]) -> None:
    item, *wanted = sentence
    assert [in_words(item, "EUR", language) for language in ("en", "de", "fr")] == wanted


def test_a_currency_without_cents_gets_none() -> None:
    item = Item("energy", "kwh", {"price": Decimal(55)}, {"minutes": 1})
    assert in_words(item, "JPY", "de") == "55\xa0¥ je kWh"
