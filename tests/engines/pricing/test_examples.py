"""Sessions that went wrong elsewhere, with the outcome that is right here, to the cent."""

from decimal import Decimal

import pytest

from ohmstead.engines.pricing import PriceRun
from tests.engines.pricing.given import adds_up, at, lines, priced, stretches, terms

NIGHT_PRICES = {
    "dayPricePerKwh": 0.49, "nightPricePerKwh": 0.29, "pricePeriodInMinutes": 1,
    "dayPricePerPeriod": 0.03, "nightPricePerPeriod": 0.01,
}  # fmt: skip


def test_a_night_with_25_hours():
    the = terms("duration+energy time of day", NIGHT_PRICES)
    found = priced(
        the, "2026-10-24 21:00", ("2026-10-24 22:00", 7), ("2026-10-25 06:00", 46.8), ("2026-10-25 07:00", 1.2)
    )
    assert lines(found) == [
        ("energy", "8.2 x 0.49", "4.02"),
        ("energy", "46.8 x 0.29", "13.57"),
        ("charging_time", "120 x 0.03", "3.60"),
        ("charging_time", "540 x 0.01", "5.40"),
    ]
    assert found.amount == Decimal("26.59")
    assert [period.label["dayPeriod"] for period in found.periods] == ["day", "night", "day"]
    assert adds_up(found)


def test_a_border_in_the_doubled_hour_is_there_twice():
    the = terms("duration+energy time of day", NIGHT_PRICES, day="02:30")
    found = priced(the, "2026-10-24 23:00Z", ("2026-10-25 03:00Z", 0))
    assert lines(found) == [("charging_time", "120 x 0.01", "1.20"), ("charging_time", "120 x 0.03", "3.60")]
    told = [(period.label["dayPeriod"], (period.end - period.start).seconds // 60) for period in found.periods]
    assert told == [("night", 90), ("day", 30), ("night", 30), ("day", 90)]


def test_a_border_in_the_missing_hour_is_the_jump():
    the = terms("duration+energy time of day", NIGHT_PRICES, day="02:30")
    found = priced(the, "2026-03-29 00:00Z", ("2026-03-29 02:00Z", 0))  # 01:00 to 04:00 on the wall
    assert [period.end for period in found.periods] == [at("2026-03-29 01:00Z"), at("2026-03-29 02:00Z")]
    assert lines(found) == [("charging_time", "60 x 0.01", "0.60"), ("charging_time", "60 x 0.03", "1.80")]


PERIODS = {"pricePeriodInMinutes": 15, "pricePerPeriod": 0.6, "durationFeeGracePeriod": 10, "durationFeeLimit": 6,
           "pricePerKwh": 0.35}  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "units", "fee", "total"),
    [
        (600, 0, None, "3.36"),
        (601, 1, "0.60", "3.96"),
        (2400, 2, "1.20", "4.56"),
        (2401, 3, "1.80", "5.16"),
        (14400, 16, "6.00", "9.36"),
    ],
)
def test_begun_periods_and_free_minutes(seconds, units, fee, total):
    found = priced(terms("duration+energy", PERIODS), "10:00", (seconds / 60, 9.6))
    expected = [("energy", "9.6 x 0.35", "3.36")]
    assert lines(found) == expected + ([("charging_time", f"{units} x 0.6", fee)] if units else [])
    assert f"{found.amount}" == total
    assert adds_up(found)


def test_idle_fee_and_grace_of_each_stretch():
    the = terms("duration+energy", {"pricePerKwh": 0.4, "idleFeePerMinute": 0.2, "idleFeeGracePeriodMinutes": 10})
    found = priced(the, "08:00", ("09:00", 10), ("09:08", 0, "idle"), ("09:12", 1.4), ("09:40", 0, "idle"))
    assert lines(found) == [("energy", "11.4 x 0.4", "4.56"), ("idle_time", "18 x 0.2", "3.60")]
    assert f"{found.amount}" == "8.16"
    assert [period.idle for period in found.periods] == [False, True, False, True]
    assert [f"{period.amount}" for period in found.periods] == ["4.00", "0.00", "0.56", "3.60"]
    assert adds_up(found)


def test_power_that_we_withheld_costs_nothing_more():
    """What is no idling of the vehicle's reaches pricing as charging: at 08:35 the price is that of the energy."""
    the = terms("duration+energy", {"pricePerKwh": 0.4, "idleFeePerMinute": 0.2})
    assert f"{priced(the, '08:00', ('08:20', 5), ('08:35', 0)).amount}" == "2.00"


LEVELS = {
    "multiPricePerKwh": [
        {"firstKwh": 0, "lastKwh": 5, "flatFee": 2},
        {"firstKwh": 5, "lastKwh": 10, "feePerKwh": 0.35},
        {"firstKwh": 10, "lastKwh": None, "feePerKwh": 0.4, "flatFee": 0},
    ],
    "minPrice": 3.5,
}


@pytest.mark.parametrize(
    ("kwh", "expected", "nets", "total", "net"),
    [
        (12.345, [("energy_flat_fee", "1 x 2", "2.00"), ("energy", "5 x 0.35", "1.75"),
                  ("energy", "2.345 x 0.4", "0.94")],
         ["1.68", "1.47", "0.79"], "4.69", "3.94"),
        (5, [("energy_flat_fee", "1 x 2", "2.00"), ("min_price", "1 x 1.5", "1.50")], ["1.68", "1.26"], "3.50", "2.94"),
        (0, [], [], "0.00", "0.00"),
    ],
)  # fmt: skip
def test_levels_minimum_and_tax(kwh, expected, nets, total, net):
    found = priced(terms("standard", LEVELS, tax=19), "12:00", (60, kwh))
    assert lines(found) == expected
    assert [f"{line.net}" for line in found.lines] == nets
    assert (f"{found.amount}", f"{found.net}") == (total, net)
    assert found.amount - found.net == Decimal({"4.69": "0.75", "3.50": "0.56", "0.00": "0"}[total])
    assert adds_up(found)


def test_the_tariff_changes_while_somebody_charges():
    """The session keeps the terms of its start; the running amount is the same function."""
    before = {"connectionFee": 1.2, "pricePerKwh": 0.52, "pricePeriodInMinutes": 1, "pricePerPeriod": 0.03}
    run = PriceRun(terms("duration+energy", before), at("10:00"))
    run.add(stretches("10:00", (30, 21)))
    assert f"{run.price().amount}" == "13.02"
    run.add(stretches("10:30", (15, 10.5)))
    assert lines(run.price()) == [
        ("connection", "1 x 1.2", "1.20"), ("energy", "31.5 x 0.52", "16.38"), ("charging_time", "45 x 0.03", "1.35"),
    ]  # fmt: skip
    assert f"{run.price().amount}" == "18.93"
    following = priced(terms("duration+energy", before | {"pricePerKwh": 0.66}), "11:00", (45, 31.5))
    assert f"{following.amount}" == "23.34"


def test_energy_behind_a_placeholder_of_the_register():
    assert f"{priced(terms('duration+energy', {'pricePerKwh': 0.4}), '10:00', (60, 22.5)).amount}" == "9.00"


RATE_DAY = [
    {"startsAt": "10:00", "endsAt": "10:15", "price": 0.21},
    {"startsAt": "10:15", "endsAt": "10:30", "price": 0.24},
    {"startsAt": "10:45", "endsAt": "11:00", "price": 0.27},
]


def slots(*prices: tuple[str, str, float]) -> list[list]:
    return [[at(start).isoformat(), at(end).isoformat(), price] for start, end, price in prices]


@pytest.mark.parametrize(
    "prices",
    [
        {"dates": {"2026-11-24": RATE_DAY}},
        {"weekDays": {"tue": RATE_DAY}},
        {"slots": slots(("10:00", "10:15", 0.21), ("10:15", "10:30", 0.24), ("10:45", "11:00", 0.27))},
        {"slots": slots(("10:00", "10:14:59", 0.21), ("10:15", "10:30", 0.24), ("10:45", "11:00", 0.27))},
    ],
)
def test_a_hole_in_the_electricity_prices(prices):
    pricing = {"chargePointElectricityRate": True, "markupPercentagePerKwh": 15}
    found = priced(terms("energy tou", pricing, rate={"defaultPrice": 0.3, **prices}), "10:00", *[(15, 2.75)] * 4)
    assert lines(found) == [
        ("energy", "2.75 x 0.21", "0.58"), ("energy", "2.75 x 0.24", "0.66"),
        ("energy", "2.75 x 0.3", "0.83"), ("energy", "2.75 x 0.27", "0.74"),
        ("service_fee", "2.75 x 0.0315", "0.09"), ("service_fee", "2.75 x 0.036", "0.10"),
        ("service_fee", "2.75 x 0.045", "0.12"), ("service_fee", "2.75 x 0.0405", "0.11"),
    ]  # fmt: skip
    assert f"{found.amount}" == "3.23"
    assert [period.label["price"] for period in found.periods] == [
        Decimal(each) for each in ("0.21", "0.24", "0.3", "0.27")
    ]
    assert adds_up(found)
