"""What is wrong with the prices of a tariff: fields of other types, what is missing, too many digits, and (`tables.py`)
levels and hours that do not fit together. Bounds of single numbers are declared with the fields."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

from msgspec import Meta, Struct

from ohmstead.engines.pricing.fields import Pricing
from ohmstead.engines.pricing.kinds import TYPES, Kind
from ohmstead.engines.pricing.tables import CHECKS
from ohmstead.kit.money import Precision
from ohmstead.kit.views import fields, hints

Problem = tuple[str, str]
_NAMES = {name: field.encode_name for name, field in fields(Pricing).items()}


def problems(
    type: str,
    pricing: Pricing,
    precision: Precision,
    *,
    day_tariff_start: str | None = None,
    night_tariff_start: str | None = None,
) -> Iterator[Problem]:
    """Pairs of a path (`pricing.multiPricePerKwh.1.firstKwh`, `dayTariffStart`) and what is wrong there."""
    kind = TYPES[type]
    yield from _starts(kind, day_tariff_start, night_tariff_start)
    of_pricing = [*_foreign(type, kind, pricing), *_missing(type, kind, pricing), *_checked(kind, pricing),
                  *_digits(pricing, Pricing, "", precision)]  # fmt: skip
    yield from ((f"pricing.{path}", text) for path, text in of_pricing)


def _starts(kind: Kind, day: str | None, night: str | None) -> Iterator[Problem]:
    if not kind.day_and_night:
        return
    for name, value in (("dayTariffStart", day), ("nightTariffStart", night)):
        if value is None:
            yield name, "It is required: the tariff has prices of the day and of the night."
    if day is not None and night is not None and day[:5] == night[:5]:
        yield "nightTariffStart", "The night may not start when the day starts."


def _given(value: Any) -> bool:
    return not (
        value is None or value is False or value == [] or (isinstance(value, Struct) and value == type(value)())
    )


def _foreign(of: str, kind: Kind, pricing: Pricing) -> Iterator[Problem]:
    for name, shown in _NAMES.items():
        if name not in kind.uses and _given(getattr(pricing, name)):
            yield shown, f"Tariffs of the type {of} have no such field."


def _missing(of: str, kind: Kind, pricing: Pricing) -> Iterator[Problem]:
    for name in kind.needs:
        if not _given(getattr(pricing, name)):
            yield _NAMES[name], f"It is required in tariffs of the type {of}."
    if (
        kind.draws_on_rate
        and not pricing.charge_point_electricity_rate
        and pricing.fallback_electricity_rate_id is None
    ):
        yield "fallbackElectricityRateId", "It is required where the charge point's electricity rate is not used."


def _checked(kind: Kind, pricing: Pricing) -> Iterator[Problem]:
    for name, check in CHECKS.items():
        if name in kind.uses and _given(getattr(pricing, name)):
            yield from check(pricing)


def _digits(value: Any, annotation: Any, path: str, precision: Precision, digits: str = "") -> Iterator[Problem]:
    """Prices and amounts of more digits than the currency has, at any depth."""
    if isinstance(value, Struct):
        for name, field in fields(type(value)).items():
            inner, here = getattr(value, name), f"{path}.{field.encode_name}" if path else field.encode_name
            annotated = hints(type(value))[name]
            yield from _digits(inner, annotated, here, precision, _said(annotated))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _digits(item, annotation, f"{path}.{number}", precision, digits)
    elif isinstance(value, Decimal) and digits:
        most = getattr(precision, digits)
        if -int(value.normalize().as_tuple().exponent) > most:
            yield path, f"It may not have more than {most} decimals in this currency."


def _said(annotation: Any) -> str:
    """Which digits of the currency an annotation asks for: `amounts`, `prices`, or none."""
    metas = [meta for meta in getattr(annotation, "__metadata__", ()) if isinstance(meta, Meta) and meta.extra]
    own = next((meta.extra["digits"] for meta in metas if meta.extra and "digits" in meta.extra), "")
    return own or next((said for part in get_args(annotation) if (said := _said(part))), "")
