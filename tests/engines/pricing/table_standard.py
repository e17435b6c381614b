"""`standard`: levels of energy (the first 5 kWh for 2.00, up to 10 at 0.35, then at 0.40), of duration, of idling."""

from typing import Any

from tests.engines.pricing.cases import Case, Table


def _kwh(first: float, last: float | None, fee: float | None = None, flat: float | None = None) -> dict[str, Any]:
    return {"firstKwh": first, "lastKwh": last, "feePerKwh": fee, "flatFee": flat}


def _units(*levels: tuple[int, int | None, float | None, float | None]) -> list[dict[str, Any]]:
    names = ("firstUnit", "lastUnit", "feePerUnit", "flatFee")
    return [dict(zip(names, level, strict=True)) for level in levels]


_FLAT = "energy_flat_fee 1 x 2.00 = 2.00"
_TIME = {"multiPricePerKwh": [], "minPrice": None,
         "multiPricePerDuration": _units((0, 8, 0.5, None), (9, 24, 0.55, None), (25, None, 0, 10))}  # fmt: skip
_IDLE = {"multiPricePerKwh": [], "minPrice": None, "pricePeriodInMinutes": 1,
         "multiIdleFee": _units((0, 2, 0.3, 0), (3, 6, 0.4, 0), (7, None, 0, 5))}  # fmt: skip
_NIGHT = {"durationFeeFrom": "22:00", "durationFeeTo": "06:00", "pricePeriodInMinutes": 60,
          "multiPricePerKwh": [], "minPrice": None,
          "multiPricePerDuration": _units((0, 6, 0.5, None), (7, 7, 1, None), (8, None, 2, None))}  # fmt: skip
TABLE = Table(
    "standard",
    {"multiPricePerKwh": [_kwh(0, 5, 0, 2), _kwh(5, 10, 0.35), _kwh(10, None, 0.4)], "minPrice": 3.5},
    [
        Case("three levels, with tax", "R10, R17: 4.69 / 1.19 = 3.941; 1.680, 1.470, 0.789", "2026-05-04 08:00",
             "1h 12.345", [_FLAT, "energy 5 x 0.35 = 1.75", "energy 2.345 x 0.40 = 0.94"], "4.69", "3.94", tax=19),
        Case("up to the border of a level", "R10: greater than; R13; 2.941", "2026-05-04 08:00", "1h 5",
             [_FLAT, "min_price 1 x 1.50 = 1.50"], "3.50", "2.94", tax=19),
        Case("a watt-hour over it", "R10, R13: 0.00035", "2026-05-04 08:00", "1h 5.001",
             [_FLAT, "energy 0.001 x 0.35 = 0.00", "min_price 1 x 1.50 = 1.50"], "3.50"),
        Case("no energy", "R12, R13", "2026-05-04 08:00", "1h", (), "0.00", "0.00", tax=19),
        Case("a second", "R10, R13", "2026-05-04 08:00", "1s 0.001", [_FLAT, "min_price 1 x 1.50 = 1.50"], "3.50"),
        Case("a level begins at a reading", "R10: the sum counts", "2026-05-04 08:00", "30m 5, 30m 5",
             [_FLAT, "energy 5 x 0.35 = 1.75"], "3.75"),
        Case("a level's fee and its flat fee", "R10", "2026-05-04 08:00", "1h 4",
             ["energy_flat_fee 1 x 1.00 = 1.00", "energy 4 x 0.50 = 2.00"], "3.00",
             tariff={"multiPricePerKwh": [_kwh(0, None, 0.5, 1)], "minPrice": None}),
        Case("two levels of one price", "R12", "2026-05-04 08:00", "1h 6", ["energy_flat_fee 2 x 1.00 = 2.00",
             "energy 6 x 0.50 = 3.00"], "5.00",
             tariff={"multiPricePerKwh": [_kwh(0, 5, 0.5, 1), _kwh(5, None, 0.5, 1)]}),
        Case("nine units are the first level", "R10: 0 to 8; 135 minutes", "2026-05-04 08:00", "135m",
             ["charging_time 9 x 0.50/15 = 4.50"], "4.50", tariff=_TIME),
        Case("the tenth is dearer", "R5, R10", "2026-05-04 08:00", "2h15m1s",
             ["charging_time 9 x 0.50/15 = 4.50", "charging_time 1 x 0.55/15 = 0.55"], "5.05", tariff=_TIME),
        Case("a flat fee ends it", "R10: 40 units; 0.50 x 9, 0.55 x 16, then 10.00", "2026-05-04 08:00", "10h",
             ["duration_flat_fee 1 x 10.00 = 10.00", "charging_time 9 x 0.50/15 = 4.50",
              "charging_time 16 x 0.55/15 = 8.80"], "23.30", tariff=_TIME),
        Case("capped, the flat fee too", "R8: 15.00 less 13.30 are left of 10.00", "2026-05-04 08:00", "10h",
             ["duration_flat_fee 1 x 10.00 = 1.70 (cut)", "charging_time 9 x 0.50/15 = 4.50",
              "charging_time 16 x 0.55/15 = 8.80"], "15.00", tariff={**_TIME, "durationFeeLimit": 15}),
        Case("idling counts for the session", "R5, R10: 4 + 4 minutes", "2026-05-04 08:00",
             "10m, idle 4m, 10m, idle 4m", ["idle_flat_fee 1 x 5.00 = 5.00", "idle_time 3 x 0.30 = 0.90",
             "idle_time 4 x 0.40 = 1.60"], "7.50", tariff=_IDLE),
        Case("each idling has its grace", "R4: 4 - 2 + 4 - 2 minutes", "2026-05-04 08:00", "10m, idle 4m, 10m, idle 4m",
             ["idle_time 3 x 0.30 = 0.90", "idle_time 1 x 0.40 = 0.40"], "1.30",
             tariff={**_IDLE, "idleFeeGracePeriodMinutes": 2}),
        Case("units of idling are those of duration", "R6: 31 minutes are three quarters", "2026-05-04 08:00",
             "10m, idle 31m", ["idle_time 3 x 0.30/15 = 0.90"], "0.90", tariff={**_IDLE, "pricePeriodInMinutes": None}),
        Case("the night of 25 hours", "R1, R10: units 0 to 8", "2026-10-24 19:00", "11h",
             ["charging_time 7 x 0.50/60 = 3.50", "charging_time 1 x 1.00/60 = 1.00",
             "charging_time 1 x 2.00/60 = 2.00"],
             "6.50", tariff=_NIGHT),
        Case("the night of 23 hours", "R1, R10: units 0 to 6", "2026-03-28 20:00", "9h",
             ["charging_time 7 x 0.50/60 = 3.50"], "3.50", tariff=_NIGHT),
        Case("half an hour twice", "R1, R5: units 0 to 8 of 8.5 hours", "2026-04-04 10:00", "11h",
             ["charging_time 7 x 0.50/60 = 3.50", "charging_time 1 x 1.00/60 = 1.00",
             "charging_time 1 x 2.00/60 = 2.00"],
             "6.50", tariff=_NIGHT, zone="Australia/Lord_Howe"),
        Case("clocks that never change", "R1, R10: units 0 to 7", "2026-11-01 04:00", "11h",
             ["charging_time 7 x 0.50/60 = 3.50", "charging_time 1 x 1.00/60 = 1.00"], "4.50", tariff=_NIGHT,
             zone="America/Phoenix"),
        Case("from midnight on", "R4: 23:59:59 to 00:00:01 L", "2026-05-04 21:59:59", "2s",
             ["charging_time 1 x 0.50/60 = 0.50"], "0.50", tariff={**_NIGHT, "durationFeeFrom": "00:00"}),
        Case("an extension enters a level", "R20: 8 to 12 kWh", "2026-05-04 08:00", "1h 4",
             ["energy 2 x 0.35 = 0.70", "energy 2 x 0.40 = 0.80"], "1.50", extends_wh=8000),
        Case("an extension from the border of a level", "R10, R20: entered now", "2026-05-04 08:00", "1h 1",
             ["energy_flat_fee 1 x 3.00 = 3.00", "energy 1 x 0.10 = 0.10"], "3.10", extends_wh=5000,
             tariff={"multiPricePerKwh": [_kwh(0, 5, 0, 2), _kwh(5, None, 0.1, 3)]}),
    ],
)  # fmt: skip
