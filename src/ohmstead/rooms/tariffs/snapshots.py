"""Snapshots: tariffs as they were when sessions began, with the tax and the electricity rate they drew on. One row for
each content, named by its hash; none is ever changed or deleted."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.engines.pricing import TYPES, Terms, terms_of
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.energy.prices import rate_content
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.operator.taxes import tax
from ohmstead.rooms.tariffs.tables import tariff_snapshot

_PLAIN = {
    "name": "name", "type": "type", "description": "description", "additionalInformation": "additional_information",
    "learnMoreUrl": "learn_more_url", "dayTariffStart": "day_tariff_start", "nightTariffStart": "night_tariff_start",
    "pricing": "pricing", "stopSession": "stop_session", "restrictions": "restrictions", "display": "display",
    "integrationId": "integration_id", "externalId": "external_id",
}  # fmt: skip

_own = tariff_snapshot.c
_TAX = Statement(select(tax.c.id, tax.c.percentage).where(tax.c.id == bindparam("key", type_=BigInteger)))
_KNOWN = Statement(select(_own.id).where(_own.hash == bindparam("hash", type_=Text)))
_ADD = Statement(
    insert(tariff_snapshot)
    .values(
        {name: bindparam(name, type_=_own[name].type) for name in ("hash", "tariff_id", "content")}
        | {"created_at": bindparam("now"), "updated_at": bindparam("now")}
    )
    .on_conflict_do_nothing(index_elements=["hash"])
    .returning(_own.id)
)

_encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")
_exact = msgspec.json.Decoder(float_hook=Decimal)


async def snapshot_of(tx: Tx, tariff_row: Row, zone: str | None, at: datetime, charge_point_rate_id: int | None) -> int:
    """The id of the snapshot of a tariff as it is `at` a moment, for a session in a zone (None: UTC), at a charge point
    whose electricity costs are those of a rate. Equal contents have one."""
    content = canonical(await content_of(tx, tariff_row, zone, at, charge_point_rate_id))
    digest = hashlib.sha256(_encoder.encode(content)).hexdigest()
    if (known := await tx.value(_KNOWN, hash=digest)) is not None:
        return known
    added = await tx.value(_ADD, hash=digest, tariff_id=tariff_row["id"], content=content, now=tx.now)
    return added if added is not None else await tx.value(_KNOWN, hash=digest)  # another made it meanwhile


async def content_of(
    tx: Tx, tariff_row: Row, zone: str | None, at: datetime, charge_point_rate_id: int | None
) -> dict[str, Any]:
    """All that a session's price depends on, as `terms_of` reads it."""
    partner_id, rate_id = tariff_row["partner_id"], _rate(tariff_row, charge_point_rate_id)
    code = tariff_row["currency"]
    digits = await precision_of(tx, code)
    own = {name: tariff_row[column] for name, column in _PLAIN.items()}
    return {
        "tariff": own | {"id": tariff_row["id"], "partner": partner_id and {"id": partner_id}},
        "currency": {"code": code, "amounts": digits.amounts, "prices": digits.prices},
        "tax": await _tax(tx, tariff_row["pricing"].get("taxID")),
        "zone": zone or "UTC",
        "electricityRate": None if rate_id is None else await rate_content(tx, rate_id, zone, at, code),
    }


def _rate(tariff_row: Row, of_charge_point: int | None) -> int | None:
    """The electricity rate that a tariff draws on: the charge point's, where it is to be that and there is one."""
    if not TYPES[tariff_row["type"]].draws_on_rate:
        return None
    fallback = tariff_row["pricing"].get("fallbackElectricityRateId")
    return (of_charge_point or fallback) if tariff_row["pricing"].get("chargePointElectricityRate") else fallback


async def _tax(tx: Tx, own: int | None) -> dict[str, Any] | None:
    """A tariff's own tax counts where the operator lets each have one; else it is the default one, if there is any."""
    default = (await settings.read(tx)).default_tax
    if not default:
        return None
    row = await tx.one(_TAX, key=own) if own is not None and default.enable_multi_tax_support else None
    id_and_percentage = row or await tx.one(_TAX, key=default.id)
    return id_and_percentage and {"id": id_and_percentage[0], "percentage": id_and_percentage[1]}


def canonical(value: Any) -> Any:
    """JSON in which what is equal looks equal: numbers without zeros at their end."""
    if isinstance(value, Mapping):
        return {str(name): canonical(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    return value


def terms_in(content: Mapping[str, Any]) -> Terms:
    """What a content says of prices, whether it becomes a snapshot or not."""
    return terms_of(_exact.decode(_encoder.encode(canonical(content))))
