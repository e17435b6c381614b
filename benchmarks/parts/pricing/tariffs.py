"""A tariff of each type as its snapshot has it, each with all that makes its price long to work out."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

CURRENCY = {"code": "EUR", "amounts": 2, "prices": 4}
TAX = {"id": 1, "percentage": 19}
ZONE = "Europe/Berlin"
IDLE = {"idleFeePerMinute": 0.1, "idleFeeGracePeriodMinutes": 5, "idleFeeLimit": 8.0}
TIME = {"pricePerPeriod": 0.02, "pricePeriodInMinutes": 1, "durationFeeGracePeriod": 5, "durationFeeLimit": 6.0}
QUARTERS = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 1441, 15)]
PRICES = [
    {"startsAt": start, "endsAt": end, "price": round(0.1 + number % 7 * 0.03, 2)}
    for number, (start, end) in enumerate(pairwise(QUARTERS))
]
RATE = {"id": 1, "defaultPrice": 0.3, "taxPercentage": 19, "weekDays": {"any": PRICES}, "dates": {}}
"""Another price each quarter of an hour."""
DEAR = {"chargePointElectricityRate": True}

PRICING: dict[str, dict[str, Any]] = {
    "free": {},
    "flat rate": {"pricePerSession": 9.9},
    "duration+energy": {"connectionFee": 1.0, "pricePerKwh": 0.49, "minPrice": 2.0, **TIME, **IDLE},
    "duration+energy time of day": {
        "connectionFee": 1.0, "dayPricePerKwh": 0.49, "nightPricePerKwh": 0.29, "dayPricePerPeriod": 0.03,
        "nightPricePerPeriod": 0.01, "pricePeriodInMinutes": 1, "dayIdleFeePerMinute": 0.1, "nightIdleFeePerMinute": 0,
        "idleFeeGracePeriodMinutes": 5,
    },
    "energy tou": {"connectionFee": 1.0, "markupPercentagePerKwh": 15, "markupFixedFeePerKwh": 0.05, **DEAR, **IDLE},
    "standard": {
        "connectionFee": 1.0, "pricePeriodInMinutes": 1,
        "multiPricePerKwh": [{"firstKwh": 0, "lastKwh": 5, "flatFee": 1.0, "feePerKwh": 0.39},
                             {"firstKwh": 5, "lastKwh": None, "feePerKwh": 0.45}],
        "multiPricePerDuration": [{"firstUnit": 0, "lastUnit": 29, "feePerUnit": 0.01},
                                  {"firstUnit": 30, "lastUnit": None, "feePerUnit": 0.03}],
        "multiIdleFee": [{"firstUnit": 0, "lastUnit": None, "feePerUnit": 0.1}],
    },
    "standard_tod": {
        "pricePeriodInMinutes": 1,
        "timePeriods": [{"startTime": "22:00", "endTime": "06:00"}, {"startTime": "06:00", "endTime": "14:30"},
                        {"startTime": "14:30", "endTime": "22:00"}],
        "pricePeriods": {
            "connectionFeePeriods": {"fee": [0.5, 1.0, 1.0]}, "energyFeePeriods": {"fee": [0.29, 0.45, 0.49]},
            "durationFeePeriods": {"fee": [0, 0.02, 0.03]}, "idleFeePeriods": {"fee": [0, 0.1, 0.2]},
        },
        "daysWhenApplied": [{"name": "weekend", "pricePeriods": {"energyFeePeriods": {"fee": [0.25, 0.35, 0.39]}}}],
    },
    "average power levels": {
        "averagePowerLevels": [{"averagePowerUpToKw": 4, "pricePerMinute": 0.03},
                               {"averagePowerUpToKw": 11, "pricePerMinute": 0.08},
                               {"averagePowerUpToKw": 22, "pricePerMinute": 0.15}], **IDLE,
    },
    "peak power levels": {
        "regularUsePeriod": 30,
        "peakPowerLevels": [
            {"peakPowerUpToKw": 4, "regularPricePerMinute": 0.03, "excessUsePricePerMin": 0.05},
            {"peakPowerUpToKw": 22, "regularPricePerMinute": 0.1, "excessUsePricePerMin": 0.2}], **IDLE,
    },
    "optimised dynamic pricing": {
        "pricePerKwh": 0.49, "thresholdPriceForEnergy": 0.2, "priceForEnergyWhenOptimized": 0.35, **DEAR, **IDLE,
    },
    "charging not allowed": {},
}  # fmt: skip


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """The content of a snapshot for each type."""
    for number, (type, pricing) in enumerate(PRICING.items(), 1):
        day, night = ("06:00", "14:30") if type == "duration+energy time of day" else (None, None)
        tariff = {
            "id": number, "name": type, "type": type, "description": {}, "additionalInformation": {},
            "learnMoreUrl": {}, "dayTariffStart": day, "nightTariffStart": night,
            "pricing": pricing, "stopSession": {}, "restrictions": {}, "partner": None, "display": {},
            "integrationId": None, "externalId": None,
        }  # fmt: skip
        rate = RATE if "chargePointElectricityRate" in pricing else None
        yield type, {"tariff": tariff, "currency": CURRENCY, "tax": TAX, "zone": ZONE, "electricityRate": rate}
