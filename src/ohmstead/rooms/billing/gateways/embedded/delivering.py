"""Delivering: events of the embedded gateway are signed and handed to where those of any provider come in."""

from collections.abc import Mapping

import msgspec

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.gateways.embedded.adapter import EmbeddedGateway


def written(gateway: EmbeddedGateway, row: Row) -> tuple[bytes, Mapping[str, str]]:
    """The body and the headers of an event, signed now."""
    raw = msgspec.json.encode({"id": f"ev_{row['id']}", "type": row["kind"]} | row["content"])
    return raw, gateway.sign(raw)
