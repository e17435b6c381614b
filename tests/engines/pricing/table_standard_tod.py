"""`standard_tod`: day 06:00 to 22:00 and night; 0.50 and 0.30 for a kWh, 0.60 and 0.20 for a quarter of an hour, 0.10
and 0.05 for an idle minute after 5, 1.00 and 0.80 to connect; other prices on weekends and at Christmas."""

from itertools import pairwise
from typing import Any

from tests.engines.pricing.cases import Case, Table


def _prices(**fees: list[float]) -> dict[str, Any]:
    return {f"{component}FeePeriods": {"fee": fee} for component, fee in fees.items()}


_GENERAL = _prices(connection=[1, 0.8], energy=[0.5, 0.3], duration=[0.6, 0.2], idle=[0.1, 0.05])
_WEEKEND = {"name": "weekend", "pricePeriods": _prices(energy=[0.4, 0.2])}
_SUNDAY = {"name": "sunday", "pricePeriods": _prices(energy=[0.35, 0.15]), "pricePeriodInMinutes": 60}
_CHRISTMAS = {"name": "Christmas", "specialDates": ["12-25", "12-26"], "durationFeeGracePeriod": 30,
              "pricePeriods": _prices(connection=[0, 0], energy=[0.1, 0.1])}  # fmt: skip
_OF_2026 = {"name": "This year", "specialDates": ["2026-12-25"], "idleFeeGracePeriodMinutes": 0,
            "pricePeriods": _prices(idle=[1, 1])}  # fmt: skip
_ENERGY_ONLY = {"pricePeriods": _prices(energy=[0.5, 0.3]), "daysWhenApplied": []}
_TIME_ONLY = {"pricePeriods": _prices(duration=[0.6, 0.2]), "daysWhenApplied": []}


def _periods(*clocks: str) -> list[dict[str, str]]:
    return [{"startTime": of, "endTime": to} for of, to in pairwise(clocks)]


TABLE = Table(
    "standard_tod",
    {"timePeriods": _periods("06:00", "22:00", "06:00"), "pricePeriods": _GENERAL, "idleFeeGracePeriodMinutes": 5,
     "daysWhenApplied": [_WEEKEND, _SUNDAY, _CHRISTMAS, _OF_2026]},
    [
        Case("a Monday morning", "R14, R6", "2026-05-04 08:00", "40m 9.6",
             ["connection 1 x 1.00 = 1.00", "energy 9.6 x 0.50 = 4.80", "charging_time 3 x 0.60/15 = 1.80"], "7.60"),
        Case("into the night", "R2, R5: units at 21:40, 21:55, 22:10 L", "2026-05-04 19:40", "40m 8",
             ["connection 1 x 1.00 = 1.00", "energy 4 x 0.50 = 2.00", "energy 4 x 0.30 = 1.20",
              "charging_time 2 x 0.60/15 = 1.20", "charging_time 1 x 0.20/15 = 0.20"], "5.60"),
        Case("midnight begins the weekend", "R14: no duration fee of its own", "2026-05-08 21:30", "1h 8",
             ["connection 1 x 0.80 = 0.80", "energy 4 x 0.30 = 1.20", "energy 4 x 0.20 = 0.80",
              "charging_time 4 x 0.20/15 = 0.80"], "3.60"),
        Case("a Sunday is not any weekend day", "R14: its unit is an hour", "2026-05-10 08:00", "61m 6.1",
             ["connection 1 x 1.00 = 1.00", "energy 6.1 x 0.35 = 2.14", "charging_time 2 x 0.60/60 = 1.20"], "4.34"),
        Case("units are those of the day of the start", "R14: Saturday 23:30 to Sunday 00:30 L", "2026-05-09 21:30",
             "1h 8", ["connection 1 x 0.80 = 0.80", "energy 4 x 0.20 = 0.80", "energy 4 x 0.15 = 0.60",
                      "charging_time 4 x 0.20/15 = 0.80"], "3.00"),
        Case("a feast beats its week day", "R14: a Saturday; 40 - 30 minutes", "2026-12-26 09:00", "40m 8",
             ["energy 8 x 0.10 = 0.80", "charging_time 1 x 0.60/15 = 0.60"], "1.40"),
        Case("a date beats the feast of each year", "R14: what it has not is general; idle at once", "2026-12-25 09:00",
             "15m 8, idle 3m", ["connection 1 x 1.00 = 1.00", "energy 8 x 0.50 = 4.00",
             "charging_time 1 x 0.60/15 = 0.60", "idle_time 3 x 1.00 = 3.00"], "8.60"),
        Case("the same date a year later", "R14: 15 minutes lie in the grace; 8 - 5 idle", "2027-12-25 09:00",
             "15m 8, idle 8m", ["energy 8 x 0.10 = 0.80", "idle_time 3 x 0.10 = 0.30"], "1.10"),
        Case("grace of where idling began", "R14: 23:58 on the 24th, 5 minutes; then at 1.00", "2026-12-24 22:48",
             "10m 2, idle 10m", ["connection 1 x 0.80 = 0.80", "energy 2 x 0.30 = 0.60",
             "charging_time 1 x 0.20/15 = 0.20", "idle_time 5 x 1.00 = 5.00"], "6.60"),
        Case("begun quarters of idling", "R7: 0.10 x 15, 0.05 x 15; 21:50, 22:05 L", "2026-05-04 19:35",
             "10m 2, idle 25m", ["connection 1 x 1.00 = 1.00", "energy 2 x 0.50 = 1.00",
             "charging_time 1 x 0.60/15 = 0.60", "idle_time 1 x 1.50/15 = 1.50", "idle_time 1 x 0.75/15 = 0.75"],
             "4.85", tariff={"idlePricingPeriodInMinutes": 15}),
        Case("energy locked", "R14", "2026-05-04 19:40", "40m 8",
             ["connection 1 x 1.00 = 1.00", "energy 8 x 0.50 = 4.00", "charging_time 2 x 0.60/15 = 1.20",
              "charging_time 1 x 0.20/15 = 0.20"], "6.40", tariff={"lockEnergyPriceOnSessionStart": True}),
        Case("duration locked", "R14", "2026-05-04 19:40", "40m 8",
             ["connection 1 x 1.00 = 1.00", "energy 4 x 0.50 = 2.00", "energy 4 x 0.30 = 1.20",
              "charging_time 3 x 0.60/15 = 1.80"], "6.00", tariff={"lockDurationPriceOnSessionStart": True}),
        Case("idling locked", "R14: 22:00 to 22:10 L, 5 of them free", "2026-05-04 19:59", "1m 1, idle 10m",
             ["connection 1 x 1.00 = 1.00", "energy 1 x 0.50 = 0.50", "charging_time 1 x 0.60/15 = 0.60",
              "idle_time 5 x 0.10 = 0.50"], "2.60", tariff={"lockIdlePriceOnSessionStart": True}),
        Case("the night of 25 hours", "R1: 36 quarters of night", "2026-10-24 20:00", "9h 9",
             ["charging_time 36 x 0.20/15 = 7.20"], "7.20", tariff=_TIME_ONLY),
        Case("the night of 23 hours", "R1: 28 quarters of night, 4 of day", "2026-03-28 21:00", "8h 8",
             ["energy 7 x 0.30 = 2.10", "energy 1 x 0.50 = 0.50"], "2.60", tariff=_ENERGY_ONLY),
        Case("a border in the doubled hour", "R1: 02:30 twice", "2026-10-24 23:00", "4h 8",
             ["energy 4 x 0.50 = 2.00", "energy 4 x 0.30 = 1.20"], "3.20",
             tariff={**_ENERGY_ONLY, "timePeriods": _periods("00:00", "02:30", "24:00")}),
        Case("a border in the missing hour", "R1: the jump", "2026-03-29 00:00", "2h 8",
             ["energy 4 x 0.50 = 2.00", "energy 4 x 0.30 = 1.20"], "3.20",
             tariff={**_ENERGY_ONLY, "timePeriods": _periods("00:00", "02:30", "23:59")}),
        Case("a border in the doubled half hour", "R1: 01:45 twice, 45 + 15 of 150 minutes", "2026-04-04 14:00",
             "150m 5", ["energy 2 x 0.50 = 1.00", "energy 3 x 0.30 = 0.90"], "1.90", zone="Australia/Lord_Howe",
             tariff={**_ENERGY_ONLY, "timePeriods": _periods("00:00", "01:45", "00:00")}),
        Case("clocks that never change", "R2: until 22:00 there", "2026-11-01 04:30", "1h 5",
             ["energy 2.5 x 0.50 = 1.25", "energy 2.5 x 0.30 = 0.75"], "2.00", zone="America/Phoenix",
             tariff=_ENERGY_ONLY),
        Case("the last minute belongs to the last period", "R14: 23:59 is midnight", "2026-05-04 21:59", "2m 0.002",
             ["energy 0.001 x 0.30 = 0.00", "energy 0.001 x 0.50 = 0.00"], "0.00",
             tariff={**_ENERGY_ONLY, "timePeriods": _periods("00:00", "12:00", "23:59")}),
        Case("a border at a reading", "R1", "2026-05-04 19:40", "20m 5, 20m 3",
             ["energy 5 x 0.50 = 2.50", "energy 3 x 0.30 = 0.90"], "3.40", tariff=_ENERGY_ONLY),
        Case("no energy, a second", "R5", "2026-05-04 08:00", "1s",
             ["connection 1 x 1.00 = 1.00", "charging_time 1 x 0.60/15 = 0.60"], "1.60"),
        Case("no energy", "R12", "2026-05-04 08:00", "1h", (), "0.00", tariff=_ENERGY_ONLY),
        Case("minima of the day rule", "R9, R14: 10 minutes on Sundays", "2026-05-10 08:00", "9m 1",
             ["energy 1 x 0.50 = 0.50"], "0.50",
             tariff={"pricePeriods": _prices(connection=[1, 1], energy=[0.5, 0.3]), "daysWhenApplied": [
                 {"name": "sunday", "connectionFeeMinimumSessionDuration": 10}]}),
        Case("capped over two prices", "R8: 1.80 and then 0.10", "2026-05-04 19:15", "80m 1",
             ["charging_time 3 x 0.60/15 = 1.80", "charging_time 3 x 0.20/15 = 0.10 (cut)"], "1.90",
             tariff={**_TIME_ONLY, "durationFeeLimit": 1.9}),
    ],
)  # fmt: skip
