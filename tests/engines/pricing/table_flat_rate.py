"""`flat rate`: one price for each session."""

from tests.engines.pricing.cases import Case, Table

_FLAT = ("flat 1 x 4.50 = 4.50",)
TABLE = Table(
    "flat rate",
    {"pricePerSession": 4.5},
    [
        Case("an hour", "R14", "2026-05-04 08:00", "1h 9.6", _FLAT, "4.50"),
        Case("no energy", "R14: always", "2026-05-04 08:00", "1h", _FLAT, "4.50"),
        Case("a second", "R14: always", "2026-05-04 08:00", "1s 0.001", _FLAT, "4.50"),
        Case("no time at all", "R14: always", "2026-05-04 08:00", "0s", _FLAT, "4.50"),
        Case("the night of 25 hours", "R1", "2026-10-24 20:00", "11h 60", _FLAT, "4.50"),
        Case("the night of 23 hours", "R1", "2026-03-28 20:00", "9h 60", _FLAT, "4.50"),
        Case("half an hour twice", "R1", "2026-04-04 14:00", "2h 8", _FLAT, "4.50", zone="Australia/Lord_Howe"),
        Case("past midnight, read at it", "R1", "2026-11-01 06:00", "1h 5, 1h 5", _FLAT, "4.50",
             zone="America/Phoenix"),
        Case("three days", "R14: once", "2026-05-04 08:00", "72h 40", _FLAT, "4.50"),
        Case("idle", "R0", "2026-05-04 08:00", "30m 5, idle 5h", _FLAT, "4.50"),
        Case("below the minimum", "R13", "2026-05-04 08:00", "1h 9.6", [*_FLAT, "min_price 1 x 1.50 = 1.50"], "6.00",
             tariff={"minPrice": 6}),
        Case("above the minimum", "R13", "2026-05-04 08:00", "1h 9.6", _FLAT, "4.50", tariff={"minPrice": 4.49}),
        Case("nothing to fill up", "R13", "2026-05-04 08:00", "1h", (), "0.00",
             tariff={"pricePerSession": 0, "minPrice": 2}),
        Case("energy fills up", "R13", "2026-05-04 08:00", "1h 0.001", ["min_price 1 x 2.00 = 2.00"], "2.00",
             tariff={"pricePerSession": 0, "minPrice": 2}),
        Case("tax", "R17: 4.50 / 1.19 = 3.781", "2026-05-04 08:00", "1h 9.6", _FLAT, "4.50", "3.78", tax=19),
        Case("money without cents", "R17: 450 / 1.1 = 409.09", "2026-05-04 08:00", "1h 9.6", ["flat 1 x 450 = 450"],
             "450", "409", tariff={"pricePerSession": 450}, tax=10, amounts=0),
        Case("an extension", "R20", "2026-05-04 08:00", "1h 9.6", (), "0.00", extends_wh=5000),
    ],
)  # fmt: skip
