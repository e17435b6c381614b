"""What is refused of the prices of a tariff, and at which path."""

import msgspec
import pytest

from ohmstead.engines.pricing import TYPES, Pricing, problems
from ohmstead.kit.errors import Invalid
from ohmstead.kit.money import Precision
from ohmstead.kit.validation import decode

EUR = Precision(2, 5)
NIGHT = {"startTime": "22:00", "endTime": "06:00"}
DAY = {"startTime": "06:00", "endTime": "22:00"}
RATE = {"chargePointElectricityRate": True}
HALF = {"startsAt": "00:00", "endsAt": "00:30", "price": 0.1}
OPTIMISED = {"pricePerKwh": 0.6, "thresholdPriceForEnergy": 0.2, "priceForEnergyWhenOptimized": 0.4, **RATE}
GOOD = {
    "free": {},
    "charging not allowed": {"pricePerKwh": None, "multiIdleFee": [], "pricePeriods": {}},
    "flat rate": {"pricePerSession": 5, "minPrice": 6, "taxID": 1, "lockPriceOnSessionStart": False},
    "duration+energy": {"pricePerKwh": 0.12345, "pricePerPeriod": 1, "pricePeriodInMinutes": 30, "connectionFee": 0.5,
                        "idleFeePerMinute": 0, "idleFeeGracePeriodMinutes": 1.5, "durationFeeFrom": "08:00",
                        "durationFeeTo": "08:00:00", "stateOfChargeIdleThreshold": 80, "preAuthorizeAmount": 20},
    "duration+energy time of day": {"dayPricePerKwh": 0.4, "nightIdleFeePerMinute": 0.1,
                                    "lockPriceOnSessionStart": True},
    "energy tou": {**RATE, "markupPercentagePerKwh": 15.5, "flexibleMarkUpAsFixedPerKwh": {
        "defaultPrice": 0.1, "intervalPricing": [HALF, {"startsAt": "23:30", "endsAt": "24:00", "price": 0.2}]}},
    "standard": {"multiPricePerKwh": [{"firstKwh": 0, "lastKwh": 5, "flatFee": 2}, {"firstKwh": 5, "feePerKwh": 0.35}],
                 "multiPricePerDuration": [{"firstUnit": 0, "lastUnit": 0}, {"firstUnit": 1, "feePerUnit": 0.5}],
                 "multiIdleFee": [{"firstUnit": 0, "lastUnit": None, "feePerUnit": 0.3}]},
    "standard_tod": {"timePeriods": [DAY, NIGHT], "pricePeriods": {"energyFeePeriods": {"fee": [0.5, 0.3]}},
                     "daysWhenApplied": [{"name": "weekend", "pricePeriods": {"idleFeePeriods": {"fee": [0, 0.1]}}},
                                         {"name": "Christmas", "specialDates": ["12-25", "2026-12-26", "02-29"]}]},
    "average power levels": {"averagePowerLevels": [{"averagePowerUpToKw": 11, "pricePerMinute": 0.1},
                                                    {"averagePowerUpToKw": 22, "pricePerMinute": 0.2}]},
    "peak power levels": {"regularUsePeriod": 30, "peakPowerLevels": [
        {"peakPowerUpToKw": 11, "regularPricePerMinute": 0.1, "excessUsePricePerMin": 0.2}]},
    "optimised dynamic pricing": {**OPTIMISED, "optimisedLabel": "Slow and cheap"},
}  # fmt: skip


def paths(kind: str, pricing: dict, day: str | None = "06:00", night: str | None = "22:00") -> list[str]:
    found = problems(kind, msgspec.convert(pricing, Pricing), EUR, day_tariff_start=day, night_tariff_start=night)
    return [path.removeprefix("pricing.") for path, _ in found]


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_is_wrong_with_what_a_type_declares(kind):
    assert paths(kind, GOOD[kind]) == []


@pytest.mark.parametrize("kind", TYPES)
def test_a_field_of_another_type_is_refused_even_where_it_is_0(kind):
    foreign = {"pricePerSession": 0} if kind != "flat rate" else {"pricePerKwh": 0}
    assert paths(kind, GOOD[kind] | foreign) == list(foreign)


def levels(*bounds: tuple[int | None, int | None]) -> list[dict]:
    return [{"firstKwh": first, "lastKwh": last} for first, last in bounds]


def units(*bounds: tuple[int | None, int | None]) -> list[dict]:
    return [{"firstUnit": first, "lastUnit": last} for first, last in bounds]


REFUSED = [
    ("flat rate", {"pricePerSession": None}, ["pricePerSession"]),
    ("flat rate", {"pricePerSession": 1.005}, ["pricePerSession"]),
    ("flat rate", {"minPrice": 1.005}, ["minPrice"]),
    ("duration+energy", {"pricePerKwh": 0.123456}, ["pricePerKwh"]),
    ("duration+energy", {"durationFeeLimit": 0.001}, ["durationFeeLimit"]),
    ("duration+energy", {"dayPricePerKwh": 0.1}, ["dayPricePerKwh"]),
    ("duration+energy", {"lockPriceOnSessionStart": True}, ["lockPriceOnSessionStart"]),
    ("standard", {"multiPricePerKwh": levels((1, None))}, ["multiPricePerKwh.0.firstKwh"]),
    ("standard", {"multiPricePerKwh": levels((0, 5))}, ["multiPricePerKwh.0.lastKwh"]),
    ("standard", {"multiPricePerKwh": levels((0, 5), (6, None))}, ["multiPricePerKwh.1.firstKwh"]),
    ("standard", {"multiPricePerKwh": levels((0, 5), (4, None))}, ["multiPricePerKwh.1.firstKwh"]),
    ("standard", {"multiPricePerKwh": levels((0, None), (5, None))}, ["multiPricePerKwh.0.lastKwh"]),
    ("standard", {"multiPricePerKwh": levels((0, 0), (0, None))}, ["multiPricePerKwh.0.lastKwh"]),
    ("standard", {"multiPricePerDuration": units((0, 8), (8, None))}, ["multiPricePerDuration.1.firstUnit"]),
    ("standard", {"multiPricePerDuration": units((0, 8), (10, None))}, ["multiPricePerDuration.1.firstUnit"]),
    ("standard", {"multiIdleFee": units((0, 2), (3, 2), (3, None))}, ["multiIdleFee.1.lastUnit"]),
    ("standard", {"multiIdleFee": [{"firstUnit": 0, "flatFee": 0.001}]}, ["multiIdleFee.0.flatFee"]),
    ("standard_tod", {"timePeriods": [], "pricePeriods": {}}, ["timePeriods"]),
    ("standard_tod", {"timePeriods": [DAY, {"startTime": "23:00", "endTime": "06:00"}]}, ["timePeriods.0.endTime"]),
    ("standard_tod", {"timePeriods": [DAY, {"startTime": "21:00", "endTime": "06:00"}]}, ["timePeriods.0.endTime"]),
    ("standard_tod", {"timePeriods": [DAY, {"startTime": "22:00", "endTime": "24:00"}]}, ["timePeriods.1.endTime"]),
    ("standard_tod", {"pricePeriods": {"energyFeePeriods": {"fee": [1]}}}, ["pricePeriods.energyFeePeriods.fee"]),
    ("standard_tod", {"pricePeriods": {"connectionFeePeriods": {"fee": [1, 0.001]}}},
     ["pricePeriods.connectionFeePeriods.fee.1"]),
    ("standard_tod", {"daysWhenApplied": [{"name": "sunday", "pricePeriods": {"idleFeePeriods": {"fee": [1]}}}]},
     ["daysWhenApplied.0.pricePeriods.idleFeePeriods.fee"]),
    ("standard_tod", {"daysWhenApplied": [{"name": "feast"}]}, ["daysWhenApplied.0.name"]),
    ("standard_tod", {"daysWhenApplied": [{"name": "monday"}, {"name": "monday"}]}, ["daysWhenApplied.1.name"]),
    ("standard_tod", {"daysWhenApplied": [{"name": "a", "specialDates": ["12-24", "02-30"]}]},
     ["daysWhenApplied.0.specialDates.1"]),
    ("standard_tod", {"daysWhenApplied": [{"name": "a", "specialDates": ["12-24"]},
                                          {"name": "b", "specialDates": ["2026-12-24", "12-24"]}]},
     ["daysWhenApplied.1.specialDates.1"]),
    ("average power levels", {"averagePowerLevels": []}, ["averagePowerLevels"]),
    ("average power levels", {"averagePowerLevels": [{"averagePowerUpToKw": 11, "pricePerMinute": 0.1}] * 2},
     ["averagePowerLevels.1.averagePowerUpToKw"]),
    ("energy tou", {"chargePointElectricityRate": False}, ["fallbackElectricityRateId"]),
    ("energy tou", {"markupFixedFeePerKwh": 0.1}, ["flexibleMarkUpAsFixedPerKwh"]),
    ("energy tou", {"flexibleMarkUpAsFixedPerKwh": {"intervalPricing": [HALF, HALF]}},
     ["flexibleMarkUpAsFixedPerKwh.intervalPricing.1.startsAt"]),
    ("energy tou", {"flexibleMarkUpAsFixedPerKwh": {"intervalPricing": [
        HALF, {"startsAt": "01:00", "endsAt": "02:00", "price": 0}]}},
     ["flexibleMarkUpAsFixedPerKwh.intervalPricing.1.endsAt"]),
    ("energy tou", {"flexibleMarkUpAsFixedPerKwh": {"intervalPricing": [
        {"startsAt": "23:45", "endsAt": "00:15", "price": 0}]}},
     ["flexibleMarkUpAsFixedPerKwh.intervalPricing.0.endsAt"]),
    ("energy tou", {"flexibleMarkUpAsFixedPerKwh": {"intervalPricing": [HALF | {"price": 0.1234567}]}},
     ["flexibleMarkUpAsFixedPerKwh.intervalPricing.0.price"]),
    ("optimised dynamic pricing", {"pricePerKwh": None, "thresholdPriceForEnergy": None,
                                   "priceForEnergyWhenOptimized": None},
     ["pricePerKwh", "thresholdPriceForEnergy", "priceForEnergyWhenOptimized"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "expected"), REFUSED)
def test_what_is_wrong_is_named_by_its_path(kind, change, expected):
    assert paths(kind, GOOD[kind] | change) == expected


def test_day_and_night_have_starts_that_differ():
    kind = "duration+energy time of day"
    assert paths(kind, {}, day=None, night=None) == ["dayTariffStart", "nightTariffStart"]
    assert paths(kind, {}, day="06:00", night="06:00") == ["nightTariffStart"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"pricePerKwh": -0.1}', "pricePerKwh"),
        ('{"idleFeeLimit": -1}', "idleFeeLimit"),
        ('{"minPrice": -1}', "minPrice"),
        ('{"durationFeeGracePeriod": -1}', "durationFeeGracePeriod"),
        ('{"markupPercentagePerKwh": -1}', "markupPercentagePerKwh"),
        ('{"multiPricePerKwh": [{"firstKwh": 0, "flatFee": -2}]}', "multiPricePerKwh.0.flatFee"),
        ('{"pricePeriods": {"energyFeePeriods": {"fee": [1, -1]}}}', "pricePeriods.energyFeePeriods.fee.1"),
        ('{"peakPowerLevels": [{"peakPowerUpToKw": 1, "regularPricePerMinute": 1}]}',
         "peakPowerLevels.0.excessUsePricePerMin"),
        ('{"pricePeriodInMinutes": 20}', "pricePeriodInMinutes"),
        ('{"durationFeeFrom": "24:00"}', "durationFeeFrom"),
        ('{"stateOfChargeIdleThreshold": 70}', "stateOfChargeIdleThreshold"),
    ],
)  # fmt: skip
def test_single_values_are_bounded_where_they_are_declared(body, path):
    with pytest.raises(Invalid) as refused:
        decode(body.encode(), msgspec.json.Decoder(Pricing))
    assert list(refused.value.errors) == [path]


def test_a_level_may_be_narrower_than_a_kwh():
    """Down to a hundredth; one that holds nothing is refused."""
    narrow = [{"firstKwh": 0, "lastKwh": 0.05}, {"firstKwh": 0.05, "lastKwh": 0.06}, {"firstKwh": 0.06}]
    assert paths("standard", {"multiPricePerKwh": narrow}) == []
    empty = [{"firstKwh": 0, "lastKwh": 0.05}, {"firstKwh": 0.05, "lastKwh": 0.05}, {"firstKwh": 0.05}]
    assert paths("standard", {"multiPricePerKwh": empty}) == ["multiPricePerKwh.1.lastKwh"]
