"""The content of snapshots, as their JSON has it."""

from collections.abc import Mapping
from typing import Any

PRICED = (
    "flat rate", "duration+energy", "duration+energy time of day", "energy tou", "standard", "standard_tod",
    "average power levels", "peak power levels", "optimised dynamic pricing",
)  # fmt: skip
POWER = ("average power levels", "peak power levels")
AT_A_RATE = ("energy tou", "optimised dynamic pricing")
EMPTY: Mapping[str, Any] = {
    "id": 1, "name": "A tariff", "description": {}, "additionalInformation": {}, "learnMoreUrl": {},
    "dayTariffStart": None, "nightTariffStart": None, "stopSession": None, "restrictions": {}, "partner": None,
    "display": None, "integrationId": None, "externalId": None,
}  # fmt: skip


def content(
    type_: str,
    pricing: Mapping[str, Any],
    *,
    zone: str = "Europe/Berlin",
    tax: float | None = None,
    rate: Mapping[str, Any] | None = None,
    amounts: int = 2,
    day: str | None = None,
    night: str | None = None,
) -> dict[str, Any]:
    """`tax` in %; `amounts` digits of the currency; `day` and `night` as HH:MM."""
    return {
        "tariff": {**EMPTY, "type": type_, "pricing": pricing, "dayTariffStart": day, "nightTariffStart": night},
        "currency": {"code": "EUR", "amounts": amounts, "prices": 5},
        "tax": None if tax is None else {"id": 1, "percentage": tax},
        "zone": zone,
        "electricityRate": rate,
    }
