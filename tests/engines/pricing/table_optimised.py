"""`optimised dynamic pricing`: a kWh costs 0.45, and 0.30 to whom is slowed while electricity is dearer than 0.25. It
is 0.40 from 17:00 to 20:00 (15:00 to 18:00 UTC in summer), else 0.20."""

from typing import Any

from tests.engines.pricing.cases import Case, Table


def _rate(default: float, *periods: tuple[str, str, float]) -> dict[str, Any]:
    of_day = [{"startsAt": of, "endsAt": to, "price": price} for of, to, price in periods]
    return {"id": 1, "defaultPrice": default, "taxPercentage": None, "weekDays": {"any": of_day}, "dates": {}}


_DEAR_AT_2 = _rate(0.2, ("02:00", "03:00", 0.4))
TABLE = Table(
    "optimised dynamic pricing",
    {"chargePointElectricityRate": True, "pricePerKwh": 0.45, "thresholdPriceForEnergy": 0.25,
     "priceForEnergyWhenOptimized": 0.3},
    [
        Case("cheap hours", "R14", "2026-05-04 08:00", "1h 10", ["energy 10 x 0.45 = 4.50"], "4.50"),
        Case("dear hours", "R14", "2026-05-04 15:00", "1h 10", ["energy 10 x 0.30 = 3.00"], "3.00"),
        Case("boosted in dear hours", "R14", "2026-05-04 15:00", "boosted 1h 10", ["energy 10 x 0.45 = 4.50"], "4.50"),
        Case("boosted for a while", "R14", "2026-05-04 15:00", "30m 2, boosted 30m 10, 30m 2",
             ["energy 4 x 0.30 = 1.20", "energy 10 x 0.45 = 4.50"], "5.70"),
        Case("boosted in cheap hours", "R14", "2026-05-04 08:00", "boosted 1h 10", ["energy 10 x 0.45 = 4.50"], "4.50"),
        Case("just the threshold", "R14: not above it", "2026-05-04 08:00", "1h 10", ["energy 10 x 0.45 = 4.50"],
             "4.50", rate=_rate(0.25)),
        Case("into the dear hours", "R2: 2.5 kWh at 17:00 L", "2026-05-04 14:30", "1h 5",
             ["energy 2.5 x 0.45 = 1.13", "energy 2.5 x 0.30 = 0.75"], "1.88"),
        Case("a border at a reading", "R1", "2026-05-04 14:30", "30m 3, 30m 2",
             ["energy 3 x 0.45 = 1.35", "energy 2 x 0.30 = 0.60"], "1.95"),
        Case("out of them", "R2: an odd watt-hour, 501 x 30 / 60", "2026-05-04 17:30", "1h 0.501",
             ["energy 0.25 x 0.30 = 0.08", "energy 0.251 x 0.45 = 0.11"], "0.19"),
        Case("the doubled hour", "R1: 02:00 to 03:00 are 2 of 4 hours", "2026-10-24 23:00", "4h 4",
             ["energy 2 x 0.45 = 0.90", "energy 2 x 0.30 = 0.60"], "1.50", rate=_DEAR_AT_2),
        Case("the missing hour", "R1: 02:00 to 03:00 never is", "2026-03-29 00:00", "2h 4", ["energy 4 x 0.45 = 1.80"],
             "1.80", rate=_DEAR_AT_2),
        Case("the doubled half hour", "R1: 01:30 to 02:00 is 60 of 150 minutes", "2026-04-04 14:00", "150m 5",
             ["energy 3 x 0.45 = 1.35", "energy 2 x 0.30 = 0.60"], "1.95", rate=_rate(0.2, ("01:30", "02:00", 0.4)),
             zone="Australia/Lord_Howe"),
        Case("clocks that never change, and midnight", "R1: 23:30 to 00:30 there", "2026-11-01 06:30", "1h 5",
             ["energy 2.5 x 0.45 = 1.13", "energy 2.5 x 0.30 = 0.75"], "1.88", rate=_rate(0.2, ("00:00", "06:00", 0.4)),
             zone="America/Phoenix"),
        Case("no energy", "R12", "2026-05-04 15:00", "1h", (), "0.00"),
        Case("a second", "R16: 0.0003", "2026-05-04 15:00", "1s 0.001", ["energy 0.001 x 0.30 = 0.00"], "0.00"),
        Case("a hole in a market's prices", "R15: the default is dear", "2026-11-24 09:00", "45m 3",
             ["energy 2 x 0.45 = 0.90", "energy 1 x 0.30 = 0.30"], "1.20",
             rate={"id": 1, "defaultPrice": 0.3, "taxPercentage": None, "slots": [
                 ("2026-11-24T09:00:00Z", "2026-11-24T09:15:00Z", 0.1),
                 ("2026-11-24T09:30:00Z", "2026-11-24T09:45:00Z", 0.1)]}),
        Case("all of its fees, and tax", "R17: 6.40 / 1.2 = 5.333; 0.416, 3.750, 0.333, 0.833", "2026-05-04 08:00",
             "20m 10, idle 5m", ["connection 1 x 0.50 = 0.50", "energy 10 x 0.45 = 4.50",
             "charging_time 2 x 0.20/15 = 0.40", "idle_time 5 x 0.20 = 1.00"], "6.40", "5.33", tax=20,
             tariff={"connectionFee": 0.5, "pricePerPeriod": 0.2, "idleFeePerMinute": 0.2}),
        Case("an extension", "R20", "2026-05-04 15:00", "1h 10", ["energy 10 x 0.30 = 3.00"], "3.00", extends_wh=20000,
             tariff={"connectionFee": 0.5, "pricePerPeriod": 0.2}),
    ],
    rate=_rate(0.2, ("17:00", "20:00", 0.4)),
)  # fmt: skip
