"""Terms: what snapshots say of prices, kept as long as they are used, for they never change."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, case, cast, select

from ohmstead.engines.pricing import Terms, terms_of
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.money import Precision
from ohmstead.rooms.tariffs.tables import tariff_snapshot

MOST_KNOWN = 4096

_own = tariff_snapshot.c
_CONTENTS = Statement(
    select(
        _own.id, _own.hash,
        case((_own.hash != bindparam("known", type_=ARRAY(Text)).all_(), cast(_own.content, Text))),
    ).where(_own.id == bindparam("ids", type_=ARRAY(BigInteger)).any_())
)  # fmt: skip
_exact = msgspec.json.Decoder(float_hook=Decimal)


class SnapshotTerms(Struct, frozen=True):
    """A snapshot's terms, its currency, and its content."""

    terms: Terms
    currency: str
    precision: Precision
    content: Mapping[str, Any]


_known: dict[str, SnapshotTerms] = {}  # by the hash of the content
_hashes: dict[int, str] = {}


async def terms_of_snapshots(tx: Tx, ids: Collection[int]) -> dict[int, SnapshotTerms]:
    """The terms of each snapshot; only what is not known yet is read."""
    if len(_hashes) > MOST_KNOWN:
        _known.clear()
        _hashes.clear()
    known = {digest: _known[digest] for one in ids if (digest := _hashes.get(one)) in _known}
    found: dict[int, SnapshotTerms] = {}
    for key, digest, text in await tx.all(_CONTENTS, ids=list(ids), known=list(known)):
        found[key] = known[digest] if text is None else _terms(text)
        _hashes[key], _known[digest] = digest, found[key]
    return found


def _terms(text: str) -> SnapshotTerms:
    content = _exact.decode(text)
    currency = content["currency"]
    precision = Precision(currency["amounts"], currency["prices"])
    return SnapshotTerms(terms_of(content), currency["code"], precision, content)
