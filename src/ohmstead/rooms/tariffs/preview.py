"""A preview of prices: what a session would cost under a tariff that is there, or that somebody thinks of."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

import msgspec
from msgspec import UNSET, Meta

from ohmstead.engines.pricing import Line, Pricing, SessionPrice, Stretch, price_of, problems
from ohmstead.kit.access import PARTNERS
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View, aware, creates
from ohmstead.rooms.energy.rates import rates
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.tariffs.snapshots import content_of, terms_in
from ohmstead.rooms.tariffs.tariffs import currency_of_new, tariffs
from ohmstead.rooms.tariffs.views import Tariff, plain

TariffBody: Any = creates(Tariff)
_LONGEST = 31 * 24 * 60
_Minutes = Annotated[int, Meta(ge=0, le=_LONGEST)]

actions = Group("internal / tariffs", "internal/tariffs/", "tariffs", access=PARTNERS)


class Imagined(View):
    """A session, and one of `tariffId` and `tariff`."""

    tariff_id: Opt[int] = UNSET
    tariff: Opt[TariffBody] = UNSET  # type: ignore[valid-type]
    started_at: datetime
    energy: Annotated[int, Meta(ge=0, le=10**9, description="Wh, which flow evenly.")]
    minutes: Annotated[_Minutes, Meta(description="How long the vehicle charges.")]
    idle_minutes: Annotated[_Minutes, Meta(description="How long it stays idle after that.")] = 0
    boosted: Annotated[bool, Meta(description="Whether its driver asks for all the power there is.")] = False
    zone: Annotated[str, Meta(description="IANA name of the time zone of the charge point.")] = "UTC"
    electricity_rate_id: Annotated[Opt[int], Meta(description="The charge point's.")] = UNSET


class PreviewLine(View):
    type: str
    unit: str
    unit_price: Decimal
    quantity: Decimal
    minutes: Annotated[int, Meta(description="That a unit of time lasts.")]
    price: Annotated[Decimal, Meta(description="With tax.")]
    price_without_tax: Decimal


class Total(View):
    with_tax: Decimal
    without_tax: Decimal


class Preview(View):
    currency: str
    tax_percentage: Decimal | None
    lines: list[PreviewLine]
    total_amount: Total


@actions.post(
    "v1.0/preview",
    "Tariff / Preview",
    scope="read",
    body=Imagined,
    references={
        "tariff_id": tariffs,
        "electricity_rate_id": rates,
        **{f"tariff.{name}": resource for name, resource in tariffs.references.items()},
    },
    status=200,
    gives=Preview,
    errors=(401, 403, 422, 429),
)
async def preview(call: Call, wanted: Imagined) -> Preview:
    """What a session would cost: the same prices as those of sessions."""
    if (wanted.tariff_id is UNSET) == (wanted.tariff is UNSET):
        raise Invalid(tariff="Either the tariff id or the tariff field is required.")
    if wanted.zone not in _zones():
        raise Invalid(zone="The zone must be a valid zone.")
    start = aware(wanted.started_at)
    if not 2000 <= start.year < 2200:
        raise Invalid(startedAt="The started at is not a valid date.")
    row = call.referred["tariff_id"] if wanted.tariff is UNSET else await _thought_of(call, wanted.tariff)
    rate = call.referred.get("electricity_rate_id")
    content = await content_of(call.tx, row, wanted.zone, start, rate and rate["id"])
    price = price_of(terms_in(content), start, list(_stretches(start, wanted)))
    return _told(price, row["currency"])


@cache
def _zones() -> set[str]:
    return available_timezones()


async def _thought_of(call: Call, body: Any) -> dict[str, Any]:
    """The row that a tariff of a body would be, as far as prices ask."""
    currency = await currency_of_new(call.tx)
    given = {name: None if value is UNSET else value for name, value in msgspec.structs.asdict(body).items()}
    pricing, digits = given["pricing"] or Pricing(), await precision_of(call.tx, currency)
    starts = {name: given[name] for name in ("day_tariff_start", "night_tariff_start")}
    errors: dict[str, list[str]] = {}
    for path, text in problems(body.type, pricing, digits, **starts):
        errors.setdefault(f"tariff.{path}", []).append(text)
    if errors:
        raise Invalid.of(errors)
    objects = {name: plain(given[name]) for name in ("stop_session", "restrictions", "display")}
    return given | objects | {"id": None, "pricing": plain(pricing), "currency": currency, "partner_id": None}


def _stretches(start: datetime, wanted: Imagined) -> list[Stretch]:
    charged = start + timedelta(minutes=wanted.minutes)
    idle = Stretch(charged, charged + timedelta(minutes=wanted.idle_minutes), 0, idle=True)
    return [Stretch(start, charged, wanted.energy, boosted=wanted.boosted), *([idle] if wanted.idle_minutes else ())]


def _told(price: SessionPrice, currency: str) -> Preview:
    lines = [_line(one) for one in price.lines]
    total = Total(with_tax=price.amount, without_tax=price.net)
    return Preview(currency=currency, tax_percentage=price.tax_percentage, lines=lines, total_amount=total)


def _line(one: Line) -> PreviewLine:
    return PreviewLine(
        type=one.type, unit=one.unit, unit_price=one.unit_price, quantity=one.quantity, minutes=one.minutes,
        price=one.price, price_without_tax=one.net,
    )  # fmt: skip
