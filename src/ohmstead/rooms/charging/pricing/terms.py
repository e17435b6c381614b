"""Terms: what snapshots say of prices, kept by their ids, for they never change."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, cast, select

from ohmstead.engines.pricing import Terms, terms_of
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.money import Precision
from ohmstead.rooms.tariffs.tables import tariff_snapshot

MOST_KNOWN = 4096

_own = tariff_snapshot.c
_CONTENTS = Statement(
    select(_own.id, cast(_own.content, Text)).where(_own.id == bindparam("ids", type_=ARRAY(BigInteger)).any_())
)
_exact = msgspec.json.Decoder(float_hook=Decimal)


class SnapshotTerms(Struct, frozen=True):
    """A snapshot's terms, its currency, and its content."""

    terms: Terms
    currency: str
    precision: Precision
    content: Mapping[str, Any]


_known: dict[int, SnapshotTerms] = {}  # the least recently used first


async def terms_of_snapshots(tx: Tx, ids: Collection[int]) -> dict[int, SnapshotTerms]:
    """The terms of each snapshot; one statement for all that are not known yet."""
    missing = {one for one in ids if one not in _known}
    read = {key: _terms(text) for key, text in await tx.all(_CONTENTS, ids=list(missing))} if missing else {}
    found = {one: read.get(one) or _known.pop(one) for one in set(ids)}
    _known.update(found)
    for key in list(_known)[: max(0, len(_known) - MOST_KNOWN)]:
        del _known[key]
    return found


def _terms(text: str) -> SnapshotTerms:
    content = _exact.decode(text)
    currency = content["currency"]
    precision = Precision(currency["amounts"], currency["prices"])
    return SnapshotTerms(terms_of(content), currency["code"], precision, content)
