"""`energy tou`: the electricity rate, and 15 % of it. The rate is 0.30, on 24 November (a Tuesday; 10:00 there is 09:00
UTC) 0.21 from 10:00, 0.24 from 10:15, unknown from 10:30, 0.27 from 10:45 to 11:00."""

from typing import Any

from tests.engines.pricing.cases import Case, Table

_BARE = {"markupPercentagePerKwh": None}


def _period(starts: str, ends: str, price: float) -> dict[str, Any]:
    return {"startsAt": starts, "endsAt": ends, "price": price}


def _rate(default: float, dates: dict[str, Any] | None = None, **week_days: Any) -> dict[str, Any]:
    return {"id": 1, "defaultPrice": default, "taxPercentage": None, "weekDays": week_days, "dates": dates or {}}


def _market(*slots: tuple[str, str, float]) -> dict[str, Any]:
    of_day = [(f"2026-11-24T{start}Z", f"2026-11-24T{end}Z", price) for start, end, price in slots]
    return {"id": 1, "defaultPrice": 0.3, "taxPercentage": None, "slots": of_day}


_TUESDAY = [_period("10:00", "10:15", 0.21), _period("10:15", "10:30", 0.24), _period("10:45", "11:00", 0.27)]
_HOLED = [
    "energy 2.75 x 0.21 = 0.58", "energy 2.75 x 0.24 = 0.66", "energy 2.75 x 0.30 = 0.83", "energy 2.75 x 0.27 = 0.74",
    "service_fee 2.75 x 0.0315 = 0.09", "service_fee 2.75 x 0.036 = 0.10", "service_fee 2.75 x 0.045 = 0.12",
    "service_fee 2.75 x 0.0405 = 0.11",
]  # fmt: skip
_TWO_TO_THREE = _rate(0.3, any=[_period("02:00", "03:00", 0.1)])

TABLE = Table(
    "energy tou",
    {"chargePointElectricityRate": True, "markupPercentagePerKwh": 15},
    [
        Case("a hole in the prices", "R15", "2026-11-24 09:00", "15m 2.75, 15m 2.75, 15m 2.75, 15m 2.75", _HOLED,
             "3.23"),
        Case("the same without a reading", "R2", "2026-11-24 09:00", "1h 11", _HOLED, "3.23"),
        Case("slots that end a second early", "R15: that is no hole", "2026-11-24 09:00", "1h 11", _HOLED, "3.23",
             rate=_market(("09:00:00", "09:14:59", 0.21), ("09:15:00", "09:30:00", 0.24), ("09:45:00", "09:59:59",
             0.27),
                          ("10:00:00", "10:15:00", 0.5))),
        Case("a slot that ends a minute early", "R15: a hole of a minute; 0.294 and 0.03", "2026-11-24 09:00",
             "15m 1.5",
             ["energy 1.4 x 0.21 = 0.29", "energy 0.1 x 0.30 = 0.03"], "0.32", tariff=_BARE,
             rate=_market(("09:00:00", "09:14:00", 0.21), ("09:15:00", "09:30:00", 0.24))),
        Case("a negative price pays nobody out", "R13, R14: 15 % of it are 0", "2026-11-24 09:00", "1h 10",
             ["energy 10 x -0.10 = -1.00", "min_price 1 x 1.00 = 1.00"], "0.00", rate=_rate(-0.1)),
        Case("a negative price and a fixed markup", "R13, R14", "2026-11-24 09:00", "1h 10",
             ["energy 10 x -0.10 = -1.00", "service_fee 10 x 0.05 = 0.50", "min_price 1 x 0.50 = 0.50"], "0.00",
             rate=_rate(-0.1), tariff={"markupFixedFeePerKwh": 0.05}),
        Case("a negative price and a minimum", "R13", "2026-11-24 09:00", "1h 10",
             ["energy 10 x -0.10 = -1.00", "min_price 1 x 2.00 = 2.00"], "1.00", rate=_rate(-0.1),
             tariff={"minPrice": 1}),
        Case("a negative line rounds by magnitude", "R16: -0.125", "2026-11-24 09:45", "15m 1, 15m 10",
             ["energy 1 x -0.125 = -0.13", "energy 10 x 0.30 = 3.00"], "2.87", tariff=_BARE,
             rate=_rate(0.3, {"2026-11-24": [_period("10:45", "11:00", -0.125)]})),
        Case("locked", "R14", "2026-11-24 09:00", "1h 11", ["energy 11 x 0.21 = 2.31",
             "service_fee 11 x 0.0315 = 0.35"],
             "2.66", tariff={"lockPriceOnSessionStart": True}),
        Case("a flexible markup", "R14: 10:00 to 10:30 at 0.05, else 0.02", "2026-11-24 09:00", "1h 10",
             ["energy 10 x 0.20 = 2.00", "service_fee 5 x 0.05 = 0.25", "service_fee 5 x 0.02 = 0.10"], "2.35",
             rate=_rate(0.2), tariff={"markupPercentagePerKwh": None, "flexibleMarkUpAsFixedPerKwh": {
                 "defaultPrice": 0.02, "intervalPricing": [_period("10:00", "10:30", 0.05)]}}),
        Case("both markups", "R14: 0.03 + 0.05", "2026-11-24 09:00", "1h 10",
             ["energy 10 x 0.20 = 2.00", "service_fee 10 x 0.08 = 0.80"], "2.80", rate=_rate(0.2),
             tariff={"markupFixedFeePerKwh": 0.05}),
        Case("electricity for nothing", "R12", "2026-11-24 09:00", "1h 10", ["service_fee 10 x 0.05 = 0.50"], "0.50",
             rate=_rate(0), tariff={"markupFixedFeePerKwh": 0.05}),
        Case("the hole of a date is filled by its week day", "R15", "2026-11-24 09:15", "45m 3",
             ["energy 1 x 0.24 = 0.24", "energy 1 x 0.25 = 0.25", "energy 1 x 0.27 = 0.27"], "0.76", tariff=_BARE,
             rate=_rate(0.3, {"2026-11-24": _TUESDAY}, tue=[_period("10:00", "11:00", 0.25)])),
        Case("the doubled hour", "R1: 02:00 to 03:00 are 2 of 4 hours", "2026-10-24 23:00", "4h 4",
             ["energy 2 x 0.30 = 0.60", "energy 2 x 0.10 = 0.20"], "0.80", rate=_TWO_TO_THREE, tariff=_BARE),
        Case("the missing hour", "R1: 02:00 to 03:00 never is", "2026-03-29 00:00", "2h 4", ["energy 4 x 0.30 = 1.20"],
             "1.20", rate=_TWO_TO_THREE, tariff=_BARE),
        Case("the doubled half hour", "R1: 01:30 to 02:00 is 60 of 150 minutes", "2026-04-04 14:00", "150m 5",
             ["energy 3 x 0.30 = 0.90", "energy 2 x 0.10 = 0.20"], "1.10", tariff=_BARE, zone="Australia/Lord_Howe",
             rate=_rate(0.3, sun=[_period("01:30", "02:00", 0.1)])),
        Case("midnight", "R15: the date begins", "2026-11-01 06:30", "1h 5",
             ["energy 2.5 x 0.30 = 0.75", "energy 2.5 x 0.10 = 0.25"], "1.00", tariff=_BARE, zone="America/Phoenix",
             rate=_rate(0.3, {"2026-11-01": [_period("00:00", "24:00", 0.1)]})),
        Case("no energy", "R12", "2026-11-24 09:00", "1h", (), "0.00"),
        Case("a second", "R16: 0.00021 and 0.0000315 are lines of 0", "2026-11-24 09:00", "1s 0.001",
             ["energy 0.001 x 0.21 = 0.00", "service_fee 0.001 x 0.0315 = 0.00"], "0.00"),
        Case("all of its fees", "R14", "2026-11-24 11:00", "20m 10, idle 5m",
             ["connection 1 x 0.50 = 0.50", "energy 10 x 0.30 = 3.00", "service_fee 10 x 0.045 = 0.45",
              "charging_time 2 x 0.10/15 = 0.20", "idle_time 5 x 0.20 = 1.00"], "5.15",
             tariff={"connectionFee": 0.5, "pricePerPeriod": 0.1, "idleFeePerMinute": 0.2}),
        Case("an extension", "R20", "2026-11-24 11:00", "20m 10, idle 5m",
             ["energy 10 x 0.30 = 3.00", "service_fee 10 x 0.045 = 0.45"], "3.45", extends_wh=1,
             tariff={"connectionFee": 0.5, "pricePerPeriod": 0.1, "idleFeePerMinute": 0.2, "minPrice": 9}),
    ],
    rate=_rate(0.3, {"2026-11-24": _TUESDAY}),
)  # fmt: skip
