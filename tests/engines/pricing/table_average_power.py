"""`average power levels`: a minute costs 0.02 up to 3.7 kW on average, 0.05 up to 11 kW, 0.10 above."""

from tests.engines.pricing.cases import Case, Table

_IDLE = {"idleFeePerMinute": 0.2}
_NIGHT = {"idleFeePerMinute": 0.01, "idleFeePeriodStart": "22:00", "idleFeePeriodEnd": "06:00"}
_AT_3_KW = "power_levels_time 60 x 0.02 = 1.20"
TABLE = Table(
    "average power levels",
    {"averagePowerLevels": [{"averagePowerUpToKw": 3.7, "pricePerMinute": 0.02},
                            {"averagePowerUpToKw": 11, "pricePerMinute": 0.05},
                            {"averagePowerUpToKw": 22, "pricePerMinute": 0.1}]},
    [
        Case("12 kW", "R14", "2026-05-04 08:00", "10m 2", ["power_levels_time 10 x 0.10 = 1.00"], "1.00"),
        Case("11 kW", "R14: not above the bound", "2026-05-04 08:00", "1h 11", ["power_levels_time 60 x 0.05 = 3.00"],
             "3.00"),
        Case("a watt more", "R14", "2026-05-04 08:00", "1h 11.001", ["power_levels_time 60 x 0.10 = 6.00"], "6.00"),
        Case("50 kW", "R14: above the last is the last", "2026-05-04 08:00", "6m 5",
             ["power_levels_time 6 x 0.10 = 0.60"], "0.60"),
        Case("the last minute as far as it went", "R14: 0.1 kWh in 30 s are 12 kW", "2026-05-04 08:00",
             "1m 0.05, 30s 0.1", ["power_levels_time 1 x 0.02 = 0.02", "power_levels_time 1 x 0.10 = 0.10"], "0.12"),
        Case("a minute over a reading", "R14: 6 kW on average", "2026-05-04 08:00", "30s 0.1, 30s",
             ["power_levels_time 1 x 0.05 = 0.05"], "0.05"),
        Case("a reading at a minute", "R14: 12 kW, 3 kW", "2026-05-04 08:00", "1m 0.2, 1m 0.05",
             ["power_levels_time 1 x 0.10 = 0.10", "power_levels_time 1 x 0.02 = 0.02"], "0.12"),
        Case("no energy", "R14: 0 kW", "2026-05-04 08:00", "10m", ["power_levels_time 10 x 0.02 = 0.20"], "0.20"),
        Case("a second of 3.6 kW", "R14", "2026-05-04 08:00", "1s 0.001", ["power_levels_time 1 x 0.02 = 0.02"],
             "0.02"),
        Case("a second of 7.2 kW", "R14", "2026-05-04 08:00", "1s 0.002", ["power_levels_time 1 x 0.05 = 0.05"],
             "0.05"),
        Case("no time at all", "R14: in no minute", "2026-05-04 08:00", "0s 1", (), "0.00"),
        Case("a minute over a pause", "R5: charging time counts on; 0.1 kWh in 60 s", "2026-05-04 08:00",
             "30s 0.05, idle 5m, 30s 0.05", ["power_levels_time 1 x 0.05 = 0.05", "idle_time 5 x 0.20 = 1.00"], "1.05",
             tariff=_IDLE),
        Case("a pause without an idle fee", "R0: 3 kW, four times 0, 3 kW", "2026-05-04 08:00",
             "30s 0.05, idle 5m, 30s 0.05", ["power_levels_time 6 x 0.02 = 0.12"], "0.12"),
        Case("the night of 25 hours", "R1: 22:00 to 06:00 are 9 hours", "2026-10-24 19:00", "1h 3, idle 10h",
             [_AT_3_KW, "idle_time 540 x 0.01 = 5.40"], "6.60", tariff=_NIGHT),
        Case("the night of 23 hours", "R1: 22:00 to 06:00 are 7 hours", "2026-03-28 20:00", "1h 3, idle 10h",
             [_AT_3_KW, "idle_time 420 x 0.01 = 4.20"], "5.40", tariff=_NIGHT),
        Case("half an hour twice", "R1: 22:00 to 06:00 are 8.5 hours", "2026-04-04 10:00", "1h 3, idle 10h",
             [_AT_3_KW, "idle_time 510 x 0.01 = 5.10"], "6.30", tariff=_NIGHT, zone="Australia/Lord_Howe"),
        Case("clocks that never change", "R1: 22:00 to 06:00 are 8 hours", "2026-11-01 04:00", "1h 3, idle 10h",
             [_AT_3_KW, "idle_time 480 x 0.01 = 4.80"], "6.00", tariff=_NIGHT, zone="America/Phoenix"),
        Case("past midnight", "R14", "2026-05-04 21:30", "30m 1.5, 30m 1.5", [_AT_3_KW], "1.20"),
        Case("fees beside it", "R9, R13: 1.00 + 0.50", "2026-05-04 08:00", "10m 2",
             ["connection 1 x 0.50 = 0.50", "power_levels_time 10 x 0.10 = 1.00", "min_price 1 x 1.00 = 1.00"], "2.50",
             tariff={"connectionFee": 0.5, "minPrice": 2.5}),
        Case("an extension", "R20", "2026-05-04 08:00", "10m 2", (), "0.00", extends_wh=0),
    ],
)  # fmt: skip
