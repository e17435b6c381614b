"""Snapshots as the API reads them: a tariff as it was, for ever."""

from typing import Any

from sqlalchemy import BigInteger, Text, cast, false, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.access import PARTNER, Access
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.rooms.tariffs.tables import tariff, tariff_snapshot
from ohmstead.rooms.tariffs.tariffs import without_what_is_only_written
from ohmstead.rooms.tariffs.views import TariffSnapshot

_own = tariff_snapshot.c
_then = _own.content["tariff"]
_TEXTS = {
    "name": "name", "type": "type", "external_id": "externalId",
    "day_tariff_start": "dayTariffStart", "night_tariff_start": "nightTariffStart",
}  # fmt: skip
_OBJECTS = {
    "description": "description", "additional_information": "additionalInformation", "learn_more_url": "learnMoreUrl",
    "stop_session": "stopSession", "restrictions": "restrictions", "partner": "partner", "display": "display",
}  # fmt: skip


def _object(name: str) -> ColumnElement[Any]:
    """A member that is an object; SQL's NULL where it is null."""
    return func.nullif(_then[name], cast(literal("null", Text), JSONB), type_=JSONB)


_its_tariff = select(tariff.c.id).where(tariff.c.id == _own.tariff_id, tariff.c.partner_id == PARTNER)

tariff_snapshots = Resource(
    "tariff-snapshots",
    tariff_snapshot,
    tag="resource / tariffs",
    title="Tariff Snapshot",
    key="tariffSnapshot",
    access=Access(_its_tariff.correlate_except(tariff).exists(), false()),
    versions=[Version("v1.0", TariffSnapshot, verbs=("read",))],
    columns={
        **{attribute: _then[name].astext for attribute, name in _TEXTS.items()},
        **{attribute: _object(name) for attribute, name in _OBJECTS.items()},
        "pricing": without_what_is_only_written(_then["pricing"]),
        "currency": _own.content["currency"]["code"].astext,
        "integration_id": cast(_then["integrationId"].astext, BigInteger),
    },
)
"""A partner reads those of its tariffs, and what rooms above open to it."""
